"""Mount tables (proc_pid_mountinfo(5)), one for each view of a mount namespace, read when first asked for."""

from __future__ import annotations

import fcntl
import functools
import os
import re

from ..raw import RawMount, Unread
from .root import Directory, Proc

TMPFS = 0x01021994
"""What statfs(2) says of tmpfs (include/uapi/linux/magic.h)."""
_F_GET_SEALS = 1034  # include/uapi/linux/fcntl.h

_ESCAPE = re.compile(rb"\\([0-3][0-7]{2})")

# Types whose files are kept elsewhere: fstat(2) on them asks a server, which may never answer.
REMOTE = frozenset(
    b"9p afs autofs beegfs ceph cifs coda davfs fuse fuseblk fusectl gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 "
    b"ocfs2 orangefs panfs pvfs2 smb2 smb3 smbfs vboxsf virtiofs wekafs".split()
)


def is_remote(type_: bytes) -> bool:
    """Whether files of this type are kept by something that may stop answering."""
    return type_ in REMOTE or type_.startswith(b"fuse.")


def unescape(field: bytes) -> bytes:
    r"""Undoes ``\040`` and its like, by which the kernel keeps blanks out of a field."""
    if b"\\" not in field:
        return field
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 8)]), field)


def parse_mountinfo(table: bytes) -> dict[int, RawMount]:
    """Mount id to mount.

    Raises:
        ValueError: a line has another form than proc_pid_mountinfo(5) gives.
    """
    found = {}
    for line in table.split(b"\n")[:-1]:  # a path may hold a carriage return
        words = line.split(b" ")
        dash = words.index(b"-", 6)  # optional fields stand before it
        if len(words) < dash + 3:
            raise ValueError(f"a mount without a source: {line!r}")
        found[int(words[0])] = RawMount(
            words[2],
            unescape(words[3]),
            unescape(words[4]),
            unescape(words[dash + 1]),
            unescape(words[dash + 2]),
        )
    return found


def mount_number(fdinfo: bytes) -> int | None:
    """The ``mnt_id`` of an fdinfo text; None before Linux 3.15 or if the line is strange."""
    words = fdinfo.split(None, 6)
    if len(words) > 5 and words[4] == b"mnt_id:" and words[5].isdigit():
        return int(words[5])
    return None


def is_memory(mount_id: int | None) -> bool:
    """Whether this is the mount of the kernel's own that memfds and shared memory are in, which never waits."""
    return mount_id is not None and mount_id == _memory_mount()


@functools.cache
def _memory_mount() -> int | None:
    """Its number (shm_mnt of mm/shmem.c), which is in no table.

    It is that of a memfd which is made to look; None where none could be made, or where its
    file system is not tmpfs (a kernel without CONFIG_SHMEM): then it has no seals (memfd_create(2)).
    """
    try:
        made = os.memfd_create("fdscope")
    except (AttributeError, OSError):
        return None
    try:
        fcntl.fcntl(made, _F_GET_SEALS)
        with open(f"/proc/self/fdinfo/{made}", "rb") as info:
            return mount_number(info.read())
    except OSError:
        return None
    finally:
        os.close(made)


class Mounts:
    """Mount tables as processes see them, each read once.

    Two processes see one table if they have one mount namespace and one root directory: mounts that a process
    cannot reach from its root are not in its table, and the others are told as they are seen from there.
    """

    def __init__(self, proc: Proc) -> None:
        self._proc = proc
        self._by_view: dict[tuple[bytes | Unread, bytes | Unread], dict[int, RawMount]] = {}
        self._by_pid: dict[int, dict[int, RawMount]] = {}

    def get(self, pid: int, mount_id: int) -> RawMount | None:
        """The mount, or None when it is not one that process `pid` can reach by a path."""
        return self.table(pid).get(mount_id)

    def by_path(self, pid: int, path: bytes) -> RawMount | None:
        """The mount that an absolute path most likely lies in, be it a path as `pid` sees it or as we do."""
        best, longest = None, -1
        for mount in self.table(pid).values():
            point = mount.point.rstrip(b"/")
            if len(point) >= longest and (path == point or path.startswith(point + b"/")):
                best, longest = mount, len(point)
        return best

    def by_device(self, pid: int, device: bytes) -> RawMount | None:
        """The first mount of a whole local device, ``major:minor``, that is reached through local mounts."""
        table = self.table(pid).values()
        remote = [mount.point.rstrip(b"/") + b"/" for mount in table if is_remote(mount.type)]
        for mount in table:
            whole = mount.device == device and mount.root == b"/"
            if whole and not any((mount.point + b"/").startswith(point) for point in remote):
                return mount
        return None

    def table(self, pid: int) -> dict[int, RawMount]:
        """Every mount that a process sees, by id and in the order of mounting; empty where it is not known."""
        found = self._by_pid.get(pid)
        if found is None:
            found = self._by_pid[pid] = self._read(pid)
        return found

    def _read(self, pid: int) -> dict[int, RawMount]:
        directory = self._proc.process(pid)
        if isinstance(directory, Unread):
            return {}
        with directory:
            view = (directory.link(b"ns/mnt"), directory.link(b"root"))  # what cannot be read has the pid in it
            if view not in self._by_view:
                content = _mountinfo(directory)
                try:
                    self._by_view[view] = {} if isinstance(content, Unread) else parse_mountinfo(content)
                except ValueError:
                    self._by_view[view] = {}
        return self._by_view[view]


def _mountinfo(task: Directory) -> bytes | Unread:
    """The mount table of a process; of one whose main thread has ended, that of a thread that lives."""
    content = task.read_all(b"mountinfo")
    threads = task.open(b"task") if isinstance(content, Unread) else content
    if isinstance(threads, Directory):
        with threads:
            numbers = threads.numbers()
            for tid in () if isinstance(numbers, Unread) else numbers:
                found = threads.read_all(b"%d/mountinfo" % tid)
                if isinstance(found, bytes):
                    return found
    return content


def own_namespace() -> int | None:
    """The mount namespace that we live in; None: it is not told."""
    try:
        link = os.readlink("/proc/self/ns/mnt")
    except OSError:
        return None
    number = link.partition("[")[2].rstrip("]")
    return int(number) if number.isdigit() else None
