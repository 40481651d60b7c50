"""What a watched process holds, from one interval to the next: how much, of which kinds, opened and closed."""

from __future__ import annotations

import time
from collections import Counter, deque
from errno import EACCES, EPERM

from . import tasks
from .describer import Describer
from .frame import Change, Moved, ProcessFrame
from .kernel.counters import Counters
from .model import Descriptor, kind_name
from .raw import Unread
from .text import text

_SLOPE_S = 60.0
"""How far back the growth is looked at that tells when the limit will be reached."""
_LIMIT_EVERY = 10
"""In how many intervals the limit is read once."""
_PATIENCE = 50
"""Descriptors are listed again only after so many times what it took the last time: it costs 2 % at most."""


class Inventory:
    """The descriptors of one process."""

    def __init__(self, counters: Counters, pid: int) -> None:
        self._counters = counters
        self._pid = pid
        self.links: dict[int, bytes] = {}
        """Number and link of each, as they were last listed."""
        self.first: int | None = None
        self.last: int | None = None
        self.peak = 0
        self._listed = False
        self._limit: int | None = None
        self._counted = 0
        self._counted_at: float | None = None
        self._history: deque[tuple[float, int]] = deque()
        self._kinds: dict[int, str] = {}
        self._kinds_first: Counter[str] = Counter()
        self._files: dict[int, tuple[str | None, int | None]] = {}
        self._listed_at = self._list_at = 0.0
        self._changes: list[Change] = []
        self._moved: list[Moved] = []

    def take(self, now: float, describer: Describer, *, always: bool) -> Unread | None:
        """Lists them, unless that was dear not long ago and not `always` wanted; Unread: that may not be known."""
        self._changes = []
        if now < self._list_at and not (always and self._list_at != float("inf")):
            return None
        begun = time.monotonic()
        links = self._counters.links()
        if isinstance(links, Unread):
            if links.errno in (EACCES, EPERM):
                self._list_at = float("inf")
                return links._replace(what="descriptors", pid=self._pid)
            return None
        before = self.links
        fresh = [fd for fd, link in links.items() if before.get(fd) != link]
        found = describer.descriptors([(self._pid, fd, None, links[fd]) for fd in fresh])
        if self._listed:
            self._changes = self._changed(before, links, found)
        for fd in set(self._kinds).difference(links):
            del self._kinds[fd]
            self._files.pop(fd, None)
        for fd, descriptor in found.items():
            self._kinds[fd] = kind_name(type(descriptor))
            self._files.pop(fd, None)
            if self._kinds[fd] == "regular":
                self._files[fd] = (descriptor.name, descriptor.position)
        if not self._listed:
            self._kinds_first = Counter(self._kinds.values())
        self._listed, self.links, self._listed_at = True, links, now
        self._list_at = now + _PATIENCE * (time.monotonic() - begun)
        return None

    def _changed(
        self, before: dict[int, bytes], links: dict[int, bytes], found: dict[int, Descriptor]
    ) -> list[Change]:
        changes = []
        for fd in sorted(set(before) | set(links)):
            old, new = before.get(fd), links.get(fd)
            if old == new:
                continue
            now = found.get(fd)
            change = Change(
                fd=fd,
                change="closed" if new is None else "opened" if old is None else "changed",
                kind=kind_name(type(now)) if now is not None else self._kinds.get(fd),
                name=text(new if new is not None else old or b""),
                was=text(old) if old is not None and new is not None else None,
            )
            changes.append(change)
        return changes

    def measure(self, seconds: float) -> None:
        """How far the positions of regular files have moved (proc_pid_fdinfo(5), ``pos``)."""
        self._moved = []
        for fd, info in self._counters.positions(list(self._files)).items():
            words = info.partition(b"pos:")[2].split(None, 1)
            if not words or not words[0].isdigit():
                continue
            name, before = self._files[fd]
            position = int(words[0])
            self._files[fd] = (name, position)
            if before is not None and position > before:
                self._moved.append(Moved(fd=fd, name=name, bytes_per_s=round((position - before) / seconds, 1)))

    def held(self) -> int | None:
        """How many they are just now, and nothing else; None: not allowed to know."""
        count = self._counters.descriptor_count()
        return self._counters.listed_count() if count is None else count

    def begin(self, now: float) -> None:
        """How many they are when it is first seen; before Linux 6.2 that is known from the first frame on.

        A process that has just begun is not asked: what it has inherited is no growth, and exec closes some of it.
        """
        self.first = self._counters.descriptor_count()
        if self.first is not None:
            self.peak = self.first
            self._history.append((now, self.first))

    def count(self, now: float) -> None:
        """How many they are, and may be; once for each `now`."""
        if self._counted_at == now:
            return
        self._counted_at = now
        count = self._counters.descriptor_count()
        if count is None and self._listed and self._list_at != float("inf"):
            count = len(self.links)  # before Linux 6.2
        self.last = count
        if count is None:
            return
        if self.first is None:
            self.first = count
        self.peak = max(self.peak, count)
        self._history.append((now, count))
        while len(self._history) > 2 and now - self._history[0][0] > _SLOPE_S:
            self._history.popleft()
        if self._counted % _LIMIT_EVERY == 0:
            limits = self._counters.read(b"limits")
            limit = tasks.parse_limit(limits) if isinstance(limits, bytes) else None
            self._limit = None if limit is None else limit.soft
        self._counted += 1

    @property
    def growth(self) -> int:
        """How many more they are than when it was first seen."""
        return 0 if self.last is None else self.last - (self.first or 0)

    @property
    def limit(self) -> int | None:
        """How many they may be; None: unlimited, or not known."""
        return self._limit

    def seconds_to_limit(self) -> float | None:
        """At the growth of the last minute; None: it does not grow, or has not been watched for long enough."""
        if self._limit is None or len(self._history) < 2:
            return None
        (begun, first), (now, last) = self._history[0], self._history[-1]
        if last <= first or now <= begun:
            return None
        return round(max(self._limit - last, 0) / ((last - first) / (now - begun)), 1)

    def tell(self, told: ProcessFrame, now: float) -> None:
        """Writes into a frame what is held."""
        if self.last is not None:
            told.descriptors, told.descriptors_growth = self.last, self.growth
            told.descriptor_limit, told.seconds_to_limit = self._limit, self.seconds_to_limit()
        told.changes, told.moved = self._changes or None, self._moved or None
        if not self._listed:
            return
        kinds = Counter(self._kinds.values())
        told.kinds = dict(sorted(kinds.items(), key=lambda item: (-item[1], item[0])))
        grown = {kind: kinds[kind] - self._kinds_first[kind] for kind in {*kinds, *self._kinds_first}}
        told.kinds_growth = {kind: by for kind, by in sorted(grown.items()) if by} or None
        age = now - self._listed_at
        told.kinds_age_s = round(age, 1) if age > 0.05 else None
