"""The page of one process on the screen of ``fdscope top``: each of its parts as lines under a heading. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from msgspec import structs

from ..frame import ProcessFrame, ThreadRate
from ..graph import graph_of
from ..held_up import told
from ..model import Descriptor, Holder, Process, Snapshot, kind_name
from ..quantity import duration, many, percent
from ..where import Expression
from .columns import USUAL, column
from .frames import WORDS
from .graph import Twig, branches
from .problems import of_process
from .process import WARN_AT, rows_of, share
from .relations import peers as faced
from .safe import printable
from .spans import ALARM, PLAIN, QUIET, TITLE, WARNING, Line, Span, fitted, of_report
from .style import Style
from .table import draw
from .waits import inside
from .waits import waits as drawn_waits

NAMES = ("descriptors", "peers", "waits", "threads", "graph")
"""The parts of the page, in their order."""


_RELATIONS = ("peer", "watches it", "shares it")
_ROOM = 110
"""Columns of the screen from which on there is room for what matters less."""


class Key(NamedTuple):
    """What stands on a line: a descriptor of the process, and perhaps a process at its other end."""

    fd: int | None
    tid: int | None = None
    peer: int | None = None
    peer_fd: int | None = None
    again: int = 0
    """How many lines before it are about the same."""


class Part(NamedTuple):
    """A part of the page."""

    head: Line
    keys: Sequence[Hashable]
    """What each line is about; a line of text is about its own number."""
    lines: Sequence[str]


def heading(process: Process, frame: ProcessFrame | None, width: int, style: Style) -> list[Line]:
    """Two lines: who it is and how near its limit; how it is switched and why."""
    dot = " · " if style.unicode else ", "
    who = f"{printable(process.name or '?')} [{process.pid}]"
    command = printable(" ".join(process.command or ()).rstrip())
    parts = [] if process.user is None and process.uid is None else [printable(f"{process.user or process.uid}")]
    parts += [process.state] if process.state else []
    parts += [many(len(process.threads), "thread")] if process.threads else []
    used = share(process)
    held = "? descriptors" if process.descriptor_count is None else many(process.descriptor_count, "descriptor")
    if used is not None and process.descriptor_limit is not None:
        held += f", {percent(used)} of {process.descriptor_limit.soft:,}"
    about = dot.join([*parts, ""])
    first: Line = [Span(who, TITLE), Span(f"  {command}" if command else "", QUIET)]
    second: Line = [Span(about), Span(held, ALARM if used is not None and used >= WARN_AT else PLAIN)]
    if frame is not None:
        rates = f"{frame.voluntary_per_s:,.0f} vol/s {frame.involuntary_per_s:,.0f} invol/s"
        second.append(Span(f"{dot}{rates}{dot}{WORDS[frame.verdict.word]}", QUIET))
    return [fitted(first, width, style), fitted(second, width, style)]


def _whole(style: Style) -> Style:
    """One that cuts nothing: the list shows further to the right what the screen has no room for."""
    return style._replace(width=None, colour=False)


def fitting(process: Process, where: Expression | None) -> list[Descriptor]:
    """The descriptors of a process for which the expression is true."""
    found = process.descriptors or []
    return list(found) if where is None else [one for one in found if where.fits(process, one)]


def chosen(snapshot: Snapshot, where: Expression | None) -> Snapshot:
    """What is seen of a snapshot: only descriptors and files that fit, as ``--where`` keeps it."""
    if where is None:
        return snapshot
    processes = [
        structs.replace(
            process,
            descriptors=None if process.descriptors is None else fitting(process, where),
            files=[one for one in process.files or () if where.fits(process, one)] or None,
        )
        for process in snapshot.processes
    ]
    held = {one.object for process in processes for one in process.descriptors or ()}
    objects = [one for one in snapshot.objects if one.id in held or not held.isdisjoint(one.faces)]
    return structs.replace(snapshot, processes=processes, objects=objects, where=where.text)


def descriptors(process: Process, where: Expression | None, style: Style) -> Part:
    """What it holds, a line for each."""
    found = fitting(process, where)
    if process.descriptors is None:
        return text("its descriptors could not be read", [])
    rows = [(process, one) for one in found]
    names = [name for name in USUAL if name != "flags" or (style.width or _ROOM) >= _ROOM]
    lines = list(rows_of(rows, [column(name) for name in names], None, _whole(style), by_thread=True))
    return _part(lines, [Key(one.fd, one.tid) for one in found], "no descriptor", where)


def peers(process: Process, where: Expression | None, style: Style) -> Part:
    """Who is at the other ends, who shares and who watches: a line for each of them."""
    found: list[tuple[int, Key, list[Any]]] = []
    for one in fitting(process, where):
        known: list[tuple[int, Holder]] = [(0, peer) for peer in one.peers or ()]
        known += [(1, watcher) for watcher in one.watched_by or ()]
        known += [(2, holder) for holder in one.shared_with or ()]
        begin = [one.fd, kind_name(type(one))]
        for rank, other in known:
            key = Key(one.fd, one.tid, other.pid, other.fd)
            found.append((rank, key, [*begin, _RELATIONS[rank], *_cells(process, other), one.describe()]))
        missing = None if one.peers else faced(process, one)
        more = (one.peers_total or 0) - len(one.peers or ())
        told = (
            f"({missing})  {one.describe()}" if missing else f"and {many(more, 'more peer')}" if more > 0 else ""
        )
        if told:
            found.append((0, Key(one.fd, one.tid), [*begin, *[None] * 4, told]))
    found.sort(key=lambda item: item[0])
    keys, rows = _distinct([key for _, key, _ in found]), [row for _, _, row in found]
    headers = ["FD", "KIND", "RELATION", "PID", "PROCESS", "ITS FD", "WHAT"]
    right = [True, False, False, True, False, True, False]
    return _part(
        list(draw(headers, rows, style=_whole(style), to_right=right)), keys, "nobody at any other end", where
    )


def _cells(process: Process, other: Holder) -> list[str | int | None]:
    if other.pid == process.pid:
        return [None, "itself", other.fd]
    return [other.pid, other.process, other.fd]


def waits(snapshot: Snapshot, process: Process, style: Style) -> Part:
    """Which thread waits on what, by which model; cycles among its own threads below."""
    found = told(snapshot, {process.pid: process}, lambda: snapshot)
    without = ["pid", "process", *(["function"] if (style.width or _ROOM) < _ROOM else [])]
    lines = list(drawn_waits(found, _whole(style), everyone=True, without=without))
    keys: list[Hashable] = [Key(one.wait.on[0].fd) if one.wait.on else ("thread", one.tid) for one in found.waits]
    return _part(lines, _distinct(keys), "no thread waits", None)


def _distinct(keys: Sequence[Hashable]) -> list[Hashable]:
    """Keys of which none comes twice: several threads may wait on one descriptor."""
    seen: set[Hashable] = set()
    found: list[Hashable] = []
    for key in keys:
        times = 0
        one = key
        while one in seen:
            times += 1
            one = key._replace(again=times) if isinstance(key, Key) else (key, times)
        seen.add(one)
        found.append(one)
    return found


def threads(process: Process, frame: ProcessFrame | None, style: Style) -> Part:
    """All threads, with the rates of those that are switched most."""
    rates = {one.tid: one for one in (frame.threads if frame is not None else None) or ()}
    with_names = any(one.name != process.name for one in process.threads)
    headers = ["TID", *(["NAME"] if with_names else []), "STATE", "VOL/S", "INV/S", "CPU", "IN"]
    rows: list[list[Any]] = []
    for one in sorted(process.threads, key=lambda one: _rank(rates.get(one.tid), one.tid)):
        rate = rates.get(one.tid)
        rows.append(
            [
                one.tid,
                *([one.name] if with_names else []),
                one.state,
                None if rate is None else f"{rate.voluntary_per_s:,.0f}",
                None if rate is None else f"{rate.involuntary_per_s:,.0f}",
                None if rate is None or rate.cpu_share is None else percent(rate.cpu_share),
                inside(one),
            ]
        )
    ordered = sorted((one.tid for one in process.threads), key=lambda tid: _rank(rates.get(tid), tid))
    right = [True, *([False] if with_names else []), False, True, True, True, False]
    return _part(list(draw(headers, rows, style=_whole(style), to_right=right)), ordered, "no thread", None)


def graph(snapshot: Snapshot, process: Process, style: Style) -> Part:
    """Whom it talks to, as far as a look at it alone tells: a line for each, which leads to the other process."""
    drawn = list(branches(graph_of(snapshot, targets=[process.pid]), _whole(style)))
    keys = [Key(_fd(twig, process), None, twig.node.pid) for twig, _ in drawn[1:]]
    if not keys:
        return text("it talks to nobody that could be found", [])
    head, *lines = [line.rstrip("\n") for _, line in drawn]
    return Part([Span(head, TITLE)], _distinct(keys), lines)


def _fd(twig: Twig, process: Process) -> int | None:
    """The first descriptor of the process that makes an edge."""
    for edge in twig.line.edges if twig.line is not None else ():
        for one in edge.descriptors:
            if one.pid == process.pid and one.fd is not None:
                return one.fd
            if one.peer_pid == process.pid and one.peer_fd is not None:
                return one.peer_fd
    return None


def _rank(rate: ThreadRate | None, tid: int) -> tuple[float, int]:
    return (0.0 if rate is None else -(rate.voluntary_per_s + rate.involuntary_per_s), tid)


def _part(lines: list[str], keys: Sequence[Hashable], empty: str, where: Expression | None) -> Part:
    """The lines of a table, the first of which are its headings; more than there are keys stand below."""
    if not keys:
        return text(f"{empty} fits {printable(where.text)}" if where is not None else empty, [])
    head, *rest = [line.rstrip("\n") for line in lines]
    below = [("below", number) for number in range(len(rest) - len(keys))]
    return Part([Span(head, TITLE)], [*keys, *below], rest)


def text(head: str, lines: Sequence[str]) -> Part:
    """Lines of text under a heading."""
    return Part([Span(head, TITLE)], range(len(lines)), [line.rstrip("\n") for line in lines])


def of_line(told: str) -> Line:
    """A line of a report, as the screen draws it."""
    return of_report(told)


def line(part: Part, number: int) -> Line:
    """A line of a part, as the screen draws it."""
    return of_report(part.lines[number])


def remarks(snapshot: Snapshot, seconds: float) -> Line:
    """What could not be read, and how long the look took."""
    problems = list(of_process(snapshot.problems))
    cost: Line = [Span(f"read in {duration(seconds)}", QUIET)]
    if not problems:
        return cost
    more = f" and {many(len(problems) - 1, 'more problem')}" if len(problems) > 1 else ""
    return [*cost, Span(f"  {problems[0]}{more}", WARNING)]
