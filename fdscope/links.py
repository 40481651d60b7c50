"""Who is at the other end, who shares an open file description, who watches. Pure; knows no kind.

Ends meet by their keys alone: an end is found at its key and faces the keys that it seeks, and those who seek
it face it. What takes a look at the machine, whether two open file descriptions are one, is asked of functions
that are handed in. All costs are linear in descriptors, but for that question.
"""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from .model import Descriptor, End, Holder, Object, Peer, Process, Watched, Watcher, kind_name

MOST = 8
"""How many peers, sharers and watchers are named; the others are counted."""

CALLS = 50_000
"""About how often open file descriptions are compared at most, which takes 0.1 s: enough for all but a machine
of very many descriptors that look alike, as those of /dev/null do."""

Stranger = tuple[int, int, "int | None"]
"""A descriptor of another process: process, number, and thread, if the table is that thread's own."""

Place = tuple[int, int]
"""The task whose table a descriptor is in, by pid or thread id, and its number: what kcmp(2) takes."""

_ORDER = (0, -1, 1)  # what kcmp(2) answers to what sorting takes


class Held(NamedTuple):
    """A descriptor, and who holds it."""

    pid: int
    process: str | None
    descriptor: Descriptor

    @property
    def place(self) -> Place:
        """Where it is held; made when it is asked for, as of very many it is not."""
        return self.descriptor.tid or self.pid, self.descriptor.fd


class Same(NamedTuple):
    """Questions that no text of the kernel answers; each answer is None where it cannot be had."""

    order: Callable[[int, int, int, int], int | None]
    """Of two descriptors, each a task and a number, 0: one open file description.

    1 or 2: two, of which the second or the first comes later in an order of all (kcmp(2)).
    """
    watches: Callable[[Place, Place, tuple[int, int]], bool | None]
    """Whether the file at the first place is what the epoll at the second watches under a number.

    Of several files that were added under one number, the second part says which, from 0.
    """
    stale: Callable[[Place, tuple[int, int]], bool | None]
    """Whether such a registration is there now, and its number stands for something else than what it watches."""
    among: Callable[[Place, Sequence[Place]], int | None]
    """Which of these places, in that order of all, has the open file description of the first; None also: none."""
    gone: Callable[[Place], bool] = lambda _: False
    """Whether there is no such descriptor any more."""
    number: Callable[[Place], int | None] = lambda _: None
    """A number that is equal for one open file description and no other; None: it is not told of this place."""


UNKNOWN = Same(lambda *_: None, lambda *_: None, lambda *_: None, lambda *_: None)
"""Nothing can be asked: another machine's tree, or a kernel without the call."""


def held_by(processes: Iterable[Process]) -> list[Held]:
    """All descriptors of these processes; of those that share one table, only the first's."""
    found = []
    told = {process.pid: process for process in processes}
    for pid, process in told.items():
        if not any(other < pid and other in told for other in process.shares_table_with or ()):
            name = process.name
            found += [Held(pid, name, one) for one in process.descriptors or ()]
    return found


class Links:
    """How the descriptors that were read hang together."""

    def __init__(
        self,
        shown: Sequence[Held],
        others: Sequence[Held],
        strangers: Mapping[Place, Sequence[Stranger]],
        name_of: Callable[[int], str | None],
        same: Same,
        *,
        complete: bool,
        unread: bool,
        everyone: bool = True,
    ) -> None:
        """Finds out who meets and who shares.

        Args:
            shown: every descriptor of the processes that are shown.
            others: descriptors of other processes that may face those.
            strangers: for the place of a descriptor shown, descriptors of other processes with the same link in
                /proc, which may share its open file description.
            name_of: the name of a process.
            same: how open file descriptions are compared.
            complete: whether all other processes were looked through.
            unread: whether some of them could not be read, or seen.
            everyone: whether those shown are all; else the others were searched by links alone.
        """
        self._shown = shown
        self._others = others
        self._strangers = strangers
        self._name_of = name_of
        self._same = same
        self._complete = complete
        self._unread = unread
        self._everyone = everyone
        self._ends: list[tuple[Held, tuple[End, ...]]] = []
        self._at: defaultdict[str, list[Held]] = defaultdict(list)
        self._facing: defaultdict[str, list[str]] = defaultdict(list)
        """Key to the keys that it faces, of which some come twice."""
        self.suspects: list[tuple[Held, Watched, int]] = []
        """Registrations that looked stale: the epoll, which, and its place among those of its number."""
        self._together: dict[tuple[str, ...], list[Held]] = {}
        self._sharing: dict[str, list[Holder]] = {}
        self._watchers: defaultdict[str | Place, list[Watcher]] = defaultdict(list)
        self._meet()
        self._share()

    def _meet(self) -> None:
        """Puts every end at its key, and joins keys with those that they seek, both ways."""
        sought: dict[str, End] = {}
        at, facing = self._at, self._facing
        self._ends = [(one, ends) for one in self._shown if (ends := one.descriptor.ends())]
        for one, ends in (*self._ends, *[(other, other.descriptor.ends()) for other in self._others]):
            for end in ends:
                at[end.key].append(one)
                sought[end.key] = end
        for key, end in sought.items():
            for other in end.seeks:
                if other in at:
                    facing[key].append(other)
                    if end.mutual:
                        facing[other].append(key)

    def _share(self) -> None:
        """Names the open file description of every descriptor shown, where it can be told from others."""
        by_object: defaultdict[str, list[Held]] = defaultdict(list)
        for one in self._others:
            if one.descriptor.one_open_file and one.descriptor.object and one.descriptor.access != "path":
                by_object[one.descriptor.object].append(one)
        groups: defaultdict[tuple[object, ...], list[Held]] = defaultdict(list)
        if not self._strangers and not by_object:
            self._share_by_number(groups)
        else:
            for one in self._shown:
                groups[_looks(one.descriptor)].append(one)
        calls = CALLS
        for group in sorted(groups.values(), key=len):
            first = group[0].descriptor
            if len(group) == 1 and not self._strangers and not by_object:
                first.open_file = "{}:{}".format(*group[0].place)
                continue
            if first.one_open_file and first.object is not None and first.access != "path":
                self._name(group, [_holder(one) for one in by_object[first.object]])
                continue
            calls -= len(group) * len(group).bit_length()
            if calls < 0:
                for together in self._neighbours(group):
                    self._name(together, [])
                continue
            alike = {id(found): found for one in group if (found := self._strangers.get(one.place))}
            for together, others in self._classes(group, [one for found in alike.values() for one in found]):
                self._name(together, others)

    def _share_by_number(self, groups: defaultdict[tuple[object, ...], list[Held]]) -> None:
        """Names those of which a number is told; puts the others into the groups of those that look alike."""
        numbers = [self._same.number(one.place) for one in self._shown]
        times = Counter(numbers)
        known: defaultdict[int, list[Held]] = defaultdict(list)
        for one, number in zip(self._shown, numbers, strict=True):
            if number is None:
                groups[_looks(one.descriptor)].append(one)
            elif times[number] == 1:
                one.descriptor.open_file = f"{one.descriptor.tid or one.pid}:{one.descriptor.fd}"
            else:
                known[number].append(one)
        for together in known.values():
            self._name(together, [])

    def _name(self, shown: list[Held], others: Sequence[Holder]) -> None:
        """Gives one open file description its name: the first place that it is held at."""
        if len(shown) + len(others) == 1:
            shown[0].descriptor.open_file = "{}:{}".format(*shown[0].place)
            return
        together = sorted((*map(_holder, shown), *others), key=_place)
        name = "{}:{}".format(*_place(together[0]))
        self._sharing[name] = together
        for one in shown:
            one.descriptor.open_file = name

    def _classes(self, shown: list[Held], others: Sequence[Stranger]) -> Iterable[tuple[list[Held], list[Holder]]]:
        """Those of the descriptors shown that share one open file description, with the others that do.

        None at all, if that cannot be found out; those that have been closed since are left out. All of them look
        alike.
        """
        classes = self._sorted(shown)
        while classes is None:
            left = [one for one in shown if not self._same.gone(one.place)]
            if len(left) == len(shown):
                return []
            shown, classes = left, self._sorted(left)
        firsts = [held[0].place for held, _ in classes]
        among = self._same.among
        for pid, fd, tid in others:
            found = among((tid or pid, fd), firsts)
            if found is not None:
                classes[found][1].append(Holder(pid=pid, fd=fd, process=self._name_of(pid), tid=tid))
        return classes

    def _sorted(self, shown: list[Held]) -> list[tuple[list[Held], list[Holder]]] | None:
        """As `_classes`, with no others yet; None: of some it could not be found out."""
        unknown = False
        order_of = self._same.order

        def compare(one: Held, other: Held) -> int:
            nonlocal unknown
            order = None if unknown else order_of(*one.place, *other.place)
            unknown = unknown or order is None
            return 0 if order is None else _ORDER[order]

        classes: list[tuple[list[Held], list[Holder]]] = []
        for one in shown if len(shown) == 1 else sorted(shown, key=functools.cmp_to_key(compare)):
            if classes and compare(classes[-1][0][0], one) == 0:
                classes[-1][0].append(one)
            else:
                classes.append(([one], []))
        return None if unknown else classes

    def _neighbours(self, group: list[Held]) -> Iterable[list[Held]]:
        """As `_classes`, for very many that look alike: finds what was handed down or made by dup(2).

        Each is compared with the one before it in its own table, and with the one that has its number in the table
        before. What shares with neither is not told to be alone, as that would take comparing it with all.
        """
        last_in: dict[int, Held] = {}
        last_at: dict[int, Held] = {}
        classes: dict[Place, list[Held]] = {}
        order = self._same.order
        for one in group:
            task, fd = one.place
            for before in (last_at.get(fd), last_in.get(task)):
                if before is not None and order(*before.place, task, fd) == 0:
                    together = classes.setdefault(before.place, [before])
                    together.append(one)
                    classes[one.place] = together
                    break
            last_in[task] = last_at[fd] = one
        return {id(together): together for together in classes.values()}.values()

    def kin(self) -> set[int]:
        """Other processes whose epolls may watch what is shown: they hold it, too."""
        own = {one.pid for one in self._shown}
        return {holder.pid for together in self._sharing.values() for holder in together} - own

    def watch(self, epolls: Sequence[Held]) -> None:
        """Finds the open file description behind every registration of the epolls, the shown and these others.

        The number of a registration is what it was added under; by now it may stand for another file in that
        process, or for none, while the file that is watched lives on under another number.
        """
        shown = [one for one in self._shown if one.descriptor.registrations()]
        if not shown and not epolls:
            return
        watching = (*shown, *epolls)
        meant = {(one.place[0], target.fd) for one in watching for target in one.descriptor.registrations()}
        places = {place: one for one in self._shown if (place := one.place) in meant}
        if epolls:  # of others, who may hold what is shown under other numbers
            for one in self._shown:
                for holder in self._sharing.get(one.descriptor.open_file or "", ()):
                    places.setdefault(_place(holder), one)
        for epoll in watching:
            seen: dict[int, int] = {}
            for target in epoll.descriptor.registrations():
                nth = seen[target.fd] = seen.get(target.fd, -1) + 1
                here = places.get((epoll.place[0], target.fd))
                if here is not None and self._is_target(here, epoll, target, nth):
                    self._add_watcher(here, epoll, target)
                elif target.inode is not None and self._same.stale(epoll.place, (target.fd, nth)) is not False:
                    self.suspects.append((epoll, target, nth))

    def _astray(self, epoll: Held, target: Watched, nth: int, alike: list[Held]) -> None:
        """A registration whose number is not that of the file that it watches; or not one of what is shown."""
        target.stale = True
        found = [
            one
            for one in alike
            if (one.pid == epoll.pid or (one.descriptor.one_open_file and one.descriptor.own_inode))
            and self._is_target(one, epoll, target, nth)
        ]
        target.held_as = [one.descriptor.fd for one in found if one.place[0] == epoll.place[0]] or None
        for one in found:
            if one is found[0] or one.descriptor.open_file is None:
                self._add_watcher(one, epoll, target)

    def _is_target(self, one: Held, epoll: Held, target: Watched, nth: int) -> bool:
        descriptor = one.descriptor
        if descriptor.access == "path":
            return False
        if target.inode is not None and descriptor.inode is not None:
            if target.inode != descriptor.inode:
                return False
            if descriptor.one_open_file and descriptor.own_inode:
                return True
        answer = self._same.watches(one.place, epoll.place, (target.fd, nth))
        return target.fd == descriptor.fd if answer is None else answer

    def _add_watcher(self, one: Held, epoll: Held, target: Watched) -> None:
        watchers = self._watchers[one.descriptor.open_file or one.place]
        events = target.events
        if watchers and _place(watchers[-1]) == epoll.place:  # the same file, added under two numbers
            events = list(dict.fromkeys([*watchers.pop().events, *events]))
        holder = _holder(epoll)
        watchers.append(
            Watcher(pid=holder.pid, fd=holder.fd, process=holder.process, tid=holder.tid, events=events)
        )

    def tell(self) -> None:
        """Writes what was found into the descriptors shown.

        A registration is only called stale if it still looks so: a file that is closed loses its number a moment
        before its registrations. So if there are `suspects`, let a moment pass before this.
        """
        stale = [one for one in self.suspects if self._same.stale(one[0].place, (one[1].fd, one[2])) is not False]
        alike: defaultdict[int | None, list[Held]] = defaultdict(list)
        for one in self._shown if stale else ():
            alike[one.descriptor.inode].append(one)
        for epoll, target, nth in stale:
            self._astray(epoll, target, nth, alike[target.inode])
        for one in self._shown if self._sharing or self._watchers else ():
            descriptor = one.descriptor
            name = descriptor.open_file
            if name in self._sharing:
                sharing = self._sharing[name]
                rest = [other for other in sharing[: MOST + 1] if _place(other) != one.place]
                descriptor.shared_with, descriptor.shared_total = rest[:MOST], len(sharing) - 1
            if (name or one.place) in self._watchers:
                watchers = self._watchers[name or one.place]
                descriptor.watched_by, descriptor.watched_total = watchers[:MOST], len(watchers)
        for one, ends in self._ends:
            self._tell_peers(one, ends)

    def _tell_peers(self, one: Held, ends: tuple[End, ...]) -> None:
        descriptor = one.descriptor
        keys = tuple(dict.fromkeys([key for end in ends for key in self._facing.get(end.key, ())]))
        holders = self._holders(keys)
        if len(holders) == 1 and holders[0] is not one:
            descriptor.peers, descriptor.peers_total = [_peer(holders[0])], 1
            return
        total = len(holders) - any(end.key in keys for end in ends)  # who faces itself is no peer of its own
        if total:
            peers = [other for other in holders[: MOST + 1] if other.descriptor is not descriptor]
            descriptor.peers = [_peer(other) for other in peers[:MOST]]
            descriptor.peers_total = total
        else:
            descriptor.other_end = self._missing(ends)

    def _holders(self, keys: tuple[str, ...]) -> list[Held]:
        """All at these keys, each once: who may read and write a fifo is at both its ends."""
        if len(keys) < 2:
            return self._at[keys[0]] if keys else []
        if keys not in self._together:
            self._together[keys] = list(
                {id(one.descriptor): one for key in keys for one in self._at[key]}.values()
            )
        return self._together[keys]

    def _missing(self, ends: tuple[End, ...]) -> str | None:
        """Why nobody is at the other end of an object, as far as that is known."""
        for end in ends:
            if any(key in self._at for key in end.seeks):
                continue  # it is its own other end
            uncertain = end.missing in ("no-reader", "no-writer") or (end.seeks and not end.missing)
            if not uncertain:
                return end.missing or None
            if self._unread or (end.by_path and not self._everyone):
                return "unread"
            if self._complete:
                return end.missing or "unclaimed"
        return None

    def objects(self) -> list[Object]:
        """Each object that several descriptors hold or that faces another one that is held."""
        faces: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for key, others in self._facing.items():
            own = self._at[key][0].descriptor.object
            for other in others:
                there = self._at[other][0].descriptor.object
                if own is not None and there is not None and own != there:
                    faces[own][there] = None
        return objects((*self._shown, *self._others), faces)


def objects(held: Sequence[Held], faces: Mapping[str, Iterable[str]]) -> list[Object]:
    """Each object that several of these descriptors hold, or that has a place in `faces`, by its first holder."""
    names = [one.descriptor.object for one in held]
    times = Counter(names)
    groups: defaultdict[str, list[Held]] = defaultdict(list)
    for name, one in zip(names, held, strict=True):
        if name is not None and (times[name] > 1 or name in faces):
            groups[name].append(one)
    return [
        Object(
            id=identity,
            kind=kind_name(type(group[0].descriptor)),
            holders=[_holder(one) for one in group],
            faces=list(faces.get(identity, ())),
        )
        for identity, group in groups.items()
    ]


def _looks(descriptor: Descriptor) -> tuple[object, ...]:
    """What descriptors of one open file description have in common; so may others. The position moves on."""
    return (
        descriptor.object or descriptor.name,
        type(descriptor),
        descriptor.inode,
        descriptor.mount_id,
        descriptor.access,
        *(flag for flag in descriptor.flags or () if flag != "cloexec"),
    )


def _place(holder: Holder) -> Place:
    return holder.tid or holder.pid, holder.fd


def _holder(one: Held) -> Holder:
    return Holder(pid=one.pid, fd=one.descriptor.fd, process=one.process, tid=one.descriptor.tid)


def _peer(one: Held) -> Peer:
    descriptor = one.descriptor
    return Peer(
        pid=one.pid,
        fd=descriptor.fd,
        process=one.process,
        tid=descriptor.tid,
        kind=kind_name(type(descriptor)),
    )
