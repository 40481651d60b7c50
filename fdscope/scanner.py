"""Selection to Snapshot: the room where what the kernel said becomes what fdscope says."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from errno import EACCES, EINVAL, ENAMETOOLONG, ENOENT, ENOSYS, EOPNOTSUPP, EPERM, ESRCH, ETIMEDOUT

from . import host, iomodels, switches, tasks
from ._version import __version__
from .fdinfo import inode_number
from .kernel import processes as readers
from .kernel.load import load
from .kernel.machine import ProcMachine
from .kernel.mounts import Mounts
from .kernel.root import Proc
from .kernel.sameness import Sameness
from .kernel.sockets import Sockets
from .kernel.source import Found, ProcSource, Source
from .kernel.system import system
from .kernel.users import user_name
from .kinds import decode, held_file
from .links import UNKNOWN, Held, Links, Same, Stranger, held_by, objects
from .model import Descriptor, HeldFile, Object, Problem, Process, Snapshot, Thread
from .raw import Machine, RawDescriptor, RawHeldFile, RawProcess, RawThread, Record, Unread
from .selection import Candidate, Selected, UsageError, select
from .text import original, text
from .times import rfc3339

_REASONS = {
    EACCES: "permission-denied",
    EPERM: "permission-denied",
    ENOENT: "vanished",
    ESRCH: "vanished",
    ETIMEDOUT: "timed-out",
    ENAMETOOLONG: "too-long",
    ENOSYS: "unsupported",
    EOPNOTSUPP: "unsupported",
    EINVAL: "not-understood",
}
OTHERS = "descriptors of others"
"""The problem that the descriptors of other processes could not be read: peers may be missing."""

_MOMENT_S = 0.005
"""How long a task may take that has begun to close a file, and was perhaps interrupted."""
_SOCKET, _EPOLL = b"socket:", b"anon_inode:[eventpoll]"
_STRANGE = (ValueError, KeyError, IndexError)


def scan(
    targets: Iterable[str] = (),
    *,
    proc: str = "/proc",
    timeout_s: float = 5.0,
    mapped: bool = False,
    peers: bool = True,
    waits: bool = True,
    symbols: bool = False,
    threads: bool = True,
) -> Snapshot:
    """Looks once at the processes that `targets` name, or at all of them if there are none.

    Args:
        targets: pids, ``self``, and names (exact, else regular expressions).
        proc: another proc file system, or a recorded tree of one.
        timeout_s: how long to wait, in seconds, for file systems that do not answer.
        mapped: also list the files that memory is mapped from.
        peers: find out who is at the other ends, who shares open file descriptions and who watches, among all
            processes; this takes one pass over the links of the others.
        waits: tell what threads are stopped in, and by which I/O models descriptors are used.
        symbols: tell the functions that threads are stopped in, from the ELF files of their programs, which are
            opened for that; it takes pyelftools.
        threads: tell of threads, and of descriptor tables that they have of their own.

    What could not be read is in the snapshot's `problems`; a target that no process matches is one of them.
    The time taken grows with the descriptors of the processes that were selected and, for the sake of peers, a
    little with those of all others.

    Raises:
        UsageError: a target is no pid, name or regular expression, or there is no such directory as `proc`.
    """
    words = list(targets)
    began, clock = time.time(), time.monotonic()
    try:
        root = Proc(proc)
    except OSError as error:
        raise UsageError(f"cannot use '{proc}' as /proc: {error.strerror}") from None
    with root, Sockets(root) as sockets:
        raw_system = system(root)
        mounts = Mounts(root)
        machine = ProcMachine(root, mounts, sockets)
        gathering = _Gathering(
            machine, host.boot_time(raw_system.stat), host.package_of(raw_system), live=root.live
        )
        selected = _selected(root, words, gathering.problems) if words else None
        source: Source = ProcSource(root, mounts, timeout_s=timeout_s, mapped=mapped, waits=waits, threads=threads)
        for record in source.records(None if selected is None else [one.pid for one in selected]):
            gathering.add(record)
        gathering.add_sockets(sockets)
        found = gathering.processes(selected or ())
        joined = _links(root, source, sockets, gathering, found, everyone=selected is None, peers=peers)
        if symbols:
            _name_functions(root, mounts, gathering, found)
        if waits:
            iomodels.tell(found, machine.lock_blockers, gathering.name)
        busy = load(root) if selected is None else None
    return Snapshot(
        fdscope=__version__,
        taken_at=rfc3339(began, digits=3),
        duration_s=round(time.monotonic() - clock, 6),
        sources=[source.name],
        host=host.host(raw_system, busy),
        processes=found,
        objects=joined,
        problems=gathering.problems,
    )


def _name_functions(root: Proc, mounts: Mounts, gathering: _Gathering, found: Iterable[Process]) -> None:
    from .kernel.symbols import Symbols

    try:
        names = Symbols(root, mounts)
    except ImportError:
        raise UsageError("--symbols takes pyelftools: pip install 'fdscope[symbols]'") from None
    for process in found:
        code = gathering.code.get(process.pid)
        for thread in process.threads if code is not None else ():
            place = code.at(int(thread.program_counter, 16)) if code and thread.program_counter else None
            if place is not None:
                name = names.at(process.pid, *place)
                thread.symbol = None if name is None else text(name.encode("utf-8", "surrogateescape"))


def _links(
    root: Proc,
    source: Source,
    sockets: Sockets,
    gathering: _Gathering,
    found: list[Process],
    *,
    everyone: bool,
    peers: bool,
) -> list[Object]:
    """How what was found hangs together, and with what the other processes hold: told in `found`; the objects."""
    if root.live and (peers or everyone):
        sharing = readers.sharing_tables(root, [one.pid for one in found])
        for process in found:
            process.shares_table_with = sharing.get(process.pid)
    shown = held_by(found)
    if not peers:
        return objects(shown, {})
    sameness, others = Sameness(), _Others()
    if shown and not everyone:
        known = {one.pid for one in found}.union(*(one.shares_table_with or () for one in found))
        others = gathering.others(source, sockets, shown, [pid for pid in root.pids() if pid not in known])
    hidden = root.live and not root.sees_everyone()
    if hidden:
        told = (
            "of processes that are hidden, or outside of this pid namespace: what they hold is not among the peers"
        )
        gathering.problems.append(Problem(what=OTHERS, reason="permission-denied", detail=told))
    links = Links(
        shown,
        others.ends,
        others.strangers,
        gathering.name,
        Same(sameness.file_order, sameness.is_target, sameness.is_stale, sameness.place_among)
        if root.live
        else UNKNOWN,
        complete=not root.recorded,
        unread=bool(others.refused or gathering.refused or hidden),
        everyone=everyone,
    )
    kin = links.kin().union(one.parent_pid for one in found if one.parent_pid)
    links.watch(gathering.read(source, sockets, [epoll for epoll in others.epolls if epoll[0] in kin]))
    if links.suspects:
        time.sleep(_MOMENT_S)
    links.tell()
    for process in found:
        shown_too = [
            pid for pid in process.shares_table_with or () if pid < process.pid and pid in gathering.known
        ]
        if shown_too:
            _copy_links(process, gathering.known[min(shown_too)])
    if sameness.refused is not None:
        gathering.problems.append(problem_of(sameness.refused))
    return links.objects()


_LINKED = "open_file shared_with shared_total peers peers_total other_end watched_by watched_total".split()


def _copy_links(process: Process, same: Process) -> None:
    """Tells of the descriptors of a process what was found of the table that it shares."""
    known = {one.fd: one for one in same.descriptors or () if one.tid is None}
    for descriptor in process.descriptors or ():
        twin = known.get(descriptor.fd)
        if descriptor.tid is None and twin is not None and twin.object == descriptor.object:
            for name in _LINKED:
                setattr(descriptor, name, getattr(twin, name))
            for own, known_of in zip(descriptor.registrations(), twin.registrations(), strict=False):
                own.stale, own.held_as = known_of.stale, known_of.held_as


def _selected(root: Proc, words: list[str], problems: list[Problem]) -> list[Selected]:
    selected, unmatched = select(words, lambda: _candidates(root), root.own_pid())
    for word in unmatched:
        problems.append(Problem(what="process", reason="no-such-process", detail=f"no process is called '{word}'"))
    found = {}
    for one in selected:
        leader = readers.leader(root, one.pid)
        if leader is None:
            problems.append(Problem(pid=one.pid, what="process", reason="no-such-process"))
        elif leader != one.pid:
            told = f"{one.pid} is a thread of process {leader}, which is shown"
            problems.append(Problem(pid=one.pid, what="process", reason="no-such-process", detail=told))
            found[leader] = Selected(leader)
        else:
            found[one.pid] = one
    return list(found.values())


def _candidates(root: Proc) -> list[Candidate]:
    found = []
    for pid, stat, command in readers.identities(root):
        try:
            parsed = tasks.parse_stat(stat)
        except _STRANGE:
            continue
        found.append(Candidate(pid, parsed.name, tasks.parse_command(command), parsed.start_ticks))
    return found


def problem_of(unread: Unread) -> Problem:
    """An errno of the kernel as a reason that people know."""
    reason = _REASONS.get(unread.errno, "failed")
    return Problem(
        pid=unread.pid,
        fd=unread.fd,
        what=unread.what,
        reason=reason,
        detail=unread.detail or (os.strerror(unread.errno) if reason == "failed" else None),
    )


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


class _Others:
    """What other processes hold that has to do with what is shown."""

    def __init__(self, strangers: dict[tuple[int, int], list[Stranger]] | None = None) -> None:
        self.ends: list[Held] = []
        self.strangers = strangers or {}
        self.epolls: list[Found] = []
        self.refused = 0
        """Processes that could not be read for want of a right."""


class _Gathering:
    """Records in any order, gathered by process."""

    def __init__(
        self, machine: Machine, boot_time: int | None, packages: Mapping[int, int], *, live: bool
    ) -> None:
        self.problems: list[Problem] = []
        self._live = live
        self._machine = machine
        self._boot_time = boot_time
        self._packages = packages
        self._architecture = os.uname().machine
        self._ticks_per_s = os.sysconf("SC_CLK_TCK")
        self._processes: dict[int, Process] = {}
        self._start_ticks: dict[int, int] = {}
        self.code: dict[int, tasks.Code] = {}
        self._threads: dict[int, list[Thread]] = {}
        self._descriptors: defaultdict[int, list[Descriptor]] = defaultdict(list)
        self._files: dict[int, list[HeldFile]] = {}
        self._without_descriptors: set[int] = set()
        self._sockets: list[RawDescriptor] = []
        self._links: dict[tuple[int, int], bytes] = {}
        self.known: dict[int, Process] = {}
        self.refused = 0
        """Processes whose descriptors could not be read for want of a right."""

    def add(self, record: Record) -> None:
        """Puts one record in its place; one that cannot be understood becomes a problem."""
        if isinstance(record, RawDescriptor):
            self._links[record.tid or record.pid, record.fd] = record.link
            if record.link.startswith(_SOCKET):
                self._sockets.append(record)
            else:
                self._add_descriptor(record)
        elif isinstance(record, RawThread):
            self._add_thread(record)
        elif isinstance(record, RawHeldFile):
            self._files.setdefault(record.pid, []).append(held_file(record))
        elif isinstance(record, RawProcess):
            self._add_process(record)
        elif isinstance(record, Unread):
            if record.what == "descriptors" and record.pid is not None:
                self._without_descriptors.add(record.pid)
                self.refused += record.errno in (EACCES, EPERM)
            self.problems.append(problem_of(record))

    def _add_descriptor(self, raw: RawDescriptor) -> None:
        descriptor, problem = decode(raw, self._machine)
        self._descriptors[raw.pid].append(descriptor)
        if problem is not None:
            self.problems.append(problem)

    def add_sockets(self, sockets: Sockets) -> None:
        """Puts the sockets in their place; asked about after all were seen, so that none is too new."""
        for record in sockets.complete(self._sockets):
            if isinstance(record, RawDescriptor):
                self._add_descriptor(record)
            elif isinstance(record, Unread):
                self.problems.append(problem_of(record))

    def others(self, source: Source, sockets: Sockets, shown: Iterable[Held], pids: list[int]) -> _Others:
        """What other processes hold that has to do with what is shown: one pass over their links.

        Everything is read of those at an end that was sought; of the others with a link that is shown, nothing.
        """
        sought, inodes = self._sought(shown)
        same_link: dict[bytes, list[Stranger]] = {link: [] for link in self._links.values() if link}
        found = _Others(strangers={place: same_link[link] for place, link in self._links.items() if link})
        ends_at: list[Found] = []
        alike: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
        for record in source.links(pids, {*sought, *same_link, _EPOLL}):
            if isinstance(record, Unread):
                found.refused += record.errno in (EACCES, EPERM)
                continue
            if record.tid is None:
                alike[len(record.found), record.found[0], record.found[-1]].append(record.pid)
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
                found.append(Held.of(record.pid, self.name(record.pid), decode(record, self._machine)[0]))
        return sorted(found, key=lambda one: one.place)

    def name(self, pid: int) -> str | None:
        """The name of any process."""
        name = self._machine.process_name(pid)
        return None if name is None else text(name)

    def _add_process(self, raw: RawProcess) -> None:
        try:
            stat = tasks.parse_stat(raw.stat)
            process = tasks.process(raw, stat, self._boot_time, self._ticks_per_s)
            self._start_ticks[raw.pid] = stat.start_ticks
            if raw.maps:
                self.code[raw.pid] = tasks.Code(raw.maps)
        except _STRANGE as error:
            process = Process(pid=raw.pid)
            self._strange(raw.pid, "process", error)
        if process.uid is not None:
            process.user = user_name(process.uid)
        self._processes[raw.pid] = process

    def _add_thread(self, raw: RawThread) -> None:
        try:
            thread = tasks.thread(raw, self._architecture, self.code.get(raw.pid))
            if thread.cpu is not None:
                thread.cpu_socket = self._packages.get(thread.cpu)
        except _STRANGE as error:
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
            process.context_switches = switches.total(thread.context_switches for thread in process.threads)
            process.files = self._files.get(pid)
            if pid not in self._without_descriptors:
                process.descriptors = self._descriptors.get(pid, [])
                process.descriptors.sort(key=_place)
                process.descriptor_count = sum(one.tid is None for one in process.descriptors)
        self.known = self._processes
        return [self._processes[pid] for pid in sorted(self._processes)]


def _place(descriptor: Descriptor) -> tuple[int, int]:
    return descriptor.tid or 0, descriptor.fd
