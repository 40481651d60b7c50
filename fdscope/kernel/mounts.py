"""Mount tables (proc_pid_mountinfo(5)), one per mount namespace, read when first asked for."""

from __future__ import annotations

import re

from ..raw import RawMount, Unread
from .root import Proc

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
    for line in table.splitlines():
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


class Mounts:
    """Mounts of every namespace that was asked about. A mount id is unique on a machine, so one table does."""

    def __init__(self, proc: Proc) -> None:
        self._proc = proc
        self._mounts: dict[int, RawMount] = {}
        self._by_namespace: dict[object, list[RawMount]] = {}

    def get(self, pid: int, mount_id: int) -> RawMount | None:
        """The mount, or None when it is not one that process `pid` can reach by a path."""
        found = self._mounts.get(mount_id)
        if found is None:
            self._table(pid)
            found = self._mounts.get(mount_id)
        return found

    def by_path(self, pid: int, path: bytes) -> tuple[RawMount | None, bool]:
        """The mount that an absolute path most likely lies in, and whether stat(2) there is sure not to block.

        A path may be as this process sees it or as `pid` does, so it is sure only where no mount is remote.
        """
        table = self._table(pid)
        best = None
        for mount in table:
            point = mount.point.rstrip(b"/")
            if path == point or path.startswith(point + b"/"):
                best = mount if best is None or len(point) >= len(best.point.rstrip(b"/")) else best
        return best, bool(table) and not any(is_remote(mount.type) for mount in table)

    def by_device(self, pid: int, device: bytes) -> RawMount | None:
        """The first mount of a whole local device, ``major:minor``, that is reached through local mounts."""
        table = self._table(pid)
        remote = [mount.point.rstrip(b"/") + b"/" for mount in table if is_remote(mount.type)]
        for mount in table:
            whole = mount.device == device and mount.root == b"/"
            if whole and not any((mount.point + b"/").startswith(point) for point in remote):
                return mount
        return None

    def _table(self, pid: int) -> list[RawMount]:
        """Every mount in the namespace of a process, in the order of mounting; empty where it is not known."""
        directory = self._proc.process(pid)
        if isinstance(directory, Unread):
            return []
        with directory:
            namespace = directory.link(b"ns/mnt")
            key: object = pid if isinstance(namespace, Unread) else namespace
            if key in self._by_namespace:
                return self._by_namespace[key]
            content = directory.read_all(b"mountinfo")
        try:
            found = {} if isinstance(content, Unread) else parse_mountinfo(content)
        except ValueError:
            found = {}
        self._mounts.update(found)
        self._by_namespace[key] = list(found.values())
        return self._by_namespace[key]
