"""Which descriptors and files answer to each form of OBJECT? Pure: it knows no kind and reads nothing.

A question sieves three times, so that little has to be read: by the link, by the mount, and by all that was read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from .answers import Asked
from .model import Descriptor
from .raw import RawDescriptor, RawHeldFile, RawMount, RawPlace, RawStatus
from .text import text
from .wanted import Inode, Link, Path, PidFdOf

GONE = b" (deleted)"
_PIDFDS = (b"anon_inode:[pidfd]", b"pidfd:")


class Scene:
    """The mounts of the machine, as far as questions about files need them."""

    def __init__(
        self,
        own: dict[int, RawMount],
        others: Iterable[dict[int, RawMount]],
        strangers: Collection[int],
        may_wait: Callable[[RawMount], bool],
    ) -> None:
        self.may_wait = may_wait
        """Whether files of a mount are kept by a server, which may have stopped to answer."""
        self.own = own
        """The mounts that we see, by id. The ids are those of the whole machine."""
        self._own_mounts = frozenset(own.values())
        self.tables = [own, *others]
        self._strangers = strangers
        self.devices = frozenset(mount.device for table in self.tables for mount in table.values())

    def is_ours(self, mount: RawMount | None) -> bool:
        """Whether a mount, or one just like it, is among those that we see."""
        return mount in self._own_mounts

    def is_stranger(self, pid: int) -> bool:
        """Whether a process lives in another mount namespace than we."""
        return pid in self._strangers

    def mount_of(self, path: bytes) -> int | None:
        """The mount that an absolute path of ours lies in."""
        best, longest = None, -1
        for number, mount in self.own.items():
            if len(mount.point) >= longest and is_below(path, mount.point):
                best, longest = number, len(mount.point)
        return best

    def elsewhere(self, device: bytes, inside: bytes) -> set[bytes]:
        """Every path under which somebody sees what lies at `inside` in the file system of `device`, or below."""
        found = set()
        for table in self.tables:
            for mount in table.values():
                if mount.device == device and is_below(inside, mount.root):
                    rest = inside[len(mount.root.rstrip(b"/")) :]
                    found.add((mount.point.rstrip(b"/") + rest) or b"/")
                elif mount.device == device and is_below(mount.root, inside):
                    found.add(mount.point)
        return found


def is_below(path: bytes, directory: bytes) -> bool:
    """Whether a path is this directory or lies below it."""
    bare = directory.rstrip(b"/")
    return path == directory or path.startswith(bare + b"/")


def inside(mount: RawMount, path: bytes) -> bytes | None:
    """Where a path lies in the file system that is mounted; None: the mount does not hold it."""
    if not is_below(path, mount.point):
        return None
    return mount.root.rstrip(b"/") + path[len(mount.point.rstrip(b"/")) :] or b"/"


def device_text(number: int) -> bytes:
    """``8:1`` for a dev_t of stat(2)."""
    return b"%d:%d" % (os.major(number), os.minor(number))


def device_of_maps(word: bytes) -> bytes:
    """``254:1`` for the ``fe:01`` of proc_pid_maps(5)."""
    major, _, minor = word.partition(b":")
    try:
        return b"%d:%d" % (int(major, 16), int(minor, 16))
    except ValueError:
        return b""


class Question:
    """One object that was asked about. By itself it takes nothing."""

    links: frozenset[bytes] = frozenset()
    """Whole links that it takes for sure."""
    reads_files = False
    """Whether it also takes what is held without a descriptor."""
    inode = 0
    """The inode number that each descriptor has that it takes, as the kernel itself knows it; 0: any may be."""
    file_type = 0
    """Likewise its S_IFMT of inode(7)."""
    links_only = False
    """Whether the link is all that it needs."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    def may_take_link(self, link: bytes) -> bool:
        """Whether a descriptor with this link may be meant."""
        return link in self.links

    def may_take_within(self, mount: RawMount | None) -> bool:
        """Whether a path that was opened through this mount may be meant."""
        return True

    def may_take_file(self, file: RawHeldFile) -> bool:
        """Whether something held without a descriptor may be meant, told by all but its status."""
        return False

    def takes(self, raw: RawDescriptor, descriptor: Descriptor) -> bool:
        """Whether a descriptor that passed the sieves is meant."""
        return self.may_take_link(raw.link)

    def takes_file(self, file: RawHeldFile) -> bool:
        """Whether a file that passed the sieve is meant."""
        return self.may_take_file(file)


class OfLinks(Question):
    """Objects whose links are known: sockets, and what was asked about by its link."""

    def __init__(self, asked: Asked, links: Iterable[bytes], *, links_only: bool = False) -> None:
        super().__init__(asked)
        self.links = frozenset(links)
        self.links_only = links_only


class OfPidFds(Question):
    """Pidfds that refer to one process."""

    def __init__(self, wanted: PidFdOf) -> None:
        super().__init__(Asked(object=wanted.word, form="pidfd"))
        self._pid = wanted.pid

    def may_take_link(self, link: bytes) -> bool:
        """Of a pidfd only fdinfo tells whose it is."""
        return link.startswith(_PIDFDS)

    def takes(self, raw: RawDescriptor, descriptor: Descriptor) -> bool:
        """Whether it refers to that process."""
        return getattr(descriptor, "target_pid", None) == self._pid


# File systems whose stat(2) tells the number of the inode itself; that of an overlayfs may be another's.
_PLAIN = frozenset(b"ext2 ext3 ext4 f2fs ramfs tmpfs devtmpfs xfs".split())


class OfPaths(Question):
    """What all questions about files share."""

    reads_files = True

    def may_take_link(self, link: bytes) -> bool:
        """Any path: a file may have been opened by another name."""
        return link[:1] == b"/"


class SocketFile(NamedTuple):
    """A unix socket that is bound to a file."""

    link: bytes
    device: bytes
    inode: int
    """As much of the number as the kernel tells: 32 bits."""
    name: bytes
    """As bind(2) was given it: where that was a relative path, nobody can say where it is."""


class OfInode(OfPaths):
    """One file, under whatever name it is held; of a device node also every other node of the device."""

    def __init__(
        self,
        asked: Asked,
        device: bytes,
        inode: int,
        scene: Scene,
        *,
        place: RawPlace | None = None,
        mount: RawMount | None = None,
        sockets: Iterable[bytes] = (),
    ) -> None:
        super().__init__(asked)
        self._device, self._inode = device, inode
        self._mount, self._scene = mount, scene
        status = None if place is None else place.status
        mode = 0 if status is None else status.st_mode
        self._node = (stat.S_IFMT(mode), status.st_rdev) if status and _is_device(mode) else None
        self.links = frozenset(sockets)
        if self._node is not None:
            self.file_type = self._node[0]
        elif not self.links and mount is not None and mount.type in _PLAIN:
            self.inode = inode

    def may_take_link(self, link: bytes) -> bool:
        """Any path, and the sockets that are bound to the file."""
        return link[:1] == b"/" or link in self.links

    def may_take_within(self, mount: RawMount | None) -> bool:
        """Only the file system that the file is in, if that is known; a server is never asked for another's."""
        if mount is None or self._node is not None:
            return True
        if self._mount is None:  # the device of stat(2) need not be that of the mount, as with btrfs
            return mount.device == self._device or not self._scene.may_wait(mount)
        return mount.device == self._mount.device

    def may_take_file(self, file: RawHeldFile) -> bool:
        """A mapping by its inode; of others the path proves nothing."""
        if file.role == "mapped":
            return file.inode == self._inode or (self._node is not None and file.link.startswith(b"/dev/"))
        mount = file.mount
        return self.may_take_within(mount) or mount is None or not self._scene.may_wait(mount)

    def takes(self, raw: RawDescriptor, descriptor: Descriptor) -> bool:
        """By device and inode."""
        return raw.link in self.links or self._is_it(raw.status)

    def takes_file(self, file: RawHeldFile) -> bool:
        """By device and inode; where stat(2) was refused, as proc_pid_maps(5) tells them."""
        if file.status is not None or file.role != "mapped":
            return self._is_it(file.status)
        device = self._device if self._mount is None else self._mount.device
        return file.inode == self._inode and device_of_maps(file.device) == device

    def _is_it(self, status: os.stat_result | RawStatus | None) -> bool:
        if status is None:
            return False
        if status.st_ino == self._inode and device_text(status.st_dev) == self._device:
            return True
        return self._node == (stat.S_IFMT(status.st_mode), status.st_rdev)


def _is_device(mode: int) -> bool:
    return stat.S_ISCHR(mode) or stat.S_ISBLK(mode)


class OfName(OfPaths):
    """A path that leads to nothing now: what was called so, and is held still."""

    def __init__(self, asked: Asked, path: bytes, *, below: bool, certain: bool) -> None:
        super().__init__(asked)
        self._path, self._below, self._certain = path, below, certain

    def may_take_link(self, link: bytes) -> bool:
        """By the name. Where it is not `certain` that nothing is there, also by the name that still stands."""
        if self._below:
            return is_below(link, self._path) or link == self._path + GONE
        return link == self._path + GONE or (not self._certain and link == self._path)

    def may_take_file(self, file: RawHeldFile) -> bool:
        """By the name."""
        return self.may_take_link(file.link)


class OfTree(OfPaths):
    """Everything whose name lies below a directory, under whatever name others see that directory."""

    def __init__(
        self, asked: Asked, path: bytes, mount: RawMount | None, scene: Scene, sockets: Iterable[bytes] = ()
    ) -> None:
        super().__init__(asked)
        self._path, self._scene = path, scene
        self.links = frozenset(sockets)
        self._device = None if mount is None else mount.device
        self._inside = None if mount is None else inside(mount, path)
        names = {path}
        if self._device is not None and self._inside is not None:
            names |= scene.elsewhere(self._device, self._inside)
        self._exact = names
        self._beginnings = tuple(name.rstrip(b"/") + b"/" for name in names)

    def may_take_link(self, link: bytes) -> bool:
        """By any of the names of the directory; and the sockets that are bound to a file below it."""
        if link in self.links:
            return True
        return link.startswith(self._beginnings) or link in self._exact or link.removesuffix(GONE) in self._exact

    def may_take_file(self, file: RawHeldFile) -> bool:
        """By any of the names of the directory."""
        return self.may_take_link(file.link) and self._lies_below(file.pid, file.link, file.mount)

    def takes(self, raw: RawDescriptor, descriptor: Descriptor) -> bool:
        """By the name, and by where the mount has it: in another namespace the same name may mean another file."""
        return raw.link in self.links or self._lies_below(raw.pid, raw.link, raw.mount)

    def _lies_below(self, pid: int, link: bytes, mount: RawMount | None) -> bool:
        if mount is not None and mount.device == self._device and self._inside is not None:
            where = inside(mount, link)
            if where is not None and (is_below(where, self._inside) or where == self._inside + GONE):
                return True
        ours = self._scene.is_ours(mount) or not self._scene.is_stranger(pid)
        return ours and (is_below(link, self._path) or link == self._path + GONE)


class OfMount(OfPaths):
    """What keeps a mount from being unmounted, and what of other namespaces is on its file system."""

    def __init__(
        self,
        asked: Asked,
        number: int,
        mount: RawMount,
        device: bytes,
        scene: Scene,
        sockets: Iterable[bytes] = (),
    ) -> None:
        super().__init__(asked)
        self.number, self.mount = number, mount
        self._device, self._scene = device, scene
        self._names = scene.elsewhere(mount.device, mount.root)
        self.links = frozenset(sockets)

    def may_take_link(self, link: bytes) -> bool:
        """Any path, and the sockets that are bound to a file on it."""
        return link[:1] == b"/" or link in self.links

    def may_take_within(self, mount: RawMount | None) -> bool:
        """Only this file system."""
        return mount is None or mount.device == self.mount.device

    def may_take_file(self, file: RawHeldFile) -> bool:
        """Of our namespace by the path, of others whatever may be in this file system."""
        if not self._scene.is_stranger(file.pid):
            return is_below(file.link.removesuffix(GONE), self.mount.point) and self._is_on_it(file.link)
        if file.role == "mapped":
            if device_of_maps(file.device) not in (self.mount.device, self._device):
                return False
            name = file.link.removesuffix(GONE)
            return self.mount.root == b"/" or any(is_below(name, one) for one in self._names)
        return file.mount is None or (
            file.mount.device == self.mount.device and self._is_in_part(file.mount, file.link)
        )

    def takes(self, raw: RawDescriptor, descriptor: Descriptor) -> bool:
        """By the mount id; of mounts that are not ours, by the device."""
        if raw.link in self.links or descriptor.mount_id == self.number:
            return True
        if descriptor.mount_id in self._scene.own or not self._is_device(raw.status):
            return False
        return raw.mount is None or self._is_in_part(raw.mount, raw.link)

    def takes_file(self, file: RawHeldFile) -> bool:
        """By the device; if it was not told, by the path or what proc_pid_maps(5) tells."""
        if file.status is not None:
            return self._is_device(file.status)
        return not self._scene.is_stranger(file.pid) or file.role == "mapped"

    def _is_in_part(self, mount: RawMount, path: bytes) -> bool:
        """Whether a path of another mount lies in what this one has of the file system (mount(8), --bind)."""
        where = inside(mount, path.removesuffix(GONE))
        return where is None or is_below(where, self.mount.root)

    def _is_on_it(self, path: bytes) -> bool:
        return self._scene.mount_of(path) == self.number

    def _is_device(self, status: os.stat_result | RawStatus | None) -> bool:
        return status is not None and device_text(status.st_dev) == self._device


class OfDeleted(OfPaths):
    """Files that had a name, or could have had one, and have none left."""

    def __init__(self, asked: Asked, scene: Scene) -> None:
        super().__init__(asked)
        self._scene = scene

    def may_take_link(self, link: bytes) -> bool:
        """The kernel marks the name that a file was opened by, when it is removed."""
        return link.endswith(GONE)

    def may_take_file(self, file: RawHeldFile) -> bool:
        """As of descriptors; memory that is shared without a file is no deleted file."""
        return file.link.endswith(GONE)

    def takes(self, raw: RawDescriptor, descriptor: Descriptor) -> bool:
        """It has no link left. Files of the kernel's own mounts, as memfds are, never had one."""
        device = b"" if raw.status is None else device_text(raw.status.st_dev)
        nameless = raw.mount is None and _is_nameless(raw.link) and device not in self._scene.devices
        return getattr(descriptor, "deleted", None) is True and not nameless

    def takes_file(self, file: RawHeldFile) -> bool:
        """As of descriptors; where stat(2) was refused, the mark of the kernel is believed."""
        status = file.status
        device = device_of_maps(file.device) if status is None else device_text(status.st_dev)
        if _is_nameless(file.link) and device not in self._scene.devices:
            return False
        return status is None or status.st_nlink == 0


def _is_nameless(link: bytes) -> bool:
    """Whether a link has the form that the kernel's own mounts give: one name, or that of shared memory."""
    return link.count(b"/") == 1 or link == b"/dev/zero" + GONE


def of_inode(wanted: Inode, scene: Scene) -> OfInode:
    """The question after a file by device and inode."""
    asked = Asked(object=wanted.word, form="file", device=wanted.device, inode=wanted.inode)
    return OfInode(asked, wanted.device.encode(), wanted.inode, scene)


def of_link(wanted: Link) -> OfLinks:
    """The question after an object by its link."""
    return OfLinks(Asked(object=wanted.word, form="link", name=text(wanted.link)), [wanted.link])


def of_place(
    wanted: Path, place: RawPlace, scene: Scene, sockets_on: Iterable[SocketFile], *, certain: bool
) -> OfPaths:
    """The question after a path: a tree, a mount, a file, or a name that leads to nothing now.

    Args:
        wanted: the path.
        place: what it leads to.
        scene: the mounts.
        sockets_on: the sockets that are bound to files.
        certain: whether it is known that nothing is there, where nothing is.
    """
    mount_id = place.mount_id if place.mount_id is not None else scene.mount_of(place.path)
    mount = None if mount_id is None else scene.own.get(mount_id)
    asked = Asked(object=wanted.word, form="below" if wanted.below else "file", name=text(place.path))
    status = place.status
    if status is not None:
        asked.device, asked.inode = device_text(status.st_dev).decode(), status.st_ino
        asked.directory = stat.S_ISDIR(status.st_mode) or None
    is_file = status is not None and not stat.S_ISDIR(status.st_mode)  # a mount may bind one, as of /etc/hosts
    is_mount = mount is not None and mount.point == place.path and not is_file
    if mount is not None and mount_id is not None and is_mount and not wanted.below:
        asked.form, asked.mount_id = "mount", mount_id
        asked.filesystem, asked.source = text(mount.type), text(mount.source)
        device = mount.device if status is None else device_text(status.st_dev)
        bound = [one.link for one in sockets_on if one.device in (device, mount.device)]
        return OfMount(asked, mount_id, mount, device, scene, bound)
    if status is None:
        asked.missing = True if certain else None
        return OfName(asked, place.path, below=wanted.below, certain=certain)
    device, inode = device_text(status.st_dev), status.st_ino
    devices = (device, b"" if mount is None else mount.device)
    near = [one for one in sockets_on if one.device in devices]
    if wanted.below:
        bound = [one.link for one in near if is_below(one.name, place.path)]
        return OfTree(asked, place.path, mount, scene, bound)
    bound = [one.link for one in near if one.inode == inode & 0xFFFFFFFF]
    return OfInode(asked, device, inode, scene, place=place, mount=mount, sockets=bound)
