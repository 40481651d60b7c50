"""One process that is watched: its counters now and before, what its threads wait in, what it holds."""

from __future__ import annotations

import os
import time
from _thread import get_native_id
from collections import Counter
from collections.abc import Iterable, Sequence
from errno import EACCES, EPERM
from heapq import nsmallest

from . import switches, syscalls, tasks, verdicts
from .describer import Describer
from .frame import Outline, ProcessFrame, ProcessSummary, Spread, ThreadRate, WaitShare
from .inventory import Inventory
from .kernel.calls import bits_of
from .kernel.counters import Counters
from .kernel.programs.switches import OF_32_BITS, RawTotal, RawWay
from .kernel.root import Proc
from .raw import RawTask, Unread
from .tally import Tally, Task, Way
from .text import text

MOST_THREADS = 20
MOST_ASKED = 128
"""How many threads of a process are asked by which I/O model they wait."""
_MOST_WAITS = 10
_FORGOTTEN = 0.3
"""What a look counts for is halved at every interval; less than this is nothing."""
_RUNNING = (-2, 0, 0)
_ENDED = 0x30
"""EXIT_ZOMBIE and EXIT_DEAD of include/linux/sched.h."""
_OFTEN, _TRIES, _PAUSE_S = 1000, 16, 20e-6
"""Of a thread with more voluntary switches in an interval, how often one look is tried again, and the pause."""


def _second(name: str, argument: int) -> int:
    """What the second argument of a call tells of its wait: a command, or whether a set is empty."""
    if name in ("fcntl", "fcntl64"):
        return argument
    return min(argument & 0xFFFFFFFF, 1) if name.startswith(("poll", "ppoll")) else 0


class Subject:
    """A process that is watched, as long as it lives."""

    def __init__(
        self,
        counters: Counters,
        pid: int,
        stat: tasks.Stat,
        *,
        from_zero: bool,
        first: Sequence[RawTask] | None = None,
    ) -> None:
        """`from_zero`: it was begun within the watch, so all that its counters say belongs to the watch.

        `first`: as of `Tally`.
        """
        self.pid = pid
        self.name = stat.name
        self.rate = 0.0
        self._counters = counters
        self._machine = os.uname().machine
        self.is_kernel = bool(stat.flags & tasks.KERNEL_THREAD)
        self.tally = Tally(counters, from_zero=from_zero, first=first)
        self.by_records = first is not None
        """Whether `take` is called at the end of intervals; else `count`."""
        self._counted: dict[Way, tuple[int, int]] | None = None
        self._looked: dict[int, Task] = {}
        self._cpu_ticks = 0 if from_zero else stat.cpu_ticks
        self._ticks_per_s = os.sysconf("SC_CLK_TCK")
        self._refused = False
        self._bits: int | None = None
        self._cpu_s: float | None = None
        self._watched_s = 0.0
        self.inventory = Inventory(counters, pid)
        self._sums = [[0.0, 0.0], [0.0, 0.0]]
        self._cpu_sum = 0.0
        self._threads_peak = 0
        self._verdicts: Counter[str] = Counter()

    @classmethod
    def of(
        cls, proc: Proc, pid: int, room: list[int], *, from_zero: bool, first: Sequence[RawTask] | None = None
    ) -> Subject | Unread:
        """The process of this pid; `room` as of `Counters`, `first` as of `Tally`."""
        counters = Counters.of(proc, pid, room)
        if isinstance(counters, Unread):
            return counters
        stat = counters.read(b"stat")
        if isinstance(stat, bytes):
            try:
                return cls(counters, pid, tasks.parse_stat(stat), from_zero=from_zero, first=first)
            except (ValueError, IndexError):
                stat = Unread("stat", 22, pid)
        counters.close()
        return stat

    def close(self) -> None:
        """Lets its files go."""
        self._counters.close()

    # counting

    def count(self, seconds: float) -> bool:
        """Counts all threads; False: it has ended."""
        stat = self._counters.read(b"stat")
        living = None if isinstance(stat, Unread) else self.tally.count()
        if isinstance(stat, Unread) or living is None:
            return False
        try:
            parsed = tasks.parse_stat(stat)
        except (ValueError, IndexError):
            return False
        self.name = parsed.name
        ticks = switches.growth(self._cpu_ticks, parsed.cpu_ticks)
        self._cpu_ticks = parsed.cpu_ticks
        self._cpu_s = ticks / self._ticks_per_s
        exact = self.tally.cpu_s
        if exact is not None and not self.tally.ended:  # to the nanosecond, but without those who have ended
            self._cpu_s = exact
        self._add(seconds, living)
        return parsed.state not in "ZX" or living > 1

    def take(self, records: Sequence[RawTask], ways: Iterable[tuple[RawWay, RawTotal]], seconds: float) -> bool:
        """As `count`, by what the scheduler says of all threads, and by switches that were counted one by one."""
        if not records:
            return False
        living = self.tally.take(records)
        leader = records[0]
        self.name = text(leader.name) if leader.tid == self.pid else self.name
        self._cpu_s = self.tally.cpu_s or 0.0
        self._add(seconds, living)
        self._attribute(ways)
        return living > 1 or not leader.state & _ENDED

    def _attribute(self, ways: Iterable[tuple[RawWay, RawTotal]]) -> None:
        """Of voluntary switches, which way each was: exactly, and of each thread the ways that it waited in."""
        self._counted = {}
        for task in self._looked.values():
            task.calls = {}
        self._looked = {}
        for way, total in ways:
            if not way.voluntary:
                continue
            key = (way.call, way.first, way.second)
            switches_before, off_before = self._counted.get(key, (0, 0))
            self._counted[key] = (switches_before + total.switches, off_before + total.off_ns)
            found = self.tally.tasks.get(way.tid)
            if found is not None:
                found.calls[key] = found.calls.get(key, 0.0) + total.off_ns
                self._looked[way.tid] = found

    def _add(self, seconds: float, living: int) -> None:
        """Adds an interval to the sums."""
        self._watched_s += seconds
        grown = self.tally.grown()
        self.rate = sum(grown) / seconds
        for sums, one in zip(self._sums, grown, strict=True):
            sums[0] += one
            sums[1] = max(sums[1], one / seconds)
        self._cpu_sum += self._cpu_s or 0.0
        self._threads_peak = max(self._threads_peak, living)

    # looking

    def threads_to_look_at(self, *, only_active: bool) -> list[int]:
        """Threads that may be asked what they wait in."""
        if self._refused or self.is_kernel or self._counted is not None:
            return []
        if not only_active:
            return list(self.tally.tasks)
        return [task.tid for task in self.tally.active if any(task.grown)]

    def look(self, tid: int) -> Unread | None:
        """What a thread waits in just now; Unread: that may not be known of this process."""
        task = self.tally.tasks.get(tid)
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
            way = _RUNNING
        elif len(words) == 9 and words[-2:] != [b"0x0", b"0x0"]:
            number = int(words[0])
            name = syscalls.name_of(number, self._machine, self._bits_of(int(words[7], 16)))
            way = (number, int(words[1], 16), _second(name, int(words[2], 16)))
        else:
            return None
        task.calls[way] = task.calls.get(way, 0.0) + 1.0
        self._looked[tid] = task
        return None

    def _again(self, tid: int) -> bytes | Unread:
        """Of a thread that is switched so often that it is seldom found at rest: the best of several looks.

        While it looks, the kernel makes sure that the thread has not been switched (lib/syscall.c,
        task_current_syscall); else it says that it runs. Who looks without a pause takes a CPU from threads that
        pass work to and fro, so that one of them runs all the time.
        """
        for _ in range(_TRIES):
            time.sleep(_PAUSE_S)
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
        if number >= OF_32_BITS:
            return syscalls.Call(syscalls.name_of(number & (OF_32_BITS - 1), self._machine, 32), (), 32)
        bits = self._bits or 64
        return syscalls.Call(syscalls.name_of(number, self._machine, bits), (first, second, 0, 0, 0, 0), bits)

    def _unseen(self) -> float:
        """Of the voluntary switches of threads looked at, the share of those that were never found to wait."""
        unseen = every = 0
        for task in self._looked.values():
            every += task.grown.voluntary
            if task.calls.keys() <= {_RUNNING}:
                unseen += task.grown.voluntary
        return unseen / every if every else 0.0

    def _weighed(self) -> tuple[dict[Way, float], dict[Way, float]]:
        """How threads waited, by looks or by time, and how many switches each way made, counted or estimated."""
        if self._counted is not None:
            return (
                {way: float(off_ns) for way, (_, off_ns) in self._counted.items()},
                {way: float(times) for way, (times, _) in self._counted.items()},
            )
        seen: dict[Way, float] = {}
        weights: dict[Way, float] = {}
        for task in self._looked.values():
            waiting = {way: times for way, times in task.calls.items() if way != _RUNNING}
            looks = sum(waiting.values())
            for way, times in waiting.items():
                seen[way] = seen.get(way, 0.0) + times
                weights[way] = weights.get(way, 0.0) + task.grown.voluntary * times / looks
        return seen, weights

    def _waits(self, describer: Describer, seconds: float) -> tuple[list[WaitShare], dict[str, float]]:
        """How threads waited, those that were switched most first; and the share of each I/O model."""
        seen, weights = self._weighed()
        looks, weight = sum(seen.values()), sum(weights.values())
        found = []
        for way, times in sorted(seen.items(), key=lambda item: (-weights[item[0]], -item[1]))[:_MOST_WAITS]:
            call = self._call(way)
            if way[0] < 0:  # no call: a page fault, or a thread of the kernel
                meaning = syscalls.Meaning(syscalls.OTHER if self.is_kernel else syscalls.MEMORY, None)
            else:
                meaning = syscalls.meaning_of(call)
            numbers = self._numbers(way, call)
            words = syscalls.futexes(call, {}) if call.arguments else []
            found.append(
                WaitShare(
                    waits_for=meaning.waits_for,
                    model=meaning.model,
                    syscall=None if way[0] < 0 else call.name,
                    fd=numbers[0] if numbers else None,
                    what=describer.what(self.pid, numbers[0], self.inventory.links) if numbers else None,
                    futex=f"{words[0].address:#x}" if words else None,
                    share=round(times / looks, 4) if looks else 0.0,
                    switches_share=round(weights[way] / weight, 4) if weight else None,
                    switches_per_s=None if self._counted is None else round(weights[way] / seconds, 2),
                )
            )
        models: dict[str, float] = {}
        for way, times in seen.items():
            model = (syscalls.meaning_of(self._call(way)).model if way[0] >= 0 else None) or "none"
            models[model] = models.get(model, 0.0) + (times / looks if looks else 0.0)
        shares = sorted(models.items(), key=lambda item: (-item[1], item[0]))
        return found, {model: round(share, 4) for model, share in shares}

    def _numbers(self, way: Way, call: syscalls.Call) -> list[int]:
        """The descriptors that a wait is on, as far as it says so by itself; of poll(2) one, if it is counted."""
        if self._counted is not None and call.name in ("poll", "ppoll") and way[2] == 1:
            return [way[1]] if way[1] < 1 << 31 else []
        return syscalls.descriptors(call) if call.arguments and way[0] >= 0 else []

    def _forget_looks(self) -> None:
        """Halves what was seen; what is older than a few intervals counts for nothing."""
        for tid, task in list(self._looked.items()):
            task.calls = {way: times / 2 for way, times in task.calls.items() if times > _FORGOTTEN}
            if not task.calls or tid not in self.tally.tasks:
                del self._looked[tid]

    def waiting(self) -> dict[str, int] | None:
        """How many threads wait by which I/O model just now; None: that may not be known, or it is the kernel's.

        ``none``: for no input or output; ``running``: for nothing. Of very many threads the first are asked.
        """
        found: Counter[str] = Counter()
        if self._refused or self.is_kernel:
            return None
        for tid in list(self.tally.tasks)[:MOST_ASKED]:
            line = self._counters.of_thread(tid, b"syscall")
            if isinstance(line, Unread):
                if line.errno in (EACCES, EPERM):
                    return None
                continue
            words = line.split()
            if words == [b"running"]:
                found["running"] += 1
            elif len(words) == 9:
                way = (int(words[0]), int(words[1], 16), 0)
                name = syscalls.name_of(way[0], self._machine, self._bits_of(int(words[7], 16)))
                call = self._call((*way[:2], _second(name, int(words[2], 16))))
                found[syscalls.meaning_of(call).model or "none"] += 1
            else:
                found["none"] += 1
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    # telling

    def outline(self, seconds: float, now: float) -> Outline:
        """What a table of all processes shows of it; costs a twentieth of a frame."""
        if not self.is_kernel:
            self.inventory.count(now)
        voluntary, involuntary = self.tally.grown()
        held = self.inventory
        return Outline(
            self.pid,
            self.name,
            self.is_kernel,
            round(voluntary / seconds, 2),
            round(involuntary / seconds, 2),
            held.last,
            held.growth,
            held.limit,
            held.seconds_to_limit(),
        )

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
        voluntary, involuntary = self.tally.grown()
        queued = self.tally.queue_s
        queue = None if queued is None else queued / seconds
        waits, models = self._waits(describer, seconds)
        unseen = 0.0 if self._counted is not None else self._unseen()
        cpu = None if self._cpu_s is None else self._cpu_s / seconds
        busy = verdicts.Busy(
            voluntary_per_s=voluntary / seconds,
            involuntary_per_s=involuntary / seconds,
            threads=len(self.tally.tasks),
            cpu_share=cpu,
            queue_share=queue,
            running=running,
            cpus=cpus,
            waits=waits,
            unseen=unseen,
            ended=0 if self.tally.is_whole else self.tally.ended,
        )
        said = verdicts.verdict(busy)
        self._verdicts[said.word] += 1
        told = ProcessFrame(
            pid=self.pid,
            name=self.name,
            voluntary_per_s=round(voluntary / seconds, 2),
            involuntary_per_s=round(involuntary / seconds, 2),
            threads_counted=len(self.tally.tasks),
            threads_new=self.tally.begun or None,
            threads_ended=self.tally.ended or None,
            exited_threads_included=self.tally.is_whole,
            cpu_share=None if cpu is None else round(cpu, 4),
            queue_share=None if queue is None else round(queue, 4),
            waits=waits or None,
            models=models or None,
            unseen_share=round(unseen, 4) or None,
            threads=self._thread_rates(seconds) or None,
            verdict=said,
        )
        self.inventory.tell(told, now)
        if self._counted is None:
            self._forget_looks()
        return told

    def _thread_rates(self, seconds: float) -> list[ThreadRate]:
        tells = self.tally.cpu_s is not None
        chosen = self.tally.active
        if len(chosen) < MOST_THREADS:
            chosen = list(self.tally.tasks.values())
        busiest = nsmallest(MOST_THREADS, chosen, key=lambda task: (-sum(task.grown), task.tid))
        return [
            ThreadRate(
                tid=task.tid,
                name=task.name,
                voluntary_per_s=round(task.grown.voluntary / seconds, 2),
                involuntary_per_s=round(task.grown.involuntary / seconds, 2),
                cpu_share=round(task.spent[0] / 1e9 / seconds, 4) if tells else None,
                queue_share=round(task.spent[1] / 1e9 / seconds, 4) if tells else None,
                waits=self._last_seen(task),
            )
            for task in busiest
        ]

    def _last_seen(self, task: Task) -> str | None:
        ways = [(times, way) for way, times in task.calls.items() if way != _RUNNING]
        if not ways:
            return None
        way = max(ways)[1]
        if way[0] < 0:
            return None
        call = self._call(way)
        numbers = self._numbers(way, call)
        return f"{call.name}({numbers[0]})" if numbers else call.name

    def summary(self, now: float) -> ProcessSummary:
        """What was seen of it from the beginning on."""
        elapsed = max(self._watched_s, 1e-6)

        def spread(total: float, peak: float) -> Spread:
            return Spread(total=total, mean_per_s=round(total / elapsed, 2), peak_per_s=round(peak, 2))

        return ProcessSummary(
            pid=self.pid,
            name=self.name,
            exited_threads_included=self.tally.is_whole,
            watched_s=round(self._watched_s, 3),
            voluntary=spread(*self._sums[0]),
            involuntary=spread(*self._sums[1]),
            threads_peak=self._threads_peak,
            cpu_time_s=round(self._cpu_sum, 3),
            descriptors_first=self.inventory.first,
            descriptors_last=self.inventory.last,
            descriptors_peak=self.inventory.peak or None,
            verdicts=dict(self._verdicts),
        )
