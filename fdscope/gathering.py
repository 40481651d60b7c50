"""Records to processes: the room where what the kernel said becomes what fdscope says."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from errno import EACCES, EPERM

from . import switches, tasks
from .fdinfo import inode_number
from .kernel import processes as readers
from .kernel.sockets import Sockets
from .kernel.source import Found, Source
from .kernel.users import user_name
from .kinds import Decoder, decode, held_file, kind_of
from .links import Held, Place, Stranger
from .model import Descriptor, HeldFile, Problem, Process, Thread, kind_name
from .problems import OTHERS, problem_of
from .raw import (
    Machine,
    RawCount,
    RawDescriptor,
    RawEnded,
    RawHeldFile,
    RawProcess,
    RawTask,
    RawThread,
    Record,
    Unread,
)
from .selection import Selected
from .text import original, text

STRANGE = (ValueError, KeyError, IndexError)
"""What parsers raise on a text of another form."""

_SOCKET, _EPOLL = b"socket:", b"anon_inode:[eventpoll]"


class Others:
    """What other processes hold that has to do with what is shown."""

    def __init__(self, strangers: dict[tuple[int, int], list[Stranger]] | None = None) -> None:
        self.ends: list[Held] = []
        self.strangers = strangers or {}
        self.epolls: list[Found] = []
        self.refused = 0
        """Processes that could not be read for want of a right."""


class Gathering:
    """Records in any order, gathered by process."""

    def __init__(
        self,
        machine: Machine,
        boot_time: int | None,
        packages: Mapping[int, int],
        *,
        live: bool,
        everyone: bool = False,
        brief: bool = False,
        partly: bool = False,
        memory: bool = False,
        bare: bool = False,
    ) -> None:
        """What the records are.

        `everyone`: there are no others; `brief`: of descriptors only their kinds are counted; `partly`: not all
        descriptors of a process are read; `memory`: the files that memory is mapped from to be shared, in place of
        the code that threads are in; `bare`: of the status of a process take no more than its user.
        """
        self._bare = bare
        self._memory = memory
        self._partly = partly
        self._everyone = everyone
        self._brief = brief
        self._kinds: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._counts: Counter[int] = Counter()
        self._looks: dict[int, tuple[RawDescriptor, str]] = {}
        self.problems: list[Problem] = []
        self._live = live
        self._machine = machine
        self._decoder = Decoder(machine)
        self._boot_time = boot_time
        self._packages = packages
        self._architecture = os.uname().machine
        self._ticks_per_s = os.sysconf("SC_CLK_TCK")
        self._processes: dict[int, Process] = {}
        self._start_ticks: dict[int, int] = {}
        self.code: dict[int, tasks.Code] = {}
        self._threads: dict[int, list[Thread]] = {}
        self._ended: dict[int, RawEnded] = {}
        self._descriptors: defaultdict[int, list[Descriptor]] = defaultdict(list)
        self._files: dict[int, list[HeldFile]] = {}
        self._without_descriptors: set[int] = set()
        self._sockets: list[RawDescriptor] = []
        self._links: dict[tuple[int, int], bytes] = {}
        self.open_files: defaultdict[int, dict[int, int]] = defaultdict(dict)
        """Where a source tells it: task and number to a number of the open file description that is held there."""
        self.members: dict[Place, tuple[tuple[int, int], ...]] = {}
        """Likewise of an epoll: number and open file description of each registration."""
        self.known: dict[int, Process] = {}
        self.refused = 0
        """Processes whose descriptors could not be read for want of a right."""

    @property
    def so_far(self) -> int:
        """How many descriptors have come, for whoever waits."""
        return sum(map(len, self._descriptors.values())) + len(self._sockets) + sum(self._counts.values())

    def add(self, record: Record) -> None:
        """Puts one record in its place; one that cannot be understood becomes a problem."""
        if isinstance(record, RawDescriptor):
            self._add_raw_descriptor(record)
        elif isinstance(record, RawCount):
            if id(record.raw) not in self._looks:
                self._looks[id(record.raw)] = (record.raw, kind_name(kind_of(record.raw)))
            self._count(record.pid, record.tid, self._looks[id(record.raw)][1], record.number)
        elif isinstance(record, RawThread):
            self._add_thread(record)
        elif isinstance(record, RawHeldFile):
            self._files.setdefault(record.pid, []).append(held_file(record))
        elif isinstance(record, RawProcess):
            self._add_process(record)
        elif isinstance(record, RawTask):
            self._add_task(record)
        elif isinstance(record, RawEnded):
            self._ended[record.pid] = record
        elif isinstance(record, Unread):
            if record.what == "descriptors" and record.pid is not None:
                self._without_descriptors.add(record.pid)
                self.refused += record.errno in (EACCES, EPERM)
            self.problems.append(problem_of(record))

    def _add_raw_descriptor(self, record: RawDescriptor) -> None:
        if self._brief:
            self._count(record.pid, record.tid, kind_name(kind_of(record)), 1)
            return
        task, fd = record.tid or record.pid, record.fd
        if not self._everyone:
            self._links[task, fd] = record.link
        if record.open_file is not None:
            self.open_files[task][fd] = record.open_file
            if record.members is not None:
                self.members[task, fd] = record.members
        if record.link.startswith(_SOCKET):
            self._sockets.append(record)
        else:
            self._add_descriptor(record)

    def _count(self, pid: int, tid: int | None, kind: str, number: int) -> None:
        self._kinds[pid][kind] += number
        if tid is None:
            self._counts[pid] += number

    def _add_descriptor(self, raw: RawDescriptor) -> None:
        descriptor, problem = self._decoder.decode(raw)
        self._descriptors[raw.pid].append(descriptor)
        if problem is not None:
            self.problems.append(problem)

    def add_sockets(self, sockets: Sockets) -> None:
        """Puts the sockets in their place; asked about after all were seen, so that none is too new."""
        waiting, self._sockets = self._sockets, []
        for record in sockets.complete(waiting):
            if isinstance(record, RawDescriptor):
                self._add_descriptor(record)
            elif isinstance(record, Unread):
                self.problems.append(problem_of(record))

    def others(self, source: Source, sockets: Sockets, shown: Iterable[Held], pids: list[int]) -> Others:
        """What other processes hold that has to do with what is shown: one pass over their links.

        Everything is read of those at an end that was sought; of the others with a link that is shown, nothing.
        """
        sought, inodes = self._sought(shown)
        same_link: dict[bytes, list[Stranger]] = {link: [] for link in self._links.values() if link}
        found = Others(strangers={place: same_link[link] for place, link in self._links.items() if link})
        ends_at: list[Found] = []
        alike: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
        for record in source.links(pids, {*sought, *same_link, _EPOLL}):
            if isinstance(record, Unread):
                found.refused += record.errno in (EACCES, EPERM)
                continue
            if record.tid is None:
                alike[len(record.found), record.found[0], record.found[-1]].append(record.pid)
            for (fd, _), number in zip(record.found, record.open_files, strict=False):
                self.open_files[record.tid or record.pid][fd] = number
            for fd, link in record.found:
                if link in sought:
                    ends_at.append((record.pid, fd, record.tid, link))
                if link in same_link:
                    same_link[link].append((record.pid, fd, record.tid))
                if link == _EPOLL:
                    found.epolls.append((record.pid, fd, record.tid, link))

        doubles = self._doubles(alike.values())
        if doubles:
            ends_at = [one for one in ends_at if one[0] not in doubles]
            found.epolls = [one for one in found.epolls if one[0] not in doubles]
            for strangers in same_link.values():
                strangers[:] = [one for one in strangers if one[0] not in doubles]
        found.ends = self.read(source, sockets, ends_at, _meant(sought, inodes))
        if found.refused:
            told = f"of {found.refused} of {len(pids)} other processes: what they hold is not among the peers"
            self.problems.append(Problem(what=OTHERS, reason="permission-denied", detail=told))
        return found

    def _sought(self, shown: Iterable[Held]) -> tuple[dict[bytes, set[bytes]], dict[bytes, set[int | None]]]:
        """Links to the lines and to the inodes, of which those have one that are meant; None: any inode."""
        lines: defaultdict[bytes, set[bytes]] = defaultdict(set)
        inodes: defaultdict[bytes, set[int | None]] = defaultdict(set)
        for one in shown:
            for end in one.descriptor.ends():
                own = self._links[one.place]
                inodes[own].add(one.descriptor.inode)
                lines[own].add(end.line.encode())
                for link in map(original, end.links):
                    inodes[link].add(None)
                    lines[link].add(end.line.encode())
        return lines, inodes

    def _doubles(self, alike: Iterable[list[int]]) -> set[int]:
        """Of processes that may share a table all that do share it with one before: they hold the same."""
        groups = [pids for pids in alike if len(pids) > 1] if self._live else []
        return {pid for pids in groups for table in readers.shared_tables(pids) for pid in table[1:]}

    def read(
        self,
        source: Source,
        sockets: Sockets,
        places: list[Found],
        is_meant: Callable[[bytes, bytes], bool] | None = None,
    ) -> list[Held]:
        """Descriptors of other processes, whole; one that is gone by now is left out."""
        raws = [record for record in source.details(places, is_meant) if isinstance(record, RawDescriptor)]
        rest = [raw for raw in raws if not raw.link.startswith(_SOCKET)]
        found = []
        for record in (*rest, *sockets.complete(raw for raw in raws if raw.link.startswith(_SOCKET))):
            if isinstance(record, RawDescriptor):
                found.append(Held(record.pid, self.name(record.pid), decode(record, self._machine)[0]))
        return sorted(found, key=lambda one: one.place)

    def name(self, pid: int) -> str | None:
        """The name of any process."""
        name = self._machine.process_name(pid)
        return None if name is None else text(name)

    def process(self, raw: RawProcess, stat: tasks.Stat) -> Process:
        """A process alone, as its texts tell it, of which `stat` is one.

        Raises:
            ValueError, KeyError, IndexError: they are of another form.
        """
        found = tasks.process(raw, stat, self._boot_time, self._ticks_per_s, bare=self._bare)
        if found.uid is not None:
            found.user = user_name(found.uid)
        return found

    def _add_process(self, raw: RawProcess) -> None:
        try:
            stat = tasks.parse_stat(raw.stat)
            self._processes[raw.pid] = self.process(raw, stat)
            self._start_ticks[raw.pid] = stat.start_ticks
            if raw.maps and self._memory:
                self._files.setdefault(raw.pid, []).extend(tasks.shared_files(raw.maps))
            elif raw.maps:
                self.code[raw.pid] = tasks.Code(raw.maps)
        except STRANGE as error:
            self._processes.setdefault(raw.pid, Process(pid=raw.pid))
            self._strange(raw.pid, "process", error)

    def _add_task(self, raw: RawTask) -> None:
        self._threads.setdefault(raw.pid, []).append(tasks.brief_thread(raw))
        if raw.tid == raw.pid:
            process = self._processes[raw.pid] = tasks.brief_process(raw)
            process.user = None if process.uid is None else user_name(process.uid)
            self._ended[raw.pid] = RawEnded(raw.pid, raw.ended_voluntary, raw.ended_involuntary)

    def _add_thread(self, raw: RawThread) -> None:
        try:
            thread = tasks.thread(raw, self._architecture, self.code.get(raw.pid))
            if thread.cpu is not None:
                thread.cpu_socket = self._packages.get(thread.cpu)
        except STRANGE as error:
            thread = Thread(tid=raw.tid)
            self._strange(raw.pid, f"thread {raw.tid}", error)
        self._threads.setdefault(raw.pid, []).append(thread)

    def _strange(self, pid: int, what: str, error: Exception) -> None:
        self.problems.append(
            Problem(pid=pid, what=what, reason="not-understood", detail=f"{type(error).__name__}: {error}")
        )

    def processes(self, selected: Iterable[Selected]) -> list[Process]:
        """The processes, whole. One that is not the one that was selected is told and left out."""
        for one in selected:
            if one.start_ticks is not None and self._start_ticks.get(one.pid) not in (None, one.start_ticks):
                self.problems.append(Problem(pid=one.pid, what="process", reason="pid-reused"))
                del self._processes[one.pid]
        for pid, process in self._processes.items():
            process.threads = self._threads.get(pid, [])
            living = switches.total(thread.context_switches for thread in process.threads)
            process.context_switches = switches.with_ended(living, self._ended.get(pid))
            process.files = self._files.get(pid)
            if pid in self._without_descriptors:
                continue
            if self._brief:
                process.descriptor_kinds, process.descriptor_count = dict(self._kinds[pid]), self._counts[pid]
            else:
                process.descriptors = self._descriptors.get(pid, [])
                process.descriptors.sort(key=_place)
                if self._partly:  # what the kernel counts stays
                    continue
                process.descriptor_count = sum(one.tid is None for one in process.descriptors)
                kinds = Counter(map(type, process.descriptors))
                process.descriptor_kinds = {kind_name(kind): number for kind, number in kinds.items()}
        self.known = self._processes
        return [self._processes[pid] for pid in sorted(self._processes)]


def _meant(
    lines: Mapping[bytes, set[bytes]], inodes: Mapping[bytes, set[int | None]]
) -> Callable[[bytes, bytes], bool]:
    """Whether a descriptor with this link and fdinfo is one of those sought."""

    def is_meant(link: bytes, fdinfo: bytes) -> bool:
        wanted = inodes[link]
        if None not in wanted:  # two objects may have one link, as two memfds of one name have
            inode = inode_number(fdinfo)
            if inode is not None and inode not in wanted:
                return False
        return any(line in fdinfo for line in lines[link])

    return is_meant


def _place(descriptor: Descriptor) -> tuple[int, int]:
    return descriptor.tid or 0, descriptor.fd
