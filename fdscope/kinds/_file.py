"""What every kind that lies in a file system shares: path, size, links, mount, owner, locks. Pure."""

from __future__ import annotations

import functools
import os
import stat
from typing import Annotated, Any, Literal

from msgspec import Struct

from ..fdinfo import values
from ..model import Descriptor, said
from ..quantity import size
from ..raw import Machine, RawDescriptor, RawMount
from ..text import text
from ._basics import basics

_DELETED = b" (deleted)"


class Lock(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file lock held through a descriptor (proc_locks(5))."""

    type: Annotated[
        Literal["posix", "flock", "ofd", "lease", "deleg", "layout"] | str, said("by which call it was taken")
    ]
    mode: Annotated[Literal["read", "write", "none"] | str, said("read is shared, write exclusive")]
    mandatory: Annotated[bool, said("true: the kernel makes others wait who do not ask for a lock")] = False
    breaking: Annotated[bool, said("true: a lease that another open is breaking")] = False
    pid: Annotated[int | None, said("the process that took it; left out for OFD locks")] = None
    start: Annotated[int, said("first byte locked")]
    end: Annotated[int | None, said("last byte locked; left out: the end of the file, however it grows")] = None
    waiters: Annotated[list[int] | None, said("processes that wait for it")] = None


class File(Descriptor, kw_only=True):
    """A descriptor whose object lies in a file system."""

    deleted: Annotated[bool | None, said("true: it has no name left in its file system")] = None
    size_bytes: Annotated[int | None, said("size in bytes")] = None
    allocated_bytes: Annotated[int | None, said("space that it takes in its file system, in bytes")] = None
    links: Annotated[int | None, said("names that the inode has in its file system")] = None
    permissions: Annotated[str | None, said("permission bits, as ls(1) prints them")] = None
    owner_uid: Annotated[int | None, said("user id of the file's owner")] = None
    owner_gid: Annotated[int | None, said("group id of the file")] = None
    filesystem: Annotated[str | None, said("file-system type")] = None
    source: Annotated[str | None, said("what is mounted: a block device, a server, a name")] = None
    mount_point: Annotated[str | None, said("where it is mounted, as its process sees it")] = None
    locks: Annotated[list[Lock] | None, said("locks held through this descriptor")] = None

    in_file_system = True

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> File:
        """Everything that fdinfo, fstat(2) and the mount table tell."""
        return cls(**file_fields(raw, None, machine))

    def describe(self) -> str:
        """The path and, where they say something, its state, size and locks."""
        return ", ".join([self.name or "a path too long to be told", *self.notes()])

    def notes(self) -> list[str]:
        """What is remarkable beside the path."""
        found = ["deleted"] if self.deleted else []
        for lock in self.locks or ():
            waiting = f", {len(lock.waiters)} waiting" if lock.waiters else ""
            found.append(f"{lock.type} {lock.mode} lock{waiting}")
        return found


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
    return Lock(
        type={b"OFDLCK": "ofd", b"DELEG": "deleg"}.get(kind, text(kind).lower()),
        mode=text(mode).lower(),
        mandatory=strength == b"MANDATORY",
        breaking=strength in (b"BREAKING", b"BREAKER"),
        pid=int(pid) if int(pid) > 0 else None,
        start=int(start),
        end=None if end == b"EOF" else int(end),
        waiters=sorted(waiters) or None,
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


def file_fields(raw: RawDescriptor, info: dict[bytes, bytes] | None, machine: Machine) -> dict[str, Any]:
    """The fields of `File`; `info` is `raw.fdinfo` parsed, if that had to be done for more than this.

    Raises:
        ValueError, IndexError: a number or a lock is not one.
    """
    known = basics(raw, info)
    words = raw.fdinfo.split(None, 2)  # the position comes first (fs/proc/fd.c, seq_show)
    if words and words[0] == b"pos:":
        known["position"] = int(words[1])
    status = raw.status
    if status is None:
        name, known["deleted"] = file_name(raw.link, None)
    else:
        name, known["deleted"] = file_name(raw.link, status.st_nlink)
        known["inode"] = status.st_ino
        known["device"] = device = device_name(status.st_dev)
        known["object"] = f"inode:{device}:{status.st_ino}"
        known["size_bytes"] = status.st_size
        known["allocated_bytes"] = status.st_blocks * 512
        known["links"] = status.st_nlink
        known["permissions"] = permission_bits(status.st_mode)
        known["owner_uid"] = status.st_uid
        known["owner_gid"] = status.st_gid
    known["name"] = text(name) or None
    if raw.mount is not None:
        known["filesystem"], known["source"], known["mount_point"] = _mount_text(raw.mount)
    elif raw.magic is not None:
        known["filesystem"] = FILE_SYSTEMS.get(raw.magic, f"{raw.magic:#x}")
    if b"\nlock:" in raw.fdinfo:
        known["locks"] = [parse_lock(line, machine) for line in values(raw.fdinfo, b"lock")]
    return known


def sized(found: list[str], file: File) -> list[str]:
    """`found` with the size, and the position where it is not the beginning."""
    if file.size_bytes is not None:
        found.append(size(file.size_bytes))
    if file.position:
        found.append(f"at {file.position:,}")
    return found


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
