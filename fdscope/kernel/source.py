"""What every source of facts offers: one stream of records. `ProcSource` reads it from /proc."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from errno import ENOENT, ENOSYS, EPERM, ESRCH
from typing import Protocol

from ..raw import RawThread, Record, Unread
from . import processes
from .descriptors import descriptors
from .mounts import Mounts
from .patience import Patience
from .root import Directory, Proc
from .sameness import Sameness


class Source(Protocol):
    """A way to read the machine."""

    name: str

    def records(self, pids: Collection[int] | None) -> Iterable[Record]:
        """Everything about these processes, or about all of them, in any order."""


class ProcSource:
    """Reads /proc: works everywhere, for everyone."""

    name = "proc"

    def __init__(self, proc: Proc, mounts: Mounts, *, timeout_s: float = 5.0, mapped: bool = False) -> None:
        self._proc = proc
        self._mounts = mounts
        self._patience = Patience(timeout_s)
        self._sameness = Sameness()
        self._mapped = mapped

    def records(self, pids: Collection[int] | None) -> Iterator[Record]:
        """The records of one process after those of another; at the end those that had to wait."""
        for pid in self._proc.pids() if pids is None else pids:
            task = self._proc.process(pid)
            if isinstance(task, Directory):
                with task:
                    yield from self._process(task, pid)
            elif pids is not None or task.errno not in (ENOENT, ESRCH):
                yield task._replace(what="process")
        yield from self._patience.answers()

    def _process(self, task: Directory, pid: int) -> Iterator[Record]:
        process, unread = processes.process(task, pid)
        yield from unread
        if process is None:
            return
        yield process
        threads: list[RawThread] = []
        for thread in processes.threads(task):
            if isinstance(thread, RawThread):
                threads.append(thread)
            else:
                yield thread
        living = [thread.tid for thread in threads if not _has_ended(thread.stat)]
        tables, own = self._tables(pid, living)
        for thread in threads:
            yield thread._replace(own_table=own.get(thread.tid, False))
        if None in own.values():
            yield Unread("descriptor tables of threads", EPERM if self._proc.live else ENOSYS, pid)
        for tid in tables:
            directory = task if tid == pid else task.open(b"task/%d" % tid)
            if isinstance(directory, Directory):
                label = None if tid == tables[0] else tid
                yield from descriptors(directory, pid, label, self._mounts, self._patience)
                if directory is not task:
                    directory.close()
        yield from processes.held(task, pid, self._mounts, self._patience)
        if self._mapped:
            yield from processes.mapped(task, pid, self._mounts, self._patience)

    def _tables(self, pid: int, living: list[int]) -> tuple[list[int], dict[int, bool | None]]:
        """One thread for each descriptor table, the process's own first; and who has a table apart from it.

        The process's own is the main thread's, or that of the first thread that lives when the main thread
        has ended. None: it could not be found out.
        """
        tables: list[int] = []
        own: dict[int, bool | None] = {}
        for tid in sorted(living, key=lambda tid: (tid != pid, tid)):
            same: bool | None = False
            for index, table in enumerate(tables):
                same = self._sameness.same_table(table, tid) if self._proc.live else None
                if same is None or same:
                    own[tid] = None if same is None else index > 0
                    break
            else:
                own[tid] = bool(tables)
                tables.append(tid)
        return tables, own


def _has_ended(stat: bytes) -> bool:
    """Whether a task is a zombie or dead: it has let its descriptors go."""
    return stat.rpartition(b") ")[2][:1] in (b"Z", b"X")
