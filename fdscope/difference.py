"""Two Snapshots to what became different between them. Pure.

A process is the same if it has the same pid and was started at the same time. A descriptor is matched by its
number and table, and is the same if it stands for the same object. Of the same object a change of its words and
truths is told (a state, an address, that it is deleted), and of ports. Its other numbers are measures, which
differ from one moment to the next: positions, sizes, queues, counters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from . import stages
from ._version import __version__
from .changes import ChangeGroup, Difference, Fact, KindChange, Moment, ProcessChange
from .model import Descriptor, Problem, Process, Snapshot, kind_name
from .patterns import Pattern, folded, joined, pattern

_WOBBLE_S = 2.0
"""How much the time may differ at which one process was started: it is told from the boot time, which wobbles."""

_OF_THE_LOOK = frozenset(
    "fd tid object inode device open_file shared_with peers watched_by waiters other_end".split()
)
"""What says which descriptor it is, what a snapshot calls things, and whom links.py found."""

Place = tuple[int | None, int]


class Identity(NamedTuple):
    """What tells a process from all others."""

    pid: int
    started_at: str | None


def identity(process: Process) -> Identity:
    """That of a process."""
    return Identity(process.pid, process.started_at)


def is_same(one: Identity, other: Identity) -> bool:
    """Whether two are one process; where it is not known when one was started, the pid decides."""
    if one.pid != other.pid:
        return False
    if one.started_at == other.started_at or one.started_at is None or other.started_at is None:
        return True
    return abs((_moment(one.started_at) - _moment(other.started_at)).total_seconds()) <= _WOBBLE_S


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def diff(
    before: Snapshot,
    after: Snapshot,
    *,
    whole_before: Snapshot | None = None,
    whole_after: Snapshot | None = None,
    there_before: Collection[Identity] = (),
    there_after: Collection[Identity] = (),
) -> Difference:
    """What is different in `after`.

    Both should have been asked about the same targets, and with the same expression.

    Args:
        before: a snapshot.
        after: a later one.
        whole_before: what `before` was chosen from, where it was: what fits only now is then no new descriptor.
        whole_after: the same of `after`.
        there_before: processes that were there before, also such that `before` does not have, as it tells only of
            those that hold what was asked about.
        there_after: the same of `after`.
    """
    stages.begin("comparing")
    first, second = _processes(before, after), _processes(after, before)
    all_first = first if whole_before is None else _processes(whole_before, after)
    all_second = second if whole_after is None else _processes(whole_after, before)
    found: list[ProcessChange] = []
    kinds: dict[str, Counter[str]] = {}
    problems: list[Problem] = []
    compared = 0
    for pid in sorted({*first, *second}):
        old, new = first.get(pid), second.get(pid)
        was, now = all_first.get(pid), all_second.get(pid)
        if was is not None and now is not None and is_same(identity(was), identity(now)):
            if was.descriptors is None or now.descriptors is None:
                problems.append(_not_compared(pid, "before" if was.descriptors is None else "now"))
                continue
            compared += 1
            chosen = {(one.tid, one.fd) for each in (old, new) if each for one in each.descriptors or ()}
            change = _compared(was, now, chosen, kinds)
            if change is not None:
                found.append(change)
            continue
        if (old is None and _is_unread(pid, before)) or (new is None and _is_unread(pid, after)):
            problems.append(_not_compared(pid, "before" if old is None else "now"))
            continue
        if old is not None:
            stays = _is_among(old, there_after)
            found.append(_alone(old, "emptied" if stays else "ended", kinds))
        if new is not None:
            stays = _is_among(new, there_before)
            found.append(_alone(new, "filled" if stays else "started", kinds))
    found.sort(key=_weight)
    became = Counter(one.became for one in found)
    return Difference(
        fdscope=__version__,
        before=_told(before),
        after=_told(after),
        same=not found and bool(compared or not problems),
        compared=compared,
        started=became["started"],
        ended=became["ended"],
        opened=sum(one.opened for one in found),
        closed=sum(one.closed for one in found),
        changed=sum(one.changed for one in found),
        kinds=_kinds(kinds),
        processes=found,
        problems=problems,
    )


def _is_among(process: Process, identities: Iterable[Identity]) -> bool:
    return any(is_same(identity(process), one) for one in identities)


def _processes(of: Snapshot, other: Snapshot) -> dict[int, Process]:
    """Processes by pid: not those of the kernel, which hold nothing, nor the fdscope that took the snapshot.

    A program that takes both snapshots itself is a process like others.
    """
    return {
        one.pid: one
        for one in of.processes
        if not one.kernel_thread and (one.pid != of.own_pid or of.own_pid == other.own_pid)
    }


def _told(taken: Snapshot) -> Moment:
    return Moment(
        taken_at=taken.taken_at,
        hostname=taken.host.hostname,
        targets=taken.targets,
        processes=len(taken.processes),
    )


def _is_unread(pid: int, taken: Snapshot) -> bool:
    """Whether a process was there, and what it holds could not be read: it may be left out for that alone."""
    return any(one.pid == pid and one.what == "descriptors" for one in taken.problems)


def _not_compared(pid: int, when: str) -> Problem:
    return Problem(
        pid=pid,
        what="descriptors",
        reason="permission-denied",
        detail=f"its descriptors could not be read {when}: they are not compared",
    )


def _weight(change: ProcessChange) -> tuple[int, int, int]:
    """Those that stayed first, then those with most changes."""
    return (change.became != "stayed", -(change.opened + change.closed + change.changed), change.pid)


def _kinds(found: dict[str, Counter[str]]) -> list[KindChange]:
    told = [
        KindChange(
            kind=kind,
            before=counts["before"],
            after=counts["after"],
            growth=counts["after"] - counts["before"],
            opened=counts["opened"],
            closed=counts["closed"],
            changed=counts["changed"],
        )
        for kind, counts in found.items()
        if counts["after"] != counts["before"] or counts["opened"] or counts["closed"] or counts["changed"]
    ]
    return sorted(told, key=lambda one: (-abs(one.growth), -(one.opened + one.closed + one.changed), one.kind))


def _count(kinds: dict[str, Counter[str]], what: str, descriptors: Iterable[Descriptor]) -> None:
    for one in descriptors:
        kinds.setdefault(kind_name(type(one)), Counter())[what] += 1


def _alone(process: Process, became: str, kinds: dict[str, Counter[str]]) -> ProcessChange:
    """A process that only one of the snapshots has."""
    before = became in ("ended", "emptied")
    held = process.descriptors
    _count(kinds, "before" if before else "after", held or ())
    number = None if held is None else len(held)
    change = ProcessChange(
        pid=process.pid,
        process=process.name,
        started_at=process.started_at,
        became=became,
        before=number if before else None,
        after=None if before else number,
        descriptor_limit=process.descriptor_limit,
    )
    if became == "emptied":
        _count(kinds, "closed", held or ())
        change.after, change.closed = 0, number or 0
        change.groups = _groups(process, [], held or [], []) or None
    elif became == "filled":
        _count(kinds, "opened", held or ())
        change.before, change.opened = 0, number or 0
        change.groups = _groups(process, held or [], [], []) or None
    return change


Changed = tuple[Descriptor, tuple[Fact, ...]]


def _compared(
    old: Process, new: Process, chosen: Collection[Place], kinds: dict[str, Counter[str]]
) -> ProcessChange | None:
    """A process that both snapshots have, at the chosen numbers; None: it holds there what it held."""
    was = {place: one for one in old.descriptors or () if (place := (one.tid, one.fd)) in chosen}
    now = {place: one for one in new.descriptors or () if (place := (one.tid, one.fd)) in chosen}
    _count(kinds, "before", was.values())
    _count(kinds, "after", now.values())
    opened, closed = [], []
    changed: list[Changed] = []
    for place in sorted({*was, *now}, key=_in_order):
        one, other = was.get(place), now.get(place)
        if one is not None and other is not None and _is_one_object(one, other):
            facts = tuple(_facts(one, other))
            if facts:
                changed.append((other, facts))
            continue
        if one is not None:
            closed.append(one)
        if other is not None:
            opened.append(other)
    if not (opened or closed or changed):
        return None
    _count(kinds, "opened", opened)
    _count(kinds, "closed", closed)
    _count(kinds, "changed", (one for one, _ in changed))
    return ProcessChange(
        pid=new.pid,
        process=new.name,
        started_at=new.started_at,
        became="stayed",
        before=len(was),
        after=len(now),
        descriptor_limit=new.descriptor_limit,
        opened=len(opened),
        closed=len(closed),
        changed=len(changed),
        groups=_groups(new, opened, closed, changed),
    )


def _in_order(place: Place) -> tuple[int, int]:
    return (place[0] or 0, place[1])


def _is_one_object(one: Descriptor, other: Descriptor) -> bool:
    """Whether a number stands for the same object as before, opened in the same way: that never changes.

    Objects without a name of their own, as an epoll, cannot be told apart.
    """
    if type(one) is not type(other) or one.access != other.access:
        return False
    if one.object is not None and other.object is not None:
        return one.object == other.object
    return (one.name, one.inode, one.device) == (other.name, other.inode, other.device)


def _facts(one: Descriptor, other: Descriptor) -> Iterator[Fact]:
    """What is said of an object now that was not said before."""
    for name in one.__struct_fields__:
        before, after = getattr(one, name), getattr(other, name)
        if before == after or name in _OF_THE_LOOK:
            continue
        if _is_telling(name, before) and _is_telling(name, after) and _text(before) != _text(after):
            yield Fact(field=name, before=_text(before), after=_text(after))
    (was, told_before), (now, told_now) = _end(one), _end(other)
    if told_before and told_now and told_before != told_now and was.isdisjoint(now):
        yield Fact(field="peers", before=told_before, after=told_now)


def _is_telling(name: str, value: Any) -> bool:
    """Whether a value is of a sort that means something when it changes: words and truths, not measures."""
    if isinstance(value, bool | str) or value is None:
        return True
    if isinstance(value, list):
        return all(isinstance(one, str) for one in value)
    return isinstance(value, int) and name.endswith("_port")


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return (" ".join(value) if isinstance(value, list) else str(value)) or None if value is not None else None


def _end(of: Descriptor) -> tuple[frozenset[int], str]:
    """Who is at the other end, and that in words; empty where it was not looked for, or nobody need be there.

    That one of several holders of the other end has come or gone is nothing new, so that a change is one only
    where none of those who were there is there now.
    """
    if not of.peers:
        return frozenset(), "" if of.other_end in (None, "unread") else str(of.other_end)
    names = sorted({f"{one.process or '?'}[{one.pid}]" for one in of.peers})
    more = (of.peers_total or 0) - len(of.peers)
    return frozenset(one.pid for one in of.peers), ", ".join(names) + (f" and {more:,} more" if more > 0 else "")


def _groups(
    process: Process, opened: list[Descriptor], closed: list[Descriptor], changed: list[Changed]
) -> list[ChangeGroup]:
    """Alike changes together, the most first."""
    told: list[tuple[str, Descriptor, tuple[Fact, ...]]] = [
        *(("opened", one, ()) for one in opened),
        *(("closed", one, ()) for one in closed),
        *(("changed", one, facts) for one, facts in changed),
    ]
    patterns = [pattern(one) for _, one, _ in told]
    cases = joined(patterns)
    groups: dict[tuple[Any, ...], list[Descriptor]] = {}
    facts_of: dict[tuple[Any, ...], tuple[Fact, ...]] = {}
    exact_of: dict[tuple[Any, ...], set[Pattern]] = {}
    for (change, one, facts), exact in zip(told, patterns, strict=True):
        case: Pattern = cases[exact]
        alike = tuple((fact.field, folded(fact.before or ""), folded(fact.after or "")) for fact in facts)
        key = (change, case, one.tid, alike)
        groups.setdefault(key, []).append(one)
        facts_of.setdefault(key, facts)
        exact_of.setdefault(key, set()).add(exact)
    shown = {key: next(iter(exact)) if len(exact) == 1 else key[1] for key, exact in exact_of.items()}
    found = [
        ChangeGroup(
            change=key[0],
            count=len(members),
            kind=key[1].kind,
            pattern=shown[key].text or None,
            state=shown[key].state or None,
            fds=ranges(one.fd for one in members),
            tid=key[2],
            example=members[0].describe(),
            facts=list(facts_of[key]) or None,
        )
        for key, members in groups.items()
    ]
    order = ("opened", "closed", "changed")
    return sorted(found, key=lambda one: (-one.count, order.index(one.change), one.kind, one.pattern or ""))


def ranges(numbers: Iterable[int]) -> str:
    """Numbers as ``--fd`` takes them: ``0-2,7``."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in found)
