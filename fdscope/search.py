"""OBJECT to Holdings: who holds it. The other room where what the kernel said becomes what fdscope says."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from . import questions, sources, stages, tasks
from ._version import __version__
from .alone import Alone
from .answers import Asked, Holdings, Keep, Use
from .fdinfo import fields
from .kernel import places
from .kernel import processes as readers
from .kernel.machine import ProcMachine
from .kernel.mounts import Mounts, is_remote
from .kernel.root import Proc
from .kernel.sockdiag import AF_INET, AF_INET6, AF_UNIX, MPTCP, TCP, UDP, UDPLITE
from .kernel.sockets import Sockets, bound_file
from .kernel.source import ProcSource
from .kernel.users import user_name
from .kinds import decode, held_file
from .model import Problem, Process, kind_name
from .opening import opened
from .problems import OTHERS, problem_of
from .questions import OfDeleted, OfInode, OfLinks, OfMount, OfName, Question, Scene, SocketFile
from .raw import RawDescriptor, RawHeldFile, RawMount, RawPlace, RawSocket, RawStatus, Record, Unread
from .selection import UsageError, words_of
from .text import original, text
from .times import rfc3339
from .uses import SUBSTITUTES, count, in_order
from .vocabulary import is_late, is_of_peers, is_of_waits
from .wanted import (
    FORMS,
    Address,
    Deleted,
    Inode,
    Link,
    Path,
    PidFdOf,
    UnixSocket,
    Wanted,
    is_at,
    is_named,
    not_an_object,
    parse,
)
from .where import Expression
from .where import parse as parse_where

if TYPE_CHECKING:
    from .kernel.bpfsource import BpfSource

UNIX = (AF_UNIX, 0)
_OF_TCP = tuple((family, protocol) for protocol in (TCP, MPTCP) for family in (AF_INET, AF_INET6))
_OF_UDP = tuple((family, protocol) for protocol in (UDP, UDPLITE) for family in (AF_INET, AF_INET6))
PROTOCOLS = {"tcp": _OF_TCP, "udp": _OF_UDP, "": (*_OF_TCP, *_OF_UDP)}
"""The word before the colon to families and protocols."""

_STRANGE = (ValueError, KeyError, IndexError)
_MOST_PIDS = 8
_FILE_KINDS = {
    stat.S_IFREG: "regular",
    stat.S_IFDIR: "directory",
    stat.S_IFCHR: "char-device",
    stat.S_IFBLK: "block-device",
}


def who(
    objects: Iterable[str],
    *,
    proc: str = "/proc",
    timeout_s: float = 5.0,
    where: str | Expression | None = None,
) -> Holdings:
    """Who holds these objects, this process aside.

        >>> import subprocess, tempfile
        >>> from fdscope import who
        >>> with tempfile.NamedTemporaryFile() as file:
        ...     with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=file) as cat:
        ...         print([(use.pid == cat.pid, use.fd) for use in who([file.name]).uses])
        [(True, 1)]

    Args:
        objects: words of the forms in `wanted.FORMS`.
        proc: another proc file system.
        timeout_s: how long to wait, in seconds, for file systems that do not answer.
        where: only the uses of which this expression of `fdscope.where` is true. It may not ask for what takes a
            look at threads or at the other ends.

    Only links are read at first, and the rest of what may be meant. What could not be read is in `problems`.

    Raises:
        UsageError: a word is none of the forms, there is no word, `where` is no expression or asks for too much,
            or there is no such directory as `proc`.
    """
    words = list(dict.fromkeys(words_of(objects)))
    if not words:
        raise UsageError(f"who takes at least one object; the forms are: {FORMS}")
    asked = [parse(word) for word in words]
    meant = parse_where(where) if isinstance(where, str) else where
    if meant is not None:
        _must_be_plain(meant)
    began, clock = time.time(), time.monotonic()
    root = opened(proc)
    brief = meant is None and all(isinstance(one, (Address, UnixSocket)) for one in asked)
    with root, Sockets(root, brief=brief) as sockets:
        search = _Search(root, sockets, timeout_s, meant)
        found = search.answer(asked)
    found.taken_at, found.duration_s = rfc3339(began, digits=3), round(time.monotonic() - clock, 6)
    return found


def _must_be_plain(meant: Expression) -> None:
    """Raises UsageError if an expression asks for what is not found out about holders."""
    for word in meant.words:
        if is_late(word) or is_of_peers(word) or is_of_waits(word):
            raise UsageError(
                f"who does not find out '{word.name}': leave it out, or choose with fdscope --where, without who"
            )


class _Search:
    """One answer, while it is put together."""

    def __init__(self, root: Proc, sockets: Sockets, timeout_s: float, meant: Expression | None) -> None:
        self._root = root
        self._meant = meant
        self._alone = None if meant is None else Alone(root, meant)
        self._processes: dict[int, Process] = {}
        """Those of which something may be meant."""
        self._sockets = sockets
        self._timeout_s = timeout_s
        self._own = root.own_pid()
        self._mounts = Mounts(root)
        self._machine = ProcMachine(root, self._mounts, sockets)
        self._problems: list[Problem] = []
        self._uses: list[Use] = []
        self._keeps: list[Keep] = []
        self._found_sockets: dict[bytes, RawSocket] = {}
        self._seen: dict[str, set[bytes]] = {}
        self._by_link: defaultdict[bytes, list[Question]] = defaultdict(list)
        self._sieving: list[Question] = []

    def answer(self, asked: list[Wanted]) -> Holdings:
        """The whole answer; when it was begun is for the caller to say."""
        stages.begin("selection")
        pids = [pid for pid in self._root.pids() if pid != self._own]
        if self._root.hides_some():
            told = "of processes that are hidden: what they hold is not among the uses"
            self._problems.append(Problem(what=OTHERS, reason="permission-denied", detail=told))
        every = self._questions(asked, pids)
        stages.begin("descriptors")
        if any(question.links or not isinstance(question, OfLinks) for question in every):
            refused: list[Unread] = []
            if self._alone is not None:
                self._processes, refused = self._alone.meant(pids)
                pids = list(self._processes)
            self._look(every, pids, refused)
        self._finish(every)
        stages.begin("drawing")
        return Holdings(
            fdscope=__version__,
            taken_at="",
            duration_s=0.0,
            asked=[question.asked for question in every],
            uses=self._uses,
            keeps=self._keeps,
            reclaimable_bytes=self._reclaimable(),
            problems=self._problems,
        )

    def _reclaimable(self) -> int:
        """Space of the deleted files that are told, each counted once."""
        freed: dict[tuple[str | None, int | None], int] = {}
        for use in self._uses:
            thing = use.descriptor or use.file
            if use.frees_bytes is not None and thing is not None:
                freed[getattr(thing, "device", None), thing.inode] = use.frees_bytes
        return sum(freed.values())

    # what is asked

    def _questions(self, asked: list[Wanted], pids: list[int]) -> list[Question]:
        paths = [one for one in asked if isinstance(one, Path)]
        by_word = dict(zip([one.word for one in paths], self._places(paths), strict=True))
        scene = self._scene(pids) if any(isinstance(one, (Path, Inode, Deleted)) for one in asked) else None
        bound = self._bound(scene, by_word.values())
        found: list[Question] = []
        for one in asked:
            if isinstance(one, (Address, UnixSocket)):
                found.append(self._of_sockets(one))
            elif isinstance(one, Link):
                found.append(questions.of_link(one))
            elif isinstance(one, PidFdOf):
                found.append(questions.OfPidFds(one))
            elif scene is not None:
                found.append(self._of_files(one, scene, by_word, bound))
        return found

    def _of_files(
        self,
        wanted: Path | Inode | Deleted,
        scene: Scene,
        by_word: dict[str, RawPlace],
        bound: list[SocketFile],
    ) -> Question:
        if isinstance(wanted, Inode):
            return questions.of_inode(wanted, scene)
        if isinstance(wanted, Deleted):
            question: Question = OfDeleted(Asked(object=wanted.word, form="deleted"), scene)
            self._keep_deleted(question.asked)
            return question
        place = by_word[wanted.word]
        certain = not place.errno or places.is_gone(place.errno)
        if not certain:
            problem = problem_of(Unread(f"path {text(place.path)}", place.errno))
            self._problems.append(problem)
        question = questions.of_place(wanted, place, scene, bound, certain=certain)
        if isinstance(question, OfMount):
            self._keep_mount(question, scene)
        elif isinstance(question, OfInode):
            self._keep_file(question.asked, place)
        return question

    def _places(self, paths: list[Path]) -> list[RawPlace]:
        return places.places([one.path for one in paths], self._timeout_s) if paths else []

    def _scene(self, pids: list[int]) -> Scene:
        """The mounts that we see, and those that other processes see."""
        viewer = self._own or 1
        own = self._mounts.table(viewer)
        home = self._mount_namespace(viewer)
        tables: dict[int, dict[int, RawMount]] = {id(own): own}
        self._namespaces: dict[bytes, list[int]] = {}
        for pid in pids:
            namespace = self._mount_namespace(pid)
            if namespace is not None and namespace != home:
                self._namespaces.setdefault(namespace, []).append(pid)
            table = self._mounts.table(pid)
            tables.setdefault(id(table), table)
        strangers = frozenset(pid for members in self._namespaces.values() for pid in members)
        others = [table for table in tables.values() if table is not own]
        return Scene(own, others, strangers, lambda mount: is_remote(mount.type))

    def _mount_namespace(self, pid: int) -> bytes | None:
        link = self._root.link(b"%d/ns/mnt" % pid)
        return link if isinstance(link, bytes) else None

    # sockets

    def _of_sockets(self, wanted: Address | UnixSocket) -> Question:
        """Sockets are found in the kernel's tables, and their holders then by their links alone."""
        form: Literal["unix", "internet"] = "unix"
        if isinstance(wanted, UnixSocket):
            found = [one for one in self._sockets.everyone([UNIX]) if is_named(wanted, one.local)]
        else:
            form = "internet"
            everyone = self._sockets.everyone(PROTOCOLS[wanted.protocol])
            found = [
                one
                for one in everyone
                if is_at(wanted, one, self._sockets.is_here) and self._is_on(wanted.zone, one)
            ]
        links = [b"socket:[%d]" % one.inode for one in found]
        self._found_sockets.update(zip(links, found, strict=True))
        return OfLinks(
            Asked(object=wanted.word, form=form, sockets=len(set(links))), links, links_only=self._meant is None
        )

    def _is_on(self, zone: str, socket: RawSocket) -> bool:
        """Whether a socket is bound to the network interface of this name or index; any is, if there is none."""
        if not zone or zone == str(socket.interface):
            return True
        return bool(socket.interface) and self._sockets.interface(
            socket.net_namespace, socket.interface
        ) == original(zone)

    def _bound(self, scene: Scene | None, looked_up: Iterable[RawPlace]) -> list[SocketFile]:
        """The unix sockets that are bound to a file, where such a file may be meant."""
        kinds = {stat.S_IFMT(one.status.st_mode) for one in looked_up if one.status is not None}
        if scene is None or kinds.isdisjoint((stat.S_IFSOCK, stat.S_IFDIR)):
            return []
        found = []
        for one in self._sockets.everyone([UNIX]):
            file = bound_file(one)
            if file is not None:
                device, inode = file
                link, on = b"socket:[%d]" % one.inode, b"%d:%d" % (device >> 20, device & 0xFFFFF)
                found.append(SocketFile(link, on, inode, one.local.partition(b"\0")[0]))
        return found

    # the pass over all processes

    def _look(self, every: list[Question], pids: list[int], refused: list[Unread]) -> None:
        """Looks at these processes; what was `refused` is told with what else could not be read."""
        reads_files = [question for question in every if question.reads_files]
        slow = ProcSource(self._root, self._mounts, timeout_s=self._timeout_s, mapped=bool(reads_files))
        with contextlib.ExitStack() as stack:
            source = sources.searching(slow, self._root, self._mounts, stack, **self._narrowing(every))
            self._look_with(source, every, pids, reads_files, refused)

    def _narrowing(self, every: list[Question]) -> dict[str, Any]:
        """What all descriptors have in common that are asked about, for `sources.searching`."""
        links_only = all(question.links_only for question in every)
        inodes = {question.inode for question in every}
        types = {question.file_type for question in every}
        if links_only:  # of sockets, by their inodes
            links = {link for question in every for link in question.links}
            inodes, types = {self._found_sockets[link].inode for link in links}, {stat.S_IFSOCK}
        return {
            "links_only": links_only,
            "file_types": () if 0 in types else types,
            "inodes": () if 0 in inodes else inodes,
        }

    def _look_with(
        self,
        source: ProcSource | BpfSource,
        every: list[Question],
        pids: list[int],
        reads_files: list[Question],
        refused: list[Unread],
    ) -> None:
        links = self._sort_out(every)
        sieves = [question.may_take_link for question in self._sieving]
        within = [question.may_take_within for question in reads_files]
        files = [question.may_take_file for question in reads_files]

        def wanted(link: bytes) -> bool:
            return link in links or any(sieve(link) for sieve in sieves)

        if all(question.links_only for question in every):
            records: Iterable[Record] = self._by_links(source, pids)
        else:
            records = source.holders(
                pids,
                wanted if sieves else links.__contains__,
                within=(lambda mount: any(sieve(mount) for sieve in within)) if within else None,
                files=(lambda file: any(sieve(file) for sieve in files)) if files else None,
            )
        late: list[RawDescriptor] = []
        denied = list(refused)
        for record in records:
            if isinstance(record, RawDescriptor):
                if record.socket is None and record.link.startswith(b"socket:["):
                    late.append(record)
                else:
                    self._descriptor(record)
            elif isinstance(record, RawHeldFile):
                self._file(record, reads_files)
            elif isinstance(record, Unread):
                denied.append(record)
        for record in self._sockets.complete(late):
            if isinstance(record, RawDescriptor):
                self._descriptor(record)
            elif isinstance(record, Unread):
                denied.append(record)
        self._problems += [problem_of(one) for one in self._sockets.unread()]
        self._tell(denied, reads_files)

    def _sort_out(self, every: list[Question]) -> Collection[bytes]:
        """Puts each question where descriptors come by: at the links that it takes, or among those that sieve."""
        for question in every:
            for link in question.links:
                self._by_link[link].append(question)
        self._sieving = [question for question in every if not isinstance(question, OfLinks)]
        return frozenset(self._by_link)

    def _by_links(self, source: ProcSource | BpfSource, pids: list[int]) -> Iterator[Record]:
        """Holders of the sockets that were found, whose tables have told all: in fdinfo there is nothing more."""
        found, seen_from = self._found_sockets, self._sockets.seen_from
        for record in source.links(pids, found.keys()):
            if isinstance(record, Unread):
                yield record
            else:
                pid, tid = record.pid, record.tid
                for fd, link in record.found:
                    yield RawDescriptor(pid, fd, link, tid=tid, socket=seen_from(pid, found[link]))

    def _descriptor(self, raw: RawDescriptor) -> None:
        descriptor, problem = decode(raw, self._machine)
        takers = self._by_link.get(raw.link, [])
        for question in self._sieving:
            if question not in takers and question.may_take_link(raw.link) and question.takes(raw, descriptor):
                takers = [*takers, question]
        for question in takers:
            use = Use(
                asked=question.asked.object,
                pid=raw.pid,
                fd=raw.fd,
                tid=raw.tid,
                access=descriptor.access or ("rw" if raw.socket is not None else None),
                kind=kind_name(type(descriptor)),
                descriptor=descriptor,
            )
            if isinstance(question, OfDeleted):
                self._free(use, raw.status)
            self._uses.append(use)
            if raw.link[:1] != b"/":
                self._seen.setdefault(question.asked.object, set()).add(raw.link)
        if takers and problem is not None:
            self._problems.append(problem)

    def _file(self, raw: RawHeldFile, reads_files: list[Question]) -> None:
        for question in reads_files:
            if not (question.may_take_file(raw) and question.takes_file(raw)):
                continue
            mode = None if raw.status is None else stat.S_IFMT(raw.status.st_mode)
            use = Use(
                asked=question.asked.object,
                pid=raw.pid,
                role=raw.role,  # type: ignore[arg-type]  # one of the four, by raw.py
                kind=SUBSTITUTES[raw.role] if mode is None else _FILE_KINDS.get(mode),
                file=held_file(raw),
            )
            if isinstance(question, OfDeleted):
                self._free(use, raw.status)
            self._uses.append(use)

    def _free(self, use: Use, status: os.stat_result | RawStatus | None) -> None:
        if status is not None:
            use.frees_bytes = status.st_blocks * 512

    def _tell(self, unread: list[Unread], reads_files: list[Question]) -> None:
        """What could not be read, where it leaves a doubt: of each process one refusal stands for all.

        What ended meanwhile holds nothing, nor does a thread of the kernel or a zombie. A mapping that stat(2)
        was refused for has been told by what the table of mappings says.
        """
        refused: set[int | None] = set()
        for one in sorted(unread, key=lambda one: one.what != "descriptors"):
            problem = problem_of(one)
            if problem.reason == "vanished" or one.what.startswith("status of mapped"):
                continue
            if problem.reason == "permission-denied" and one.fd is None:
                if one.pid in refused or (one.pid is not None and self._holds_nothing(one.pid)):
                    continue
                refused.add(one.pid)
            self._problems.append(problem)

    def _holds_nothing(self, pid: int) -> bool:
        """Whether there is no doubt about a process that could not be read: it has ended, or can hold nothing."""
        stat = self._root.read(b"%d/stat" % pid)
        if isinstance(stat, Unread):
            return problem_of(stat).reason == "vanished"
        try:
            return _is_of_kernel_or_dead(tasks.parse_stat(stat))
        except _STRANGE:
            return False

    # at the end

    def _finish(self, every: list[Question]) -> None:
        """Adds whose the uses are, takes out those that are not meant, sorts them, and counts."""
        if self._meant is not None:
            self._uses = list(self._meant_of(self._meant))
        owners: dict[int, tuple[str | None, int | None] | None] = {}
        for use in self._uses:
            if use.pid not in owners:
                owners[use.pid] = self._owner(use.pid)
            owner = owners[use.pid]
            if owner is not None:
                use.process, use.uid = owner
                use.user = None if use.uid is None else user_name(use.uid)
        every_asked = [question.asked for question in every]
        self._uses = in_order((use for use in self._uses if owners[use.pid] is not None), every_asked)
        count(self._uses, every_asked)
        for question in every:
            asked = question.asked
            if asked.sockets is not None:
                asked.sockets_unclaimed = asked.sockets - len(self._seen.get(asked.object, ()))
            nothing = asked.uses_total == 0 and isinstance(question, OfName) and asked.missing
            if nothing and "/" not in asked.object and asked.object not in (".", ".."):
                raise not_an_object(asked.object)

    def _meant_of(self, meant: Expression) -> Iterator[Use]:
        for use in self._uses:
            held = use.descriptor or use.file
            if held is not None and meant.fits(self._processes[use.pid], held):
                yield use

    def _owner(self, pid: int) -> tuple[str | None, int | None] | None:
        """Name and effective user of a process; None: it is gone, or a thread of the kernel."""
        raw = readers.owner(self._root, pid)
        if raw is None:
            return None
        try:
            parsed = tasks.parse_stat(raw.stat)
            if _is_of_kernel_or_dead(parsed):
                return None
            uids = fields(raw.status).get(b"Uid", b"").split()
            return parsed.name, int(uids[1]) if len(uids) > 1 else None
        except _STRANGE as error:
            told = f"{type(error).__name__}: {error}"
            self._problems.append(Problem(pid=pid, what="process", reason="not-understood", detail=told))
            return None, None

    # what else keeps something busy

    def _keep_file(self, asked: Asked, place: RawPlace) -> None:
        """Swap and loop devices on one file, and what is mounted from a block device."""
        for keep in self._kernel_keeps(asked):
            if original(keep.name) == place.path:
                self._keeps.append(keep)
        if place.status is not None and stat.S_ISBLK(place.status.st_mode):
            device = questions.device_text(place.status.st_rdev)
            for mount in self._mounts.table(self._own or 1).values():
                if mount.device == device:
                    self._keeps.append(_keep(asked, "mounted", mount))

    def _keep_deleted(self, asked: Asked) -> None:
        """Loop devices and swap on files that are gone."""
        for keep in self._kernel_keeps(asked):
            if original(keep.name).endswith(questions.GONE):
                self._keeps.append(keep)

    def _keep_mount(self, question: OfMount, scene: Scene) -> None:
        """Mounts below, swap, loop devices, and copies that do not go when this mount goes."""
        asked, mount = question.asked, question.mount
        for number, other in scene.own.items():
            below = other.point != mount.point and questions.is_below(other.point, mount.point)
            if number != question.number and below:
                self._keeps.append(_keep(asked, "mount", other))
        for keep in self._kernel_keeps(asked):
            if scene.mount_of(original(keep.name).removesuffix(questions.GONE)) == question.number:
                self._keeps.append(keep)
        ours = places.propagation(self._root, self._own or 1).get(question.number, frozenset())
        for namespace, members in self._namespaces.items():
            groups = places.propagation(self._root, members[0])
            for number, other in self._mounts.table(members[0]).items():
                same = (other.device, other.root) == (mount.device, mount.root)
                if same and not (ours & groups.get(number, frozenset())):
                    copy = _keep(asked, "copy", other)
                    digits = namespace.partition(b"[")[2].rstrip(b"]")
                    copy.mount_namespace = int(digits) if digits.isdigit() else None
                    copy.pids = members[:_MOST_PIDS]
                    self._keeps.append(copy)

    def _kernel_keeps(self, asked: Asked) -> Iterator[Keep]:
        for path in places.swap_files(self._root):
            yield Keep(asked=asked.object, why="swap", name=text(path))
        for name, path in places.loop_devices(self._root):
            yield Keep(asked=asked.object, why="loop", name=text(path), source=f"/dev/{text(name)}")


def _is_of_kernel_or_dead(parsed: tasks.Stat) -> bool:
    return bool(parsed.flags & tasks.KERNEL_THREAD) or parsed.state in "ZX"


def _keep(asked: Asked, why: str, mount: RawMount) -> Keep:
    return Keep(
        asked=asked.object,
        why=why,
        name=text(mount.point),
        source=text(mount.source),
        filesystem=text(mount.type),
    )
