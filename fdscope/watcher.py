"""Samples of counters to Frames: the room where a machine is looked at again and again.

Between two frames threads are looked at, some at a time, for what they wait in: rates are counted, waits are
sampled.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from errno import EMFILE, ENOENT, ESRCH
from typing import TYPE_CHECKING, NamedTuple

from . import host, switches
from ._version import __version__
from .alone import early
from .describer import Describer
from .frame import (
    CommandTotal,
    Ended,
    Frame,
    MachineFrame,
    Outline,
    ProcessFrame,
    ProcessSummary,
    Rate,
    Sampling,
    Summary,
)
from .kernel.counters import Machine as MachineFiles
from .kernel.counters import ManyOpen
from .kernel.programs.switches import RawTotal, RawWay
from .model import Problem
from .opening import opened
from .problems import problem_of
from .raw import RawTask, Unread
from .selection import UsageError, above_zero, words_of
from .sources import counting
from .subject import Subject
from .targets import Targets
from .times import rfc3339
from .where import Expression

if TYPE_CHECKING:
    from .kernel.switched import Switched

LOOKS_PER_S = 10.0
"""How often, at most, threads are looked at between two frames."""
LOOKED_AT = 32
"""How many threads each time."""
MOST_ACTIVE = 256
"""Of a whole machine, how many threads that were switched lately take their turn."""
MOST_SUMMED = 100
"""How many processes a summary names."""


class _Interval(NamedTuple):
    """What all processes of one frame have in common."""

    seconds: float
    now: float
    running: int | None
    cpus: int | None


class Watch:
    """Looks at processes again and again. Use it in a `with` statement.

    Raises:
        UsageError: a target is no pid, name or regular expression, there is no such directory as `proc`, or
            `where` is no expression, or one about more than processes; or `interval_s` is no time.
    """

    def __init__(
        self,
        targets: Iterable[str] = (),
        *,
        proc: str = "/proc",
        interval_s: float = 1.0,
        top: int = 10,
        changes: bool = False,
        family_of: int | None = None,
        source: str = "auto",
        where: str | Expression | None = None,
    ) -> None:
        """Takes the first look, from which everything is counted.

        Args:
            targets: pids, ``self``, and names, which are looked for again and again; none: all processes.
            proc: another proc file system.
            interval_s: time between two frames, in seconds.
            top: how many processes a frame shows.
            changes: tell every descriptor that is opened or closed, and which files are read and written.
            family_of: watch this process and its descendants instead, from their first moment on.
            source: ``bpf`` counts every switch by what it was for, ``proc`` looks at threads now and then;
                ``auto`` is bpf where that is allowed.
            where: only processes of which this expression of `fdscope.where` is true; it may ask for nothing that
                is known only when threads or descriptors have been read.
        """
        above_zero("interval_s", interval_s)
        wanted, words = early("watch", where), words_of(targets)
        self._root = opened(proc)
        self.interval_s = interval_s
        self._top = top
        self.attended: Collection[int] = ()
        """Processes that frames tell of whatever their rate, with what each of their threads waits by."""
        self._interval = _Interval(1.0, 0.0, None, None)
        self._changes = changes
        self._many = ManyOpen()
        self._room = [self._many.room, self._many.room]
        self._machine_files = MachineFiles(self._root)
        self._describer = Describer(self._root, proc)
        self._subjects: dict[int, Subject] = {}
        self._past: list[ProcessSummary] = []
        self._problems: dict[tuple[int | None, str], Problem] = {}
        self._turn = 0
        self._looks = 0
        self._in_turn: list[tuple[Subject, int]] | None = None
        self._number = 0
        self._switched: Switched | None = None
        self._records: dict[int, list[RawTask]] = {}
        self._ways: dict[int, list[tuple[RawWay, RawTotal]]] = {}
        self._begun: list[Ended] = []
        self._ended: list[Ended] = []
        try:
            self._targets = Targets(self._root, words, family_of, wanted)
            everyone = self._targets.everyone or family_of is not None
            self._switched = counting(source, self._root, everyone=everyone)
            self._began = self._last = time.monotonic()
            self._own_s = self._began_own_s = time.process_time()
            self._stat = self._pressures()
            self._discover(first=family_of is None)
        except BaseException:
            self.close()
            raise
        self._begun = []
        self._interval = self._interval._replace(now=self._began)

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets all files go."""
        for subject in self._subjects.values():
            subject.close()
        self._subjects.clear()
        self._describer.close()
        if self._switched is not None:
            self._switched.close()
        self._root.close()
        self._many.undo()

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to watch, and nothing can come."""
        return not self._subjects and not self._targets.may_come

    @property
    def unmatched(self) -> list[str]:
        """The targets that no process matches now."""
        return self._targets.unmatched

    @property
    def pids(self) -> list[int]:
        """The processes that are watched now."""
        return list(self._subjects)

    def frames(self, count: int | None = None, pause: Callable[[float], bool] | None = None) -> Iterator[Frame]:
        """A frame for each interval, until `count` or until nothing is left to watch.

        The beginnings of intervals lie on a grid of the monotonic clock, so that they do not drift; one that was
        missed is left out, and the next frame says how long its interval was.

        Args:
            count: how many frames; None: without end.
            pause: waits for so many seconds, or shorter; ends the watch by answering False. None: sleep.
        """
        wait = pause or _sleep
        for step in self.steps(count):
            if isinstance(step, Frame):
                yield step
            elif not wait(step):
                return

    def steps(self, count: int | None = None) -> Iterator[Frame | float]:
        """As `frames`, for a caller who waits in a way of his own: a number is for so many seconds to wait."""
        above_zero("count", count)
        slot = 0
        made = 0
        step = max(self.interval_s / max(round(self.interval_s * LOOKS_PER_S), 1), 1 / LOOKS_PER_S)
        while count is None or made < count:
            now = time.monotonic()
            slot = max(slot + 1, int((now - self._began) / self.interval_s))
            due = self._began + slot * self.interval_s
            look_at = now + step / 2
            while now < due:
                yield max(min(due, look_at) - now, 0.0)
                now = time.monotonic()
                if look_at <= now < due:
                    self.look()
                    look_at = now + step
            yield self.frame()
            made += 1
            if self.is_over:
                return

    def rates(self, pause: Callable[[float], bool] | None = None) -> list[Rate]:
        """Counts over one interval, which takes that long, and nothing but counts.

        This process, which is busy with that, is left out, unless it is the only one.

        It costs far less than a frame of as many processes, which tells of what they wait for and hold.

        Args:
            pause: as of `frames`.
        """
        begun = {pid: one.inventory.held() for pid, one in self._subjects.items() if not one.is_kernel}
        counted_at = time.monotonic()
        (pause or _sleep)(self.interval_s)
        now = time.monotonic()
        seconds, apart = max(now - self._last, 1e-6), max(now - counted_at, 1e-6)
        self._last = now
        self._discover(first=False)
        found = []
        for pid, subject in list(self._subjects.items()):
            if not self._count(pid, subject, seconds):
                self._end(pid, subject)
                continue
            first, last = begun.get(pid), None if subject.is_kernel else subject.inventory.held()
            growth = None if first is None or last is None else (last - first) / apart
            voluntary, involuntary = (one / seconds for one in subject.tally.grown())
            if pid != self._targets.own or len(self._subjects) == 1:
                found.append(Rate(pid, subject.name, voluntary, involuntary, growth))
        return found

    def look(self) -> None:
        """Looks at some threads: what do they wait in just now? Each takes its turn."""
        if self._in_turn is None:
            self._in_turn = self._threads_in_turn()
        for _ in range(min(LOOKED_AT, len(self._in_turn))):
            self._turn = (self._turn + 1) % len(self._in_turn)
            subject, tid = self._in_turn[self._turn]
            unread = subject.look(tid)
            self._looks += 1
            if unread is not None:
                self._tell(unread)

    def _threads_in_turn(self) -> list[tuple[Subject, int]]:
        everyone = self._targets.everyone
        found = [
            (subject, tid)
            for subject in sorted(self._subjects.values(), key=lambda one: one.pid not in self.attended)
            for tid in subject.threads_to_look_at(only_active=everyone and subject.pid not in self.attended)
        ]
        return found[:MOST_ACTIVE] if everyone else found

    def frame(self) -> Frame:
        """Counts, and says what has happened since the last frame."""
        now = time.monotonic()
        seconds = max(now - self._last, 1e-6)
        self._last = now
        self._number += 1
        told_of = len(self._problems)
        self._in_turn = None
        self._discover(first=False)
        for pid, subject in list(self._subjects.items()):
            if not self._count(pid, subject, seconds):
                self._end(pid, subject)
        shown = sorted(self._subjects.values(), key=lambda one: (-one.rate, one.pid))[: self._top]
        shown += [
            one for pid in self.attended if (one := self._subjects.get(pid)) is not None and one not in shown
        ]
        machine, running = self._machine(seconds)
        self._interval = _Interval(seconds, now, running, machine.cpus)
        found = self._told(shown)
        own_s = time.process_time()
        own_share, self._own_s = (own_s - self._own_s) / seconds, own_s
        looks, self._looks = self._looks, 0
        begun, self._begun = self._begun, []
        ended, self._ended = self._ended, []
        return Frame(
            schema="fdscope.frame/1",
            fdscope=__version__,
            taken_at=rfc3339(time.time(), digits=3),
            number=self._number,
            elapsed_s=round(now - self._began, 3),
            interval_s=round(seconds, 4),
            machine=machine,
            processes=found,
            processes_total=len(self._subjects),
            begun=begun or None,
            ended=ended or None,
            attribution="sampled" if self._switched is None else "counted",
            switches_not_counted=None if self._switched is None else self._switched.not_counted or None,
            sampling=Sampling(looks=looks, looks_per_s=round(looks / seconds, 1)),
            own_cpu_share=round(own_share, 4),
            problems=list(self._problems.values())[told_of if self._number > 1 else 0 :] or None,
        )

    def _told(self, shown: list[Subject]) -> list[ProcessFrame]:
        """What has happened to these processes in the last interval."""
        seconds, now, running, cpus = self._interval
        held = [one for one in shown if not one.is_kernel]
        for one in held:
            self._take(one, now)
        self._describer.shown = {one.pid: one.inventory.links for one in held}
        found = []
        for one in shown:
            told = one.frame(seconds, now, self._describer, running, cpus, changes=self._changes)
            if one.pid in self.attended:
                told.waiting_threads = one.waiting()
            found.append(told)
        return found

    def also(self, pids: Iterable[int]) -> list[ProcessFrame]:
        """The same interval as the last frame told, of other processes: as far as they are still there."""
        return self._told([self._subjects[pid] for pid in pids if pid in self._subjects])

    def outlines(self) -> list[Outline]:
        """All processes over the interval that the last frame told.

        Of a whole machine this one is left out: what it holds, which is much, it holds to look at the others.
        """
        own = self._targets.own if self._targets.everyone else None
        seconds, now = self._interval.seconds, self._interval.now
        return [one.outline(seconds, now) for pid, one in self._subjects.items() if pid != own]

    def _count(self, pid: int, subject: Subject, seconds: float) -> bool:
        """Counts the switches of a process; False: it has ended."""
        if not subject.by_records:
            return subject.count(seconds)
        return subject.take(self._records.get(pid, ()), self._ways.get(pid, ()), seconds)

    def _ask(self, switched: Switched, pids: list[int]) -> None:
        """Reads what all threads have done, and what the switches of these processes were for."""
        from .kernel.bpf import NotLoaded  # ctypes takes 3 ms to load

        self._records, self._ways = {}, {}
        try:
            switched.watch(pids)
            for way in switched.grown():
                self._ways.setdefault(way[0].pid, []).append(way)
            for record in switched.tasks():
                self._records.setdefault(record.pid, []).append(record)
        except NotLoaded as reason:
            raise UsageError(f"the bpf source has stopped: {reason}; --source proc works without it") from None

    def _take(self, subject: Subject, now: float) -> None:
        """Lists what a process holds, before any of it is described: one look answers for all."""
        unread = subject.inventory.take(now, self._describer, always=self._changes)
        if unread is not None:
            self._tell(unread)

    def summary(self, command: CommandTotal | None = None) -> Summary:
        """What was seen from the beginning on; of a command with its totals, which it tells at its end."""
        now = time.monotonic()
        found = [*self._past, *(subject.summary(now) for subject in self._subjects.values())]
        found.sort(key=lambda one: (-(one.voluntary.total + one.involuntary.total), one.pid))
        return Summary(
            frames=self._number,
            elapsed_s=round(now - self._began, 3),
            own_cpu_time_s=round(time.process_time() - self._began_own_s, 3),
            processes=found[:MOST_SUMMED],
            processes_total=len(found),
            command=command,
        )

    def _discover(self, *, first: bool) -> None:
        """Adds the processes that the targets mean now and that are not watched yet."""
        found = self._targets.found(set(self._subjects))
        if self._switched is not None:
            self._ask(self._switched, [*self._subjects, *found])
        for pid in found:
            from_zero = not first and self._targets.is_new(pid)
            records = self._records.get(pid)
            subject = Subject.of(self._root, pid, self._room, from_zero=from_zero, first=records)
            if isinstance(subject, Unread):
                if (not first or subject.errno not in (ENOENT, ESRCH)) and subject.errno != EMFILE:
                    continue
                self._tell(subject)
                continue
            if not (subject.is_kernel or from_zero):
                subject.inventory.begin(time.monotonic())
            self._subjects[pid] = subject
            self._begun.append(Ended(pid=pid, name=subject.name))

    def _end(self, pid: int, subject: Subject) -> None:
        self._ended.append(Ended(pid=pid, name=subject.name))
        self._past.append(subject.summary(time.monotonic()))
        if len(self._past) > 4 * MOST_SUMMED:  # of a machine where processes come and go only the busiest are kept
            self._past.sort(key=lambda one: -(one.voluntary.total + one.involuntary.total))
            del self._past[2 * MOST_SUMMED :]
        subject.close()
        self._targets.has_ended(pid)
        del self._subjects[pid]

    def _tell(self, unread: Unread) -> None:
        self._problems.setdefault((unread.pid, unread.what), problem_of(unread))

    def _pressures(self) -> dict[str, int | None]:
        stat = self._machine_files.read(b"stat")
        found: dict[str, int | None] = {"switches": host.number_after(stat, b"ctxt")}
        found["running"] = host.number_after(stat, b"procs_running")
        found["blocked"] = host.number_after(stat, b"procs_blocked")
        found["cpus"] = host.cpus(stat)
        for name in ("cpu", "io", "memory"):
            found[name] = host.pressure(self._machine_files.read(b"pressure/" + name.encode()))
        return found

    def _machine(self, seconds: float) -> tuple[MachineFrame, int | None]:
        before, self._stat = self._stat, self._pressures()
        now = self._stat

        def grown(name: str) -> int | None:
            first, last = before[name], now[name]
            return None if first is None or last is None else switches.growth(first, last)

        counted = grown("switches")
        shares = {
            name: None if (us := grown(name)) is None else round(min(us / 1e6 / seconds, 1.0), 4)
            for name in ("cpu", "io", "memory")
        }
        running = now["running"]
        return (
            MachineFrame(
                context_switches_per_s=None if counted is None else round(counted / seconds, 1),
                running=running,
                blocked=now["blocked"],
                cpus=now["cpus"],
                cpu_pressure=shares["cpu"],
                io_pressure=shares["io"],
                memory_pressure=shares["memory"],
            ),
            running,
        )


def watch(
    targets: Iterable[str] = (),
    *,
    interval_s: float = 1.0,
    count: int | None = None,
    top: int = 10,
    changes: bool = False,
    proc: str = "/proc",
    source: str = "auto",
    where: str | Expression | None = None,
) -> Generator[Frame, None, None]:
    """Rates of context switches, waits and descriptors, a Frame for each interval.

        >>> from fdscope import watch
        >>> for frame in watch(["self"], interval_s=0.1, count=2, source="proc"):
        ...     print(frame.number, [process.verdict.word != "" for process in frame.processes])
        1 [True]
        2 [True]

    The first look is taken when the first frame is asked for. What is held open is let go when the last one has
    come, or when the iterator is closed or dropped.

    Args:
        targets: pids, ``self``, and names, which are looked for again and again; none: all processes.
        interval_s: time between two frames, in seconds.
        count: how many frames; None: until nothing is left to watch.
        top: how many processes a frame shows, those that are switched most.
        changes: tell every descriptor that is opened or closed, and which files are read and written.
        proc: another proc file system.
        source: ``bpf`` counts every switch by what it was for, ``proc`` looks at threads now and then; ``auto`` is
            bpf where that is allowed.
        where: only processes of which this expression of `fdscope.where` is true.

    Raises:
        UsageError: with the first frame: a target is no pid, name or regular expression, there is no such
            directory as `proc`, `source` cannot be used here, `where` cannot be asked of a process alone,
            or a number is not above 0.
    """
    with Watch(
        targets, proc=proc, interval_s=interval_s, top=top, changes=changes, source=source, where=where
    ) as looking:
        yield from looking.frames(count)


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return True
