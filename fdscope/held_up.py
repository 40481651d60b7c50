"""Which threads wait, on what: the answer of ``fdscope waits``, made from what was looked at. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from msgspec import structs

from ._version import __version__
from .answers import Cycle, ThreadWait, Waited, Waits
from .deadlocks import cycles
from .iomodels import MOST, table_of, tables_of
from .model import Descriptor, Problem, Process, Snapshot, Thread, Wait, WaitOn, kind_name
from .quantity import many

Choice = Callable[[Process, Sequence[Descriptor]], bool]
"""Whether a thread is meant: by its process, and the descriptors that it waits on or that its epoll watches."""


def _all(_: Process, __: Sequence[Descriptor]) -> bool:
    return True


def told(
    snapshot: Snapshot,
    known: Mapping[int, Process],
    everyone: Callable[[], Snapshot],
    is_meant: Choice = _all,
) -> Waits:
    """What the threads of a snapshot wait for, and the cycles that its processes stand in.

    Args:
        snapshot: what was asked about.
        known: its processes, by pid, and those that they wait for.
        everyone: gives all processes; it is called only for what looks like a deadlock.
        is_meant: which of the threads that wait are told.
    """
    found = [one for one in cycles(list(known.values())) if _concerns(one, snapshot.processes)]
    if any(one.deadlock for one in found):
        unseen = _unseen(everyone())
        for one in found:
            one.unsure = [*unseen, *_handlers(one, known)] or None if one.deadlock else None
    threads = [thread for process in snapshot.processes for thread in process.threads]
    return Waits(
        fdscope=__version__,
        taken_at=snapshot.taken_at,
        duration_s=snapshot.duration_s,
        threads_total=len(threads),
        threads_unknown=sum(map(_is_unknown, threads)),
        waits=[one for process in snapshot.processes for one in _waits_of(process, is_meant)],
        cycles=found,
        problems=snapshot.problems,
    )


def kept(
    snapshot: Snapshot, pids: Collection[int], problems: Collection[Problem], is_meant: Choice = _all
) -> Waits:
    """What threads waited for when a snapshot was taken, of the processes with these `pids`."""
    chosen = structs.replace(
        snapshot, processes=[one for one in snapshot.processes if one.pid in pids], problems=list(problems)
    )
    return told(chosen, {one.pid: one for one in snapshot.processes}, lambda: snapshot, is_meant)


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


def _handlers(cycle: Cycle, known: Mapping[int, Process]) -> list[str]:
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


def _waits_of(process: Process, is_meant: Choice) -> list[ThreadWait]:
    tables = tables_of(process)
    found = []
    for thread in process.threads:
        table = table_of(thread, tables)
        if thread.wait and is_meant(process, _on(thread.wait, table)):
            found.append(_told(process, thread, thread.wait, table))
    return found


def _on(wait: Wait, table: Mapping[int, Descriptor]) -> list[Descriptor]:
    """The descriptors that a thread waits on, and those that they watch for it."""
    own = [table[one.fd] for one in wait.on or () if one.fd in table]
    watched = [
        table[target.fd]
        for one in own
        for target in (one.registrations() if wait.watching else ())
        if not target.stale and target.fd in table
    ]
    return own + watched


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
