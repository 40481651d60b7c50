"""The whole machine in one pass: descriptors by a BPF iterator, all else by /proc at the same time."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from errno import EACCES, ENAMETOOLONG, EPERM
from typing import TypeVar

from ..debug import tell
from ..raw import RawDescriptor, RawEnded, RawHeldFile, RawLinks, RawMount, RawTask, Record, Unread
from .bpf import NotLoaded, Programs
from .mounts import Mounts
from .programs import files, object_file, places
from .programs.owners import SETTINGS, settings
from .programs.tasks import PROGRAM as TASKS
from .programs.tasks import tasks
from .root import Proc
from .source import Found, ProcSource

T = TypeVar("T")

_WORKER = 0x00000020
"""PF_WQ_WORKER of include/linux/sched.h: a thread of the kernel whose name in /proc says what it works for."""
_MANY = 16
"""So many processes are read out of all, and not one by one."""
_LOCKDOWN = "/sys/kernel/security/lockdown"
_TYPES = "/sys/kernel/btf/vmlinux"
_EVERYBODY = b"0 0 4294967295"  # a user namespace that translates nothing (user_namespaces(7))


class BpfSource:
    """Reads descriptors through the program in ``programs/files.bpf.c``, and processes through /proc."""

    def __init__(
        self,
        proc: Proc,
        mounts: Mounts,
        beside: ProcSource,
        *,
        brief: bool = False,
        links_only: bool = False,
        types: int = 0,
        user: int | None = None,
        inodes: Collection[int] = (),
        wanted: Callable[[bytes], bool] | None = None,
    ) -> None:
        """Finds out whether BPF may be asked at all; the program is loaded by `load`, or when it is needed.

        Args:
            proc: the proc file system, for what the program leaves to it.
            mounts: the mount tables of its processes.
            beside: reads it.
            brief: descriptors are only counted, by what their kind is known by.
            links_only: only sockets are looked for, by `links`.
            types: only of these types, as of `programs.files.settings`.
            user: likewise.
            inodes: likewise.
            wanted: of `records`, whether descriptors with this link are; None: all are.

        Raises:
            NotLoaded: something that it takes is missing; the text says what.
        """
        check(proc)
        self._proc = proc
        self._mounts = mounts
        self._beside = beside
        self._own = os.getpid()
        self._before = _open_numbers()
        self._brief = brief
        self._program = places.PROGRAM if brief or links_only else files.PROGRAM
        self._settings = settings(counted=brief, types=types, user=user, inodes=inodes)
        self._wanted = wanted
        self._programs: Programs | None = None
        self._tables: dict[int, int] | None = None
        self._stopped = False

    def __enter__(self) -> BpfSource:
        return self

    def __exit__(self, *_: object) -> None:
        if self._programs is not None:
            self._programs.close()

    @property
    def names(self) -> tuple[str, ...]:
        """What facts come from; where the program was refused that is /proc alone."""
        return ("proc",) if self._tables is None else ("bpf", "proc")

    def load(self) -> Programs:
        """Loads the program, once.

        Raises:
            NotLoaded: the kernel refuses it.
        """
        if self._programs is None:
            self._programs = Programs(object_file(self._program), {SETTINGS: self._settings})
        return self._programs

    def records(self, pids: Collection[int] | None) -> Iterator[Record]:
        """Everything about these processes, or about all of them, in any order."""
        if self._brief:
            yield from self._briefly(pids)
            return
        chosen = None if pids is None else frozenset(pids)
        listed = [pid for pid in self._proc.pids() if chosen is None or pid in chosen]
        many = len(listed) > _MANY
        pieces = self._pieces(chosen, everyone=many, wanted=self._wanted)
        yield from self._beside.tasks(pids, pieces)  # helpers begin before the program is loaded
        yield from self._ended(listed)
        for record in self._beside.tables(self._unseen(listed)):
            if not (isinstance(record, RawDescriptor) and self._is_bpfs(record)):
                yield record

    def _briefly(self, pids: Collection[int] | None) -> Iterator[Record]:
        """As `records`: processes and threads as the kernel keeps them, and their descriptors, counted."""
        listed = frozenset(self._proc.pids() if pids is None else pids)
        counting = places.Places(self._mounts.table)
        counts = self._taken(counting.counts, None if pids is None else listed)
        self._tables = None if counts is None else counting.owners.tables
        threads = self._threads()
        if not threads:  # what was counted would belong to nobody
            self._tables = None
        else:
            for count in counts or ():
                if count.pid in listed and count.pid != self._own:
                    yield count
            for task in threads:
                if task.pid in listed and task.pid != self._own and not task.flags & _WORKER:
                    yield task
        for record in self._beside.records(self._unseen(listed)):
            if not (isinstance(record, RawDescriptor) and self._is_bpfs(record)):
                yield record

    def links(self, pids: Collection[int], wanted: Collection[bytes]) -> Iterator[RawLinks | Unread]:
        """Where these processes hold descriptors with a `wanted` link."""
        links, chosen = frozenset(wanted), frozenset(pids)
        if self._program == places.PROGRAM:
            yield from self._sockets(links, chosen)
            return
        tables: dict[tuple[int, int | None], list[RawDescriptor]] = {}
        for records in self._pieces(None):
            for raw in records:
                if isinstance(raw, RawDescriptor) and raw.link in links and raw.pid in chosen:
                    tables.setdefault((raw.pid, raw.tid), []).append(raw)
        for (pid, tid), held in tables.items():
            found = tuple((raw.fd, raw.link) for raw in held)
            yield RawLinks(pid, tid, found, tuple(raw.open_file or 0 for raw in held))
        yield from self._beside.links(self._unseen(pids), wanted)

    def _sockets(self, links: frozenset[bytes], chosen: frozenset[int]) -> Iterator[RawLinks | Unread]:
        """As `links`, of nothing but sockets."""
        found = places.Places(self._mounts.table)
        records = self._taken(found.sockets, None)
        self._tables = None if records is None else found.owners.tables
        for record in records or ():
            held = tuple(one for one in record.found if one[1] in links)
            if held and record.pid in chosen:
                yield record._replace(found=held)
        yield from self._beside.links(self._unseen(chosen), links)

    def _taken(self, take: Callable[[Iterable[bytes]], list[T]], chosen: frozenset[int] | None) -> list[T] | None:
        """What is made of all that the program writes; None: it is refused, or was stopped before its end."""
        programs = self._loaded()
        try:
            return None if programs is None else take(self._read(programs, chosen))
        except NotLoaded as reason:
            tell(f"bpf cannot be used: {reason}")
            return None

    def _loaded(self) -> Programs | None:
        """The program, loaded; None: it is refused."""
        try:
            return self.load()
        except NotLoaded as reason:
            tell(f"bpf cannot be used: {reason}")
            return None

    def holders(
        self,
        pids: Collection[int],
        wanted: Callable[[bytes], bool],
        *,
        within: Callable[[RawMount | None], bool] | None = None,
        files: Callable[[RawHeldFile], bool] | None = None,
    ) -> Iterator[Record]:
        """Of these processes the descriptors whose link is `wanted`; all as of `ProcSource.holders`."""
        chosen = frozenset(pids)

        def some() -> Iterator[list[Record]]:
            for records in self._pieces(chosen, everyone=True, wanted=wanted):
                yield [
                    raw
                    for raw in records
                    if not isinstance(raw, RawDescriptor)
                    or within is None
                    or raw.link[:1] != b"/"
                    or within(raw.mount)
                ]

        if files is None:
            for records in some():
                yield from records
        else:
            yield from self._beside.held(pids, files, some())
        unseen = self._unseen(pids)
        if unseen:
            yield from self._beside.holders(unseen, wanted, within=within)

    def _threads(self) -> list[RawTask]:
        """All threads; none where the program was refused."""
        if self._programs is None or self._tables is None:
            return []
        try:
            return list(tasks(b"".join(self._programs.read(TASKS))))
        except NotLoaded as reason:
            tell(f"bpf does not tell of threads: {reason}")
            return []

    def _ended(self, pids: Collection[int]) -> Iterator[RawEnded]:
        chosen = frozenset(pids)
        for task in self._threads():
            if task.tid == task.pid and task.pid in chosen:
                yield RawEnded(task.pid, task.ended_voluntary, task.ended_involuntary)

    def _unseen(self, pids: Collection[int]) -> list[int]:
        """Those of these processes that the program does not see: what they hold is for /proc to say."""
        seen = set(self._tables or ())
        if not self._stopped:
            seen.update(task.pid for task in self._threads() if not (self._brief and task.flags & _WORKER))
        if self._brief:  # of its own descriptors some are not meant
            seen.discard(self._own)
        return [pid for pid in pids if pid not in seen]

    def details(
        self, places: Iterable[Found], text: Callable[[bytes, bytes], bool] | None = None
    ) -> Iterable[Record]:
        """All of some descriptors that were found by their links."""
        return self._beside.details(places, text)

    def sharing_tables(self, pids: Collection[int]) -> dict[int, list[int]]:
        """Those of these processes whose descriptor table other processes share, with these."""
        if self._tables is None:
            return self._beside.sharing_tables(pids)
        by_table: dict[int, list[int]] = {}
        for pid, table in sorted(self._tables.items()):
            by_table.setdefault(table, []).append(pid)
        return {
            pid: [other for other in together if other != pid]
            for together in by_table.values()
            for pid in together
            if len(together) > 1 and pid in pids
        }

    def _pieces(
        self,
        chosen: frozenset[int] | None,
        *,
        everyone: bool = False,
        wanted: Callable[[bytes], bool] | None = None,
    ) -> Iterator[list[Record]]:
        """The descriptors of these processes, or of all, piece by piece; nothing if the program is refused.

        Args:
            chosen: the processes; None: all.
            everyone: that is so many that all are read.
            wanted: whether descriptors with this link are; None: all are.
        """
        programs = self._loaded()
        if programs is None:
            return
        read = self._read(programs, None if everyone else chosen)
        records = files.Records(self._mounts.table)
        rest = b""
        try:
            for piece in read:
                rest += piece
                found, used = records.take(rest, wanted)
                rest = rest[used:]
                self._tables = records.owners.tables
                yield [raw for raw in found if self._is_meant(raw, chosen)]
            self._tables = records.owners.tables
        except NotLoaded as reason:
            tell(f"bpf cannot be used: {reason}")
            if self._tables is not None:  # what comes later in the order of processes is read in /proc
                self._stopped = True
                yield [
                    Unread("descriptors after BPF stopped", reason.errno, max(self._tables), detail=str(reason))
                ]
        incomplete = [one for one in records.incomplete if self._is_meant(one.raw, chosen)]
        if incomplete:
            yield list(self._completed(incomplete))

    def _read(self, programs: Programs, chosen: frozenset[int] | None) -> Iterator[bytes]:
        if chosen is None:
            yield from programs.read(self._program)
        else:
            for pid in sorted(chosen):
                yield from programs.read(self._program, pid)

    def _is_meant(self, raw: RawDescriptor, chosen: frozenset[int] | None) -> bool:
        return not self._is_bpfs(raw) and (chosen is None or raw.pid in chosen)

    def _is_bpfs(self, raw: RawDescriptor) -> bool:
        """Whether this process holds it for the sake of BPF alone."""
        return raw.pid == self._own and raw.fd not in self._before

    def _completed(self, incomplete: list[files.Incomplete]) -> Iterator[Record]:
        """These descriptors, with what /proc says of them, and what it could not, as of a server that is silent.

        One that has been closed meanwhile is left out.
        """
        places = [(one.raw.pid, one.raw.fd, one.raw.tid, one.raw.link) for one in incomplete]
        told = list(self._beside.details(places))
        whole = {(raw.pid, raw.tid, raw.fd): raw for raw in told if isinstance(raw, RawDescriptor)}
        there = {(pid, fd) for pid, _, fd in whole}
        yield from (one for one in told if isinstance(one, Unread) and (one.pid, one.fd) in there)
        refused: dict[int, bool] = {}
        for raw, missing in incomplete:
            found = whole.get((raw.pid, raw.tid, raw.fd))
            if missing & files.NO_LINK:
                yield Unread("link", ENAMETOOLONG, raw.pid, raw.fd)
            if found is not None:
                yield found._replace(
                    open_file=raw.open_file, members=raw.members, pipe=raw.pipe, socket=raw.socket
                )
                continue
            if raw.pid not in refused:
                refused[raw.pid] = self._is_refused(raw)
                if refused[raw.pid]:
                    detail = (
                        "of some descriptors only what the inode holds is told: /proc, which has more, is refused"
                    )
                    yield Unread("fdinfo", EACCES, raw.pid, detail=detail)
            if refused[raw.pid]:
                yield raw

    def _is_refused(self, raw: RawDescriptor) -> bool:
        info = self._proc.read(b"%d/fdinfo/%d" % (raw.pid, raw.fd))
        return isinstance(info, Unread) and info.errno in (EACCES, EPERM)


def _open_numbers() -> frozenset[int]:
    """The descriptors of this process; but not that which looking takes."""
    found = []
    for number in map(int, os.listdir("/proc/self/fd")):
        try:
            os.fstat(number)
        except OSError:
            continue
        found.append(number)
    return frozenset(found)


def check(proc: Proc) -> None:
    """Finds out whether BPF may be asked about the processes of this proc file system at all.

    Raises:
        NotLoaded: it may not; the text says why.
    """
    if not proc.live:
        raise NotLoaded("this /proc is not that of the pid namespace that fdscope runs in", 0)
    users = proc.read(b"self/uid_map")
    if not isinstance(users, bytes) or b" ".join(users.split()) != _EVERYBODY:
        raise NotLoaded("fdscope runs in a user namespace, and what BPF tells is of the initial one", 0)
    if not os.path.exists(_TYPES):
        raise NotLoaded(f"there is no {_TYPES}: it takes a kernel built with CONFIG_DEBUG_INFO_BTF", 0)
    missing = missing_rights(proc)
    if missing:
        raise NotLoaded(f"it takes {' and '.join(missing)}: run as root", 0)
    if _is_locked_down():
        raise NotLoaded("the kernel is locked down for confidentiality (kernel_lockdown(7)): nobody reads it", 0)
    if not os.path.exists(object_file(files.PROGRAM)):
        raise NotLoaded(f"there is no program for this architecture, {os.uname().machine}", 0)


def _is_locked_down() -> bool:
    """Whether programs may read no memory of the kernel; ``none integrity [confidentiality]`` says so."""
    try:
        with open(_LOCKDOWN, "rb") as file:
            return b"[confidentiality]" in file.read()
    except OSError:
        return False


# include/uapi/linux/capability.h
_RIGHTS = {"CAP_PERFMON": 38, "CAP_BPF": 39}
_ALL = 21  # CAP_SYS_ADMIN, which stands for both


def missing_rights(proc: Proc) -> list[str]:
    """The capabilities that it takes (capabilities(7)) and that are not in effect."""
    status = proc.read(b"self/status")
    word = status.partition(b"\nCapEff:")[2].split(None, 1)[:1] if isinstance(status, bytes) else []
    effective = int(word[0], 16) if word else 0
    if effective >> _ALL & 1:
        return []
    return [name for name, bit in _RIGHTS.items() if not effective >> bit & 1]
