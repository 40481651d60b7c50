"""Differences, for people: how many and of which kinds, then each process with what was opened and closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ..changes import ChangeGroup, Difference, ProcessChange
from ..quantity import duration, many
from .safe import printable
from .style import Style
from .table import draw

_LINES = 12
"""How many groups of a process are shown, and how many names of processes that ended or started."""
_PROCESSES = 20
_SIGN = {"opened": "+", "closed": "-", "changed": "~"}
_COLUMNS = ("PID", "PROCESS", "CHANGE", "COUNT", "KIND", "FDS", "WHAT")
_FDS = 24


def difference(
    found: Difference, style: Style, *, form: str = "table", show_headers: bool = True, whole: bool = False
) -> Iterator[str]:
    """The whole answer, line by line.

    In a `form` other than ``table``, and without headers, there are only rows: one for each group of descriptors,
    and one for each process that has ended or started. Else long lists are cut, unless the `whole` is wanted.
    """
    if form != "table" or not show_headers:
        headers = [name if form in ("table", "plain") else name.lower() for name in _COLUMNS]
        rows = list(_rows(found, in_full=form in ("csv", "tsv")))
        yield from draw(headers, rows, style=style, form=form, show_headers=show_headers)
        return
    yield from _summary(found, style)
    if found.kinds:
        yield "\n"
        kinds = found.kinds if whole else found.kinds[:_LINES]
        rows = [
            [one.kind, one.before, one.after, f"{one.growth:+,}" if one.growth else "", *_signed(one)]
            for one in kinds
        ]
        yield from draw(["KIND", "BEFORE", "AFTER", "GROWTH", "CHANGES"], rows, style=style)
        if len(kinds) < len(found.kinds):
            yield f"{many(len(found.kinds) - len(kinds), 'more kind')}; --wide shows them\n"
    stayed = [one for one in found.processes if one.groups]
    most = len(stayed) if whole else _PROCESSES
    for one in stayed[:most]:
        yield "\n"
        yield from _process(one, style, whole=whole)
    if len(stayed) > most:
        yield f"\n{many(len(stayed) - most, 'more process', 'more processes')} changed; --wide shows them\n"
    others = [one for one in found.processes if one.became in ("ended", "started")]
    if others:
        yield "\n"
        yield from _came_and_went(others, style, whole=whole)


def _summary(found: Difference, style: Style) -> Iterator[str]:
    between = (_moment(found.after.taken_at) - _moment(found.before.taken_at)).total_seconds()
    when = f"{duration(between)} apart" if between >= 0 else f"the second one is {duration(-between)} older"
    times = [one.taken_at.replace("T", " ").replace("Z", " UTC") for one in (found.before, found.after)]
    yield f"{times[0]}  ->  {times[1]}, {when}\n"
    parts = [f"{many(found.compared, 'process', 'processes')} compared"]
    parts += [f"{found.ended:,} ended"] if found.ended else []
    parts += [f"{found.started:,} started"] if found.started else []
    yield ", ".join(parts) + "\n"
    if found.same:
        told = "the same"
    elif not found.processes:
        told = "nothing could be compared"
    else:
        told = f"{found.opened:,} opened, {found.closed:,} closed, {found.changed:,} changed"
    yield style.title(told) + "\n"
    if found.before.hostname != found.after.hostname:
        names = [printable(one.hostname or "?") for one in (found.before, found.after)]
        yield style.warning(f"these are two machines: {names[0]} and {names[1]}") + "\n"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _signed(counts: Any) -> list[str]:
    """``+3,000 -2 ~1``."""
    numbers = [(sign, getattr(counts, name)) for name, sign in _SIGN.items()]
    return [" ".join(f"{sign}{number:,}" for sign, number in numbers if number)]


def _process(one: ProcessChange, style: Style, *, whole: bool) -> Iterator[str]:
    held = f"{one.before or 0:,} -> {one.after or 0:,}"
    limit = one.descriptor_limit
    held += f" of {limit.soft:,}" if limit is not None and limit.soft is not None else ""
    title = style.title(f"{printable(one.process or '?')} [{one.pid}]")
    yield f"{title}  {_signed(one)[0]}, {held} descriptors\n"
    groups = one.groups or []
    most = len(groups) if whole else _LINES
    rows = [
        [f"{_SIGN[group.change]}{group.count:,}", group.kind, _fds(group), what(group)] for group in groups[:most]
    ]
    width = max(len(row[0]) for row in rows)
    yield from draw(
        ["", "KIND", "FD", "WHAT"], [[row[0].rjust(width), *row[1:]] for row in rows], style=style, indent="  "
    )
    if len(groups) > most:
        rest = groups[most:]
        yield f"  {many(len(rest), 'more line')}, of {sum(group.count for group in rest):,}; --wide shows them\n"


def _fds(group: ChangeGroup) -> str:
    fds = group.fds
    if len(fds) > _FDS:
        kept = fds[: fds.rfind(",", 0, _FDS) if "," in fds[:_FDS] else _FDS]
        fds = f"{kept},..."
    return fds if group.tid is None else f"{fds} (thread {group.tid})"


def what(group: ChangeGroup) -> str:
    """Where a group leads to: of a single one all that is known, of changed ones also what has changed."""
    told = group.example
    if group.count > 1:
        told = " ".join(part for part in (group.pattern, f"({group.state})" if group.state else "") if part)
    facts = [f"{fact.field} {fact.before or '-'} -> {fact.after or '-'}" for fact in group.facts or ()]
    return f"{told}: {', '.join(facts)}" if facts else told


def _came_and_went(changes: Sequence[ProcessChange], style: Style, *, whole: bool) -> Iterator[str]:
    """Processes that have ended or started, by name: so that a service that was restarted is one line."""
    names: dict[str, list[ProcessChange]] = {}
    for one in changes:
        names.setdefault(one.process or "?", []).append(one)
    weighed: list[tuple[int, list[str | int | None]]] = []
    for name, several in names.items():
        ended = [one for one in several if one.became == "ended"]
        started = [one for one in several if one.became == "started"]
        held, holds = _sum(one.before for one in ended), _sum(one.after for one in started)
        row = [name, _pids(ended), held if ended else None, _pids(started), holds if started else None]
        weighed.append((held + holds, row))
    rows = [row for _, row in sorted(weighed, key=lambda item: -item[0])]
    most = len(rows) if whole else _LINES
    yield from draw(["PROCESS", "ENDED", "HELD", "STARTED", "HOLDS"], rows[:most], style=style)
    if len(rows) > most:
        yield f"{many(len(rows) - most, 'more name')} of processes; --wide shows them\n"


def _sum(numbers: Any) -> int:
    return sum(number or 0 for number in numbers)


def _pids(changes: Sequence[ProcessChange]) -> str:
    told = ", ".join(str(one.pid) for one in changes[:3])
    return told + (f" and {len(changes) - 3:,} more" if len(changes) > 3 else "")


def _rows(found: Difference, *, in_full: bool) -> Iterator[list[Any]]:
    for one in found.processes:
        for group in one.groups or ():
            fds = group.fds if in_full else _fds(group)
            yield [one.pid, one.process, group.change, group.count, group.kind, fds, what(group)]
        if one.became in ("ended", "started"):
            yield [
                one.pid,
                one.process,
                one.became,
                one.before if one.became == "ended" else one.after,
                "",
                "",
                "",
            ]
