"""Records of files.bpf.c to raw tuples: what /proc would have said of each descriptor, in the same words. Pure."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from struct import Struct
from typing import NamedTuple

from ...raw import RawDescriptor, RawMount, RawNumbers, RawPipe, RawSocket, RawStatus
from .owners import REPEATS, Owners

PROGRAM = "files"

NO_LINK, NO_STATUS, NO_LINES = 1, 2, 4
"""Bits of `Incomplete.missing`: what is to be read in /proc."""

_RECORD = Struct("=I3H2B3i3Qq10I3Q")
_ALIKE = 56  # where the record begins to tell of the object
_MEMBER = Struct("=QII")
_SOCKET = Struct("=6H4B7I4xQ16s16s32s128s")
_PIPE = Struct("=4I")
_TAIL_SOCKET, _TAIL_PIPE = 1, 2
_PAGE = os.sysconf("SC_PAGESIZE")
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16
_NOT_TOLD = 0xFFFFFFFF


class Incomplete(NamedTuple):
    """A descriptor of which something is to be read in /proc."""

    raw: RawDescriptor
    missing: int
    """Bits of NO_LINK, NO_STATUS and NO_LINES."""


class Records:
    """Takes the records apart, in the order in which the program writes them: all of one task after each other."""

    def __init__(self, mounts_of: Callable[[int], Mapping[int, RawMount]]) -> None:
        """`mounts_of` gives the mounts that a process sees, by id."""
        self.owners = Owners(mounts_of)
        self.incomplete: list[Incomplete] = []
        """Those that are not in what `take` gives, as something is missing."""

    def take(self, data: bytes, wanted: Callable[[bytes], bool] | None = None) -> tuple[list[RawDescriptor], int]:
        """The descriptors whose records `data` begins with, and how many bytes of it they take.

        Of those whose link is not `wanted`, if that is given, nothing.

        All facts are as /proc tells them, but for what it does not tell. Of a table that several threads of a
        process share, or of which it is a copy, everything comes once.
        """
        found: list[RawDescriptor] = []
        unpack, place, end = _RECORD.unpack_from, 0, len(data) - _RECORD.size
        owner: tuple[int, int] | None = None
        label: int | None = None
        mounts: Mapping[int, RawMount] = {}
        while place <= end:
            length, link_length, lines_length, members_count, missing, tail, pid, tid, fd, *rest = unpack(
                data, place
            )
            if place + length > len(data):
                break
            (
                open_file,
                table,
                view,
                position,
                flags,
                mode,
                nlink,
                uid,
                gid,
                device,
                rdev,
                mount_id,
                magic,
                _,
                *rest,
            ) = rest
            begin, place = place, place + length
            if owner != (pid, tid):
                owner, label = (pid, tid), self.owners.label(pid, tid, table, missing)
                mounts = self.owners.mounts(pid, view)
            if label == REPEATS:
                continue
            inode, size, blocks = rest
            first = begin + _RECORD.size
            last = first + link_length
            link = data[first:last]
            if wanted is not None and not wanted(link):
                continue
            lines = data[last : last + lines_length] if lines_length else b""
            numbers = RawNumbers(position, flags, mount_id, inode)
            status = mount = kernel_type = alike = members = None
            if link[:1] == b"/":
                if not missing & NO_STATUS:
                    status = RawStatus(mode, inode, device, nlink, uid, gid, size, blocks, rdev)
                mount = mounts.get(mount_id)
                kernel_type = magic if mount is None else None
                if not (missing or lines_length or tail):
                    alike = data[begin + _ALIKE : last]
            pipe = _pipe(data, place) if tail == _TAIL_PIPE else None
            protocol, socket = _socket(data, place, inode) if tail == _TAIL_SOCKET else (b"", None)
            if members_count:
                told = data[last + lines_length : last + lines_length + members_count * _MEMBER.size]
                members = tuple([(number, file) for file, number, _ in _MEMBER.iter_unpack(told)])
            raw = RawDescriptor(
                pid, fd, link, lines, status, mount, kernel_type, label, protocol, socket,
                open_file, members, pipe, numbers, alike,
            )  # fmt: skip
            if missing & (NO_LINK | NO_STATUS | NO_LINES):
                self.incomplete.append(Incomplete(raw, missing))
            else:
                found.append(raw)
        return found, place


def _pipe(data: bytes, end: int) -> RawPipe:
    waiting, pages, readers, writers = _PIPE.unpack_from(data, end - _PIPE.size)
    return RawPipe(waiting, pages * _PAGE, readers, writers)


def _socket(data: bytes, end: int, inode: int) -> tuple[bytes, RawSocket | None]:
    """What the kernel calls its protocol, and the socket."""
    (
        family, type_, protocol, local_port, remote_port, name_length, state, shutdown, _, _,
        net_namespace, interface, uid, receive_queue, send_queue, has_peer, _, peer_inode,
        local, remote, protocol_name, name,
    ) = _SOCKET.unpack_from(data, end - _SOCKET.size)  # fmt: skip
    if not family:
        return b"", None
    size = {_AF_INET: 4, _AF_INET6: 16, _AF_NETLINK: 4}.get(family, 0)
    if family == _AF_NETLINK:
        local_port, remote_port, size = (
            int.from_bytes(local[:4], "little"),
            int.from_bytes(remote[:4], "little"),
            0,
        )
    told = RawSocket(
        inode,
        family,
        type_,
        protocol,
        state,
        net_namespace,
        local=name[:name_length] if family == _AF_UNIX else local[:size],
        local_port=local_port,
        remote=remote[:size],
        remote_port=remote_port,
        interface=interface,
        receive_queue=None if receive_queue == _NOT_TOLD else receive_queue,
        send_queue=send_queue,
        uid=uid,
        peer_inode=peer_inode if has_peer else None,
        shutdown=shutdown,
    )
    return protocol_name.partition(b"\0")[0], told
