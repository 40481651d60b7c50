"""What grows, for people: a row for each group of descriptors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..changes import Leak, Leaks
from ..quantity import duration, many, percent, rate
from .style import Style
from .table import draw

_COLUMNS = ("PROCESS", "PID", "KIND", "GROWN", "NOW", "SHARE", "RATE", "SHRANK", "LIMIT IN", "OLDEST", "WHAT")


def leaks(found: Leaks, style: Style, *, form: str = "table", show_headers: bool = True) -> Iterator[str]:
    """The whole answer, line by line."""
    if found.leaks or form != "table":
        headers = [name if form in ("table", "plain") else name.lower().replace(" ", "_") for name in _COLUMNS]
        rows = [_row(one) for one in found.leaks]
        yield from draw(headers, rows, style=style, form=form, show_headers=show_headers)


def _row(one: Leak) -> list[Any]:
    states = ", ".join(f"{number:,} {state}" for state, number in (one.states or {}).items())
    told = " ".join(part for part in (one.pattern, f"({states})" if states else "") if part)
    if one.process_ended:
        limit = "ended"
    else:
        limit = "" if one.seconds_to_limit is None else duration(one.seconds_to_limit)
    return [
        one.process,
        one.pid,
        one.kind,
        f"+{one.growth:,}",
        one.count,
        percent(one.share),
        rate(one.per_s),
        "never" if not one.shrank_in else f"{one.shrank_in} of {one.intervals}",
        limit,
        None if one.oldest_fd < 0 else f"fd {one.oldest_fd}",
        told,
    ]


def remarks(found: Leaks) -> Iterator[str]:
    """What people should know beside the answer; one line each."""
    watched = f"{many(found.processes, 'process', 'processes')}, {duration(found.duration_s)}"
    unread = {one.pid for one in found.problems if one.what == "descriptors" and one.reason == "permission-denied"}
    if found.samples < 2:
        yield f"too short to tell: one sample ({watched})"
    elif found.processes and len(unread) >= found.processes:
        yield f"nothing could be judged ({watched})"
    elif not found.leaks:
        judged = many(found.processes - len(unread), "process", "processes")
        yield f"nothing grew ({judged}, {duration(found.duration_s)}, {many(found.samples, 'sample')})"
    elif found.leaks_total > len(found.leaks):
        yield f"{found.leaks_total - len(found.leaks):,} more grew; --top shows more ({watched})"
    else:
        yield f"{watched}, {many(found.samples, 'sample')}"
