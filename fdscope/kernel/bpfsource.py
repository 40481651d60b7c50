"""The whole machine in one pass: descriptors by a BPF iterator, all else by /proc at the same time."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from errno import EACCES, ENAMETOOLONG, EPERM

from ..raw import RawDescriptor, RawEnded, RawLinks, Record, Unread
from .bpf import NotLoaded, Programs
from .mounts import Mounts
from .programs import files, object_file
from .programs.tasks import PROGRAM as TASKS
from .programs.tasks import tasks
from .root import Proc
from .source import Found, ProcSource

_EVERYBODY = b"0 0 4294967295"  # a user namespace that translates nothing (user_namespaces(7))


class BpfSource:
    """Reads descriptors through the program in ``programs/files.bpf.c``, and processes through /proc."""

    names: tuple[str, ...] = ("bpf", "proc")

    def __init__(self, proc: Proc, mounts: Mounts, beside: ProcSource) -> None:
        """Loads the program. Close it, or use it in a `with` statement.

        Args:
            proc: the proc file system, for what the program leaves to it.
            mounts: the mount tables of its processes.
            beside: reads it.

        Raises:
            NotLoaded: something that it takes is missing; the text says what.
        """
        check(proc)
        self._proc = proc
        self._mounts = mounts
        self._beside = beside
        self._own = os.getpid()
        self._before = frozenset(map(int, os.listdir("/proc/self/fd")))  # not those that BPF takes
        self._programs = Programs(object_file(files.PROGRAM), {files.SETTINGS: files.settings()})
        self._tables: dict[int, int] = {}

    def __enter__(self) -> BpfSource:
        return self

    def __exit__(self, *_: object) -> None:
        self._programs.close()

    def records(self, pids: Collection[int] | None) -> Iterator[Record]:
        """Everything about these processes, or about all of them, in any order."""
        chosen = None if pids is None else frozenset(pids)
        seen: set[int] = set()
        found = self._pieces(chosen, seen)
        yield from self._beside.tasks(pids, found)
        for task in tasks(b"".join(self._programs.read(TASKS))):
            if task.tid == task.pid and (chosen is None or task.pid in chosen):
                yield RawEnded(task.pid, task.ended_voluntary, task.ended_involuntary)
        silent = [pid for pid in self._proc.pids() if pid not in seen and (chosen is None or pid in chosen)]
        yield from self._beside.tables(silent)  # they hold nothing, or may not be looked at

    def links(self, pids: Collection[int], wanted: Collection[bytes]) -> Iterator[RawLinks | Unread]:
        """Where these processes hold descriptors with a `wanted` link."""
        links = frozenset(wanted)
        chosen = frozenset(pids)
        seen: set[int] = set()
        tables: dict[tuple[int, int | None], list[RawDescriptor]] = {}
        for records in self._pieces(None, seen):
            for raw in records:
                if isinstance(raw, RawDescriptor) and raw.link in links and raw.pid in chosen:
                    tables.setdefault((raw.pid, raw.tid), []).append(raw)
        for (pid, tid), held in tables.items():
            places = tuple((raw.fd, raw.link) for raw in held)
            yield RawLinks(pid, tid, places, tuple(raw.open_file or 0 for raw in held))
        yield from self._beside.links(chosen - seen, wanted)

    def details(
        self, places: Iterable[Found], text: Callable[[bytes, bytes], bool] | None = None
    ) -> Iterable[Record]:
        """All of some descriptors that were found by their links."""
        return self._beside.details(places, text)

    def sharing_tables(self, pids: Collection[int]) -> dict[int, list[int]]:
        """Those of these processes whose descriptor table other processes share, with these."""
        by_table: dict[int, list[int]] = {}
        for pid, table in sorted(self._tables.items()):
            by_table.setdefault(table, []).append(pid)
        return {
            pid: [other for other in together if other != pid]
            for together in by_table.values()
            for pid in together
            if len(together) > 1 and pid in pids
        }

    def _pieces(self, chosen: frozenset[int] | None, seen: set[int]) -> Iterator[list[Record]]:
        """The descriptors of these processes, piece by piece; adds to `seen` the processes that hold some."""
        records = files.Records(self._mounts.table)
        rest = b""
        for piece in self._read(chosen):
            rest += piece
            found, used = records.take(rest)
            rest = rest[used:]
            yield [raw for raw in found if self._is_meant(raw, chosen)]
        seen.update(records.tables)
        self._tables = records.tables
        incomplete = [one for one in records.incomplete if self._is_meant(one.raw, chosen)]
        if incomplete:
            yield list(self._completed(incomplete))

    def _read(self, chosen: frozenset[int] | None) -> Iterator[bytes]:
        if chosen is None:
            yield from self._programs.read(files.PROGRAM)
        else:
            for pid in sorted(chosen):
                yield from self._programs.read(files.PROGRAM, pid)

    def _is_meant(self, raw: RawDescriptor, chosen: frozenset[int] | None) -> bool:
        if raw.pid == self._own and raw.fd not in self._before:
            return False
        return chosen is None or raw.pid in chosen

    def _completed(self, incomplete: list[files.Incomplete]) -> Iterator[Record]:
        """These descriptors, with what /proc says of them; one that has been closed meanwhile is left out."""
        places = [(one.raw.pid, one.raw.fd, one.raw.tid, one.raw.link) for one in incomplete]
        whole = {
            (raw.pid, raw.tid, raw.fd): raw
            for raw in self._beside.details(places)
            if isinstance(raw, RawDescriptor)
        }
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
                    told = (
                        "of some descriptors only what the inode holds is told: /proc, which has more, is refused"
                    )
                    yield Unread("fdinfo", EACCES, raw.pid, detail=told)
            if refused[raw.pid]:
                yield raw

    def _is_refused(self, raw: RawDescriptor) -> bool:
        info = self._proc.read(b"%d/fdinfo/%d" % (raw.pid, raw.fd))
        return isinstance(info, Unread) and info.errno in (EACCES, EPERM)


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
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        raise NotLoaded(
            "this kernel tells nothing of its structures (/sys/kernel/btf/vmlinux, CONFIG_DEBUG_INFO_BTF)", 0
        )
    missing = missing_rights(proc)
    if missing:
        raise NotLoaded(f"it takes {' and '.join(missing)}: run as root", 0)
    if not os.path.exists(object_file(files.PROGRAM)):
        raise NotLoaded(f"there is no program for this architecture, {os.uname().machine}", 0)


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
