"""What every source of facts offers: one stream of records. `ProcSource` reads it from /proc."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from errno import EACCES, ENOENT, ENOSYS, EPERM, ESRCH
from typing import Protocol

from ..raw import RawDescriptor, RawHeldFile, RawLinks, RawMount, RawProcess, RawThread, Record, Unread
from . import processes, workers
from .descriptors import Wish, descriptors
from .mounts import Mounts
from .patience import Patience
from .root import Directory, Proc
from .sameness import Sameness
from .states import has_ended, is_ending
from .workers import MANY, share_size, side_by_side

_TASKS = 32

Found = tuple[int, int, int | None, bytes]
"""Where a descriptor was found by its link: process, number, thread, link."""


class Source(Protocol):
    """A way to read the machine."""

    @property
    def names(self) -> tuple[str, ...]:
        """What facts come from, as Snapshot tells it."""

    def records(self, pids: Collection[int] | None) -> Iterable[Record]:
        """Everything about these processes, or about all of them, in any order."""

    def links(self, pids: Collection[int], wanted: Collection[bytes]) -> Iterable[RawLinks | Unread]:
        """Where these processes hold descriptors with a `wanted` link."""

    def details(
        self, places: Iterable[Found], text: Callable[[bytes, bytes], bool] | None = None
    ) -> Iterable[Record]:
        """All of some descriptors that were found by their links."""

    def sharing_tables(self, pids: Collection[int]) -> dict[int, list[int]]:
        """Those of these processes whose descriptor table other processes share, with these."""


class ProcSource:
    """Reads /proc: works everywhere, for everyone."""

    names: tuple[str, ...] = ("proc",)

    def __init__(
        self,
        proc: Proc,
        mounts: Mounts,
        *,
        timeout_s: float = 5.0,
        mapped: bool = False,
        waits: bool = False,
        threads: bool = True,
        brief: bool = False,
        bare: bool = False,
        wanted: Callable[[bytes], bool] | None = None,
    ) -> None:
        """What to read.

        Args:
            proc: where.
            mounts: the mount tables of its processes.
            timeout_s: how long to wait for file systems that do not answer.
            mapped: also the files that memory is mapped from.
            waits: also what threads are stopped in, and where the code of the process is mapped from.
            threads: also threads, and the tables that they have of their own.
            brief: neither control groups, commands and namespaces, nor what is held without a descriptor.
            bare: neither limits, namespaces and the status of threads, nor what is held without a descriptor.
            wanted: whether descriptors with this link are; None: all are.
        """
        self._bare = bare
        self._wish = None if wanted is None else Wish(wanted, unread=True)
        self._brief = brief
        self._proc = proc
        self._mounts = mounts
        self._patience = Patience(timeout_s)
        self._sameness = Sameness()
        self._mapped = mapped
        self._waits = waits
        self._threads = threads
        self._helpers = 0
        self._refused: set[int | None] = set()

    def records(self, pids: Collection[int] | None) -> Iterator[Record]:
        """The records of one process after those of another; those that had to wait come later."""
        if self._proc.recorded:
            yield Unread("status of files", ENOSYS, detail="a recorded tree does not hold what stat(2) said")
        own = self._proc.own_pid()  # looked at first, before it holds the directories of what is put off
        chosen = sorted(self._proc.pids() if pids is None else pids, key=lambda pid: pid != own)
        yield from self._each(chosen, self._process, also_gone=pids is not None)

    def tasks(self, pids: Collection[int] | None, meanwhile: Iterable[Iterable[Record]]) -> Iterator[Record]:
        """As `records`, but for the descriptors; and what comes of `meanwhile`, at the same time."""
        chosen = list(self._proc.pids() if pids is None else pids)
        shares = _shared(chosen)
        read, also_gone = self._unnumbered, pids is not None
        yield from self._each(chosen, read, also_gone=also_gone, shares=shares, meanwhile=meanwhile)

    def tables(self, pids: Collection[int]) -> Iterator[Record]:
        """The descriptors of these processes, and nothing else of them."""

        def some(task: Directory, pid: int) -> Iterator[Record]:
            for tid, directory in self._own_tables(task, pid):
                yield from self._table(directory, pid, tid)

        yield from self._each(list(pids), some, also_gone=False)

    def _table(self, task: Directory, pid: int, tid: int | None) -> Iterator[Record]:
        return descriptors(task, pid, tid, self._mounts, self._patience, self._helpers, wish=self._wish)

    def sharing_tables(self, pids: Collection[int]) -> dict[int, list[int]]:
        """Those of these processes whose descriptor table other processes share (kcmp(2)), with these."""
        return processes.sharing_tables(self._proc, pids)

    def links(self, pids: Collection[int], wanted: Collection[bytes]) -> Iterator[RawLinks | Unread]:
        """Where these processes hold descriptors with a `wanted` link; and whose tables could not be read.

        One pass that reads nothing but links. A process that is gone is left out.
        """
        texts = {os.fsdecode(link) for link in wanted}

        def some(task: Directory, pid: int) -> Iterator[Record]:
            for tid, directory in self._own_tables(task, pid):
                links = directory.open(b"fd")
                found = links if isinstance(links, Unread) else links.links(texts)
                if isinstance(links, Directory):
                    links.close()
                if isinstance(found, Unread):
                    yield found._replace(what="descriptors")
                elif found:
                    yield RawLinks(pid, tid, tuple((int(name), os.fsencode(link)) for name, link in found))

        for record in self._each(list(pids), some, also_gone=False):
            if isinstance(record, (RawLinks, Unread)):
                yield record

    def details(
        self, places: Iterable[Found], text: Callable[[bytes, bytes], bool] | None = None
    ) -> Iterator[Record]:
        """All of some descriptors that were found by their links, unless they are something else by now.

        Of those that `text` says no to, given link and fdinfo, nothing.
        """
        wish = Wish(lambda _: True, None, text)
        chosen: dict[int, dict[int | None, dict[int, bytes]]] = {}
        for pid, fd, tid, link in places:
            chosen.setdefault(pid, {}).setdefault(tid, {})[fd] = link

        def some(task: Directory, pid: int) -> Iterator[Record]:
            for tid, links in chosen[pid].items():
                directory = task if tid is None else task.open(b"task/%d" % tid)
                if isinstance(directory, Directory):
                    found = descriptors(
                        directory, pid, tid, self._mounts, self._patience, numbers=sorted(links), wish=wish
                    )
                    for record in found:
                        if isinstance(record, RawDescriptor) and record.link == links.get(record.fd):
                            yield record
                    if directory is not task:
                        directory.close()

        yield from self._each(list(chosen), some, also_gone=False)

    def holders(
        self,
        pids: Collection[int],
        wanted: Callable[[bytes], bool],
        *,
        within: Callable[[RawMount | None], bool] | None = None,
        files: Callable[[RawHeldFile], bool] | None = None,
    ) -> Iterator[Record]:
        """Of these processes the descriptors whose link is `wanted`, and whose tables could not be read.

        Args:
            pids: the processes.
            wanted: whether a link is; of all others nothing else is read.
            within: whether a path that was opened through this mount is wanted at all; of all others only
                fdinfo is read. None: each is.
            files: whether something that is held without a descriptor is wanted, told by all but its status.
                None: nothing is.
        """

        def some(task: Directory, pid: int) -> Iterator[Record]:
            wish = Wish(wanted, within)
            for tid, directory in self._own_tables(task, pid):
                yield from descriptors(directory, pid, tid, self._mounts, self._patience, self._helpers, wish=wish)
            if files is not None:
                yield from self._files(task, pid, files)

        yield from self._each(list(pids), some, also_gone=False)

    def held(
        self,
        pids: Collection[int],
        files: Callable[[RawHeldFile], bool],
        meanwhile: Iterable[Iterable[Record]],
    ) -> Iterator[Record]:
        """What these processes hold without a descriptor, as of `holders`; and what comes of `meanwhile`."""

        def some(task: Directory, pid: int) -> Iterator[Record]:
            yield from self._files(task, pid, files)

        yield from self._each(list(pids), some, also_gone=False, shares=_shared(list(pids)), meanwhile=meanwhile)

    def _files(self, task: Directory, pid: int, files: Callable[[RawHeldFile], bool]) -> Iterator[Record]:
        yield from processes.held(task, pid, self._mounts, self._patience, files)
        if self._mapped:
            yield from processes.mapped(task, pid, self._mounts, self._patience, files)

    def _each(
        self,
        pids: list[int],
        read: Callable[[Directory, int], Iterator[Record]],
        *,
        also_gone: bool,
        shares: list[list[int]] | None = None,
        meanwhile: Iterable[Iterable[Record]] = (),
    ) -> Iterator[Record]:
        """What `read` says of each process, by several processes side by side where that pays; and `meanwhile`."""
        helpers = 0 if self._proc.recorded else workers.helpers()
        if shares is None or not helpers:
            shares = self._shares(pids) if helpers else []

        def some(share: list[int]) -> Iterator[Record]:
            for pid in share:
                task = self._proc.process(pid)
                if isinstance(task, Directory):
                    with task:
                        yield from read(task, pid)
                    if self._patience.is_full:
                        yield from self._answers()
                elif also_gone or task.errno not in (ENOENT, ESRCH):
                    yield task._replace(what="process")

        if len(shares) > 1:
            yield from side_by_side(
                shares,
                some,
                begin=self._patience.forget,
                rest=self._answers,
                most=helpers,
                meanwhile=meanwhile,
            )
        else:
            self._helpers = helpers
            for records in meanwhile:
                yield from records
            yield from some(pids)
        yield from self._answers()

    def _shares(self, pids: list[int]) -> list[list[int]]:
        """The processes in shares with about as many descriptors each, where that pays; else none.

        It does not where there are few descriptors, where one process holds most of them, and where the kernel
        does not count them (before Linux 6.2).
        """
        counts = [processes.descriptor_count(self._proc, b"%d/fd" % pid) or 0 for pid in pids]
        if sum(counts) < MANY or 2 * max(counts) > sum(counts):
            return []
        shares: list[list[int]] = [[]]
        room = size = share_size(sum(counts))
        for pid, count in zip(pids, counts, strict=True):
            if room <= 0:
                shares.append([])
                room = size
            shares[-1].append(pid)
            room -= count
        return shares

    def _answers(self) -> Iterator[Record]:
        """What had to wait. Of mapped files one refusal stands for all.

        They take CAP_CHECKPOINT_RESTORE (EPERM) and the right to ptrace (EACCES); maps itself may take less.
        """
        for record in self._patience.answers():
            if (
                isinstance(record, Unread)
                and record.what == "status of mapped"
                and record.errno in (EACCES, EPERM)
            ):
                if record.pid not in self._refused:
                    yield record._replace(what="status of mapped files")
                self._refused.add(record.pid)
            else:
                yield record

    def _unnumbered(self, task: Directory, pid: int) -> Iterator[Record]:
        return self._process(task, pid, numbered=False)

    def _process(self, task: Directory, pid: int, *, numbered: bool = True) -> Iterator[Record]:
        process, unread = processes.process(task, pid, maps=self._waits, brief=self._brief, bare=self._bare)
        yield from unread
        if process is None:
            return
        yield process
        threads: list[RawThread] = []
        for thread in self._threads_of(task, process) if self._threads else ():
            if isinstance(thread, RawThread):
                threads.append(thread)
            else:
                yield thread
        living = [thread.tid for thread in threads if not has_ended(thread.stat)]
        tables, own, unsure = self._tables(task, pid, living if threads else [pid])
        for thread in threads:
            yield thread._replace(own_table=own.get(thread.tid, False))
        if unsure is None:
            yield from self._held(task, pid, tables, numbered=numbered)
        else:  # of what else is refused for the same reason one word is enough
            held = list(self._held(task, pid, tables, numbered=numbered))
            yield from held
            if not any(isinstance(record, Unread) and record.errno in (EACCES, EPERM) for record in held):
                yield unsure._replace(pid=pid)
        if self._mapped:
            yield from processes.mapped(task, pid, self._mounts, self._patience)

    def _threads_of(self, task: Directory, process: RawProcess) -> Iterator[RawThread | Unread]:
        main = process.stat if self._bare else None
        return processes.threads(task, live=self._proc.live, waits=self._waits, main=main)

    def _own_tables(self, task: Directory, pid: int) -> Iterator[tuple[int | None, Directory]]:
        """The directories of the tasks of a process that have a table of their own; of one thread, its process."""
        living = [pid]
        if (task.entries(b"task") or 2) > 1:
            threads = task.open(b"task")
            if isinstance(threads, Directory):
                with threads:
                    numbers = threads.numbers()
                living = numbers if isinstance(numbers, list) and numbers else living
        tables = living if len(living) == 1 else self._tables(task, pid, living)[0]
        for tid in tables:
            directory = task if tid == pid else task.open(b"task/%d" % tid)
            if isinstance(directory, Directory):
                yield None if tid == pid else tid, directory
                if directory is not task:
                    directory.close()

    def _held(self, task: Directory, pid: int, tables: list[int], *, numbered: bool) -> Iterator[Record]:
        """What the tables of a process hold, if that is wanted, and the files of the task of the first of them."""
        for tid in tables if numbered else tables[:1]:
            directory = task if tid == pid else task.open(b"task/%d" % tid)
            if isinstance(directory, Directory):
                label = None if tid == tables[0] else tid
                if numbered:
                    yield from self._table(directory, pid, label)
                if label is None and not (self._brief or self._bare):
                    yield from processes.held(directory, pid, self._mounts, self._patience)
                if directory is not task:
                    directory.close()
            elif tid == tables[0]:
                yield directory._replace(what="descriptors")

    def _tables(
        self, task: Directory, pid: int, living: list[int]
    ) -> tuple[list[int], dict[int, bool | None], Unread | None]:
        """One thread for each descriptor table, the process's own first; and who has a table apart from it.

        The process's own is the main thread's, or that of the first thread that lives when the main thread
        has ended. None: it could not be found out; the last part says why, unless the thread is gone.
        """
        tables: list[int] = []
        own: dict[int, bool | None] = {}
        unsure = None
        for tid in sorted(living, key=lambda tid: (tid != pid, tid)):
            for index, table in enumerate(tables):
                same = self._same_table(table, tid)
                if isinstance(same, Unread):
                    own[tid] = None
                    if same.errno != ESRCH and not is_ending(task, b"task/%d/" % tid):
                        unsure = same
                    break
                if same:
                    own[tid] = index > 0
                    break
            else:
                own[tid] = bool(tables)
                tables.append(tid)
        return tables, own, unsure

    def _same_table(self, first: int, second: int) -> bool | Unread:
        if self._proc.live:
            return self._sameness.same_table(first, second)
        return Unread("descriptor tables of threads", ENOSYS)


def _shared(pids: list[int]) -> list[list[int]]:
    """These processes in shares, where nothing is read of what they hold by number."""
    return [pids[place : place + _TASKS] for place in range(0, len(pids), _TASKS)]
