"""Edges of a graph as pictures draw them: one line between two nodes, with all that joins them in its label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..answers import Cycle
from ..pictures import JOINS, NOT_USUAL, Graph, GraphEdge, GraphNode
from ..quantity import many, size

_ORDER = {kind: place for place, kind in enumerate(JOINS)}


class Line(NamedTuple):
    """All edges between two nodes."""

    one: GraphNode
    other: GraphNode
    edges: Sequence[GraphEdge]

    @property
    def forth(self) -> bool:
        """Whether data can only flow from the first to the second."""
        return all(edge.directed and edge.source == self.one.id for edge in self.edges)

    @property
    def back(self) -> bool:
        """Whether data can only flow from the second to the first."""
        return all(edge.directed and edge.target == self.one.id for edge in self.edges)

    @property
    def queued_bytes(self) -> int:
        """What waits to be read, both ways."""
        return sum(edge.queued_bytes or 0 for edge in self.edges)

    @property
    def in_cycle(self) -> bool:
        """Whether it is part of a cycle."""
        return any(edge.in_cycle for edge in self.edges)

    @property
    def blocked(self) -> list[GraphNode]:
        """Those of the two that have threads that wait for the other."""
        return [
            node
            for node in (self.one, self.other)
            if any((edge.source_blocked if edge.source == node.id else edge.target_blocked) for edge in self.edges)
        ]

    def turned(self) -> Line:
        """The same, seen from the other node."""
        return Line(self.other, self.one, self.edges)

    def kinds(self) -> list[str]:
        """``tcp x3``, ``pipe``: what joins the two, and how many times."""
        counts: dict[str, int] = {}
        for edge in sorted(self.edges, key=lambda one: (_ORDER.get(one.kind, len(_ORDER)), one.kind)):
            counts[edge.kind] = counts.get(edge.kind, 0) + edge.count
        return [kind if count == 1 else f"{kind} x{count:,}" for kind, count in counts.items()]

    def queues(self, forth: str, back: str) -> list[str]:
        """``4 KiB ▶``: what waits on the way to the second, and on the way back."""
        there = sum(self._queue(edge, to=self.other) for edge in self.edges)
        here = sum(self._queue(edge, to=self.one) for edge in self.edges)
        return [f"{size(there)} {forth}"] * bool(there) + [f"{back} {size(here)}"] * bool(here)

    @staticmethod
    def _queue(edge: GraphEdge, to: GraphNode) -> int:
        return (edge.to_target_bytes if edge.target == to.id else edge.to_source_bytes) or 0


def lines_of(graph: Graph) -> list[Line]:
    """Its edges, joined where they are between the same two nodes."""
    nodes = {node.id: node for node in graph.nodes}
    found: dict[frozenset[str], list[GraphEdge]] = {}
    for edge in graph.edges:
        found.setdefault(frozenset((edge.source, edge.target)), []).append(edge)
    return [Line(nodes[edges[0].source], nodes[edges[0].target], edges) for edges in found.values()]


def named(node: GraphNode) -> str:
    """``nginx [42]``, ``nginx, 5 processes``, ``192.0.2.1:443``; not yet safe to print."""
    if node.form == "process":
        return f"{node.label} [{node.pid}]"
    if node.form == "address":
        return node.label
    return f"{node.label}, {many(node.processes or 0, 'process', 'processes')}"


def asides(node: GraphNode) -> list[str]:
    """What is not in the picture of a node."""
    inside = [f"{node.inside:,} among themselves"] if node.inside else []
    return [*inside, *([f"{node.beyond:,} more not drawn"] if node.beyond else [])]


def circles(cycles: Iterable[Cycle]) -> Iterator[str]:
    """Each cycle in a line: who waits for whom; not yet safe to print."""
    for cycle in cycles:
        names: Mapping[int, str] = {link.pid: f"{link.process or '?'} [{link.pid}]" for link in cycle.links}
        first = cycle.links[0].pid
        way = " waits for ".join(names[link.pid] for link in cycle.links)
        told = f"{way} waits for {names[first]}"
        if not cycle.deadlock:
            yield f"cycle: {told}; another thread, or who else holds an end, can end it"
        elif cycle.unsure:
            yield f"deadlock, as far as is seen: {told}; but {', '.join(cycle.unsure)}"
        else:
            yield f"deadlock: {told}"


def remarks(graph: Graph) -> Iterator[str]:
    """What is not in the picture, and how to have it there."""
    for kind, count in graph.not_drawn.items():
        if kind in NOT_USUAL:
            yield f"{many(count, f'{kind} description')} not drawn: --edges +{kind} draws them"
        else:
            yield f"{count:,} of {kind} not drawn: --edges does not name it"
    if graph.beyond:
        yield f"{many(graph.beyond, 'edge')} farther away not drawn: a greater --depth draws them"
    if graph.alone:
        yield f"{many(graph.alone, 'process', 'processes')} that nothing joins to another not drawn"
