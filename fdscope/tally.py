"""The threads of a watched process and their counters, from one interval to the next."""

from __future__ import annotations

from collections.abc import Sequence
from errno import ENOENT, ESRCH

from . import switches
from .kernel.counters import Counters
from .raw import RawTask, Unread
from .switches import Count, Scheduled
from .text import text

Way = tuple[int, int, int]
"""A way to wait: number of the system call, its first argument, and of fcntl(2) the second."""

_NOTHING, _NO_TIME, _NEVER = Count(0, 0), (0, 0), Scheduled(0, 0, 0)
_NOTHING_YET = (0, 0, 0)


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

    def __init__(self, counters: Counters, *, from_zero: bool, first: Sequence[RawTask] | None = None) -> None:
        """`from_zero`: all that the counters say counts; else what they say now is what growth is told from.

        `first`: what the scheduler says of all threads now, instead of the files of `counters`; then `take` is
        called with the same later, and not `count`.
        """
        self._counters = counters
        self._tells_slices = True
        self._sums = _NOTHING_YET
        self._grown: tuple[int, int, int] | None = None
        self.tasks: dict[int, Task] = {}
        self.active: list[Task] = []
        """Those that ran in the last interval."""
        self.begun = self.ended = 0
        """Threads that are new, and that are gone, since the interval before."""
        if not from_zero:
            if first is None:
                self.count()
            else:
                self.take(first)
                self._grown = None
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

    def take(self, records: Sequence[RawTask]) -> int:
        """As `count`, by what the scheduler says of all threads of the process; how many there are.

        The sums have those of threads that have ended, also of such as came and went since the last time.
        """
        self._rest()
        before, gone = len(self.tasks), set(self.tasks)
        growth = switches.growth
        voluntary = involuntary = cpu_ns = 0
        for record in records:
            gone.discard(record.tid)
            task = self.tasks.get(record.tid)
            if task is None:
                task = self.tasks[record.tid] = Task(record.tid, text(record.name))
            old, then = task.total, task.scheduled
            task.total = Count(record.voluntary, record.involuntary)
            task.scheduled = Scheduled(record.cpu_ns, record.queue_ns, 0)
            voluntary += record.voluntary
            involuntary += record.involuntary
            cpu_ns += record.cpu_ns
            if task.total != old or task.scheduled != then:
                task.grown = Count(
                    growth(old.voluntary, record.voluntary), growth(old.involuntary, record.involuntary)
                )
                task.spent = (growth(then.cpu_ns, record.cpu_ns), growth(then.queue_ns, record.queue_ns))
                self.active.append(task)
        if records:
            first = records[0]
            voluntary += first.ended_voluntary
            involuntary += first.ended_involuntary
            cpu_ns += first.ended_cpu_ns
        self._grown = (
            growth(self._sums[0], voluntary),
            growth(self._sums[1], involuntary),
            growth(self._sums[2], cpu_ns),
        )
        self._sums = (voluntary, involuntary, cpu_ns)
        self.begun, self.ended = len(self.tasks) - before, len(gone)
        for tid in gone:
            del self.tasks[tid]
        return len(records)

    @property
    def is_whole(self) -> bool:
        """Whether the sums have what threads did that have ended."""
        return self._grown is not None

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
        if self._grown is not None:
            return self._grown[:2]
        return (
            sum([task.grown.voluntary for task in self.active]),
            sum([task.grown.involuntary for task in self.active]),
        )

    @property
    def cpu_s(self) -> float | None:
        """Time that threads were on CPUs in the last interval; None: the kernel does not tell it."""
        if self._grown is not None:
            return self._grown[2] / 1e9
        return sum([task.spent[0] for task in self.active]) / 1e9 if self._tells_slices else None

    @property
    def queue_s(self) -> float | None:
        """Time that threads were ready and waited for a CPU in the last interval; None: it is not told."""
        return sum([task.spent[1] for task in self.active]) / 1e9 if self._tells_slices else None
