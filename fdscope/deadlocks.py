"""Processes that wait for each other: cycles of blocking calls on pipes and sockets. Pure; knows no kind.

A thread that is blocked on a descriptor waits for whoever is at its other end. Where several are there any one of
them can end the wait, so a cycle alone is no deadlock: it is one if no thread of the processes in it can go on.
What the kernel does for a process on its own (io_uring) leaves a way out, as does a wait that may end by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .answers import Cycle, CycleLink
from .iomodels import table_of, tables_of
from .model import Descriptor, Process, Thread, kind_name
from .syscalls import LOCK

_IDLE = frozenset({"zombie", "dead"})


class Edge(NamedTuple):
    """A thread that waits, blocking, on a descriptor with others at its other end."""

    process: Process
    thread: Thread
    fd: int
    descriptor: Descriptor

    @property
    def peers(self) -> list[int]:
        """The processes at the other end that are named."""
        return list(dict.fromkeys(peer.pid for peer in self.descriptor.peers or ()))


def edges(process: Process) -> list[Edge]:
    """Its threads that wait without a timeout in a call, and for one descriptor."""
    tables = tables_of(process)
    found = []
    for thread in process.threads:
        wait = thread.wait
        if wait is None or wait.model != "blocking" or wait.phase != "waiting" or len(wait.on or ()) != 1:
            continue
        if wait.timed is not False:
            continue
        table = table_of(thread, tables)
        found += [
            Edge(process, thread, one.fd, table[one.fd])
            for one in wait.on or ()
            if one.fd in table and table[one.fd].peers
        ]
    return found


def cycles(processes: Sequence[Process]) -> list[Cycle]:
    """The cycles among these processes; each process stands in one at most."""
    waiting = {process.pid: edges(process) for process in processes}
    stuck = _stuck(processes, waiting)
    found, told = [], set[int]()
    for pid in sorted(waiting):
        if pid not in told:
            path = _back_to(pid, waiting, stuck)
            if path:
                told.update(edge.process.pid for edge, _ in path)
                deadlock = all(edge.process.pid in stuck for edge, _ in path)
                found.append(Cycle(links=[_link(edge, peer) for edge, peer in path], deadlock=deadlock))
    return found


def _link(edge: Edge, peer: int) -> CycleLink:
    wait = edge.thread.wait
    return CycleLink(
        pid=edge.process.pid,
        process=edge.process.name,
        tid=edge.thread.tid,
        syscall=None if wait is None else wait.syscall,
        fd=edge.fd,
        kind=kind_name(type(edge.descriptor)),
        waits_for=peer,
    )


def _back_to(start: int, waiting: Mapping[int, list[Edge]], stuck: set[int]) -> list[tuple[Edge, int]]:
    """The shortest way from a process through waits back to itself; empty: there is none.

    That a process waits for itself alone is told only if it is stuck: one thread often waits for another.
    """
    came: dict[int, tuple[Edge, int]] = {}
    queue = [start]
    for pid in queue:
        for edge in waiting[pid]:
            for peer in edge.peers:
                if peer == start and (pid != start or start in stuck):
                    return _path(start, edge, came)
                if peer in waiting and peer not in came and peer != start:
                    came[peer] = edge, peer
                    queue.append(peer)
    return []


def _path(start: int, last: Edge, came: Mapping[int, tuple[Edge, int]]) -> list[tuple[Edge, int]]:
    path = [(last, start)]
    while path[0][0].process.pid != start:
        path.insert(0, came[path[0][0].process.pid])
    return path


def _stuck(processes: Sequence[Process], waiting: Mapping[int, list[Edge]]) -> set[int]:
    """Processes of which no thread can go on unless another one of them does.

    Begins with all whose threads all wait for processes that are known, and takes away who waits for anybody else,
    until nothing changes: what is left waits for each other.
    """
    stuck = {process.pid for process in processes if _waits_only(process, waiting[process.pid])}
    while True:
        free = {pid for pid in stuck for edge in waiting[pid] if not stuck.issuperset(edge.peers)}
        if not free:
            return stuck
        stuck -= free


def _waits_only(process: Process, own: Sequence[Edge]) -> bool:
    """Whether all threads wait without end: for ends that nobody else can come to, or for each other."""
    sure = {
        edge.thread.tid
        for edge in own
        if edge.descriptor.only_peers() and edge.descriptor.peers_total == len(edge.descriptor.peers or ())
    }
    living = [one for one in process.threads if one.state not in _IDLE]
    if any(descriptor.acts_alone() for descriptor in process.descriptors or ()):
        return False
    return bool(sure) and all(thread.tid in sure or _waits_for_own(thread) for thread in living)


def _waits_for_own(thread: Thread) -> bool:
    """Whether only another thread of its process can end its wait."""
    wait = thread.wait
    return wait is not None and wait.waits_for == LOCK and not wait.shared_futex and wait.timed is False
