"""Selection to Snapshot: the room where what the kernel said becomes what fdscope says."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterable
from errno import EACCES, EINVAL, ENAMETOOLONG, ENOENT, ENOSYS, EOPNOTSUPP, EPERM, ESRCH, ETIMEDOUT

from . import host, switches, tasks
from ._version import __version__
from .kernel import processes as readers
from .kernel.load import load
from .kernel.machine import ProcMachine
from .kernel.mounts import Mounts
from .kernel.root import Proc
from .kernel.source import ProcSource, Source
from .kernel.system import system
from .kernel.users import user_name
from .kinds import decode, held_file
from .links import objects
from .model import Descriptor, HeldFile, Problem, Process, Snapshot, Thread
from .raw import Machine, RawDescriptor, RawHeldFile, RawProcess, RawThread, Record, Unread
from .selection import Candidate, Selected, UsageError, select
from .times import rfc3339

_REASONS = {
    EACCES: "permission-denied",
    EPERM: "permission-denied",
    ENOENT: "vanished",
    ESRCH: "vanished",
    ETIMEDOUT: "timed-out",
    ENAMETOOLONG: "too-long",
    ENOSYS: "unsupported",
    EOPNOTSUPP: "unsupported",
    EINVAL: "not-understood",
}
_STRANGE = (ValueError, KeyError, IndexError)


def scan(
    targets: Iterable[str] = (), *, proc: str = "/proc", timeout_s: float = 5.0, mapped: bool = False
) -> Snapshot:
    """Looks once at the processes that `targets` name, or at all of them if there are none.

    Args:
        targets: pids, ``self``, and names (exact, else regular expressions).
        proc: another proc file system, or a recorded tree of one.
        timeout_s: how long to wait, in seconds, for file systems that do not answer.
        mapped: also list the files that memory is mapped from.

    What could not be read is in the snapshot's `problems`; a target that no process matches is one of them.
    The time taken grows with the descriptors of the processes that were selected.

    Raises:
        UsageError: a target is no pid, name or regular expression, or there is no such directory as `proc`.
    """
    words = list(targets)
    began, clock = time.time(), time.monotonic()
    try:
        root = Proc(proc)
    except OSError as error:
        raise UsageError(f"cannot use '{proc}' as /proc: {error.strerror}") from None
    with root:
        raw_system = system(root)
        mounts = Mounts(root)
        gathering = _Gathering(ProcMachine(root, mounts), host.boot_time(raw_system.stat))
        selected = _selected(root, words, gathering.problems) if words else None
        source: Source = ProcSource(root, mounts, timeout_s=timeout_s, mapped=mapped)
        for record in source.records(None if selected is None else [one.pid for one in selected]):
            gathering.add(record)
        found = gathering.processes(selected or ())
        busy = load(root) if selected is None else None
    return Snapshot(
        fdscope=__version__,
        taken_at=rfc3339(began, digits=3),
        duration_s=round(time.monotonic() - clock, 6),
        sources=[source.name],
        host=host.host(raw_system, busy),
        processes=found,
        objects=objects(found),
        problems=gathering.problems,
    )


def _selected(root: Proc, words: list[str], problems: list[Problem]) -> list[Selected]:
    selected, unmatched = select(words, lambda: _candidates(root), root.own_pid())
    for word in unmatched:
        problems.append(Problem(what="process", reason="no-such-process", detail=f"no process is called '{word}'"))
    found = {}
    for one in selected:
        leader = readers.leader(root, one.pid)
        if leader is None:
            problems.append(Problem(pid=one.pid, what="process", reason="no-such-process"))
        elif leader != one.pid:
            told = f"{one.pid} is a thread of process {leader}, which is shown"
            problems.append(Problem(pid=one.pid, what="process", reason="no-such-process", detail=told))
            found[leader] = Selected(leader)
        else:
            found[one.pid] = one
    return list(found.values())


def _candidates(root: Proc) -> list[Candidate]:
    found = []
    for pid, stat, command in readers.identities(root):
        try:
            parsed = tasks.parse_stat(stat)
        except _STRANGE:
            continue
        found.append(Candidate(pid, parsed.name, tasks.parse_command(command), parsed.start_ticks))
    return found


def problem_of(unread: Unread) -> Problem:
    """An errno of the kernel as a reason that people know."""
    reason = _REASONS.get(unread.errno, "failed")
    return Problem(
        pid=unread.pid,
        fd=unread.fd,
        what=unread.what,
        reason=reason,
        detail=unread.detail or (os.strerror(unread.errno) if reason == "failed" else None),
    )


class _Gathering:
    """Records in any order, gathered by process."""

    def __init__(self, machine: Machine, boot_time: int | None) -> None:
        self.problems: list[Problem] = []
        self._machine = machine
        self._boot_time = boot_time
        self._ticks_per_s = os.sysconf("SC_CLK_TCK")
        self._processes: dict[int, Process] = {}
        self._start_ticks: dict[int, int] = {}
        self._threads: dict[int, list[Thread]] = {}
        self._descriptors: defaultdict[int, list[Descriptor]] = defaultdict(list)
        self._files: dict[int, list[HeldFile]] = {}
        self._without_descriptors: set[int] = set()

    def add(self, record: Record) -> None:
        """Puts one record in its place; one that cannot be understood becomes a problem."""
        if isinstance(record, RawDescriptor):
            descriptor, problem = decode(record, self._machine)
            self._descriptors[record.pid].append(descriptor)
            if problem is not None:
                self.problems.append(problem)
        elif isinstance(record, RawThread):
            self._add_thread(record)
        elif isinstance(record, RawHeldFile):
            self._files.setdefault(record.pid, []).append(held_file(record))
        elif isinstance(record, RawProcess):
            self._add_process(record)
        else:
            if record.what == "descriptors" and record.pid is not None:
                self._without_descriptors.add(record.pid)
            self.problems.append(problem_of(record))

    def _add_process(self, raw: RawProcess) -> None:
        try:
            stat = tasks.parse_stat(raw.stat)
            process = tasks.process(raw, stat, self._boot_time, self._ticks_per_s)
            self._start_ticks[raw.pid] = stat.start_ticks
        except _STRANGE as error:
            process = Process(pid=raw.pid)
            self._strange(raw.pid, "process", error)
        if process.uid is not None:
            process.user = user_name(process.uid)
        self._processes[raw.pid] = process

    def _add_thread(self, raw: RawThread) -> None:
        try:
            thread = tasks.thread(raw)
        except _STRANGE as error:
            thread = Thread(tid=raw.tid)
            self._strange(raw.pid, f"thread {raw.tid}", error)
        self._threads.setdefault(raw.pid, []).append(thread)

    def _strange(self, pid: int, what: str, error: Exception) -> None:
        self.problems.append(
            Problem(pid=pid, what=what, reason="not-understood", detail=f"{type(error).__name__}: {error}")
        )

    def processes(self, selected: Iterable[Selected]) -> list[Process]:
        """The processes, whole. One that is not the one that was selected is told and left out."""
        for one in selected:
            if one.start_ticks is not None and self._start_ticks.get(one.pid) not in (None, one.start_ticks):
                self.problems.append(Problem(pid=one.pid, what="process", reason="pid-reused"))
                del self._processes[one.pid]
        for pid, process in self._processes.items():
            process.threads = self._threads.get(pid, [])
            process.context_switches = switches.total(thread.context_switches for thread in process.threads)
            process.files = self._files.get(pid)
            if pid not in self._without_descriptors:
                process.descriptors = self._descriptors.get(pid, [])
                process.descriptors.sort(key=_place)
                process.descriptor_count = sum(one.tid is None for one in process.descriptors)
        return [self._processes[pid] for pid in sorted(self._processes)]


def _place(descriptor: Descriptor) -> tuple[int, int]:
    return descriptor.tid or 0, descriptor.fd
