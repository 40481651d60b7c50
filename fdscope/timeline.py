"""A watch as lines over time: switches and descriptors of a machine and of its busiest processes, to be drawn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from . import host
from .alone import early
from .frame import Frame, Line, ProcessFrame, Timeline
from .kernel.system import system
from .opening import opened
from .times import rfc3339
from .watcher import Watch
from .where import Expression

MOST_DRAWN = 8
"""How many processes are drawn because of each fact; more lines than that nobody can tell apart."""
_TOLD = 64
"""How many processes each frame tells of."""
_LEAST, _MOST = 8, 300
"""How many frames are made at least and at most, where an interval of one second would give another number."""


def interval_for(seconds: float) -> float:
    """How long an interval is, in seconds, so that as many frames are made as can be drawn.

    >>> interval_for(2), interval_for(30), interval_for(1200)
    (0.25, 1.0, 4.0)
    """
    return float(max(min(1.0, seconds / _LEAST), seconds / _MOST, 0.1))


def timeline(
    targets: Iterable[str],
    seconds: float,
    *,
    proc: str = "/proc",
    source: str = "auto",
    where: Expression | None = None,
    begin: Callable[[], None] = lambda: None,
) -> Timeline:
    """Watches for so many seconds; an interrupt ends it before, and what was seen until then is the answer.

    Args:
        targets: as `Watch` takes them.
        seconds: how long.
        proc: as `Watch` takes it.
        source: as `Watch` takes it.
        where: as `Watch` takes it.
        begin: called first; an interrupt that comes from then on is one of the watch.

    Raises:
        UsageError: as `Watch` raises it.
    """
    early("report --for", where)
    step = interval_for(seconds)
    seen: list[tuple[Frame, int | None]] = []
    began = rfc3339(time.time(), digits=3)
    interrupted = False
    try:
        begin()
        root = opened(proc)
        with root, Watch(targets, proc=proc, interval_s=step, top=_TOLD, source=source, where=where) as watch:
            for frame in watch.frames(max(round(seconds / step), 1)):
                counted = host.host(system(root)).open_files
                seen.append((frame, None if counted is None else counted.allocated))
    except KeyboardInterrupt:
        interrupted = True
    frames = [frame for frame, _ in seen]
    return Timeline(
        began_at=began,
        elapsed_s=[one.elapsed_s for one in frames],
        switches_per_s=[one.machine.context_switches_per_s for one in frames],
        open_files=[open_files for _, open_files in seen],
        processes=lines(frames),
        processes_total=frames[-1].processes_total if frames else 0,
        interrupted=interrupted,
    )


def lines(frames: list[Frame]) -> list[Line]:
    """The processes that are worth a line, by pid. Pure."""
    told: dict[int, dict[int, ProcessFrame]] = {}
    for number, frame in enumerate(frames):
        for one in frame.processes:
            told.setdefault(one.pid, {})[number] = one
    wanted: set[int] = set()
    for worth in (_voluntary, _involuntary, _changed, _held):
        best = sorted(told, key=lambda pid: (-worth(told[pid]), pid))[:MOST_DRAWN]
        wanted |= {pid for pid in best if worth(told[pid])}
    return [_line(pid, told[pid], len(frames)) for pid in sorted(wanted)]


def _voluntary(seen: dict[int, ProcessFrame]) -> float:
    return sum(one.voluntary_per_s for one in seen.values())


def _involuntary(seen: dict[int, ProcessFrame]) -> float:
    return sum(one.involuntary_per_s for one in seen.values())


def _changed(seen: dict[int, ProcessFrame]) -> float:
    held = [one.descriptors for one in seen.values() if one.descriptors is not None]
    return max(held) - min(held) if held else 0


def _held(seen: dict[int, ProcessFrame]) -> float:
    return max((one.descriptors or 0) for one in seen.values())


def _line(pid: int, seen: dict[int, ProcessFrame], number: int) -> Line:
    each = [seen.get(place) for place in range(number)]
    return Line(
        pid=pid,
        name=next((one.name for one in seen.values() if one.name), None),
        voluntary_per_s=[None if one is None else one.voluntary_per_s for one in each],
        involuntary_per_s=[None if one is None else one.involuntary_per_s for one in each],
        descriptors=[None if one is None else one.descriptors for one in each],
    )
