"""The threads of a watched process and their counters, from one interval to the next."""

from __future__ import annotations

from errno import ENOENT, ESRCH

from . import switches
from .kernel.counters import Counters
from .raw import Unread
from .switches import Count, Scheduled
from .text import text

Way = tuple[int, int, int]
"""A way to wait: number of the system call, its first argument, and of fcntl(2) the second."""

_NOTHING, _NO_TIME, _NEVER = Count(0, 0), (0, 0), Scheduled(0, 0, 0)


class Task:
    """A thread: its counters at the end of the last interval, and what they have grown by within it."""

    __slots__ = ("calls", "grown", "name", "schedstat", "scheduled", "spent", "tid", "total")

    def __init__(self, tid: int, name: str) -> None:
        self.tid = tid
        self.name = name
        self.total = _NOTHING
        self.scheduled = _NEVER
        self.schedstat = b""
        self.grown = _NOTHING
        self.spent = _NO_TIME
        """Nanoseconds on a CPU, and ready without one."""
        self.calls: dict[Way, float] = {}
        """How often it was seen to wait in which way, of late."""


class Tally:
    """The threads of one process.

    A thread that has not been on a CPU since the last time, by its schedstat, has not been switched either; so its
    status, which costs the kernel most, is read only of those that ran. Since schedstat is read first, whatever
    happens in between is seen the next time.
    """

    def __init__(self, counters: Counters, *, from_zero: bool) -> None:
        """`from_zero`: all that the counters say counts; else what they say now is what growth is told from."""
        self._counters = counters
        self._tells_slices = True
        self.tasks: dict[int, Task] = {}
        self.active: list[Task] = []
        """Those that ran in the last interval."""
        self.begun = self.ended = 0
        """Threads that are new, and that are gone, since the interval before."""
        if not from_zero:
            self.count()
            self._rest()
            self.begun = 0

    def count(self) -> int | None:
        """Reads the counters of all threads; how many there are. None: the process has ended."""
        numbers = self._counters.threads()
        if numbers is None:
            return None
        self._rest()
        before = len(self.tasks)
        lines = self._counters.of_threads(numbers, b"schedstat") if self._tells_slices else [b""] * len(numbers)
        find = self.tasks.get
        ran = []
        for tid, line in zip(numbers, lines, strict=True):
            task = find(tid)
            if task is None or line != task.schedstat or not line:
                ran.append((tid, task, line))
        statuses = self._counters.of_threads([tid for tid, _, _ in ran], b"status")
        for (tid, task, line), status in zip(ran, statuses, strict=True):
            if isinstance(status, bytes):
                self._count(tid, task, line, status)
        self.begun = len(self.tasks) - before
        gone = set(self.tasks).difference(numbers) if len(self.tasks) != len(numbers) or self.begun else set()
        for tid in gone:
            self._counters.forget(tid)
            del self.tasks[tid]
        self.ended = len(gone)
        return len(numbers)

    def _rest(self) -> None:
        for task in self.active:
            task.grown, task.spent = _NOTHING, _NO_TIME
        self.active = []

    def _count(self, tid: int, task: Task | None, line: bytes | Unread, status: bytes) -> None:
        if isinstance(line, Unread):
            if line.errno not in (ENOENT, ESRCH):
                self._tells_slices = False
            line = b""
        try:
            total, scheduled = switches.count(status) or _NOTHING, switches.scheduled(line)
        except ValueError:
            return
        if task is None:
            name = text(status.partition(b"\n")[0].partition(b":")[2].strip(b"\t\n"))
            task = self.tasks[tid] = Task(tid, name)
        old, growth = task.total, switches.growth
        task.grown = Count(growth(old.voluntary, total.voluntary), growth(old.involuntary, total.involuntary))
        task.total, task.schedstat = total, line
        if scheduled is not None:
            then = task.scheduled
            task.spent = (growth(then.cpu_ns, scheduled.cpu_ns), growth(then.queue_ns, scheduled.queue_ns))
            task.scheduled = scheduled
        self.active.append(task)

    def grown(self) -> tuple[int, int]:
        """Voluntary and involuntary switches of all threads in the last interval."""
        return (
            sum([task.grown.voluntary for task in self.active]),
            sum([task.grown.involuntary for task in self.active]),
        )

    @property
    def cpu_s(self) -> float | None:
        """Time that threads were on CPUs in the last interval; None: the kernel does not tell it."""
        return sum([task.spent[0] for task in self.active]) / 1e9 if self._tells_slices else None

    @property
    def queue_s(self) -> float | None:
        """Time that threads were ready and waited for a CPU in the last interval; None: it is not told."""
        return sum([task.spent[1] for task in self.active]) / 1e9 if self._tells_slices else None
