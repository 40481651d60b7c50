"""What every kind that lies in a file system shares: path, links, mount, owner, locks, content, device. Pure."""

from __future__ import annotations

import functools
import os
import stat
from typing import Annotated, Any, Literal

from msgspec import Struct

from ..fdinfo import fields, values
from ..model import READ, WRITE, Descriptor, Process, Prospect, said
from ..quantity import many, size
from ..raw import Machine, RawDescriptor, RawMount
from ..text import text
from ._basics import Details, basics, details, is_path_only, may_have_details, position

_DELETED = b" (deleted)"
_MISC = 10  # the character devices that share one major number (proc_misc(5))

# File systems without hard links, whose inodes keep a link count of 1 when they are gone (fs/kernfs, fs/proc).
_ONE_NAME = frozenset(b"bpf cgroup cgroup2 configfs debugfs devpts proc sysfs tracefs".split())

# File systems that make what is read at the moment of reading, whatever size they tell
_MADE = frozenset(
    "autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts functionfs fusectl mqueue nfsd nsfs proc "
    "resctrl rpc_pipefs securityfs selinuxfs smackfs sysfs tracefs".split()
)
# File systems whose server may know of more, or less, than this machine does
_SERVED = (
    "9p",
    "afs",
    "ceph",
    "cifs",
    "coda",
    "fuse",
    "gfs2",
    "lustre",
    "nfs",
    "ocfs2",
    "orangefs",
    "smb",
    "virtiofs",
)

SizeBytes = Annotated[int | None, said("size in bytes")]
AllocatedBytes = Annotated[int | None, said("space that it takes in its file system, in bytes")]


class Lock(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file lock or lease (proc_locks(5), fs/locks.c)."""

    type: Annotated[
        Literal["posix", "flock", "ofd", "access", "lease", "deleg"] | str,
        said("by which call it was taken: fcntl(2), flock(2), fcntl(2) for the open file description, …"),
    ]
    mode: Annotated[
        Literal["read", "write", "none"] | str,
        said("read is shared, write exclusive; of a lease that is breaking, what it must become"),
    ]
    mandatory: Annotated[
        bool, said("true: the kernel makes others wait who do not ask for a lock; until Linux 5.15")
    ] = False
    breaking: Annotated[bool, said("true: a lease that another open is breaking")] = False
    pid: Annotated[int | None, said("the process that took it; left out for OFD locks")] = None
    start: Annotated[int, said("first byte locked")]
    end: Annotated[int | None, said("last byte locked; left out: the end of the file, however it grows")] = None
    waiters: Annotated[list[int] | None, said("processes that wait for it")] = None
    waiters_unnamed: Annotated[
        int | None, said("how many more wait for it whom the kernel does not name: those for OFD locks")
    ] = None


class File(Descriptor, kw_only=True):
    """A descriptor whose object lies in a file system.

    Whether a file is deleted is told by its link count, not by the ``(deleted)`` of its path, which may be the
    end of a true name, and which a file with another hard link also gets when the name that it was opened by
    is removed. Locks stand at the descriptors of the open file description through which they were taken; POSIX
    locks only in the process that took them.
    """

    deleted: Annotated[bool | None, said("true: it has no name left in its file system")] = None
    name_removed: Annotated[
        bool | None, said("true: the name that it was opened by is gone, but it has others")
    ] = None
    links: Annotated[int | None, said("names that the inode has in its file system")] = None
    permissions: Annotated[str | None, said("permission bits, as ls(1) prints them")] = None
    owner_uid: Annotated[int | None, said("user id of the file's owner")] = None
    owner_gid: Annotated[int | None, said("group id of the file")] = None
    filesystem: Annotated[str | None, said("file-system type")] = None
    source: Annotated[str | None, said("what is mounted: a block device, a server, a name")] = None
    mount_point: Annotated[str | None, said("where it is mounted, as its process sees it")] = None
    locks: Annotated[list[Lock] | None, said("locks and leases taken through its open file description")] = None
    details: Details = None

    in_file_system = True

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> File:
        """Everything that fdinfo, fstat(2) and the mount table tell of any file."""
        return cls(**file_fields(raw, fields(raw.fdinfo), machine))

    def describe(self) -> str:
        """The path and, where they say something, its state and locks."""
        return ", ".join([self.name or "a path too long to be told", *self.notes()])

    def notes(self) -> list[str]:
        """What is remarkable beside the path."""
        found = ["deleted"] if self.deleted else []
        if self.name_removed:
            found.append(f"this name removed, {many(self.links or 0, 'other')} left")
        for lock in self.locks or ():
            waiting = len(lock.waiters or ()) + (lock.waiters_unnamed or 0)
            what = f"{lock.type} that is being broken" if lock.breaking else f"{lock.type} {lock.mode} lock"
            found.append(what + (f", {waiting} waiting" if waiting else ""))
        return found


class ByteFile(File, kw_only=True):
    """A file of bytes, which has a size and, unless it is only a path, a position."""

    size_bytes: SizeBytes = None
    allocated_bytes: AllocatedBytes = None

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> ByteFile:
        """The file, and its size and position."""
        info = fields(raw.fdinfo)
        return cls(**file_fields(raw, info, machine), **content_fields(raw, info))

    def notes(self) -> list[str]:
        """Size, position, state, locks."""
        found = [] if self.size_bytes is None else [size(self.size_bytes)]
        if self.position:
            found.append(f"at {self.position:,}")
        return found + super().notes()

    def would_read(self, holder: Process | None) -> Prospect | None:
        """What lies between the position and the size, where the size means something."""
        if READ not in self.verbs:
            return None
        kept = _not_by_size(self.filesystem)
        if kept is not None or self.position is None or self.size_bytes is None:
            return Prospect(outcome="unknown", why=kept or "its size or its position could not be read")
        left = self.size_bytes - self.position
        if left > 0:
            told = f"{many(left, 'byte')} from its position to the end of the file"
            return Prospect(outcome="data", available_bytes=left, why=told)
        return Prospect(
            outcome="end-of-file",
            why=f"its position, {self.position:,}, is {'at' if left == 0 else 'past'} the end of the file",
        )

    def would_write(self, holder: Process | None) -> Prospect | None:
        """A file takes what it is given; only limits that are not told could stop it."""
        if WRITE not in self.verbs:
            return None
        kept = _not_by_size(self.filesystem)
        if kept is not None:
            return Prospect(outcome="unknown", why=kept)
        where = "to the end of the file (append)" if "append" in (self.flags or ()) else "to its position"
        return Prospect(
            outcome="accepted",
            why=f"the bytes go {where}, unless the disk, a quota or a limit is full",
        )


def _not_by_size(filesystem: str | None) -> str | None:
    """Why the size of a file in this file system does not tell what a read gives; None: it does."""
    if filesystem is None:
        return "its file system is not known"
    if filesystem in _MADE:
        return f"the file system {filesystem} makes its content when it is asked: the size says nothing"
    if filesystem.startswith(_SERVED):
        return f"the file system {filesystem} asks a server, which may know of another size"
    return None


class Device(File, kw_only=True):
    """A device node: what it stands for, and what its driver tells."""

    device_number: Annotated[str | None, said("major:minor of the device that it stands for")] = None
    driver: Annotated[str | None, said("the device's driver (proc_devices(5))")] = None
    misc_device: Annotated[
        str | None, said("the name of a device that shares major number 10 with others (proc_misc(5))")
    ] = None


@functools.lru_cache(maxsize=1024)
def device_name(device: int) -> str:
    """``8:1`` for a dev_t of stat(2)."""
    return f"{os.major(device)}:{os.minor(device)}"


@functools.lru_cache(maxsize=1024)
def permission_bits(mode: int) -> str:
    """``rw-r--r--`` for st_mode."""
    return stat.filemode(mode)[1:]


@functools.lru_cache(maxsize=1024)
def _mount_text(mount: RawMount) -> tuple[str, str, str]:
    return text(mount.type), text(mount.source), text(mount.point)


def parse_lock(line: bytes, machine: Machine) -> Lock:
    """One ``lock:`` value of fdinfo: ``1: POSIX  ADVISORY  WRITE 42 fe:01:1234 0 EOF``.

    Raises:
        ValueError, IndexError: the line has another form.
    """
    _, _, rest = line.partition(b": ")
    kind, strength, mode, pid, _, start, end = rest.split()
    waiters = machine.lock_waiters(rest)
    named = sorted({waiter for waiter in waiters if waiter > 0})
    return Lock(
        type={b"OFDLCK": "ofd"}.get(kind, text(kind).lower()),
        mode={b"UNLCK": "none"}.get(mode, text(mode).lower()),
        mandatory=strength == b"MANDATORY",
        breaking=strength in (b"BREAKING", b"BREAKER"),
        pid=int(pid) if int(pid) > 0 else None,
        start=int(start),
        end=None if end == b"EOF" else int(end),
        waiters=named or None,
        waiters_unnamed=sum(waiter <= 0 for waiter in waiters) or None,
    )


def file_name(link: bytes, links: int | None) -> tuple[bytes, bool | None]:
    """The path without the kernel's `` (deleted)``, and whether the file is deleted.

    The suffix may also be the end of a true name: the number of `links` decides. Without it the suffix is
    believed.
    """
    if links is None:
        return link.removesuffix(_DELETED), link.endswith(_DELETED)
    if links == 0:
        return link.removesuffix(_DELETED), True
    return link, False


def _names(raw: RawDescriptor, machine: Machine) -> dict[str, Any]:
    """Name, `deleted` and `name_removed`.

    A file that has links, but a path with the suffix, either is called so or lost this one name: a look at
    the path decides. Where none is possible, the path stays as the kernel tells it. A directory has one name
    only, but those of /proc and of control groups keep their link count when they are gone.
    """
    status, link = raw.status, raw.link
    if not link:
        return {"deleted": status.st_nlink == 0 if status is not None else None}
    name, deleted = file_name(link, None if status is None else status.st_nlink)
    removed = None
    if status is not None and status.st_nlink and link.endswith(_DELETED):
        device = os.major(status.st_dev) << 20 | os.minor(status.st_dev)
        if machine.is_name_of(raw.pid, link, device, status.st_ino) is False:
            name = link.removesuffix(_DELETED)
            single = raw.mount is not None and raw.mount.type in _ONE_NAME
            deleted = single or stat.S_ISDIR(status.st_mode)
            removed = not deleted or None
    return {"name": text(name), "deleted": deleted, "name_removed": removed}


def file_fields(
    raw: RawDescriptor, info: dict[bytes, bytes], machine: Machine, known_lines: tuple[bytes, ...] = ()
) -> dict[str, Any]:
    """The fields of `File`; `info` is `raw.fdinfo` parsed, `known_lines` of it are not told as details.

    Raises:
        ValueError, IndexError: a number or a lock is not one.
    """
    known = basics(raw, info)
    known.update(_names(raw, machine))
    status = raw.status
    if status is not None:
        known["inode"] = status.st_ino
        known["device"] = device = device_name(status.st_dev)
        known["object"] = f"inode:{device}:{status.st_ino}"
        known["links"] = status.st_nlink
        known["permissions"] = permission_bits(status.st_mode)
        known["owner_uid"] = status.st_uid
        known["owner_gid"] = status.st_gid
    if raw.mount is not None:
        known["filesystem"], known["source"], known["mount_point"] = _mount_text(raw.mount)
    elif raw.magic is not None:
        known["filesystem"] = FILE_SYSTEMS.get(raw.magic, f"{raw.magic:#x}")
    if b"lock" in info:
        known["locks"] = [parse_lock(line, machine) for line in values(raw.fdinfo, b"lock")]
    if may_have_details(raw, info):
        known["details"] = details(raw.fdinfo, (b"lock", *known_lines))
    return known


def content_fields(raw: RawDescriptor, info: dict[bytes, bytes]) -> dict[str, Any]:
    """Size, allocated space and position of a file of bytes; a path descriptor has no position.

    Raises:
        ValueError: the position is not a number.
    """
    known: dict[str, Any] = {}
    status = raw.status
    if status is not None:
        known["size_bytes"] = status.st_size
        known["allocated_bytes"] = status.st_blocks * 512
    if not is_path_only(raw, info):
        known["position"] = position(raw, info)
    return known


def device_fields(
    raw: RawDescriptor, info: dict[bytes, bytes], machine: Machine, known_lines: tuple[bytes, ...] = ()
) -> dict[str, Any]:
    """The fields of `Device`; `known_lines` of fdinfo are not told as details.

    Raises:
        ValueError, IndexError: a number or a lock is not one.
    """
    known = file_fields(raw, info, machine, known_lines)
    if raw.status is not None:
        number, block = raw.status.st_rdev, stat.S_ISBLK(raw.status.st_mode)
        driver = machine.driver(block, os.major(number))
        known["device_number"] = device_name(number)
        known["driver"] = None if driver is None else text(driver)
        if os.major(number) == _MISC and not block:
            name = machine.misc_device(os.minor(number))
            known["misc_device"] = None if name is None else text(name)
    return known


# f_type of statfs(2), from include/uapi/linux/magic.h
FILE_SYSTEMS = {
    0x0187: "autofs",
    0x01021994: "tmpfs",
    0x01021997: "9p",
    0x19800202: "mqueue",
    0x1CD1: "devpts",
    0x27E0EB: "cgroup",
    0x2FC12FC1: "zfs",
    0x42494E4D: "binfmt_misc",
    0x444D4142: "dma-buf",
    0x454D444D: "devmem",
    0x50494446: "pidfs",
    0x50495045: "pipefs",
    0x517B: "smb",
    0x534F434B: "sockfs",
    0x5345434D: "secretmem",
    0x58465342: "xfs",
    0x6165676C: "pstore",
    0x61756673: "aufs",
    0x62656570: "configfs",
    0x62656572: "sysfs",
    0x63677270: "cgroup2",
    0x64626720: "debugfs",
    0x65735546: "fuse",
    0x65735543: "fusectl",
    0x6969: "nfs",
    0x6E736673: "nsfs",
    0x73717368: "squashfs",
    0x74726163: "tracefs",
    0x794C7630: "overlay",
    0x858458F6: "ramfs",
    0x9123683E: "btrfs",
    0x958458F6: "hugetlbfs",
    0x9660: "iso9660",
    0x9FA0: "proc",
    0xCAFE4A11: "bpf",
    0xDE5E81E4: "efivarfs",
    0xE0F5E1E2: "erofs",
    0xEF53: "ext4",
    0xF2F52010: "f2fs",
    0xFE534D42: "smb2",
    0xFF534D42: "cifs",
}
