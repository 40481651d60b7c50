"""The answer of graph: processes, and what joins them. Data only, as in model.py."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .answers import Cycle
from .model import Problem, said

JOINS: dict[str, str] = {
    "pipe": "a pipe or fifo: one writes, the other reads",
    "unix": "a connection of unix sockets",
    "tcp": "a TCP connection within the machine, or to another one",
    "udp": "UDP sockets that exchange datagrams",
    "listener": "one listening socket that several processes accept from",
    "shared-memory": "memory that both may see: a memfd, or a file that one of them maps to write",
    "eventfd": "a counter that one adds to and the other waits on",
    "pty": "a pseudoterminal: who drives it, and who runs in it",
    "mqueue": "a message queue of POSIX",
    "inherited": "one open file description, handed down by fork(2) or sent",
}
"""Kinds of edges, and what they are. Others have the name of the kind of descriptor (fdscope-kinds(7))."""

NOT_USUAL = ("inherited",)
"""Of those the ones that are drawn only where they are asked for."""


class EdgeDescriptor(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A descriptor that makes an edge, and one at its other end."""

    pid: Annotated[int, said("process id")]
    fd: Annotated[int | None, said("number in the descriptor table; left out: it only maps the memory")] = None
    peer_pid: Annotated[int | None, said("the process at the other end")] = None
    peer_fd: Annotated[int | None, said("its number there")] = None


class GraphNode(Struct, kw_only=True, omit_defaults=True):
    """A process, several that are drawn as one, or an address that no process here is known to have."""

    id: Annotated[str, said("names it in this document: pid:42, name:nginx, address:192.0.2.1:443")]
    form: Annotated[Literal["process", "group", "address"], said("what it is")]
    label: Annotated[str, said("what to call it, in a few words")]
    title: Annotated[
        str | None, said("what the process says that it is: the rest of the title that it set, or its script")
    ] = None
    pid: Annotated[int | None, said("of a process: its process id")] = None
    pids: Annotated[list[int] | None, said("of a group: its processes; the first 8")] = None
    processes: Annotated[int | None, said("of a group: how many those are in all")] = None
    user: Annotated[str | None, said("the user of them all")] = None
    container: Annotated[str | None, said("the container that they all live in")] = None
    descriptors: Annotated[int | None, said("entries of their descriptor tables")] = None
    blocked: Annotated[
        int | None, said("threads that wait in a blocking call for input or output; left out: none is known")
    ] = None
    target: Annotated[bool | None, said("true: it was asked about")] = None
    inside: Annotated[
        int | None, said("of a group: how many pipes, connections and others join its processes with each other")
    ] = None
    in_cycle: Annotated[bool | None, said("true: it stands in a cycle of processes that wait for each other")] = (
        None
    )
    beyond: Annotated[
        int | None, said("edges that lead from it and are not drawn, as they are farther away than --depth")
    ] = None


class GraphEdge(Struct, kw_only=True, omit_defaults=True):
    """What joins two nodes in one way, however many times."""

    source: Annotated[str, said("a node, by its id; of a connection the client's, where that is known")]
    target: Annotated[str, said("the other node")]
    kind: Annotated[
        str,
        Meta(extra_json_schema={"examples": list(JOINS)}),
        said("pipe, unix, tcp, udp, listener, shared-memory, eventfd, pty, inherited, or a kind of descriptor"),
    ]
    directed: Annotated[bool, said("whether data can flow from source to target only")]
    count: Annotated[int, said("how many pipes, connections or other objects it stands for")]
    queued_bytes: Annotated[
        int | None,
        said(
            "what waits in them to be read, or to be acknowledged, both ways together; of sockets other than tcp "
            "and unix it is memory, as ss tells it; left out: nothing, or not known"
        ),
    ] = None
    to_target_bytes: Annotated[int | None, said("of that what the target may read")] = None
    to_source_bytes: Annotated[int | None, said("of that what the source may read")] = None
    blocked: Annotated[int | None, said("threads that wait for it in a blocking call")] = None
    source_blocked: Annotated[int | None, said("how many of those are the source's")] = None
    target_blocked: Annotated[int | None, said("how many of them are the target's")] = None
    in_cycle: Annotated[bool | None, said("true: it is part of a cycle of processes that wait for each other")] = (
        None
    )
    descriptors: Annotated[list[EdgeDescriptor], said("the descriptors that make it; the first 8")]


class Graph(Struct, kw_only=True, omit_defaults=True):
    """The answer of ``fdscope graph``: who talks to whom."""

    schema: Annotated[Literal["fdscope.graph/1"], said("the form of this document")]
    fdscope: Annotated[str, said("version of fdscope that gave it")]
    taken_at: Annotated[str, said("when it was begun (RFC 3339, UTC)")]
    duration_s: Annotated[float, said("how long it took, in seconds")]
    collapse: Annotated[
        Literal["name", "user", "container"] | None,
        said("by what processes are drawn as one; left out: each is drawn"),
    ] = None
    nodes: Annotated[list[GraphNode], said("those that an edge leads to, and those that were asked about")]
    edges: Annotated[list[GraphEdge], said("what joins them")]
    cycles: Annotated[list[Cycle], said("processes that wait for each other, in a circle")]
    alone: Annotated[int, said("processes whose descriptors were read, and that nothing joins to another")]
    beyond: Annotated[
        int | None, said("edges that are not drawn, as they are farther away than --depth; left out: none")
    ] = None
    not_drawn: Annotated[dict[str, int], said("what --edges leaves out, counted by its kind")]
    problems: Annotated[list[Problem], said("what could not be read, and why")]
