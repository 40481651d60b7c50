"""Which threads wait, on what: scans, follows those at the other ends, and puts the answer together."""

from __future__ import annotations

import time
from collections.abc import Iterable

from ._version import __version__
from .answers import Cycle, ThreadWait, Waited, Waits
from .deadlocks import cycles, edges
from .iomodels import MOST, table_of, tables_of
from .model import Descriptor, Process, Snapshot, Thread, Wait, WaitOn, kind_name
from .quantity import many
from .scanner import scan
from .times import rfc3339

_ROUNDS = 8
"""How many steps from the processes that were asked about a cycle is looked for."""


def waits(
    targets: Iterable[str] = (), *, proc: str = "/proc", timeout_s: float = 5.0, peers: bool = True
) -> Waits:
    """Looks once at what the threads of these processes wait for, or those of all processes if there are none.

    Args:
        targets: pids, ``self``, and names (exact, else regular expressions).
        proc: another proc file system, or a recorded tree of one.
        timeout_s: how long to wait, in seconds, for file systems that do not answer.
        peers: find out who is at the other ends, and who waits for each other.

    Costs what `scan` does; for a cycle also those at the other ends are scanned, where they wait themselves.

    Raises:
        UsageError: as `scan` does.
    """
    words = list(targets)
    began, clock = time.time(), time.monotonic()
    snapshot = scan(words, proc=proc, timeout_s=timeout_s, peers=peers)
    known = {process.pid: process for process in snapshot.processes}
    if peers and words:
        _follow(known, proc, timeout_s)
    found = [one for one in cycles(list(known.values())) if _concerns(one, snapshot.processes)]
    if any(one.deadlock for one in found):
        everyone = scan(proc=proc, timeout_s=timeout_s, peers=False, waits=False) if words else snapshot
        unseen = _unseen(everyone)
        for one in found:
            one.unsure = [*unseen, *_handlers(one, known)] or None if one.deadlock else None
    threads = [(process, thread) for process in snapshot.processes for thread in process.threads]
    return Waits(
        fdscope=__version__,
        taken_at=rfc3339(began, digits=3),
        duration_s=round(time.monotonic() - clock, 6),
        threads_total=len(threads),
        threads_unknown=sum(_is_unknown(thread) for _, thread in threads),
        waits=[one for process in snapshot.processes for one in _waits_of(process)],
        cycles=found,
        problems=snapshot.problems,
    )


def _follow(known: dict[int, Process], proc: str, timeout_s: float) -> None:
    """Adds the processes that those known wait for, and so on."""
    fresh = list(known.values())
    for _ in range(_ROUNDS):
        sought = {peer for process in fresh for edge in edges(process) for peer in edge.peers} - set(known)
        if not sought:
            return
        fresh = scan([str(pid) for pid in sorted(sought)], proc=proc, timeout_s=timeout_s).processes
        known.update((process.pid, process) for process in fresh)


def _unseen(everyone: Snapshot) -> list[str]:
    """Where an end of a pipe or socket may be held that is not seen.

    In a process that could not be read, or in flight between two (unix(7), SCM_RIGHTS). It takes a look at all
    processes, which only what looks like a deadlock is worth.
    """
    found = []
    if any(problem.what.startswith("descriptors") for problem in everyone.problems):
        found.append("not all processes could be read")
    number = sum(one.in_flight() for process in everyone.processes for one in process.descriptors or ())
    if number:
        found.append(f"{many(number, 'descriptor is', 'descriptors are')} in flight between processes")
    return found


_BY_THEMSELVES = frozenset({"SIGALRM", "SIGVTALRM", "SIGPROF", "SIGIO", "SIGURG", "SIGCHLD"})


def _handlers(cycle: Cycle, known: dict[int, Process]) -> list[str]:
    """Signals that may come without anybody's doing, and whose handler could write."""
    found = []
    for pid in dict.fromkeys(link.pid for link in cycle.links):
        signals = known[pid].signals
        caught = [name for name in signals.caught if name in _BY_THEMSELVES] if signals is not None else []
        found += [f"process {pid} has a handler of {', '.join(caught)}"] if caught else []
    return found


def _concerns(cycle: Cycle, processes: Iterable[Process]) -> bool:
    return not {link.pid for link in cycle.links}.isdisjoint(process.pid for process in processes)


def _is_unknown(thread: Thread) -> bool:
    return thread.wait is None and thread.state not in ("running", "zombie", "dead") and not thread.kernel_thread


def _waits_of(process: Process) -> list[ThreadWait]:
    tables = tables_of(process)
    return [
        _told(process, thread, thread.wait, table_of(thread, tables)) for thread in process.threads if thread.wait
    ]


def _told(process: Process, thread: Thread, wait: Wait, table: dict[int, Descriptor]) -> ThreadWait:
    own = [_waited(one, table.get(one.fd)) for one in wait.on or ()]
    return ThreadWait(
        pid=process.pid,
        process=process.name,
        tid=thread.tid,
        thread=thread.name,
        kernel_thread=thread.kernel_thread,
        state=thread.state,
        context_switches=thread.context_switches,
        wait=wait,
        on=[*own, *(_watched(wait, table) if wait.watching else [])] or None,
    )


def _watched(wait: Wait, table: dict[int, Descriptor]) -> list[Waited]:
    """Some of what the epoll watches: the busiest, then those with somebody at their other end."""
    events: dict[int, list[str]] = {}
    for one in wait.on or ():
        for target in table[one.fd].registrations() if one.fd in table else ():
            if not target.stale:
                events[target.fd] = [event for event in target.events if event not in ("err", "hup")]
    busiest = [queue.fd for queue in wait.busiest or ()]
    rest = sorted(set(events) - set(busiest), key=lambda fd: (fd not in table or not table[fd].peers, fd))
    found = [_waited(WaitOn(fd=fd, events=events.get(fd)), table.get(fd)) for fd in [*busiest, *rest][:MOST]]
    for waited in found:
        waited.watched = True
    return found


def _waited(one: WaitOn, descriptor: Descriptor | None) -> Waited:
    if descriptor is None:
        return Waited(fd=one.fd, events=one.events)
    return Waited(
        fd=one.fd,
        events=one.events,
        kind=kind_name(type(descriptor)),
        description=descriptor.describe(),
        peers=descriptor.peers,
        peers_total=descriptor.peers_total,
        other_end=descriptor.other_end,
        queued_bytes=descriptor.queued(),
    )
