"""A Snapshot to the figures that an exporter keeps of it: few numbers a process, no matter what it holds. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from msgspec import Struct, field

from .measures import space_of
from .model import Descriptor, HeldFile, Process, Snapshot, kind_name
from .uses import is_reclaimable

RECEIVE, SEND = "receive", "send"
UNREAD = "unread"
"""The kind of descriptors that are known only by their number."""
NO_IO = "none"
"""The model of threads that wait for something else than input or output."""

Place = tuple[str, str, str]
"""An object, its kind, and the direction in which something waits in it."""


class Figures(Struct, array_like=True, kw_only=True):
    """What is kept of a process."""

    pid: int
    started_s: float
    """Seconds between the boot and its start, which tell it from another that had its pid."""
    group: str
    threads: int
    count: int | None
    """Descriptors; None: not even their number is known."""
    limit: int | None
    """Its soft limit; None: there is none, or it is not known."""
    is_read: bool
    """Whether it is known what its descriptors are."""
    kinds: dict[str, int] = field(default_factory=dict)
    """Descriptors by kind; those of a table that another process of the group has, too, are left to that one."""
    deleted: dict[str, int] = field(default_factory=dict)
    """Bytes of each deleted file that it holds."""
    listeners: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    """Of each listening socket the connections that wait, and how many may; None: that is not known."""
    queues: list[tuple[Place, int]] = field(default_factory=list)
    """Bytes that wait in pipes and sockets, where any do."""
    directions: set[tuple[str, str]] = field(default_factory=set)
    """Kinds and directions in which something could be known to wait."""
    waits: dict[str, int] = field(default_factory=dict)
    """Threads that wait, by I/O model."""
    voluntary: int = 0
    involuntary: int = 0


class Look(Struct, array_like=True, kw_only=True):
    """What is kept of a look."""

    taken_at_s: float
    """Seconds since 1970."""
    up_s: float
    """Seconds since the boot."""
    duration_s: float
    source: str
    fdscope: str
    processes: list[Figures]
    problems: dict[str, int]
    """How many there were for each reason."""
    open_files: tuple[int, int] | None
    """Open file descriptions of the machine, and how many it can have."""


def look_of(snapshot: Snapshot, group_of: Callable[[Process], str]) -> Look:
    """What is kept of a snapshot of all processes that are meant.

    Threads of the kernel and the dead, which hold nothing, are left out; so is the process that took it, which is
    another each time.
    """
    files = snapshot.host.open_files
    booted_at = _moment(snapshot.host.boot_time)
    living = [one for one in snapshot.processes if _counts(one) and one.pid != snapshot.own_pid]
    groups = {one.pid: group_of(one) for one in living}
    taken_at = _moment(snapshot.taken_at)
    return Look(
        taken_at_s=taken_at,
        up_s=taken_at - booted_at,
        duration_s=snapshot.duration_s,
        source="bpf" if "bpf" in snapshot.sources else "proc",
        fdscope=snapshot.fdscope,
        processes=[_figures(one, groups, booted_at) for one in living],
        problems=dict(Counter(one.reason for one in snapshot.problems)),
        open_files=None if files is None else (files.allocated, files.maximum),
    )


def _counts(process: Process) -> bool:
    return not process.kernel_thread and process.state not in ("zombie", "dead")


def _moment(text: str | None) -> float:
    """Seconds since 1970; what is not told is 0."""
    return 0.0 if text is None else datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _figures(process: Process, groups: dict[int, str], booted_at: float) -> Figures:
    group, switches, limit = groups[process.pid], process.context_switches, process.descriptor_limit
    found = Figures(
        pid=process.pid,
        started_s=_moment(process.started_at) - booted_at,
        group=group,
        threads=len(process.threads),
        count=process.descriptor_count,
        limit=None if limit is None else limit.soft,
        is_read=process.descriptors is not None,
        waits=dict(_waits(process)),
        voluntary=0 if switches is None else switches.voluntary,
        involuntary=0 if switches is None else switches.involuntary,
    )
    is_told = any(pid < process.pid and groups.get(pid) == group for pid in process.shares_table_with or ())
    if is_told:
        return found
    if process.descriptors is None:
        if process.descriptor_count:
            found.kinds[UNREAD] = process.descriptor_count
        return found
    for one in process.descriptors:
        kind = kind_name(type(one))
        found.kinds[kind] = found.kinds.get(kind, 0) + 1
        _add(found, one, kind)
    for file in process.files or ():
        if is_reclaimable(file):
            found.deleted[_file(file)] = space_of(file)
    return found


def _waits(process: Process) -> Counter[str]:
    return Counter(thread.wait.model or NO_IO for thread in process.threads if thread.wait is not None)


def _add(found: Figures, one: Descriptor, kind: str) -> None:
    """What is in the object behind a descriptor."""
    name = _key(one.object or f"{found.pid}:{one.tid}:{one.fd}")
    if is_reclaimable(one):
        found.deleted[_file(one)] = space_of(one)
    waiting, limit = getattr(one, "backlog", None), getattr(one, "backlog_limit", None)
    if waiting is not None:
        found.listeners[name] = (waiting, limit)
    for direction, number in _queues(one):
        found.directions.add((kind, direction))
        if number:
            found.queues.append(((name, kind, direction), number))


def _file(one: Descriptor | HeldFile) -> str:
    """What tells a file from another."""
    return f"{one.device}:{one.inode}" if one.inode is not None else _key(one.name or "")


def _key(name: str) -> str:
    """A name that can be handed on, whatever its bytes were."""
    return name if name.isascii() else ascii(name)


def _queues(one: Descriptor) -> Iterator[tuple[str, int]]:
    """Bytes that wait for whoever holds this descriptor, and those that it sent and that nobody has taken."""
    in_pipe = getattr(one, "waiting_bytes", None)
    if in_pipe is not None:
        if "r" in (one.access or ""):
            yield RECEIVE, in_pipe
        if "w" in (one.access or ""):
            yield SEND, in_pipe
    for direction in (RECEIVE, SEND):
        number = getattr(one, f"{direction}_queue_bytes", None)
        if number is not None:
            yield direction, number


def together(
    those: Iterable[Figures],
) -> tuple[dict[str, int], dict[str, tuple[int, int | None]], dict[Place, int]]:
    """Deleted files, listeners and queues of several processes, each object once."""
    deleted: dict[str, int] = {}
    listeners: dict[str, tuple[int, int | None]] = {}
    queues: dict[Place, int] = {}
    for one in those:
        deleted.update(one.deleted)
        listeners.update(one.listeners)
        queues.update(one.queues)
    return deleted, listeners, queues
