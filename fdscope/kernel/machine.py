"""Answers to what a kind may ask about the rest of the machine (raw.Machine), each read once, when asked."""

from __future__ import annotations

import functools

from ..raw import RawMount, RawSocket, Unread
from .faces import Faces
from .handles import is_inode, leads_to, path_of_handle
from .mounts import Mounts, is_remote
from .root import Proc
from .sockets import Sockets
from .tables import lock_key, parse_devices, parse_lock_blockers, parse_lock_waiters, parse_misc, parse_partitions


class ProcMachine:
    """The machine below a proc root."""

    def __init__(self, proc: Proc, mounts: Mounts, sockets: Sockets) -> None:
        self._proc = proc
        self._mounts = mounts
        self._sockets = sockets
        self._faces = Faces(sockets)
        self._names: dict[int, bytes | None] = {}
        self._members: dict[bytes, dict[bytes, list[int]]] = {}
        self._paths: dict[tuple[int, int], bytes | None] = {}

    def _read(self, name: bytes) -> bytes:
        content = self._proc.read_all(name)
        return b"" if isinstance(content, Unread) else content

    @functools.cached_property
    def _drivers(self) -> dict[tuple[bool, int], bytes]:
        return parse_devices(self._read(b"devices"))

    @functools.cached_property
    def _misc(self) -> dict[int, bytes]:
        return parse_misc(self._read(b"misc"))

    @functools.cached_property
    def _partitions(self) -> dict[tuple[int, int], bytes]:
        return parse_partitions(self._read(b"partitions"))

    @functools.cached_property
    def _locks(self) -> bytes:
        return self._read(b"locks")

    @functools.cached_property
    def _waiters(self) -> dict[bytes, list[int]]:
        return parse_lock_waiters(self._locks)

    @functools.cached_property
    def _blockers(self) -> dict[int, list[bytes]]:
        return parse_lock_blockers(self._locks)

    def driver(self, block: bool, major: int) -> bytes | None:
        """The name of a device driver (proc_devices(5))."""
        return self._drivers.get((block, major))

    def misc_device(self, minor: int) -> bytes | None:
        """The name of a miscellaneous character device (proc_misc(5))."""
        return self._misc.get(minor)

    def partition(self, major: int, minor: int) -> bytes | None:
        """The name of a block device (proc_partitions(5))."""
        return self._partitions.get((major, minor))

    def process_name(self, pid: int) -> bytes | None:
        """The name of a process (proc_pid_comm(5)); None: there is none with this pid."""
        if pid not in self._names:
            name = self._proc.read(b"%d/comm" % pid)
            self._names[pid] = name.removesuffix(b"\n") if isinstance(name, bytes) else None
        return self._names[pid]

    def mount(self, pid: int, mount_id: int) -> RawMount | None:
        """A mount in the mount namespace of process `pid` (proc_pid_mountinfo(5))."""
        return self._mounts.get(pid, mount_id)

    def mount_of(self, pid: int, path: bytes) -> RawMount | None:
        """The mount that an absolute path most likely lies in, in the mount namespace of process `pid`."""
        return self._mounts.by_path(pid, path)

    def path_of(self, pid: int, device: int, inode: int, handle: tuple[int, bytes] | None) -> bytes | None:
        """A path of an inode: through its handle, on a local file system, as root; checked before it is told."""
        key = (device, inode)
        if key not in self._paths:
            self._paths[key] = self._find(pid, device, inode, handle) if self._proc.live else None
        return self._paths[key]

    def _find(self, pid: int, device: int, inode: int, handle: tuple[int, bytes] | None) -> bytes | None:
        mount = self._mounts.by_device(pid, b"%d:%d" % (device >> 20, device & 0xFFFFF))
        if mount is None or handle is None:
            return None
        root = b"%s/%d/root" % (self._proc.path.encode(), pid)
        path = path_of_handle(root + mount.point, *handle)
        return path if path is not None and is_inode(root + path, device, inode) else None

    def is_name_of(self, pid: int, path: bytes, device: int, inode: int) -> bool | None:
        """Whether a path leads to this inode now, as seen from here or from `pid`; a server is not asked."""
        points = [mount.point for mount in self._mounts.table(pid).values() if is_remote(mount.type)]
        if not self._proc.live or any(path.startswith(point.rstrip(b"/") + b"/") for point in points):
            return None
        known = False
        for root in (b"", b"%s/%d/root" % (self._proc.path.encode(), pid)):
            found = leads_to(root + path, device, inode)
            if found:
                return True
            known = known or found is False
        return False if known else None

    def lock_waiters(self, lock: bytes) -> tuple[int, ...]:
        """Processes that wait for a lock, given its line without the number (proc_locks(5)); -1: one unnamed."""
        return tuple(self._waiters.get(lock_key(lock), ()))

    def lock_blockers(self, pid: int) -> tuple[bytes, ...]:
        """The lines, without their number, of the locks that a process waits for; of -1, those for OFD locks."""
        return tuple(self._blockers.get(pid, ()))

    def facing(self, socket: RawSocket) -> tuple[int, ...]:
        """Inodes of the sockets of this machine that `socket` exchanges data with."""
        return self._faces.facing(socket)

    def is_within(self, socket: RawSocket) -> bool:
        """Whether the address that `socket` is connected to is one of its own network namespace."""
        return self._faces.is_within(socket)

    def listeners(self, socket: RawSocket) -> tuple[int, ...]:
        """Inodes of the listeners that a connection can have been accepted from."""
        return self._faces.listeners(socket)

    def clients(self, socket: RawSocket) -> tuple[int, ...]:
        """Of a unix listener, inodes of the sockets that are connected to connections accepted from it."""
        return self._faces.clients(socket)

    def members(self, namespace: bytes) -> tuple[int, ...] | None:
        """Processes that live in a namespace; of each type the links of all processes are read once."""
        type_ = namespace.partition(b":")[0]
        if not self._proc.live:  # a recorded tree need not have all processes
            return None
        if type_ not in self._members:
            found = self._members[type_] = {}
            for pid in self._proc.pids():
                link = self._proc.link(b"%d/ns/%s" % (pid, type_))
                if isinstance(link, bytes):
                    found.setdefault(link, []).append(pid)
        return tuple(self._members[type_].get(namespace, ()))

    def interface(self, net_namespace: int, index: int) -> bytes | None:
        """The name of a network interface (netdevice(7))."""
        return self._sockets.interface(net_namespace, index)
