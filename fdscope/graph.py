"""Who talks to whom: the graph of a snapshot, for ``fdscope graph`` and every other picture of it. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from ._version import __version__
from .held_up import told as held_up
from .meetings import Hold, Meeting, Reach, meetings, pairs, reaches
from .model import Process, Snapshot
from .pictures import NOT_USUAL, EdgeDescriptor, Graph, GraphEdge, GraphNode

MOST = 8
"""How many descriptors of an edge and processes of a group are named; the others are counted."""

COLLAPSE = ("name", "user", "container")
"""By what processes may be drawn as one."""

_INTERPRETERS = ("python", "node", "perl", "ruby", "java", "sh", "bash", "dash", "php")
_TITLE = 56
"""A title grows no longer."""


def graph_of(
    snapshot: Snapshot,
    *,
    targets: Collection[int] | None = None,
    edges: Collection[str] | None = None,
    depth: int | None = None,
    collapse: str | None = None,
) -> Graph:
    """The graph of what a snapshot tells; it costs time linear in descriptors.

    Args:
        snapshot: best of the whole machine, with memory that is shared (``memory=True`` or ``mapped=True``):
            else neighbours of its processes are known by name only, and memory that is mapped joins nobody.
        targets: the pids of processes that are drawn with their neighbours; None: all that an edge leads to.
        edges: kinds of edges that are drawn; None: all but `pictures.NOT_USUAL`.
        depth: of targets: how many edges away from them neighbours are drawn; None: 1.
        collapse: one of `COLLAPSE`: processes that have this in common are one node.
    """
    drawing = _Drawing(snapshot, targets, edges, collapse)
    drawing.add_meetings()
    drawing.add_reaches()
    return drawing.graph(1 if depth is None else depth)


class _Edge:
    """An edge that is being put together."""

    def __init__(self, source: str, target: str, kind: str, directed: bool) -> None:
        self.source, self.target, self.kind, self.directed = source, target, kind, directed
        self.objects: set[object] = set()
        self.to_target: dict[str, int] = {}
        """What waits for the target, by its queue."""
        self.to_source: dict[str, int] = {}
        self.blocked: dict[str, set[int]] = {source: set(), target: set()}
        """Of each side the threads that wait."""
        self.in_cycle = False
        self.descriptors: list[EdgeDescriptor] = []

    def add(self, thing: object, to_target: Mapping[str, int], to_source: Mapping[str, int]) -> None:
        """One more object that it stands for, and what waits in it."""
        self.objects.add(thing)
        self.to_target.update(to_target)
        self.to_source.update(to_source)

    def told(self) -> GraphEdge:
        to_target, to_source = sum(self.to_target.values()), sum(self.to_source.values())
        return GraphEdge(
            source=self.source,
            target=self.target,
            kind=self.kind,
            directed=self.directed,
            count=len(self.objects),
            queued_bytes=to_target + to_source or None,
            to_target_bytes=to_target or None,
            to_source_bytes=to_source or None,
            blocked=sum(map(len, self.blocked.values())) or None,
            source_blocked=len(self.blocked[self.source]) or None,
            target_blocked=len(self.blocked[self.target]) or None,
            in_cycle=self.in_cycle or None,
            descriptors=self.descriptors,
        )


class _Waiting(NamedTuple):
    """Threads that wait in blocking calls."""

    at: dict[tuple[int, int], list[int]]
    """By the descriptor that they wait on: its task and number."""
    of: Counter[int]
    """How many of each process."""


def _waiting(processes: Iterable[Process]) -> _Waiting:
    at: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    of: Counter[int] = Counter()
    for process in processes:
        for thread in process.threads:
            wait = thread.wait
            if wait is None or wait.model != "blocking" or wait.phase != "waiting" or thread.kernel_thread:
                continue
            of[process.pid] += 1
            for one in wait.on or ():
                at[thread.tid if thread.own_descriptor_table else process.pid, one.fd].append(thread.tid)
    return _Waiting(at, of)


class _Drawing:
    """A graph that is being put together."""

    def __init__(
        self,
        snapshot: Snapshot,
        targets: Collection[int] | None,
        edges: Collection[str] | None,
        collapse: str | None,
    ) -> None:
        self._snapshot = snapshot
        self._targets = None if targets is None else frozenset(targets)
        own = {snapshot.own_pid} if snapshot.own_pid is not None else set()
        self._hidden = own - (self._targets or frozenset())
        """The fdscope that looked: it is drawn only where it is asked for."""
        self._processes = {one.pid: one for one in snapshot.processes if one.pid not in self._hidden}
        self._edges_wanted = edges
        self._collapse = collapse
        self._names: dict[int, str | None] = {}
        """Of processes that were not looked at."""
        self._members: dict[str, dict[int, None]] = {}
        self._addresses: dict[str, str] = {}
        self._edges: dict[tuple[object, ...], _Edge] = {}
        self._inside: defaultdict[str, set[object]] = defaultdict(set)
        self._not_drawn: Counter[str] = Counter()
        self._waiting = _waiting(self._processes.values())
        self._cycles = held_up(
            snapshot, {one.pid: one for one in snapshot.processes}, lambda: snapshot, lambda *_: False
        ).cycles
        self._waits_for = {((link.pid, link.fd), link.waits_for) for cycle in self._cycles for link in cycle.links}

    def _is_wanted(self, kind: str) -> bool:
        return kind not in NOT_USUAL if self._edges_wanted is None else kind in self._edges_wanted

    def _leave_out(self, kind: str, pids: Collection[int]) -> None:
        if self._targets is None or not self._targets.isdisjoint(pids):
            self._not_drawn[kind] += 1

    def add_meetings(self) -> None:
        """The edges between processes."""
        for number, meeting in enumerate(meetings(self._snapshot)):
            for pid in self._hidden:
                meeting.left.pop(pid, None)
                meeting.right.pop(pid, None)
            self._join(number, meeting)

    def _join(self, thing: object, meeting: Meeting) -> None:
        """The edges of one object."""
        if self._is_wanted(meeting.kind):
            for one, other in pairs(meeting, self._targets or (), self._circling(meeting)):
                self._add(thing, meeting, one, other)
            return
        pids = meeting.left.keys() | meeting.right.keys()
        if len(pids) > 1:
            self._leave_out(meeting.kind, pids)

    def _circling(self, meeting: Meeting) -> Iterator[tuple[int, int]]:
        """The pairs that meet here in a cycle, which are drawn whatever else is."""
        for (pid, fd), other in self._waits_for:
            if any(one.fd == fd for one in meeting.left.get(pid, ())):
                yield pid, other
            if any(one.fd == fd for one in meeting.right.get(pid, ())):
                yield other, pid

    def _add(self, thing: object, meeting: Meeting, one: int, other: int) -> None:
        left, right = meeting.left[one], meeting.right[other]
        # who is on both sides both writes and reads: what it has with another goes both ways
        directed = meeting.directed and not (other in meeting.left and one in meeting.right)
        source, target = self._node(left[0]), self._node(right[0])
        if source == target:
            self._inside[source].add(thing)
            return
        edge = self._edge(source, target, meeting.kind, directed)
        forward = edge.source == source
        queues = (meeting.to_right, meeting.to_left)
        edge.add(thing, *(queues if forward else reversed(queues)))
        self._mark(edge, source, left, other)
        self._mark(edge, target, right, one)
        if len(edge.descriptors) < MOST:
            mine, its = (left[0], right[0]) if forward else (right[0], left[0])
            edge.descriptors.append(EdgeDescriptor(pid=mine.pid, fd=mine.fd, peer_pid=its.pid, peer_fd=its.fd))

    def add_reaches(self) -> None:
        """The edges to addresses, and to those who have not accepted yet."""
        for reach in reaches(self._processes.values()):
            if reach.listener:
                client = {one.pid: [other for other in reach.holds if other.pid == one.pid] for one in reach.holds}
                arrived, sent = (
                    {f"{reach.object} received": reach.to_here},
                    {f"{reach.object} sent": reach.to_there},
                )
                self._join(reach.object, Meeting(reach.kind, client, reach.listener, False, arrived, sent))
            elif not self._is_wanted(reach.kind):
                self._leave_out(reach.kind, [one.pid for one in reach.holds])
            else:
                address = f"address:{reach.address}"
                self._addresses[address] = reach.address
                for hold in reach.holds:
                    self._reach(address, reach, hold)

    def _reach(self, address: str, reach: Reach, hold: Hold) -> None:
        here = self._node(hold)
        source, target = (address, here) if reach.serves else (here, address)
        edge = self._edge(source, target, reach.kind, False)
        queues = ({reach.object: reach.to_there}, {reach.object: reach.to_here})
        edge.add(reach.object, *(queues if edge.source == here else reversed(queues)))
        self._mark(edge, here, [hold], None)
        if len(edge.descriptors) < MOST:
            edge.descriptors.append(EdgeDescriptor(pid=hold.pid, fd=hold.fd))

    def _mark(self, edge: _Edge, node: str, holds: Iterable[Hold], other: int | None) -> None:
        """Who waits for what comes over an edge, from another process; and whether that one waits, too."""
        for hold in holds:
            if hold.fd is not None:
                place = hold.task, hold.fd
                edge.blocked[node].update(self._waiting.at.get(place, ()))
                edge.in_cycle = edge.in_cycle or ((hold.pid, hold.fd), other) in self._waits_for

    def _edge(self, source: str, target: str, kind: str, directed: bool) -> _Edge:
        """The edge between two nodes, made where there is none: one that is not directed is the same both ways."""
        key = (source, target, kind, directed)
        if not directed and (target, source, kind, directed) in self._edges:
            key = (target, source, kind, directed)
        found = self._edges.get(key)
        if found is None:
            found = self._edges[key] = _Edge(*key)
        return found

    def _node(self, hold: Hold) -> str:
        process = self._processes.get(hold.pid)
        if process is None:
            self._names[hold.pid] = hold.process
        node = self._node_of(hold.pid, process)
        self._members.setdefault(node, {})[hold.pid] = None
        return node

    def _node_of(self, pid: int, process: Process | None) -> str:
        if self._collapse is None:
            return f"pid:{pid}"
        if self._collapse == "name":
            name = self._names.get(pid) if process is None else process.name
            return f"name:{name or '?'}"
        if process is None:
            return f"{self._collapse}:?"
        if self._collapse == "user":
            return f"user:{process.user or process.uid}"
        return f"container:{process.container or ''}"

    def graph(self, depth: int) -> Graph:
        """What has been put together, as far as it is to be drawn."""
        meant = self._add_targets()
        drawn, beyond, left = self._edges_near(meant, depth)
        circling = self._nodes_in_cycles()
        inside = self._inside if self._targets is None else ()
        names = dict.fromkeys([*meant, *inside, *(node for edge in drawn for node in (edge.source, edge.target))])
        nodes = [self._told(node, node in circling, node in meant, beyond[node]) for node in names]
        nodes.sort(key=_order)
        read = [
            pid for pid, one in self._processes.items() if one.descriptors is not None and not one.kernel_thread
        ]
        pids = {pid for node in names for pid in self._members.get(node, ())}
        ends = {node for edge in self._edges.values() for node in (edge.source, edge.target)}
        joined = {pid for node in (*ends, *self._inside) for pid in self._members.get(node, ())}
        shown = self._snapshot
        return Graph(
            schema="fdscope.graph/1",
            fdscope=__version__,
            taken_at=shown.taken_at,
            duration_s=shown.duration_s,
            collapse=_collapse(self._collapse),
            nodes=nodes,
            edges=[edge.told() for edge in drawn],
            cycles=[one for one in self._cycles if not pids.isdisjoint(link.pid for link in one.links)],
            alone=0 if self._targets is not None else sum(pid not in joined for pid in read),
            beyond=left or None,
            not_drawn=dict(self._not_drawn),
            problems=[
                one for one in shown.problems if self._targets is None or one.pid in pids or one.pid is None
            ],
        )

    def _add_targets(self) -> dict[str, None]:
        """The nodes of the targets, also of those that no edge leads to."""
        found: dict[str, None] = {}
        for pid in sorted(self._targets or ()):
            process = self._processes.get(pid)
            if process is not None:
                node = self._node_of(pid, process)
                self._members.setdefault(node, {})[pid] = None
                found[node] = None
        return found

    def _nodes_in_cycles(self) -> set[str]:
        pids = {link.pid for cycle in self._cycles for link in cycle.links}
        return {self._node_of(pid, self._processes.get(pid)) for pid in pids}

    def _edges_near(self, meant: dict[str, None], depth: int) -> tuple[list[_Edge], Counter[str], int]:
        """The edges that are drawn, how many others lead away from each node that is, and how many those are."""
        if self._targets is None:
            return list(self._edges.values()), Counter(), 0
        at: defaultdict[str, list[_Edge]] = defaultdict(list)
        for edge in self._edges.values():
            at[edge.source].append(edge)
            at[edge.target].append(edge)
        distance = dict.fromkeys(meant, 0)
        queue = list(meant)
        for node in queue:
            if distance[node] < depth:
                for edge in at[node]:
                    for other in (edge.source, edge.target):
                        if other not in distance:
                            distance[other] = distance[node] + 1
                            queue.append(other)
        drawn, beyond, left = [], Counter[str](), 0
        for edge in self._edges.values():
            ends = [distance.get(node) for node in (edge.source, edge.target)]
            near = min((one for one in ends if one is not None), default=depth)
            is_inside = None not in ends
            if near < depth or (is_inside and (edge.in_cycle or not depth)):
                drawn.append(edge)
            else:
                near_ends = [node for node in (edge.source, edge.target) if node in distance]
                beyond.update(near_ends)
                left += bool(near_ends)
        return drawn, beyond, left

    def _told(self, node: str, in_cycle: bool, is_target: bool, beyond: int) -> GraphNode:
        if node in self._addresses:
            return GraphNode(id=node, form="address", label=self._addresses[node], beyond=beyond or None)
        pids = list(self._members[node])
        known = [self._processes[pid] for pid in pids if pid in self._processes]
        counts = [one.descriptor_count for one in known if one.descriptor_count is not None]
        told = GraphNode(
            id=node,
            form="process",
            label="",
            user=_same(one.user for one in known),
            container=_same(one.container for one in known),
            descriptors=sum(counts) if counts else None,
            blocked=sum(self._waiting.of[pid] for pid in pids) or None,
            target=is_target or None,
            in_cycle=in_cycle or None,
            beyond=beyond or None,
        )
        if self._collapse is None:
            (pid,) = pids
            told.pid, told.label = pid, known[0].name or "?" if known else self._names.get(pid) or "?"
            told.title = _title(known[0]) if known else None
            return told
        told.form, told.label = "group", node.partition(":")[2] or "no container"
        told.pids, told.processes = sorted(pids)[:MOST], len(pids)
        told.inside = len(self._inside[node]) if node in self._inside else None
        return told


def _order(node: GraphNode) -> tuple[int, int, str]:
    return ("process", "group", "address").index(node.form), node.pid or 0, node.id


def _same(values: Iterable[str | None]) -> str | None:
    """What they all are; None: they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _collapse(word: str | None) -> Literal["name", "user", "container"] | None:
    return word if word in ("name", "user", "container") else None  # type: ignore[return-value]


def _title(process: Process) -> str | None:
    """What a process says of itself: ``worker process`` of ``nginx: worker process``; or the script it runs.

    Of a command line in it, as nginx's master has, no more than the program is told.
    """
    name, command = process.name or "", process.command or []
    if not command:
        return None
    first = command[0]
    head, colon, rest = first.partition(": ")
    if colon and "/" not in head and " " not in head:
        words = (rest if head == name else first).split()
        options = (place for place, word in enumerate(words) if word.startswith(("-", "/")))
        return _short(" ".join(words[: next(options, len(words))]))
    if not name.startswith(_INTERPRETERS):
        return None
    if command[1:2] == ["-m"]:
        return _short(" ".join(command[1:3]))
    script = next((word for word in command[1:] if not word.startswith("-")), "")
    is_script = "-c" not in command[1:] and ("/" in script or "." in script) and not script.startswith("/dev/fd/")
    return _short(script.rpartition("/")[2]) if is_script else None


def _short(text: str) -> str | None:
    text = " ".join(text.split())
    return (text if len(text) <= _TITLE else text[: _TITLE - 1].rstrip() + "…") or None
