"""Samples of what processes hold to what grows without shrinking: the room of ``fdscope leaks``.

A sample reads the links of all descriptors, and of those that are new what they are; so that it costs little where
a process holds ten thousand and opens a few.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from errno import EACCES, EPERM

from . import tasks
from ._version import __version__
from .alone import early
from .changes import Leak, Leaks
from .growth import Trend, seconds_to, trend
from .kernel.counters import Counters, ManyOpen
from .kernel.machine import ProcMachine
from .kernel.mounts import Mounts
from .kernel.root import Proc
from .kernel.sockets import Sockets
from .kernel.source import Found, ProcSource
from .kinds import decode
from .model import Descriptor, Problem
from .opening import opened
from .patterns import Pattern, joined, pattern
from .problems import problem_of
from .raw import RawDescriptor, Unread
from .selection import above_zero, words_of
from .targets import Targets
from .times import rfc3339
from .where import Expression

_SOCKET = b"socket:"
_PATIENCE = 20
"""A sample is taken only after so many times what the last one took: watching costs 5 % of a CPU at most."""


class Reader:
    """What descriptors are, as they are now."""

    def __init__(self, root: Proc) -> None:
        self._root = root
        self._mounts = Mounts(root)
        self._source = ProcSource(root, self._mounts, timeout_s=1.0)

    def read(self, places: Iterable[Found]) -> Iterator[tuple[int, Descriptor]]:
        """Descriptors, each with its process; one that is something else by now is left out."""
        with Sockets(self._root) as sockets:
            machine = ProcMachine(self._root, self._mounts, sockets)
            raws = (one for one in self._source.details(places) if isinstance(one, RawDescriptor))
            for raw in sockets.complete(raws):
                if isinstance(raw, RawDescriptor):
                    yield raw.pid, decode(raw, machine)[0]


class Held:
    """A descriptor that was seen."""

    __slots__ = ("first_sample", "link", "pattern")

    def __init__(self, link: bytes, first_sample: int) -> None:
        self.link = link
        self.first_sample = first_sample
        self.pattern: Pattern | None = None


class Watched:
    """One process: what it holds, and of each pattern by how many that grew or shrank, sample by sample."""

    def __init__(self, pid: int, counters: Counters, first_sample: int) -> None:
        self.pid = pid
        self.counters = counters
        self.name: str | None = None
        self.limit: int | None = None
        self.held: dict[int, Held] = {}
        self.first_sample = first_sample
        self.last_sample = first_sample
        self.began_at = self.ended_at = 0.0
        self.steps: dict[Pattern, dict[int, int]] = {}
        """Pattern to sample to by how many it became more in it; what there was at first is in the first one."""
        self.is_over = False

    def identify(self) -> None:
        """Reads what it is called, and how many descriptors it may have."""
        stat, limits = self.stat(), self.counters.read(b"limits")
        self.name = self.name if stat is None else stat.name
        try:
            limit = tasks.parse_limit(limits) if isinstance(limits, bytes) else None
        except (ValueError, IndexError):
            return
        self.limit = self.limit if limit is None else limit.soft

    def stat(self) -> tasks.Stat | None:
        """Who it is; None: it has ended, but for its status that nobody has asked for yet."""
        stat = self.counters.read(b"stat")
        try:
            found = tasks.parse_stat(stat) if isinstance(stat, bytes) else None
        except (ValueError, IndexError):
            return None
        return None if found is None or found.state in "ZX" else found

    def step(self, of: Pattern, sample: int, by: int) -> None:
        """A descriptor came or went."""
        steps = self.steps.setdefault(of, {})
        steps[sample] = steps.get(sample, 0) + by

    def counts(self, steps: Iterable[dict[int, int]]) -> list[int]:
        """How many there were in each sample from the first one on."""
        found, now = [], 0
        together: Counter[int] = Counter()
        for one in steps:
            together.update(one)
        for sample in range(self.first_sample, self.last_sample + 1):
            now += together[sample]
            found.append(now)
        return found


class Sampler:
    """Takes samples, and says what grew. Use it in a `with` statement.

    Raises:
        UsageError: a target is no pid, name or regular expression, there is no such directory as `proc`, or
            `where` is no expression, or one about more than processes.
    """

    def __init__(
        self,
        targets: Iterable[str] = (),
        *,
        proc: str = "/proc",
        interval_s: float = 1.0,
        where: str | Expression | None = None,
    ) -> None:
        above_zero("interval_s", interval_s)
        wanted, self._words = early("leaks", where), words_of(targets)
        self._root = opened(proc)
        self._interval_s = interval_s
        self._reader = Reader(self._root)
        self._many = ManyOpen()
        self._targets = Targets(self._root, self._words, wanted=wanted)
        self._watched: dict[int, Watched] = {}
        self._left_out: set[int | None] = {self._root.own_pid()} if not self._words else set()
        self._over: list[Watched] = []
        self._problems: dict[int | None, Problem] = {}
        self._samples = 0
        self._began_at, self._began = time.time(), time.monotonic()
        self.interrupted = False

    def __enter__(self) -> Sampler:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._watched.values():
            one.counters.close()
        self._watched.clear()
        self._root.close()
        self._many.undo()

    @property
    def unmatched(self) -> list[str]:
        """The targets that no process matches now."""
        return self._targets.unmatched

    @property
    def pids(self) -> list[int]:
        """The processes that are watched now."""
        return list(self._watched)

    def run(self, seconds: float, sleep: Callable[[float], object] = time.sleep) -> None:
        """Takes samples for so long, the first and the last one at the ends; or until nothing is left to watch.

        There are two at least, an interval apart or the whole time, however long the first one took.
        """
        above_zero("seconds", seconds)
        spent = 0.0 if self._samples else self._spent()
        due = time.monotonic()
        end = max(self._began + seconds, due + min(self._interval_s, seconds))
        while (now := time.monotonic()) < end and (self._watched or self._targets.may_come):
            due = min(max(due + self._interval_s, now + _PATIENCE * spent), end)
            sleep(max(due - now, 0.0))
            spent = self._spent()

    def _spent(self) -> float:
        """Looks once, and says how much CPU time that took."""
        before = time.process_time()
        self.sample()
        return time.process_time() - before

    def sample(self) -> None:
        """Looks once."""
        for pid in self._targets.found({*self._watched, *(pid for pid in self._left_out if pid is not None)}):
            self._begin(pid)
        fresh: list[tuple[Watched, int]] = []
        for one in list(self._watched.values()):
            places = self._list(one)
            if places is None:
                self._end(one)
            else:
                fresh += [(one, fd) for fd in places]
        self._describe(fresh)
        self._samples += 1

    def _begin(self, pid: int) -> None:
        counters = Counters.of(self._root, pid, [0])
        if isinstance(counters, Unread):
            if self._words and not self._samples:
                self._problems.setdefault(pid, problem_of(counters))
            return
        one = Watched(pid, counters, self._samples)
        stat = one.stat()
        if stat is None or stat.flags & tasks.KERNEL_THREAD:
            self._left_out.update([pid] if stat is not None else [])
            counters.close()
            return
        one.identify()
        one.began_at = time.monotonic()
        self._watched[pid] = one

    def _end(self, one: Watched) -> None:
        one.counters.close()
        one.is_over = True
        self._targets.has_ended(one.pid)
        self._over.append(one)
        del self._watched[one.pid]

    def _list(self, one: Watched) -> list[int] | None:
        """Takes away what is closed; the numbers of what must be read; None: the process has ended.

        A socket is read a second time in the next sample: it may not have been connected in the first.
        """
        links = one.counters.links()
        if (isinstance(links, Unread) or not links) and one.stat() is None:
            return None
        if isinstance(links, Unread):
            if links.errno in (EACCES, EPERM):
                self._problems.setdefault(one.pid, problem_of(links._replace(what="descriptors", pid=one.pid)))
            return []
        sample = self._samples
        one.last_sample, one.ended_at = sample, time.monotonic()
        for fd in [fd for fd, held in one.held.items() if links.get(fd) != held.link]:
            gone = one.held.pop(fd)
            if gone.pattern is not None:
                one.step(gone.pattern, sample, -1)
        wanted = []
        for fd, link in links.items():
            held = one.held.get(fd)
            if held is None:
                held = one.held[fd] = Held(link, sample)
                wanted.append(fd)
            elif held.pattern is None or (link.startswith(_SOCKET) and held.first_sample == sample - 1):
                wanted.append(fd)
        return wanted

    def _describe(self, wanted: list[tuple[Watched, int]]) -> None:
        """Finds out what descriptors are; one that turns out to be something else has been that from the first."""
        places = [(one.pid, fd, None, one.held[fd].link) for one, fd in wanted]
        for pid, descriptor in self._reader.read(places) if places else ():
            one = self._watched[pid]
            held = one.held.get(descriptor.fd)
            now = pattern(descriptor)._replace(state="")
            if held is None or held.pattern == now:
                continue
            if held.pattern is not None:
                one.step(held.pattern, held.first_sample, -1)
            held.pattern = now
            one.step(now, held.first_sample, 1)

    def leaks(self, top: int | None = None) -> Leaks:
        """What grew, of all samples so far.

        Args:
            top: how many groups to tell of at most; None: all.
        """
        found: list[tuple[Watched, Pattern, Trend, set[Pattern]]] = []
        for one in (*self._watched.values(), *self._over):
            found += [(one, *grown) for grown in _grown(one)]
        found.sort(key=lambda item: (item[2].shrank_in > 0, -item[2].growth, item[0].pid, item[1]))
        told = found[:top]
        together: Counter[int] = Counter()
        for one, _, grew, _ in found:
            together[id(one)] += grew.growth
        for one in {id(item[0]): item[0] for item in told}.values():
            one.identify()
        return Leaks(
            schema="fdscope.leaks/1",
            fdscope=__version__,
            taken_at=rfc3339(self._began_at, digits=3),
            duration_s=round(time.monotonic() - self._began, 3),
            samples=self._samples,
            interrupted=self.interrupted or None,
            processes=len(self._watched) + len(self._over),
            leaks=[self._leak(*item, together[id(item[0])]) for item in told],
            leaks_total=len(found),
            problems=list(self._problems.values()),
        )

    def _leak(self, one: Watched, case: Pattern, grew: Trend, members: set[Pattern], together: int) -> Leak:
        """One group; `together`: by how many all groups of its process grew, which fill the same table."""
        seconds = max(one.ended_at - one.began_at, 1e-3)
        own = sorted((held.first_sample, fd) for fd, held in one.held.items() if held.pattern in members)
        descriptors = len(one.held)
        now = {}
        if not one.is_over:
            places = [(one.pid, fd, None, one.held[fd].link) for _, fd in own]
            now = {descriptor.fd: descriptor for _, descriptor in self._reader.read(places)}
        states = Counter(state for held in now.values() if isinstance(state := getattr(held, "state", None), str))
        newest = own[-1][1] if own else -1
        return Leak(
            pid=one.pid,
            process=one.name,
            kind=case.kind,
            pattern=case.text or None,
            before=grew.first,
            count=grew.last,
            growth=grew.growth,
            per_s=round(grew.growth / seconds, 4),
            grew_in=grew.grew_in,
            shrank_in=grew.shrank_in,
            intervals=one.last_sample - one.first_sample,
            share=round(grew.last / max(descriptors, 1), 4),
            descriptors=descriptors,
            descriptor_limit=one.limit,
            seconds_to_limit=None if one.is_over else seconds_to(one.limit, descriptors, together, seconds),
            oldest_fd=own[0][1] if own else -1,
            newest_fd=newest,
            states=dict(states.most_common()) or None,
            example=now[newest].describe() if newest in now else None,
            process_ended=one.is_over or None,
        )


def _grown(one: Watched) -> Iterator[tuple[Pattern, Trend, set[Pattern]]]:
    """The groups of a process that grew, and the patterns that each is made of."""
    cases: dict[Pattern, set[Pattern]] = {}
    for exact, case in joined(one.steps).items():
        cases.setdefault(case, set()).add(exact)
    for case, members in cases.items():
        grew = trend(one.counts(one.steps[member] for member in members))
        if grew.is_leak:
            yield case, grew, members


def leaks(
    targets: Iterable[str] = (),
    *,
    seconds: float = 60.0,
    interval_s: float = 1.0,
    proc: str = "/proc",
    top: int | None = None,
    where: str | Expression | None = None,
) -> Leaks:
    """Watches processes for a while and ranks what they hold more and more of.

    Args:
        targets: pids, ``self``, and names, which are looked for again and again; none: all processes.
        seconds: how long to watch.
        interval_s: time between two samples, in seconds; longer, where a sample takes long.
        proc: another proc file system.
        top: how many groups to tell of at most; None: all.
        where: only processes of which this expression of `fdscope.where` is true.

    Raises:
        UsageError: a target is no pid, name or regular expression, there is no such directory as `proc`, or
            `where` is no expression, or one about more than processes; or a time is not above 0.
    """
    with Sampler(targets, proc=proc, interval_s=interval_s, where=where) as sampler:
        sampler.run(seconds)
        return sampler.leaks(top)
