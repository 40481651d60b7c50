"""A process by itself, without what it holds: enough to tell early whether it is meant."""

from __future__ import annotations

import os
from collections.abc import Iterable
from errno import EACCES, EPERM

from . import host, tasks
from .kernel import processes as readers
from .kernel.root import Directory, Proc
from .kernel.system import system
from .kernel.users import user_name
from .model import Process
from .raw import RawProcess, Unread
from .selection import UsageError, ancestors
from .vocabulary import is_late
from .where import Expression, parse

_STRANGE = (ValueError, KeyError, IndexError)
_CHEAP = frozenset(("pid", "ancestors"))
"""What is known of a process without reading what is told of it alone."""
_FEW = _CHEAP | frozenset(
    "parent_pid process_group session name uid user state started_at cpu_time_s kernel_thread signals "
    "memory".split()
)
"""What two of its files tell."""


class Alone:
    """The processes of one proc file system, each by itself."""

    def __init__(self, root: Proc, wanted: Expression | None, *, lineage: bool = False) -> None:
        """`wanted`: the expression that will be asked of them; `lineage`: ancestors are told, asked for or not."""
        self._root = root
        self._wanted = wanted
        words = () if wanted is None else wanted.words
        self._asked = frozenset((*one.path, one.name)[0] for one in words if one.of_process and not is_late(one))
        self._lineage = lineage or "ancestors" in self._asked
        self._boot_time = host.boot_time(system(root).stat) if "started_at" in self._asked else None
        self._ticks_per_s = os.sysconf("SC_CLK_TCK")
        self._parents: dict[int, int | None] = {}

    @property
    def asks(self) -> bool:
        """Whether the expression asks for anything that processes are by themselves."""
        return bool(self._asked)

    def process(self, pid: int) -> Process | None:
        """A process, as far as it is asked for; None: it is gone, or may not be looked at."""
        return self.read(pid)[0]

    def read(self, pid: int) -> tuple[Process | None, list[Unread]]:
        """The same, and what could not be read of what is asked for."""
        found, unread = (Process(pid=pid), []) if self._asked <= _CHEAP else self._read(pid)
        if found is not None:
            self.complete(found)
        return found, unread

    def may_fit(self, pid: int) -> bool:
        """Whether the expression may be true of something that a process holds."""
        process = self.process(pid)
        return process is not None and (self._wanted is None or self._wanted.may_fit(process))

    def meant(self, pids: Iterable[int]) -> tuple[dict[int, Process], list[Unread]]:
        """The processes of which something may be meant; and what was refused, for want of which others may be."""
        found: dict[int, Process] = {}
        refused: list[Unread] = []
        for pid in pids:
            process, unread = self.read(pid)
            if process is not None and (self._wanted is None or self._wanted.may_fit(process)):
                found[pid] = process
            else:
                refused += [one for one in unread if one.errno in (EACCES, EPERM)]
        return found, refused

    def complete(self, process: Process) -> None:
        """Tells what only a look at other processes can tell."""
        if self._lineage:
            process.ancestors = ancestors(process.pid, self._parent)

    def _read(self, pid: int) -> tuple[Process | None, list[Unread]]:
        if self._asked <= _FEW:
            raw = readers.owner(self._root, pid)
            missing = self._root.read(b"%d/stat" % pid) if raw is None else None
            unread = [missing._replace(what="process", pid=pid)] if isinstance(missing, Unread) else []
        else:
            task = self._root.process(pid)
            if not isinstance(task, Directory):
                return None, [task._replace(what="process")]
            with task:
                raw, unread = readers.process(task, pid)
        return None if raw is None else self._told(raw), unread

    def _told(self, raw: RawProcess) -> Process:
        try:
            found = tasks.process(raw, tasks.parse_stat(raw.stat), self._boot_time, self._ticks_per_s)
        except _STRANGE:
            return Process(pid=raw.pid)
        if found.uid is not None and "user" in self._asked:
            found.user = user_name(found.uid)
        return found

    def _parent(self, pid: int) -> int | None:
        if pid not in self._parents:
            raw = readers.owner(self._root, pid)
            try:
                self._parents[pid] = None if raw is None else tasks.parse_stat(raw.stat).parent_pid
            except _STRANGE:
                self._parents[pid] = None
        return self._parents[pid]


def early(command: str, where: str | Expression | None) -> Expression | None:
    """An expression that asks for nothing but what a process is by itself, as a watch of processes takes it.

    Raises:
        UsageError: it is none, or asks for more; the message names the command.
    """
    wanted = parse(where) if isinstance(where, str) else where
    for word in () if wanted is None else wanted.words:
        if not word.of_process or is_late(word):
            raise UsageError(
                f"{command} chooses processes by what they are: '{word.name}' is known only of what they hold, "
                "as in fdscope --where"
            )
    return wanted
