"""Looks, one after the other, to metrics: counters that never fall, growth, and a bound of series. Pure."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from math import inf

from .figures import Figures, Look
from .growth import trend
from .metrics import BY_NAME, OF_EXPORTER, RESULTS, Family, Labels, Told, descriptors_in, told_of

OTHER = "other"
"""The group of those that there is no room for."""
LEAST_SERIES = 200
"""Room for what is told of the machine and of `OTHER`, whatever that holds."""
_MARKS = 16
"""Into how many parts the window of growth is cut: so many counts are kept of a process, and no more."""
_WOBBLE_S = 1.0
"""So exactly is it known when a process began."""

_COUNTERS = 2
"""Series of a group that stay when its processes have ended."""
_FIXED = _COUNTERS + 9
"""Series whose number is always the same: those without a label but a fixed one, and the counters of `OTHER`."""


class _Known:
    """What is remembered of a process."""

    __slots__ = ("counts", "involuntary", "is_missing", "started_s", "voluntary")

    def __init__(self, one: Figures, *, is_new: bool) -> None:
        """What a process that was there before the look before has done till now is not counted."""
        self.started_s = one.started_s
        self.voluntary, self.involuntary = (0, 0) if is_new else (one.voluntary, one.involuntary)
        self.is_missing = False
        self.counts: list[int] = []
        """Its descriptors at the last marks that it lived through."""

    def grown(self, now: Figures) -> tuple[int, int]:
        """By how much its counters are higher than they ever were."""
        voluntary, involuntary = max(now.voluntary, self.voluntary), max(now.involuntary, self.involuntary)
        found = voluntary - self.voluntary, involuntary - self.involuntary
        self.voluntary, self.involuntary = voluntary, involuntary
        return found


class Memory:
    """What earlier looks tell beside the last one; it grows with what there is, not with time."""

    def __init__(self, *, window_s: float, most_series: int, whole_lives: bool = False) -> None:
        """What to keep.

        Args:
            window_s: over how many seconds growth is measured.
            most_series: how many series there may be; at least `LEAST_SERIES`.
            whole_lives: count what processes have done before the first look, too. A rate made of that jumps
                whenever this begins anew: the sum is then without those that have ended, so Prometheus takes all
                of it for an increase.
        """
        self._window_s = window_s
        self._most = max(most_series, LEAST_SERIES)
        self._known: dict[int, _Known] = {}
        self._marks: deque[float] = deque(maxlen=_MARKS + 1)
        self._begun_s: float | None = None
        self._seen_s = -inf if whole_lives else inf
        """When the look before was, in seconds since the boot; who began later is new."""
        self._rank: dict[str, None] = {}
        """Groups that are shown, in the order in which they came."""
        self._gone: dict[str, None] = {}
        """Groups without a process, whose counters are shown; in the order in which they ended."""
        self._told: dict[str, set[tuple[str, Labels]]] = {}
        """What has been told of each group that is shown, of that which has more labels."""
        self._switches: dict[str, list[int]] = defaultdict(lambda: [0, 0])

    def take(self, look: Look, now_s: float) -> list[Family]:
        """The metrics after one more look.

        Args:
            look: of all processes that are meant.
            now_s: when it was, by a clock that only goes forward.
        """
        if self._begun_s is None:
            self._begun_s = now_s
        is_mark = not self._marks or now_s - self._marks[-1] >= self._window_s / _MARKS
        growths = {one.pid: self._growth(self._recalled(one), one, now_s) for one in look.processes}
        groups: dict[str, list[Figures]] = {}
        for one in look.processes:
            groups.setdefault(one.group, []).append(one)
        knows = now_s - self._begun_s >= self._window_s / 2
        told = {group: told_of(those, growths, knows) for group, those in groups.items()}
        self._remembered(told)
        folded = self._within(told, len(look.problems))
        if folded:
            rest = [one for group in folded for one in groups[group]]
            told = {group: one for group, one in told.items() if group not in folded}
            told[OTHER] = told_of(rest, growths, knows)
        self._told = {group: {key for key in one if key[1]} for group, one in told.items() if group in self._rank}
        self._count(look, {group: group if group in self._rank else OTHER for group in groups})
        if is_mark:
            self._mark(look, now_s)
        self._seen_s = look.up_s
        return self._families(look, told, len(folded) - (OTHER in folded))

    # growth

    def _recalled(self, one: Figures) -> _Known:
        known = self._known.get(one.pid)
        if known is None or abs(known.started_s - one.started_s) > _WOBBLE_S:
            is_new = one.started_s >= self._seen_s - _WOBBLE_S
            known = self._known[one.pid] = _Known(one, is_new=is_new)
        return known

    def _growth(self, known: _Known, one: Figures, now_s: float) -> float:
        """Descriptors a second; 0, if it did not grow in both halves of what is known of it.

        One that has lived for less than half the window may only have begun.
        """
        if one.count is None or len(known.counts) < 2:
            return 0.0
        times = list(self._marks)[-len(known.counts) :]
        counts = [*known.counts, one.count]
        seconds, middle = now_s - times[0], len(counts) // 2
        if seconds < self._window_s / 2 or not trend(counts).is_leak:
            return 0.0
        return (counts[-1] - counts[0]) / seconds if counts[0] < counts[middle] < counts[-1] else 0.0

    def _mark(self, look: Look, now_s: float) -> None:
        """Keeps the counts of this moment, and forgets those from before the window, and who has ended."""
        self._forget_ended({one.pid for one in look.processes})
        self._marks.append(now_s)
        while now_s - self._marks[0] > self._window_s * 1.25:
            self._marks.popleft()
        for one in look.processes:
            counts = self._known[one.pid].counts
            counts.append(one.count if one.count is not None else counts[-1] if counts else 0)
            del counts[: -len(self._marks)]

    def _forget_ended(self, living: set[int]) -> None:
        """Forgets who was missing twice: what one does that could not be read once is counted none the less."""
        for pid in [pid for pid in self._known if pid not in living]:
            known = self._known[pid]
            if known.is_missing:
                del self._known[pid]
            known.is_missing = True
            known.counts.clear()
        for pid in living:
            self._known[pid].is_missing = False

    # counters

    def _count(self, look: Look, label_of: Mapping[str, str]) -> None:
        for one in look.processes:
            voluntary, involuntary = self._known[one.pid].grown(one)
            sums = self._switches[label_of[one.group]]
            sums[0] += voluntary
            sums[1] += involuntary

    # the bound

    def _within(self, told: dict[str, Told], reasons: int) -> list[str]:
        """The groups that there is no room for; those shown before keep theirs, then come large ones."""
        for group in [one for one in self._rank if one not in told]:
            del self._rank[group]
            self._gone[group] = None
        for group in sorted(told, key=lambda one: (-sum(descriptors_in(told[one])), one)):
            self._gone.pop(group, None)
            self._rank.setdefault(group)
        sizes = {group: len(told[group]) + _COUNTERS for group in self._rank}
        room = self._most - _FIXED - len(RESULTS) - reasons
        folded: list[str] = []
        if sum(sizes.values()) > room:
            room -= len({key for one in told.values() for key in one})  # more than that `OTHER` has not
            left = room
            for group, size in sizes.items():
                if group == OTHER or size > left:
                    folded.append(group)
                else:
                    left -= size
        for group in folded:
            self._forget(group)
        self._keep_gone(room - sum(size for group, size in sizes.items() if group not in folded))
        return folded

    def _keep_gone(self, room: int) -> None:
        """Counters of groups without a process stay as long as there is room: those that ended last."""
        for group in list(self._gone)[: max(len(self._gone) - max(room, 0) // _COUNTERS, 0)]:
            self._forget(group)

    def _forget(self, group: str) -> None:
        self._rank.pop(group, None)
        self._gone.pop(group, None)
        if group != OTHER:
            self._switches.pop(group, None)

    def _remembered(self, told: dict[str, Told]) -> None:
        """What has been told of a group is told with 0 when it is over, so that a curve has no gaps."""
        for group, one in told.items():
            for key in self._told.get(group, ()):
                one.setdefault(key, 0)

    # all together

    def _families(self, look: Look, told: Mapping[str, Told], folded: int) -> list[Family]:
        samples: dict[str, list[tuple[dict[str, str], float]]] = {name: [] for name in BY_NAME}
        for group, those in sorted(told.items()):
            for (name, labels), value in sorted(those.items()):
                samples[name].append(({"group": group, **dict(labels)}, value))
        for group, sums in sorted(self._switches.items()):
            for type_, number in zip(("voluntary", "involuntary"), sums, strict=True):
                samples["group_context_switches"].append(({"group": group, "type": type_}, number))
        samples["build_info"] = [({"version": look.fdscope, "source": look.source}, 1)]
        if look.open_files is not None:
            samples["host_open_files"] = [({}, look.open_files[0])]
            samples["host_open_files_limit"] = [({}, look.open_files[1])]
        samples["scan_duration_seconds"] = [({}, look.duration_s)]
        samples["scan_timestamp_seconds"] = [({}, look.taken_at_s)]
        samples["scan_problems"] = [
            ({"reason": reason}, number) for reason, number in sorted(look.problems.items())
        ]
        samples["series_limit"] = [({}, self._most)]
        samples["groups_folded"] = [({}, folded)]
        samples["series"] = [({}, sum(map(len, samples.values())) + 1 + len(RESULTS) + 1)]
        return [Family(metric, samples[name]) for name, metric in BY_NAME.items() if name not in OF_EXPORTER]
