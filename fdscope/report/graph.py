"""A graph as a tree on the terminal: each process once, and below it those that it talks to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..pictures import Graph, GraphNode
from .joined import Line, asides, circles, lines_of, named
from .safe import printable
from .style import Style, columns

_DEEPEST = 16
"""From this depth on lines are set no farther to the right."""

_LEAST = 8
"""Titles are not cut to less, and names not to less than twice as much."""

_UNICODE = {"along": "│   ", "tee": "├", "corner": "└", "both": "── ", "forth": "─▶ ", "back": "◀─ "}
_ASCII = {"along": "|   ", "tee": "|", "corner": "`", "both": "-- ", "forth": "-> ", "back": "<- "}


class Twig(NamedTuple):
    """A line of the tree."""

    node: GraphNode
    line: Line | None
    """What joins it to the node above it; None: it is a root."""
    lasts: tuple[bool, ...]
    is_again: bool
    """Whether the node has a place of its own elsewhere."""


def tree(graph: Graph, style: Style) -> Iterator[str]:
    """The lines of the tree, each edge in one of them; then the cycles."""
    for number, (twig, line) in enumerate(branches(graph, style)):
        if not twig.lasts and number:
            yield "\n"
        yield line
    for number, told in enumerate(circles(graph.cycles)):
        yield "\n" if not number else ""
        yield style.alarm(printable(told)) + "\n"


def branches(graph: Graph, style: Style) -> Iterator[tuple[Twig, str]]:
    """The lines of the tree alone, each with the node and the edge that it is about."""
    placed: set[str] = set()
    for twig in _twigs(graph):
        yield twig, _drawn(twig, placed, style) + "\n"
        if not twig.is_again:
            placed.add(twig.node.id)


def _twigs(graph: Graph) -> Iterator[Twig]:
    """Every node and edge once: trees of shortest ways, from who was asked about or has the lowest pid."""
    at: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines_of(graph):
        at[line.one.id].append(line)
        at[line.other.id].append(line.turned())
    places = {node.id: place for place, node in enumerate(graph.nodes)}
    for lines in at.values():
        lines.sort(key=lambda line: places[line.other.id])
    roots, children = _spanning(graph, at)
    told: set[frozenset[str]] = set()
    for root in roots:
        stack = [Twig(root, None, (), False)]
        while stack:
            twig = stack.pop()
            yield twig
            if twig.is_again:
                continue
            own = {line.other.id for line in children[twig.node.id]}
            again = []
            for line in at[twig.node.id]:
                both = frozenset((line.one.id, line.other.id))
                if both not in told:
                    told.add(both)
                    again.append((line, line.other.id not in own))
            for number, (line, is_again) in enumerate(reversed(again)):
                lasts = (*twig.lasts[: _DEEPEST - 1], number == 0)
                stack.append(Twig(line.other, line, lasts, is_again))


def _spanning(graph: Graph, at: dict[str, list[Line]]) -> tuple[list[GraphNode], defaultdict[str, list[Line]]]:
    """The roots, those of cycles and of the most first, and of each node the lines to those below it."""
    children: defaultdict[str, list[Line]] = defaultdict(list)
    seen: set[str] = set()
    found: list[tuple[GraphNode, int, bool]] = []
    for root in sorted(graph.nodes, key=lambda node: (not node.target, node.form == "address")):
        if root.id in seen:
            continue
        seen.add(root.id)
        queue = [root]
        for node in queue:
            for line in at[node.id]:
                if line.other.id not in seen:
                    seen.add(line.other.id)
                    children[node.id].append(line)
                    queue.append(line.other)
        found.append((root, len(queue), any(node.in_cycle for node in queue)))
    found.sort(key=lambda one: (not one[2], -one[1]))
    return [root for root, _, _ in found], children


def _drawn(twig: Twig, placed: Iterable[str], style: Style) -> str:
    marks = _UNICODE if style.unicode else _ASCII
    before = "".join("    " if last else marks["along"] for last in twig.lasts[:-1])
    if twig.line is not None:
        way = "forth" if twig.line.forth else "back" if twig.line.back else "both"
        before += (marks["corner"] if twig.lasts[-1] else marks["tee"]) + marks[way]
    name = printable(named(twig.node))
    quiet = printable(twig.node.title or "")
    if twig.is_again:
        quiet = "(above)" if twig.node.id in placed else "(below)"
    more = _more(twig, style)
    if style.width is not None:
        name, quiet, more = _fitting((name, quiet, more), style.width - columns(before), twig.is_again, style)
    is_red = twig.line is not None and (twig.line.blocked or twig.line.in_cycle)
    parts = [before + (name if twig.is_again else style.title(name)), style.quiet(quiet) if quiet else ""]
    parts.append(style.alarm(more) if is_red else more)
    return "  ".join(part for part in parts if part)


def _fitting(parts: tuple[str, str, str], width: int, is_again: bool, style: Style) -> tuple[str, str, str]:
    """A name, what is said of it and of its line, in so many columns: the title gives way first."""
    name, quiet, more = parts
    room = width - columns(name) - 2 - (columns(more) + 2 if more else 0)
    if columns(quiet) > room and not is_again:
        quiet = style.cut(quiet, room) if room >= _LEAST else ""
    taken = (columns(quiet) + 2 if quiet else 0) + (2 if more else 0)
    name = style.cut(name, max(width - taken - columns(more), 2 * _LEAST))
    return name, quiet, style.cut(more, max(width - taken - columns(name), 2 * _LEAST))


def _more(twig: Twig, style: Style) -> str:
    """What is said of the line to a node: kinds, queues, who waits; and of the node what is not drawn."""
    found = []
    if twig.line is not None:
        found += twig.line.kinds()
        found += twig.line.queues("▶" if style.unicode else "->", "◀" if style.unicode else "<-")
        if twig.line.blocked:
            found.append("blocked: " + " and ".join(printable(named(one)) for one in twig.line.blocked))
        if twig.line.in_cycle:
            found.append("cycle")
    return ", ".join([*found, *([] if twig.is_again else asides(twig.node))])
