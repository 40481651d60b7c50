"""Records of files.bpf.c to raw tuples: what /proc would have said of each descriptor, in the same words. Pure."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from struct import Struct
from typing import Any, NamedTuple

from ...raw import RawDescriptor, RawMount, RawNumbers, RawPipe, RawSocket, RawStatus
from .owners import REPEATS, Owners

PROGRAM = "files"

NO_LINK, NO_STATUS, NO_LINES = 1, 2, 4
"""Bits of `Incomplete.missing`: what is to be read in /proc."""

_RECORD = Struct("=I3H2B3i3Qq2IQ6I2Q2I")
_TABLE, _VIEW, _MAGIC = 10, 11, 25
_NUMBERS, _STATUS = slice(12, 16), slice(15, 25)  # both have the inode
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
        new: Callable[..., Any] = tuple.__new__  # a class called by its name costs three times that
        place, end = 0, len(data) - _RECORD.size
        owner: tuple[int, int] | None = None
        label: int | None = None
        mounts: Mapping[int, RawMount] = {}
        while place <= end:
            told = _RECORD.unpack_from(data, place)
            length, link_length, lines_length, member_count, missing, tail, pid, tid, fd, open_file = told[:10]
            if place + length > len(data):
                break
            begin, place = place, place + length
            if owner != (pid, tid):
                owner, label = (pid, tid), self.owners.label(pid, tid, told[_TABLE], missing)
                mounts = self.owners.mounts(pid, told[_VIEW])
            if label == REPEATS:
                continue
            first = begin + _RECORD.size
            last = first + link_length
            link = data[first:last]
            if wanted is not None and not wanted(link):
                continue
            lines = data[last : last + lines_length]
            numbers = new(RawNumbers, told[_NUMBERS])
            status = mount = magic = alike = pipe = socket = None
            protocol = b""
            if link[:1] == b"/":
                if not missing & NO_STATUS:
                    status = new(RawStatus, told[_STATUS])
                mount = mounts.get(numbers.mount_id)
                magic = told[_MAGIC] if mount is None else None
                if not (missing or lines_length or tail or member_count):
                    alike = data[begin + _ALIKE : last]
            if tail == _TAIL_PIPE:
                pipe = _pipe(data, place)
            elif tail == _TAIL_SOCKET:
                protocol, socket = _socket(data, place, numbers.inode)
            members = _members(data, last + lines_length, member_count) if member_count else None
            raw = new(
                RawDescriptor,
                (
                    pid, fd, link, lines, status, mount, magic, label, protocol, socket,
                    open_file, members, pipe, numbers, alike,
                ),
            )  # fmt: skip
            if missing & (NO_LINK | NO_STATUS | NO_LINES):
                self.incomplete.append(Incomplete(raw, missing))
            else:
                found.append(raw)
        return found, place


def _members(data: bytes, begin: int, count: int) -> tuple[tuple[int, int], ...]:
    told = _MEMBER.iter_unpack(data[begin : begin + count * _MEMBER.size])
    return tuple([(number, open_file) for open_file, number, _ in told])


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
