"""By which I/O models descriptors are used: threads that wait, flags, epolls, rings, put together. Pure.

Knows no kind: what a kind has to do with it, its class tells (`registrations`, `works_on`, `queued`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from .model import MODELS, Descriptor, IoModel, LockHolder, Process, Queue, Thread, Wait, Watcher
from .quantity import many
from .stopped import lock_holder
from .syscalls import FILE_LOCK, READINESS, SIGNAL

MOST = 8
"""How many threads, epolls and queues are named; the others are counted."""

_NONBLOCKING = IoModel(model="nonblocking", evidence="O_NONBLOCK is set")
_ORDER = {model: place for place, model in enumerate(MODELS)}
_ONLY_NONBLOCKING = [_NONBLOCKING]  # shared: never change it

Table = dict[int, Descriptor]
Tables = Mapping[int, Mapping[int | None, Table]]
"""Of each process, by pid, its own under None, and those of threads that have one apart from it."""
Place = tuple[int, int]
"""A task, by pid or thread id, and a number in its descriptor table."""


class Waiters(NamedTuple):
    """Threads that wait on one descriptor in one way."""

    wait: Wait
    events: list[str] | None
    threads: list[int]


def tell(
    processes: Sequence[Process], blockers: Callable[[int], Sequence[bytes]], name_of: Callable[[int], str | None]
) -> None:
    """Writes into waits and descriptors what they have to do with each other.

    Args:
        processes: with their threads and descriptors.
        blockers: the lines of the locks that a process waits for, of -1 those of all who wait for an OFD lock.
        name_of: the name of a process.
    """
    tables = {process.pid: tables_of(process) for process in processes}
    waiting: dict[Place, list[Waiters]] = {}
    for process in processes:
        for thread in process.threads:
            if thread.wait is not None and thread.wait.on:
                _add(process, thread, thread.wait, tables[process.pid], waiting)
    for process in processes:
        driven = any("async" in (one.flags or ()) for one in process.descriptors or ())
        for thread in process.threads:
            if thread.wait is not None and thread.wait.waits_for == FILE_LOCK:
                _tell_lock(process, thread, thread.wait, tables[process.pid], blockers, name_of)
            if thread.wait is not None and thread.wait.waits_for == SIGNAL and driven:
                _tell_driven(process, thread, thread.wait)
        for task, table in tables[process.pid].items():
            _tell_models(process, task or process.pid, table, tables, waiting)


def forget_unread(processes: Iterable[Process]) -> None:
    """Takes back what only all descriptors tell, where some were not read: full queues, who holds a lock."""
    for process in processes:
        tables = tables_of(process)
        for thread in process.threads:
            if thread.wait is not None:
                thread.wait.busiest = None
                table = table_of(thread, tables)
                if any(one.fd not in table for one in thread.wait.on or ()):
                    thread.wait.held_by = None


def tables_of(process: Process) -> dict[int | None, Table]:
    """The descriptors of each table: of the process's own, under None, and of threads that have their own."""
    found: dict[int | None, Table] = {}
    for one in process.descriptors or ():
        found.setdefault(one.tid, {})[one.fd] = one
    return found


def table_of(thread: Thread, tables: Mapping[int | None, Table]) -> Table:
    """The descriptors that the numbers of a thread mean."""
    return tables.get(thread.tid if thread.own_descriptor_table else None, {})


def _add(
    process: Process,
    thread: Thread,
    wait: Wait,
    tables: Mapping[int | None, Table],
    waiting: dict[Place, list[Waiters]],
) -> None:
    table = table_of(thread, tables)
    task = thread.tid if thread.own_descriptor_table else process.pid
    for one in wait.on or ():
        descriptor = table.get(one.fd)
        not_to_wait = descriptor is not None and "nonblock" in (descriptor.flags or ())
        if not_to_wait and wait.model == "blocking" and thread.state != "sleeping":
            wait.model = "nonblocking"  # what it is held up by is not what it asked for
        if descriptor is not None and wait.waits_for == READINESS and one.events is None:
            _tell_watching(wait, descriptor, table)
        ways = waiting.setdefault((task, one.fd), [])
        for way in ways:
            if way.wait.syscall == wait.syscall and way.wait.model == wait.model and way.events == one.events:
                way.threads.append(thread.tid)
                break
        else:
            ways.append(Waiters(wait, one.events, [thread.tid]))


def _tell_watching(wait: Wait, epoll: Descriptor, table: Table) -> None:
    """How many descriptors a thread in epoll_wait(2) waits for, and those with most in their queues."""
    targets = epoll.registrations()
    wait.watching = len(targets)
    queues = []
    for fd in {target.fd for target in targets if not target.stale}:
        queued = table[fd].queued() if fd in table else None
        if queued:
            queues.append(Queue(fd=fd, queued_bytes=queued))
    queues.sort(key=lambda queue: (-queue.queued_bytes, queue.fd))
    wait.busiest = queues[:MOST] or None


def _tell_lock(
    process: Process,
    thread: Thread,
    wait: Wait,
    tables: Mapping[int | None, Table],
    blockers: Callable[[int], Sequence[bytes]],
    name_of: Callable[[int], str | None],
) -> None:
    """Who holds the lock: of all that the process waits for, those on the file that this thread is about."""
    table = table_of(thread, tables)
    inodes = {table[one.fd].inode for one in wait.on or () if one.fd in table}
    found: list[LockHolder] = []
    for line in dict.fromkeys((*blockers(process.pid), *blockers(-1))):
        try:
            holder = lock_holder(line)
        except ValueError:
            continue
        if inodes and holder.inode not in inodes:
            continue
        name = name_of(holder.pid) if holder.pid else None
        found.append(
            LockHolder(
                **{field: getattr(holder, field) for field in holder.__struct_fields__ if field != "process"},
                process=name,
            )
        )
    wait.held_by = found or None


def _tell_driven(process: Process, thread: Thread, wait: Wait) -> None:
    """Whether a thread that waits for a signal waits for input: for one that a descriptor may send."""
    wanted = wait.signals
    if wanted is None:  # pause(2) and sigsuspend(2) end with any that is caught
        caught = process.signals.caught if process.signals is not None else []
        wanted = [name for name in caught if name not in (thread.signals_blocked or ())]
    if any(map(_may_tell_of_input, wanted)):
        wait.model, wait.phase = "signal-driven", "waiting"


def _may_tell_of_input(signal: str) -> bool:
    """Whether programs let a signal tell them that a descriptor is ready: SIGIO, or what F_SETSIG is used with."""
    return signal == "SIGIO" or signal.startswith(("SIGRT", "SIGUSR", "SIGURG"))


def _tell_models(
    process: Process, task: int, table: Table, tables: Tables, waiting: Mapping[Place, list[Waiters]]
) -> None:
    epolls = _epolls(process, table)
    rings = _rings(table)
    signals = _signal_evidence(process)
    busy = {fd for waiting_task, fd in waiting if waiting_task == task}.union(epolls, rings)
    for fd, descriptor in table.items():
        if fd not in busy and not descriptor.watched_by and "async" not in (descriptor.flags or ()):
            if "nonblock" in (descriptor.flags or ()):
                descriptor.io_models = _ONLY_NONBLOCKING
            continue
        found: list[IoModel] = []
        waiters: list[int] = []
        for way in waiting.get((task, fd), ()):
            waiters += way.threads
            if way.wait.model is not None:
                found.append(_by_threads(way, descriptor))
        flags = descriptor.flags or ()
        if "nonblock" in flags:
            found.append(_NONBLOCKING)
        if "async" in flags and signals:
            found.append(IoModel(model="signal-driven", evidence=signals))
        watchers: Sequence[Watcher | _Watch] = descriptor.watched_by or epolls.get(fd, [])
        for same in _by_open_file(watchers, tables):
            threads = [
                tid
                for watcher in same
                for way in waiting.get((watcher.tid or watcher.pid, watcher.fd), ())
                if way.wait.waits_for == READINESS
                for tid in way.threads
            ]
            if same[0].pid == process.pid:
                waiters += threads
            found.append(_by_epoll(process, same[0], threads))
        found += [IoModel(model="asynchronous", evidence=evidence) for evidence in rings.get(fd, ())]
        if found:
            found.sort(key=lambda one: _ORDER[one.model])
            descriptor.io_models = found
        if waiters:
            alone = list(dict.fromkeys(waiters))
            descriptor.waiters, descriptor.waiters_total = alone[:MOST], len(alone)


def _by_open_file(watchers: Sequence[Watcher | _Watch], tables: Tables) -> Iterable[Sequence[Watcher | _Watch]]:
    """Those that are one epoll under one number, which a thread with a copy of the table holds once more."""
    if len(watchers) < 2:
        return [watchers] if watchers else []
    found: dict[tuple[int, int, str | None], list[Watcher | _Watch]] = {}
    for one in watchers:
        epoll = tables.get(one.pid, {}).get(one.tid, {}).get(one.fd)
        found.setdefault((one.pid, one.fd, None if epoll is None else epoll.open_file), []).append(one)
    return found.values()


def _by_threads(way: Waiters, descriptor: Descriptor) -> IoModel:
    wait, number = way.wait, len(way.threads)
    who = f"thread {way.threads[0]} is" if number == 1 else f"{many(number, 'thread')} are"
    evidence = f"{who} in {wait.syscall}(2)"
    if wait.model == "blocking":
        waits_anyway = "nonblock" in (descriptor.flags or ())
        evidence += ", and sleeps, although O_NONBLOCK is set" if waits_anyway else ", and O_NONBLOCK is not set"
    if way.events:
        evidence += f" until it is ready: {' '.join(way.events)}"
    return IoModel(model=wait.model or "", evidence=evidence, threads=way.threads[:MOST])


class _Watch(NamedTuple):
    """What is needed of a Watcher, where links were not looked for."""

    pid: int
    fd: int
    tid: int | None
    process: str | None
    events: list[str]


def _epolls(process: Process, table: Table) -> dict[int, list[_Watch]]:
    """Who watches a number, by the numbers that epolls of the same table tell."""
    found: defaultdict[int, list[_Watch]] = defaultdict(list)
    for fd, epoll in table.items():
        for target in epoll.registrations():
            meant = table.get(target.fd)
            if meant is not None and not target.stale and target.inode in (None, meant.inode):
                found[target.fd].append(_Watch(process.pid, fd, epoll.tid, process.name, target.events))
    return found


def _by_epoll(process: Process, watcher: Watcher | _Watch, threads: list[int]) -> IoModel:
    whose = "" if watcher.pid == process.pid else f" of {watcher.process or '?'}[{watcher.pid}]"
    wanted = " ".join(event for event in watcher.events if event not in ("err", "hup"))
    evidence = f"epoll fd {watcher.fd}{whose} watches it" + (f" for {wanted}" if wanted else "")
    if threads:
        who = f"thread {threads[0]} waits" if len(threads) == 1 else f"{many(len(threads), 'thread')} wait"
        evidence += f", and {who} on that epoll"
    return IoModel(model="multiplexed", evidence=evidence, threads=threads[:MOST] or None)


def _signal_evidence(process: Process) -> str:
    """Why O_ASYNC drives the process by signals; empty: nobody there takes one.

    Which signal was set (F_SETSIG of fcntl(2)) the kernel tells nobody but who holds the descriptor; it is SIGIO
    if none was. One that is blocked is taken with sigwaitinfo(2) or a signalfd.
    """
    if process.signals is None:
        return "O_ASYNC is set"
    taken = {*process.signals.caught, *process.signals.blocked}
    if "SIGIO" in taken:
        how = "caught" if "SIGIO" in process.signals.caught else "blocked, to be waited for"
        return f"O_ASYNC is set, and SIGIO is {how}"
    others = sorted(filter(_may_tell_of_input, taken))
    if others:
        return f"O_ASYNC is set, and a signal that F_SETSIG may have set is taken: {', '.join(others[:4])}"
    return ""


def _rings(table: Table) -> dict[int, list[str]]:
    """Which descriptors are worked on asynchronously, by what rings of the same table tell."""
    found: defaultdict[int, dict[str, None]] = defaultdict(dict)
    names: dict[str, list[int]] | None = None
    for fd, ring in table.items():
        for number, name, how in ring.works_on():
            if names is None:
                names = {}
                for other, one in table.items():
                    names.setdefault(one.name or "", []).append(other)
            for target in [number] if number is not None else names.get(name or "", ()):
                found[target][f"{how} fd {fd}"] = None
    return {fd: list(evidence)[:MOST] for fd, evidence in found.items()}
