"""Who held an object, as a snapshot tells it: what search.py finds on a machine, found in what was kept. Pure.

What is not in a snapshot is not known: symbolic links, sockets that no process holds, mounts through which no
descriptor was opened, and, if it was taken without ``--mapped``, files that memory is mapped from.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Literal, NamedTuple

from ._version import __version__
from .answers import Asked, Holdings, Use
from .kinds._file import Device, File
from .kinds._socket import InternetSocket, OpenSocket
from .kinds.memfd import MemFd
from .kinds.unix import Unix
from .model import Descriptor, HeldFile, Problem, Process, Snapshot, kind_name
from .problems import OTHERS
from .raw import RawSocket
from .selection import UsageError
from .text import original
from .uses import SUBSTITUTES, count, in_order
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

Identity = tuple[str | None, int | None]
"""Device and inode."""

_IDLE = frozenset({"zombie", "dead"})
_OF_PROTOCOL = {"tcp": ("tcp",), "udp": ("udp", "udplite"), "": ("tcp", "udp", "udplite")}
_OF_FILES = ("cwd", "root", "exe", "maps")


class Question(NamedTuple):
    """An object that was asked about, and what of a process is one of its uses."""

    asked: Asked
    takes: Callable[[Process, Descriptor], bool]
    takes_file: Callable[[Process, HeldFile], bool] = lambda *_: False


def who(kept: Snapshot, objects: Iterable[str], where: Expression | None = None) -> Holdings:
    """Who of the processes of a snapshot held these objects.

    Args:
        kept: the snapshot.
        objects: words of the forms in `wanted.FORMS`; paths must be whole ones.
        where: of what they hold only that for which it is true.

    Raises:
        UsageError: a word is none of the forms, or there is no word.
    """
    words = list(dict.fromkeys(objects))
    if not words:
        raise UsageError(f"who takes at least one object; the forms are: {FORMS}")
    scene = Scene(kept)
    questions = [scene.question(parse(word)) for word in words]
    uses = []
    for process in kept.processes:
        if not process.kernel_thread and process.state not in _IDLE:
            for use in _uses_of(process, questions):
                held = use.descriptor or use.file
                if where is None or (held is not None and where.fits(process, held)):
                    uses.append(use)
    asked = [question.asked for question in questions]
    count(uses, asked)
    freed = {_identity(use.descriptor or use.file): use.frees_bytes for use in uses if use.frees_bytes is not None}
    return Holdings(
        fdscope=__version__,
        taken_at=kept.taken_at,
        duration_s=kept.duration_s,
        asked=asked,
        uses=in_order(uses, asked),
        keeps=[],
        reclaimable_bytes=sum(freed.values()),
        problems=_problems(kept, asked),
    )


def _uses_of(process: Process, questions: list[Question]) -> Iterator[Use]:
    known: dict[str, Any] = {"pid": process.pid, "process": process.name, "uid": process.uid, "user": process.user}
    for question in questions:
        word, frees = question.asked.object, question.asked.form == "deleted"
        for one in process.descriptors or ():
            if question.takes(process, one):
                yield Use(
                    asked=word,
                    fd=one.fd,
                    tid=one.tid,
                    access=one.access or ("rw" if isinstance(one, OpenSocket) else None),
                    kind=kind_name(type(one)),
                    frees_bytes=getattr(one, "allocated_bytes", None) if frees else None,
                    descriptor=one,
                    **known,
                )
        for file in process.files or ():
            if question.takes_file(process, file):
                yield Use(
                    asked=word,
                    role=file.role,
                    kind=SUBSTITUTES[file.role],
                    frees_bytes=file.allocated_bytes if frees else None,
                    file=file,
                    **known,
                )


def _problems(kept: Snapshot, asked: list[Asked]) -> list[Problem]:
    """What could not be read when the snapshot was taken, where it leaves a doubt: of each process one."""
    about: tuple[str, ...] = ("descriptors", "sockets of network namespace")
    if any(one.form in ("file", "below", "mount", "deleted") for one in asked):
        about = (*about, *_OF_FILES)
    found: dict[object, Problem] = {}
    for one in sorted(kept.problems, key=lambda one: one.what != "descriptors"):
        if one.what.startswith(about) and one.what != OTHERS and one.reason != "vanished":
            found.setdefault(one.what if one.pid is None else one.pid, one)
    return list(found.values())


def _identity(held: Descriptor | HeldFile | None) -> Identity:
    return (None, None) if held is None else (held.device, held.inode)


def _is_path(one: Descriptor) -> bool:
    """Whether its name is a path; that of a memfd may look like one."""
    return (one.name or "").startswith("/") and not isinstance(one, MemFd)


def _is_below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip("/") + "/")


class Scene:
    """What of the machine the answers need, as far as a snapshot tells it."""

    def __init__(self, kept: Snapshot) -> None:
        self._processes = kept.processes
        self._home = _home(kept.processes)
        at_home = [one for one in kept.processes if not self._is_stranger(one)]
        self._held = [one for process in at_home for one in process.descriptors or ()]
        self._files = [one for process in at_home for one in process.files or ()]
        self._devices = {one.device for one in self._held if isinstance(one, File) and one.mount_point}
        self._devices |= {one.device for one in self._files if one.role in ("cwd", "root")}
        self._mounts = {one.mount_id for one in self._held}

    def question(self, wanted: Wanted) -> Question:
        """What is a use of an object.

        Raises:
            UsageError: it is a path that only this machine, or nobody, could follow.
        """
        if isinstance(wanted, Path):
            return self._of_path(wanted)
        if isinstance(wanted, Inode):
            asked = Asked(object=wanted.word, form="file", device=wanted.device, inode=wanted.inode)
            return self._of_identities(asked, {(wanted.device, wanted.inode)})
        if isinstance(wanted, Deleted):
            return self._of_deleted(Asked(object=wanted.word, form="deleted"))
        if isinstance(wanted, (Address, UnixSocket)):
            return self._of_sockets(wanted)
        if isinstance(wanted, PidFdOf):
            pid = wanted.pid
            asked = Asked(object=wanted.word, form="pidfd")
            return Question(asked, lambda _, one: getattr(one, "target_pid", None) == pid)
        return _of_link(wanted)

    def _is_stranger(self, process: Process) -> bool:
        """Whether a process lives in another mount namespace than most do, and may see other files by a name."""
        return self._home is not None and (process.namespaces or {}).get("mnt", self._home) != self._home

    # files

    def _of_path(self, wanted: Path) -> Question:
        if not wanted.word.startswith("/"):
            if "/" not in wanted.word:
                raise not_an_object(wanted.word)
            raise UsageError(
                f"'{wanted.word[:60]}' begins at a directory of this machine: with --from, give the whole path"
            )
        path = "/" + os.path.normpath(wanted.word).lstrip("/")
        asked = Asked(object=wanted.word, form="below" if wanted.below else "file", name=path)
        if wanted.below:
            return self._below(asked, path)
        opened = [one for one in self._held if isinstance(one, File) and one.mount_point == path]
        if opened:
            return self._of_mount(asked, path, opened)
        named = [one for one in self._held if _is_path(one) and one.name == path and not _is_deleted(one)]
        files = [one for one in self._files if one.name == path and not one.deleted]
        bound = [one for one in self._held if isinstance(one, Unix) and one.path == path and not one.abstract]
        identities = {_identity(one) for one in named} | {_identity(one) for one in files}
        identities |= {(one.path_device, one.path_inode) for one in bound}
        identities.discard((None, None))
        if not identities:
            return Question(
                asked,
                lambda _, one: (_is_path(one) and one.name == path) or one in bound,
                lambda _, file: file.name == path,
            )
        if len(identities) == 1:
            ((asked.device, asked.inode),) = identities
        is_directory = any(kind_name(type(one)) == "directory" for one in named)
        asked.directory = is_directory or any(one.role in ("cwd", "root") for one in files) or None
        return self._of_identities(asked, identities, {_node(one) for one in named} - {None}, bound)

    def _of_identities(
        self,
        asked: Asked,
        identities: set[Identity],
        nodes: Collection[tuple[str, str] | None] = (),
        bound: Iterable[Descriptor] = (),
    ) -> Question:
        """By device and inode; of a node also by its device, of a socket by the file that it is bound to.

        A mapping of which stat(2) was refused has nothing but its name.
        """
        sockets = {one.inode for one in bound}
        names = {one.name for one in self._held if _is_path(one) and _identity(one) in identities}
        names |= {one.name for one in self._files if _identity(one) in identities and not one.deleted}

        def takes(_: Process, one: Descriptor) -> bool:
            if isinstance(one, Unix):
                return one.inode in sockets or (bool(sockets) and (one.path_device, one.path_inode) in identities)
            if not _is_path(one):
                return False
            return _identity(one) in identities or (_node(one) is not None and _node(one) in nodes)

        def takes_file(process: Process, file: HeldFile) -> bool:
            if file.inode is not None:
                return _identity(file) in identities
            return file.name in names and not self._is_stranger(process)

        return Question(asked, takes, takes_file)

    def _below(self, asked: Asked, path: str) -> Question:
        """By the name; in another mount namespace, where it may mean another file, also by the device.

        Of a socket it is the name of the file that it is bound to.
        """

        def takes(process: Process, held: Descriptor | HeldFile) -> bool:
            if not _is_below(held.name or "", path):
                return False
            return not self._is_stranger(process) or held.device in self._devices

        def takes_descriptor(process: Process, one: Descriptor) -> bool:
            if isinstance(one, Unix):
                is_bound = one.path_device is not None and not one.abstract
                return is_bound and _is_below(one.path or "", path)
            return _is_path(one) and takes(process, one)

        return Question(asked, takes_descriptor, takes)

    def _of_mount(self, asked: Asked, path: str, opened: list[File]) -> Question:
        """By the mount id; of other namespaces, and of what is held without a descriptor, by the device."""
        mounts, devices = {one.mount_id for one in opened}, {one.device for one in opened}
        points = {one.mount_point for one in self._held if isinstance(one, File) and one.mount_point}
        inner = [point for point in points if point != path and _is_below(point, path)]
        first = opened[0]
        asked.form, asked.mount_id = "mount", first.mount_id
        asked.filesystem, asked.source = first.filesystem, first.source

        def is_apart(name: str) -> bool:
            return any(_is_below(name, point) for point in inner)

        def takes(process: Process, one: Descriptor) -> bool:
            if one.mount_id in mounts or (isinstance(one, Unix) and one.path_device in devices):
                return True
            return one.mount_id not in self._mounts and one.device in devices

        def takes_file(process: Process, file: HeldFile) -> bool:
            if self._is_stranger(process):
                return file.device in devices
            name = file.name or ""
            return _is_below(name, path) and (
                file.device in devices or (file.device is None and not is_apart(name))
            )

        return Question(asked, takes, takes_file)

    def _of_deleted(self, asked: Asked) -> Question:
        """Files of the kernel's own mounts, as memory that is shared without a file, never had a name."""

        def is_nameless(name: str, device: str | None) -> bool:
            return (name.count("/") == 1 or name == "/dev/zero") and device not in self._devices

        def takes(_: Process, one: Descriptor) -> bool:
            in_mount = isinstance(one, File) and one.mount_point is not None
            return _is_deleted(one) and (in_mount or not is_nameless(one.name or "", one.device))

        return Question(
            asked,
            takes,
            lambda _, file: file.deleted is True and not is_nameless(file.name or "", file.device),
        )

    # sockets

    def _of_sockets(self, wanted: Address | UnixSocket) -> Question:
        form: Literal["unix", "internet"] = "unix" if isinstance(wanted, UnixSocket) else "internet"
        here: defaultdict[int | None, set[bytes]] = defaultdict(set)

        def is_meant(one: Descriptor) -> bool:
            if isinstance(wanted, UnixSocket):
                return isinstance(one, Unix) and one.state is not None and is_named(wanted, _name(one))
            if not isinstance(one, InternetSocket) or kind_name(type(one)) not in _OF_PROTOCOL[wanted.protocol]:
                return False
            if wanted.zone and wanted.zone != one.interface:
                return False
            return bool(one.local_port or one.remote_port) and is_at(
                wanted, _raw(one), lambda namespace, address: address in here[namespace] or _is_loopback(address)
            )

        every = [one for process in self._processes for one in process.descriptors or ()]
        if isinstance(wanted, Address) and wanted.address:
            for one in every:
                if isinstance(one, InternetSocket) and one.local_address:
                    here[one.net_namespace].add(_packed(one.local_address))
        meant = {one.inode for one in every if is_meant(one)}
        asked = Asked(object=wanted.word, form=form, sockets=len(meant) or None)
        if meant:
            asked.sockets_unclaimed = 0
        return Question(asked, lambda _, one: isinstance(one, OpenSocket) and one.inode in meant)


def _home(processes: Iterable[Process]) -> int | None:
    """The mount namespace of the first process, else the one that most live in; None: none is told."""
    told = {one.pid: one.namespaces["mnt"] for one in processes if one.namespaces and "mnt" in one.namespaces}
    most = Counter(told.values()).most_common(1)
    return told.get(1, most[0][0] if most else None)


def _is_deleted(one: Descriptor) -> bool:
    return getattr(one, "deleted", None) is True


def _node(one: Descriptor) -> tuple[str, str] | None:
    """The device that a node stands for: every node of it means the same."""
    number = one.device_number if isinstance(one, Device) else None
    return None if number is None else (_sort(one), number)


def _sort(one: Descriptor) -> str:
    return "block" if kind_name(type(one)) == "block-device" else "character"


def _of_link(wanted: Link) -> Question:
    link = wanted.link.decode("ascii")
    asked = Asked(object=wanted.word, form="link", name=link)
    return Question(asked, lambda _, one: one.object == link and one.name == link)


def _name(socket: Unix) -> bytes:
    """Its name as the kernel has it."""
    name = original(socket.path or "")
    return b"\0" + name[1:] if socket.abstract else name


def _raw(socket: InternetSocket) -> RawSocket:
    """Its addresses and ports as the kernel has them."""
    return RawSocket(
        socket.inode or 0,
        family=0,
        type=0,
        protocol=0,
        state=0,
        net_namespace=socket.net_namespace or 0,
        local=_packed(socket.local_address),
        local_port=socket.local_port or 0,
        remote=_packed(socket.remote_address),
        remote_port=socket.remote_port or 0,
    )


def _packed(address: str | None) -> bytes:
    """An address in bytes; empty, where there is none."""
    import ipaddress

    try:
        return ipaddress.ip_address(address or "").packed
    except ValueError:
        return b""


def _is_loopback(address: bytes) -> bool:
    return address[:1] == b"\x7f" if len(address) == 4 else address == b"\0" * 15 + b"\x01"
