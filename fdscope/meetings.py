"""Where processes meet: pipes, connections, memory, and descriptions that they share. Pure; linear.

A meeting has two sides, and each process of one side meets each of the other. Of n processes that all hold one
object that would be n² pairs: `pairs` gives no more than a few times n of them, each a true one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from .model import Descriptor, HeldFile, Holder, Process, Snapshot, kind_name

_AS = {"fifo": "pipe", "memfd": "shared-memory", "tty": "pty", "pty-master": "pty"}
"""Kinds of objects whose edges are called otherwise."""
_BY_ACCESS = ("pipe", "fifo", "mqueue")
"""Objects that data goes through from who writes to who reads."""
_TOGETHER = ("eventfd", "memfd")
"""Objects whose holders all face each other."""
_LEADS_AWAY = ("elsewhere", "unclaimed", "unread", "unbound")
_ANY = {False: "0.0.0.0", True: "::"}  # noqa: S104 - read, not bound to
"""The address of who listens at all, of IPv4 and of IPv6."""
_FEW = 16
"""So many pairs of one meeting are all drawn."""


class Hold(NamedTuple):
    """How a process holds an object."""

    pid: int
    fd: int | None
    """None: it only maps it."""
    process: str | None
    task: int
    """Whose table the number is in."""
    descriptor: Descriptor | None
    """None: it is not one of those that were looked at."""


Side = dict[int, list[Hold]]
"""Processes, by pid, and how each holds its end."""


class Meeting(NamedTuple):
    """Two sides that face each other."""

    kind: str
    left: Side
    """Who writes; of a connection the client, where that is known."""
    right: Side
    directed: bool = False
    to_left: Mapping[str, int] = {}
    """Bytes that wait to be read there, by what queue they are in: two meetings may tell of the same."""
    to_right: Mapping[str, int] = {}


class Reach(NamedTuple):
    """A socket whose other end no process here is known to have."""

    kind: str
    object: str
    holds: list[Hold]
    address: str
    """The other side, as few of its words as tell servers apart: of a client no port."""
    serves: bool
    """Whether this is the side that was connected to."""
    to_here: int
    to_there: int
    listener: Side
    """Who listens at that address, and has not accepted it yet; empty: nobody here."""


def places(processes: Iterable[Process]) -> dict[tuple[int, int], Descriptor]:
    """Descriptors by the task whose table they are in and their number."""
    return {(one.tid or process.pid, one.fd): one for process in processes for one in process.descriptors or ()}


def meetings(snapshot: Snapshot) -> Iterator[Meeting]:
    """All that processes of a snapshot, and those at their other ends, meet at."""
    known = places(snapshot.processes)
    by_id = {one.id: one for one in snapshot.objects}
    memory: dict[str, Side] = _mapped(snapshot.processes)
    for one in snapshot.objects:
        side = _side(one.holders, known)
        if one.id in memory or one.kind == "memfd":
            memory[one.id] = side | memory.get(one.id, {})
        elif one.kind in _BY_ACCESS:
            yield _through(one.kind, one.id, side)
        elif one.kind in _TOGETHER:
            yield Meeting(one.kind, side, side)
        elif _is_listening(side):
            yield Meeting("listener", side, side)
        for other in one.faces:  # not a listener's clients, which face what it has accepted
            there = by_id.get(other)
            if there is not None and one.id < other and one.id in there.faces:
                yield _faced(one.kind, side, _side(there.holders, known))
    yield from (Meeting("shared-memory", side, side) for side in memory.values())
    yield from _inherited(snapshot.processes)


def _side(holders: Iterable[Holder], known: Mapping[tuple[int, int], Descriptor]) -> Side:
    found: Side = {}
    for one in holders:
        task = one.tid or one.pid
        found.setdefault(one.pid, []).append(Hold(one.pid, one.fd, one.process, task, known.get((task, one.fd))))
    return found


def _is_listening(side: Side) -> bool:
    return any(getattr(one.descriptor, "state", None) == "LISTEN" for one in _holds(side))


def _through(kind: str, name: str, side: Side) -> Meeting:
    """Who writes and who reads; of a process that was not looked at, as those that were say who is their peer."""
    writers: Side = {}
    readers: Side = {}
    waiting = 0
    told: dict[int, str] = {}
    for holds in side.values():
        for one in holds:
            if one.descriptor is not None:
                waiting = max(waiting, getattr(one.descriptor, "waiting_bytes", None) or 0)
                other = {"r": "w", "w": "r"}.get(one.descriptor.access or "", "rw")
                told.update((peer.pid, other) for peer in one.descriptor.peers or ())
    for pid, holds in side.items():
        for one in holds:
            access = told.get(pid, "rw") if one.descriptor is None else one.descriptor.access
            if "w" in (access or ""):
                writers.setdefault(pid, []).append(one)
            if "r" in (access or ""):
                readers.setdefault(pid, []).append(one)
    return Meeting(_AS.get(kind, kind), writers, readers, directed=True, to_right={name: waiting})


def _faced(kind: str, one: Side, other: Side) -> Meeting:
    """Two ends of a connection, the client's first: what was accepted knows its listener."""
    left, right = (other, one) if _was_accepted(one) or kind == "tty" else (one, other)
    return Meeting(
        _AS.get(kind, kind), left, right, to_left=_between(kind, right, left), to_right=_between(kind, left, right)
    )


def _between(kind: str, sender: Side, reader: Side) -> Mapping[str, int]:
    """What is on its way, and where."""
    found = {}
    arrived, sent = _first(reader), _first(sender)
    if arrived is not None:
        found[f"{arrived.object} received"] = arrived.queued() or 0
    if sent is not None and kind != "unix":  # there what is sent is what the other has to read, counted otherwise
        found[f"{sent.object} sent"] = getattr(sent, "send_queue_bytes", None) or 0
    return found


def _first(side: Side) -> Descriptor | None:
    return next((one.descriptor for one in _holds(side) if one.descriptor is not None), None)


def _was_accepted(side: Side) -> bool:
    return bool(getattr(_first(side), "accepted_from", None))


def _mapped(processes: Collection[Process]) -> dict[str, Side]:
    """Memory of files that a process may write for others to see, and who maps it or may have it open."""
    found: defaultdict[str, Side] = defaultdict(dict)
    written: set[str] = set()
    for process in processes:
        for one in process.files or ():
            if one.role == "mapped" and one.inode is not None and _shares(one):
                name = f"inode:{one.device}:{one.inode}"
                found[name].setdefault(process.pid, []).append(
                    Hold(process.pid, None, process.name, process.pid, None)
                )
                if any("w" in rights and "s" in rights for rights in one.rights or ()):
                    written.add(name)
    for process in processes if written else ():
        for descriptor in process.descriptors or ():
            if descriptor.object in written and descriptor.access != "path":
                hold = Hold(process.pid, descriptor.fd, process.name, descriptor.tid or process.pid, descriptor)
                found[descriptor.object].setdefault(process.pid, []).append(hold)
    return {name: side for name, side in found.items() if name in written}


def _shares(one: HeldFile) -> bool:
    return any("s" in rights for rights in one.rights or ())


def _inherited(processes: Iterable[Process]) -> Iterator[Meeting]:
    """Open file descriptions of several processes; but for listeners, which are told as such."""
    found: defaultdict[str, Side] = defaultdict(dict)
    for process in processes:
        for one in process.descriptors or ():
            if one.shared_total and one.open_file is not None and getattr(one, "state", None) != "LISTEN":
                hold = Hold(process.pid, one.fd, process.name, one.tid or process.pid, one)
                found[one.open_file].setdefault(process.pid, []).append(hold)
                for other in one.shared_with or () if len(found[one.open_file]) == 1 else ():
                    if other.pid != process.pid:
                        more = Hold(other.pid, other.fd, other.process, other.tid or other.pid, None)
                        found[one.open_file].setdefault(other.pid, [more])
    yield from (Meeting("inherited", side, side) for side in found.values() if len(side) > 1)


def pairs(
    meeting: Meeting, first: Collection[int] = (), must: Iterable[tuple[int, int]] = ()
) -> Iterator[tuple[int, int]]:
    """Pairs of different processes that meet, so many that every process is in one that meets anybody.

    All of them, where they are few or one side is a single process. Else one of each side stands for it: a process
    that is on both, if there is one, and that with the lowest pid, as it is where children have what their
    parent opened.

    Args:
        meeting: where they meet.
        first: processes that stand for their side before others.
        must: pairs that are given in any case, if they meet.
    """
    left, right = meeting.left, meeting.right
    if not left or not right:
        return
    both = left.keys() & right.keys()
    found = dict.fromkeys(_each_or_star(left, right, both, first))
    if both:  # who only writes has more to tell to who only reads than to a parent that has forgotten to close
        ones, others = left.keys() - both, right.keys() - both
        found.update(dict.fromkeys(_each_or_star(sorted(ones), sorted(others), (), first)))
    for one, other in must:
        if one in left and other in right:
            found[one, other] = None
    told: set[tuple[int, int]] = set()
    for one, other in found:
        if one != other and (meeting.directed or (other, one) not in told):
            told.add((one, other))
            yield one, other


def _each_or_star(
    left: Collection[int], right: Collection[int], both: Collection[int], first: Collection[int]
) -> Iterator[tuple[int, int]]:
    if not left or not right:
        return
    if len(left) == 1 or len(right) == 1 or (not both and len(left) * len(right) <= _FEW):
        yield from ((one, other) for one in left for other in right)
        return
    one_of = min(both or left, key=lambda pid: (pid not in first, pid))
    other_of = one_of if both else min(right, key=lambda pid: (pid not in first, pid))
    yield from ((one_of, other) for other in right)
    yield from ((one, other_of) for one in left)


def reaches(processes: Collection[Process]) -> Iterator[Reach]:
    """Sockets that lead to where no process is known, or to who has not accepted them yet, each once."""
    found: dict[str, Reach] = {}
    listeners = _listeners(processes)
    for process in processes:
        for one in process.descriptors or ():
            asks = getattr(one, "state", None) == "SYN-SENT"
            if one.other_end not in _LEADS_AWAY and not asks:
                continue
            address = getattr(one, "remote_address", None)
            if address is None:
                continue
            hold = Hold(process.pid, one.fd, process.name, one.tid or process.pid, one)
            name = one.object or f"{hold.task}:{hold.fd}"
            if name in found:
                found[name].holds.append(hold)
                continue
            serves = bool(getattr(one, "accepted_from", None))
            port = None if serves else getattr(one, "remote_port", None)
            found[name] = Reach(
                kind_name(type(one)),
                name,
                [hold],
                _place(address, port),
                serves,
                one.queued() or 0,
                0 if asks else getattr(one, "send_queue_bytes", None) or 0,  # there it is the SYN itself
                _listening_for(one, listeners) if asks or one.other_end == "unclaimed" else {},
            )
    yield from found.values()


_Listeners = dict[tuple[int | None, str, int], dict[str, Side]]
"""By network namespace, address and port; several of one are told apart by their object (SO_REUSEPORT)."""


def _listeners(processes: Iterable[Process]) -> _Listeners:
    found: _Listeners = {}
    for process in processes:
        for one in process.descriptors or ():
            address, port = getattr(one, "local_address", None), getattr(one, "local_port", None)
            if getattr(one, "state", None) != "LISTEN" or address is None or port is None or one.object is None:
                continue
            hold = Hold(process.pid, one.fd, process.name, one.tid or process.pid, one)
            takes_both = address == _ANY[True] and not getattr(one, "ipv6_only", None)
            for place in (address, _ANY[False]) if takes_both else (address,):
                at = found.setdefault((getattr(one, "net_namespace", None), place, port), {})
                at.setdefault(one.object, {}).setdefault(process.pid, []).append(hold)
    return found


def _listening_for(one: Descriptor, listeners: _Listeners) -> Side:
    """Who listens where a socket has been connected to, if that is beyond doubt: a connection waits there."""
    address = getattr(one, "remote_address", "").removeprefix("::ffff:")
    for place in (address, _ANY[":" in address]):
        at = listeners.get((getattr(one, "net_namespace", None), place, getattr(one, "remote_port", 0)))
        if at is not None:
            (side, *others) = at.values()
            waiting = max((getattr(hold.descriptor, "backlog", None) or 0 for hold in _holds(side)), default=0)
            return side if waiting and not others else {}
    return {}


def _holds(side: Side) -> Iterator[Hold]:
    return (one for holds in side.values() for one in holds)


def _place(address: str, port: int | None) -> str:
    """``192.0.2.1:443``, ``[2001:db8::1]:443``; an address alone without brackets."""
    if port is None:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
