"""One process that is watched: its counters now and before, what its threads wait in, what it holds."""

from __future__ import annotations

import os
from _thread import get_native_id
from collections import Counter
from errno import EACCES, EPERM

from . import switches, syscalls, tasks, verdicts
from .describer import Describer
from .frame import ProcessFrame, ProcessSummary, Spread, ThreadRate, WaitShare
from .inventory import Inventory
from .kernel.calls import bits_of
from .kernel.counters import Counters
from .kernel.root import Proc
from .raw import Unread
from .switches import Count, Scheduled
from .text import text

MOST_THREADS = 20
_MOST_WAITS = 10
_REMEMBERED = 0.5
"""What a look at a thread counts for in the next frame, and half of that in the one after."""
_RUNNING = (-2, 0, 0)
_OFTEN, _TRIES = 1000, 16
"""Of a thread with more voluntary switches in an interval, how often one look is tried again; 2 µs each."""
_FCNTL = frozenset({"fcntl", "fcntl64"})

Way = tuple[int, int, int]
"""A way to wait: number of the system call, its first argument, and of fcntl(2) the second."""


class _Task:
    """A thread: its counters at the last frame, and what they have grown by since the one before."""

    __slots__ = ("calls", "grown", "kernel", "name", "schedstat", "scheduled", "spent", "total")

    def __init__(self, name: str, total: Count, scheduled: Scheduled | None, kernel: bool) -> None:
        self.name = name
        self.total = total
        self.scheduled = scheduled
        self.kernel = kernel
        self.schedstat = b""
        self.grown = Count(0, 0)
        self.spent = (0, 0)
        self.calls: Counter[Way] = Counter()


class Subject:
    """A process that is watched, as long as it lives."""

    def __init__(self, counters: Counters, pid: int, stat: tasks.Stat, *, from_zero: bool) -> None:
        """`from_zero`: it was begun within the watch, so all that its counters say belongs to the watch."""
        self.pid = pid
        self.name = stat.name
        self.rate = 0.0
        self._counters = counters
        self._from_zero = from_zero
        self._machine = os.uname().machine
        self.is_kernel = bool(stat.flags & tasks.KERNEL_THREAD)
        self._tasks: dict[int, _Task] = {}
        self._cpu_ticks = 0 if from_zero else stat.cpu_ticks
        self._ticks_per_s = os.sysconf("SC_CLK_TCK")
        self._tells_slices = True
        self._refused = False
        self._bits: int | None = None
        self._new = self._gone = 0
        self._cpu_s: float | None = None
        self._frames = 0
        self._watched_s = 0.0
        self.inventory = Inventory(counters, pid, from_zero=from_zero)
        self._sums = {name: [0.0, 0.0] for name in ("voluntary", "involuntary")}
        self._cpu_sum = 0.0
        self._threads_peak = 0
        self._verdicts: Counter[str] = Counter()
        self._first_count()

    @classmethod
    def of(cls, proc: Proc, pid: int, room: list[int], *, from_zero: bool) -> Subject | Unread:
        """The process of this pid; `room` as of `Counters`."""
        counters = Counters.of(proc, pid, room)
        if isinstance(counters, Unread):
            return counters
        stat = counters.read(b"stat")
        if isinstance(stat, bytes):
            try:
                return cls(counters, pid, tasks.parse_stat(stat), from_zero=from_zero)
            except (ValueError, IndexError):
                stat = Unread("stat", 22, pid)
        counters.close()
        return stat

    def close(self) -> None:
        """Lets its files go."""
        self._counters.close()

    # counting

    def _first_count(self) -> None:
        """The counters from which rates are told; of a process that is new they are all 0."""
        if not self._from_zero:
            for tid in self._counters.threads() or ():
                self._count_thread(tid)
            for task in self._tasks.values():
                task.grown, task.spent = Count(0, 0), (0, 0)

    def count(self, seconds: float) -> bool:
        """Counts all threads; False: it has ended."""
        numbers = self._counters.threads()
        stat = self._counters.read(b"stat")
        if numbers is None or isinstance(stat, Unread):
            return False
        try:
            parsed = tasks.parse_stat(stat)
        except (ValueError, IndexError):
            return False
        self.name = parsed.name
        before = set(self._tasks)
        for tid in numbers:
            self._count_thread(tid)
        gone = before.difference(numbers)
        for tid in gone:
            self._counters.forget(tid)
            del self._tasks[tid]
        self._new, self._gone = len(set(self._tasks) - before), len(gone)
        ticks = switches.growth(self._cpu_ticks, parsed.cpu_ticks)
        self._cpu_ticks = parsed.cpu_ticks
        self._cpu_s = ticks / self._ticks_per_s
        if self._tells_slices and not gone:  # exact to the nanosecond, but without those who have ended
            self._cpu_s = sum(task.spent[0] for task in self._tasks.values()) / 1e9
        self._watched_s += seconds
        self._frames += 1
        voluntary, involuntary = self._grown()
        self.rate = (voluntary + involuntary) / seconds
        for name, grown in (("voluntary", voluntary), ("involuntary", involuntary)):
            sums = self._sums[name]
            sums[0] += grown
            sums[1] = max(sums[1], grown / seconds)
        self._cpu_sum += self._cpu_s
        self._threads_peak = max(self._threads_peak, len(self._tasks))
        return parsed.state not in "ZX" or len(numbers) > 1

    def _grown(self) -> tuple[int, int]:
        return (
            sum(task.grown.voluntary for task in self._tasks.values()),
            sum(task.grown.involuntary for task in self._tasks.values()),
        )

    def _count_thread(self, tid: int) -> None:
        """What the counters of a thread have grown by.

        A thread that has not been on a CPU since the last time, by its schedstat, has not been switched either; so
        its status, which costs the kernel most, is read only of those that ran.
        """
        task = self._tasks.get(tid)
        schedstat = self._counters.of_thread(tid, b"schedstat") if self._tells_slices else b""
        if isinstance(schedstat, Unread):
            if schedstat.errno not in (EACCES, EPERM) and task is None and self._counters.threads() is None:
                return
            self._tells_slices = self._tells_slices and schedstat.errno in (2, 3)
            schedstat = b""
        if task is not None and schedstat and schedstat == task.schedstat:
            task.grown, task.spent = Count(0, 0), (0, 0)
            return
        status = self._counters.of_thread(tid, b"status")
        if isinstance(status, Unread):
            return
        try:
            total, scheduled = switches.count(status) or Count(0, 0), switches.scheduled(schedstat)
        except ValueError:
            return
        if task is None:
            name = text(status.partition(b"\n")[0].partition(b":")[2].strip(b"\t\n"))
            task = self._tasks[tid] = _Task(name, Count(0, 0), Scheduled(0, 0, 0), self.is_kernel)
        task.grown = Count(
            switches.growth(task.total.voluntary, total.voluntary),
            switches.growth(task.total.involuntary, total.involuntary),
        )
        before = task.scheduled
        if scheduled is not None and before is not None:
            task.spent = (
                switches.growth(before.cpu_ns, scheduled.cpu_ns),
                switches.growth(before.queue_ns, scheduled.queue_ns),
            )
        # schedstat was read first: if it was switched since, it will differ the next time
        task.total, task.scheduled, task.schedstat = total, scheduled, schedstat

    # looking

    def threads_to_look_at(self, *, only_active: bool) -> list[int]:
        """Threads that may be asked what they wait in."""
        if self._refused or self.is_kernel:
            return []
        if not only_active:
            return list(self._tasks)
        return [tid for tid, task in self._tasks.items() if any(task.grown)]

    def look(self, tid: int) -> Unread | None:
        """What a thread waits in just now; Unread: that may not be known of this process."""
        task = self._tasks.get(tid)
        if task is None or tid == get_native_id():  # who asks runs
            return None
        line = self._counters.of_thread(tid, b"syscall")
        if line == b"running\n" and task.grown.voluntary > _OFTEN:
            line = self._again(tid)
        if isinstance(line, Unread):
            if line.errno in (EACCES, EPERM):
                self._refused = True
                return line
            return None
        words = line.split()
        if words == [b"running"]:
            task.calls[_RUNNING] += 1
        elif len(words) == 9 and words[-2:] != [b"0x0", b"0x0"]:
            number = int(words[0])
            name = syscalls.name_of(number, self._machine, self._bits_of(int(words[7], 16)))
            second = int(words[2], 16) if name in _FCNTL else 0
            task.calls[number, int(words[1], 16), second] += 1
        return None

    def _again(self, tid: int) -> bytes | Unread:
        """Of a thread that is switched so often that it is seldom found at rest: the best of several looks.

        While it looks, the kernel makes sure that the thread has not been switched (lib/syscall.c,
        task_current_syscall); else it says that it runs.
        """
        for _ in range(_TRIES):
            line = self._counters.of_thread(tid, b"syscall")
            if line != b"running\n":
                break
        return line

    def _bits_of(self, stack_pointer: int) -> int:
        if stack_pointer >> 32:
            return 64
        if self._bits is None:
            vector = self._counters.read(b"auxv")
            self._bits = bits_of(vector if isinstance(vector, bytes) else b"")
        return self._bits

    def _call(self, way: Way) -> syscalls.Call:
        number, first, second = way
        bits = self._bits or 64
        return syscalls.Call(syscalls.name_of(number, self._machine, bits), (first, second, 0, 0, 0, 0), bits)

    def _waits(self, describer: Describer) -> list[WaitShare]:
        """How threads were seen to wait; of those that were switched most, most is told."""
        seen: Counter[Way] = Counter()
        weights: dict[Way, float] = {}
        for task in self._tasks.values():
            waiting = {way: times for way, times in task.calls.items() if way != _RUNNING}
            looks = sum(waiting.values())
            for way, times in waiting.items():
                seen[way] += times
                weights[way] = weights.get(way, 0.0) + task.grown.voluntary * times / looks
        looks, weight = sum(seen.values()), sum(weights.values())
        found = []
        for way, times in sorted(seen.items(), key=lambda item: (-weights[item[0]], -item[1]))[:_MOST_WAITS]:
            call = self._call(way)
            meaning = syscalls.meaning_of(call)
            numbers = syscalls.descriptors(call)
            is_futex = call.name.startswith("futex")
            found.append(
                WaitShare(
                    waits_for=meaning.waits_for,
                    model=meaning.model,
                    syscall=call.name,
                    fd=numbers[0] if numbers else None,
                    what=describer.what(self.pid, numbers[0], self.inventory.links) if numbers else None,
                    futex=f"{way[1]:#x}" if is_futex else None,
                    share=round(times / looks, 4),
                    switches_share=round(weights[way] / weight, 4) if weight else None,
                )
            )
        return found

    def _forget_looks(self) -> None:
        for task in self._tasks.values():
            if task.calls:
                kept = {way: times * _REMEMBERED for way, times in task.calls.items() if times > 0.1}
                task.calls = Counter()
                task.calls.update(kept)

    # telling

    def frame(
        self,
        seconds: float,
        now: float,
        describer: Describer,
        running: int | None,
        cpus: int | None,
        *,
        changes: bool,
    ) -> ProcessFrame:
        """What has happened in an interval."""
        if not self.is_kernel:
            self.inventory.count(now)
            if changes:
                self.inventory.measure(seconds)
        voluntary, involuntary = self._grown()
        queue = sum(task.spent[1] for task in self._tasks.values()) / 1e9 / seconds if self._tells_slices else None
        waits = self._waits(describer)
        cpu = None if self._cpu_s is None else self._cpu_s / seconds
        busy = verdicts.Busy(
            voluntary / seconds, involuntary / seconds, len(self._tasks), cpu, queue, running, cpus, waits
        )
        said = verdicts.verdict(busy)
        self._verdicts[said.word] += 1
        told = ProcessFrame(
            pid=self.pid,
            name=self.name,
            voluntary_per_s=round(voluntary / seconds, 2),
            involuntary_per_s=round(involuntary / seconds, 2),
            threads_counted=len(self._tasks),
            threads_new=self._new or None,
            threads_ended=self._gone or None,
            cpu_share=None if cpu is None else round(cpu, 4),
            queue_share=None if queue is None else round(queue, 4),
            waits=waits or None,
            threads=self._thread_rates(seconds) or None,
            verdict=said,
        )
        self.inventory.tell(told, now)
        self._forget_looks()
        return told

    def _thread_rates(self, seconds: float) -> list[ThreadRate]:
        busiest = sorted(self._tasks.items(), key=lambda item: (-sum(item[1].grown), item[0]))[:MOST_THREADS]
        return [
            ThreadRate(
                tid=tid,
                name=task.name,
                voluntary_per_s=round(task.grown.voluntary / seconds, 2),
                involuntary_per_s=round(task.grown.involuntary / seconds, 2),
                cpu_share=round(task.spent[0] / 1e9 / seconds, 4) if self._tells_slices else None,
                queue_share=round(task.spent[1] / 1e9 / seconds, 4) if self._tells_slices else None,
                waits=self._last_seen(task),
            )
            for tid, task in busiest
        ]

    def _last_seen(self, task: _Task) -> str | None:
        ways = [(times, way) for way, times in task.calls.items() if way != _RUNNING]
        if not ways:
            return None
        call = self._call(max(ways)[1])
        numbers = syscalls.descriptors(call)
        return f"{call.name}({numbers[0]})" if numbers else call.name

    def summary(self, now: float) -> ProcessSummary:
        """What was seen of it from the beginning on."""
        elapsed = max(self._watched_s, 1e-6)

        def spread(name: str) -> Spread:
            total, peak = self._sums[name]
            return Spread(total=total, mean_per_s=round(total / elapsed, 2), peak_per_s=round(peak, 2))

        return ProcessSummary(
            pid=self.pid,
            name=self.name,
            watched_s=round(self._watched_s, 3),
            voluntary=spread("voluntary"),
            involuntary=spread("involuntary"),
            threads_peak=self._threads_peak,
            cpu_time_s=round(self._cpu_sum, 3),
            descriptors_first=self.inventory.first,
            descriptors_last=self.inventory.last,
            descriptors_peak=self.inventory.peak or None,
            verdicts=dict(self._verdicts),
        )
