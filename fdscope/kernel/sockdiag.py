"""Which sockets are there: dumps of NETLINK_SOCK_DIAG (sock_diag(7)), as the kernel packs them.

Functions that parse take the bytes of one answer and are pure. Asking costs a socket of this process, which is
made in the network namespace that is asked about (kernel/netns.py).
"""

from __future__ import annotations

import _socket  # `socket` costs 8 ms more
import struct
from collections.abc import Iterator
from errno import EAGAIN, EINTR, EMSGSIZE
from typing import NamedTuple

from ..netlink import attributes
from ..raw import RawSocket

SOCK_DIAG, _SOCK_DIAG_BY_FAMILY = 4, 20
NETLINK_ROUTE, RTM_GETLINK, RTM_GETADDR = 0, 18, 22

# include/uapi/linux/netlink.h
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
_ERROR, _DONE = 2, 3
_REQUEST_DUMP = 0x301
_DUMP_INTERRUPTED = 0x10
_ANSWER_BYTES = 1 << 18  # the kernel makes answers of at most 32 KiB, and of as much as is asked for

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK = 1, 2, 10, 16, 17, 40
TCP, UDP, UDPLITE, RAW, MPTCP, ICMP, ICMPV6 = 6, 17, 136, 255, 262, 1, 58

# States without a socket of a process: SYN-RECEIVED, TIME-WAIT, NEW-SYN-RECEIVED (include/net/tcp_states.h)
_STATES = 0xFFFFFFFF & ~(1 << 3 | 1 << 6 | 1 << 12)

# struct inet_diag_msg: family, state, timer, retransmits; ports, addresses, interface, cookie; expires, queues,
# uid, inode (include/uapi/linux/inet_diag.h)
_INET = struct.Struct("=4B2H16s16sI8s5I")
_UNIX = struct.Struct("=4BI8s")  # struct unix_diag_msg (include/uapi/linux/unix_diag.h)
_NETLINK = struct.Struct("=4B4I8s")  # struct netlink_diag_msg (include/uapi/linux/netlink_diag.h)
_PACKET = struct.Struct("=2BHI8s")  # struct packet_diag_msg (include/uapi/linux/packet_diag.h)
_VSOCK = struct.Struct("=4B4sI4s2I8s")  # struct vm_sockets_diag_msg (include/uapi/linux/vm_sockets_diag.h)
TWO = struct.Struct("=2I")
ONE = struct.Struct("=I")


class Refused(Exception):
    """The kernel does not answer this question, or not to us; the number is that of errno(3)."""

    def __init__(self, errno: int) -> None:
        super().__init__(errno)
        self.errno = errno


class Question(NamedTuple):
    """What sock_diag is asked for: one family and, of the internet families, one protocol."""

    family: int
    protocol: int


def request(question: Question, *, brief: bool = False) -> bytes:
    """The body of the request for all sockets of a family and protocol; `brief`: only what a line tells."""
    family, protocol = question
    if family in (AF_INET, AF_INET6):
        # INET_DIAG_MEMINFO (1) is left out; INFO, CONG, TOS, TCLASS, SKMEMINFO, SHUTDOWN: bits 1, 3, 4, 5, 6, 7
        wanted = 0b11111010 if protocol in (TCP, MPTCP) else 0b11110000
        body = struct.pack("=4BI48s", family, min(protocol, RAW), 0 if brief else wanted, 0, _STATES, b"")
        if protocol > RAW:  # INET_DIAG_REQ_PROTOCOL
            body += struct.pack("=2HI", 8, 3, protocol)
        return body
    if family == AF_UNIX:  # UDIAG_SHOW_NAME, VFS, PEER, ICONS, RQLEN, MEMINFO, UID
        return struct.pack("=2BH3I8s", family, 0, 0, 0xFFFFFFFF, 0, 0x7F, b"\xff" * 8)
    if family == AF_NETLINK:  # NDIAG_PROTO_ALL; NDIAG_SHOW_MEMINFO, GROUPS, FLAGS
        return struct.pack("=2BH2I8s", family, 0xFF, 0, 0, 0b1011, b"\xff" * 8)
    if family == AF_PACKET:  # PACKET_SHOW_INFO, FANOUT, MEMINFO
        return struct.pack("=2BH2I8s", family, 0, 0, 0, 0b11001, b"\xff" * 8)
    return struct.pack("=2BH3I8s", family, 0, 0, 0xFFFFFFFF, 0, 0, b"\xff" * 8)


def messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Type, flags and body of each message of one answer.

    Raises:
        ValueError: a length is too short to be one, or leads past the end.
    """
    offset, end = 0, len(data)
    while offset + 16 <= end:
        length, kind, flags, _, _ = _HEADER.unpack_from(data, offset)
        if length < 16 or offset + length > end:
            raise ValueError(f"a message of {length} bytes in {end - offset}")
        yield kind, flags, data[offset + 16 : offset + length]
        offset += (length + 3) & ~3
    if offset < end:
        raise ValueError(f"{end - offset} bytes after the last message")


def parse(question: Question, body: bytes, net_namespace: int) -> RawSocket:
    """The socket that one message tells of.

    Raises:
        ValueError: the message is shorter than its family's, or its attributes are not well formed.
    """
    try:
        return _PARSERS[question.family](body, question.protocol, net_namespace)
    except struct.error as error:
        raise ValueError(str(error)) from None


def _inet(body: bytes, protocol: int, net_namespace: int) -> RawSocket:
    found = _INET.unpack_from(body)
    family, state, timer, _, port, remote_port, local, remote, interface = found[:9]
    timer_ms = found[10]
    waiting, unsent, uid, inode = found[11:]
    if family == AF_INET:
        local, remote = local[:4], remote[:4]
    rest = body[72:]
    shutdown = None
    if protocol != TCP and rest:
        told = attributes(rest).get(8)  # INET_DIAG_SHUTDOWN
        shutdown = told[0] if told else None
    return RawSocket(
        inode,
        family,
        0,
        protocol,
        state,
        net_namespace,
        False,
        local,
        _socket.ntohs(port),
        remote,
        _socket.ntohs(remote_port),
        interface,
        waiting,
        unsent,
        uid,
        None,
        shutdown,
        rest,
        timer,
        timer_ms,
    )


def _unix(body: bytes, _: int, net_namespace: int) -> RawSocket:
    family, type_, state, _, inode, _ = _UNIX.unpack_from(body)
    rest = body[16:]
    told = attributes(rest)
    waiting = unsent = uid = peer = shutdown = None
    if 4 in told:  # UNIX_DIAG_RQLEN
        waiting, unsent = TWO.unpack(told[4])
    if 2 in told:  # UNIX_DIAG_PEER
        (peer,) = ONE.unpack(told[2])
    if 7 in told:  # UNIX_DIAG_UID
        (uid,) = ONE.unpack(told[7])
    if 6 in told:  # UNIX_DIAG_SHUTDOWN
        shutdown = told[6][0] if told[6] else None
    return RawSocket(
        inode,
        family,
        type_,
        0,
        state,
        net_namespace,
        False,
        told.get(0, b""),
        0,
        b"",
        0,
        0,
        waiting,
        unsent,
        uid,
        peer,
        shutdown,
        rest,
    )


def _netlink(body: bytes, _: int, net_namespace: int) -> RawSocket:
    family, type_, protocol, state, port, remote_port, _, inode, _ = _NETLINK.unpack_from(body)
    return RawSocket(
        inode,
        family,
        type_,
        protocol,
        state,
        net_namespace,
        local_port=port,
        remote_port=remote_port,
        attributes=body[_NETLINK.size :],
    )


def _packet(body: bytes, _: int, net_namespace: int) -> RawSocket:
    family, type_, protocol, inode, _ = _PACKET.unpack_from(body)
    rest = body[_PACKET.size :]
    told = attributes(rest)
    interface = ONE.unpack_from(told[0])[0] if 0 in told else 0  # PACKET_DIAG_INFO
    uid = ONE.unpack(told[5])[0] if 5 in told else None  # PACKET_DIAG_UID
    return RawSocket(
        inode, family, type_, protocol, 0, net_namespace, interface=interface, uid=uid, attributes=rest
    )


def _vsock(body: bytes, _: int, net_namespace: int) -> RawSocket:
    family, type_, state, shutdown, cid, port, remote_cid, remote_port, inode, _ = _VSOCK.unpack_from(body)
    return RawSocket(
        inode,
        family,
        type_,
        0,
        state,
        net_namespace,
        local=cid,
        local_port=port,
        remote=remote_cid,
        remote_port=remote_port,
        shutdown=shutdown,
        attributes=body[_VSOCK.size :],
    )


_PARSERS = {
    AF_INET: _inet,
    AF_INET6: _inet,
    AF_UNIX: _unix,
    AF_NETLINK: _netlink,
    AF_PACKET: _packet,
    AF_VSOCK: _vsock,
}


def parse_addresses(body: bytes) -> bytes | None:
    """The address of this machine that one RTM_NEWADDR message tells of (rtnetlink(7)); None: of another family.

    Raises:
        ValueError: the message is not well formed.
    """
    if len(body) < 8:
        raise ValueError("a message too short for an address")
    told = attributes(body[8:])  # after struct ifaddrmsg; IFA_LOCAL is the own end of a point-to-point link
    return told.get(2, told.get(1)) if body[0] in (AF_INET, AF_INET6) else None


def parse_interface(body: bytes) -> tuple[int, bytes]:
    """Index and name of the interface that one RTM_NEWLINK message tells of (rtnetlink(7)).

    Raises:
        ValueError: the message is not well formed.
    """
    if len(body) < 16:
        raise ValueError("a message too short for an interface")
    index = int(ONE.unpack_from(body, 4)[0])  # struct ifinfomsg
    return index, attributes(body[16:]).get(3, b"").rstrip(b"\0")


def opened(protocol: int = SOCK_DIAG) -> _socket.socket:
    """A socket to ask with, in the network namespace of the thread that calls.

    Raises:
        OSError: there may be no more descriptors, or the kernel has no such protocol.
    """
    return _socket.socket(AF_NETLINK, 2 | 0o2000000, protocol)  # SOCK_DGRAM | SOCK_CLOEXEC


def sockets(
    asking: _socket.socket, question: Question, net_namespace: int, *, brief: bool = False
) -> list[RawSocket]:
    """All sockets of a family and protocol; those of no process, which have no inode, are left out.

    Raises:
        Refused: the kernel does not know the family, or says no.
        ValueError: it answers otherwise than it should.
    """
    bodies = dump(asking, _SOCK_DIAG_BY_FAMILY, request(question, brief=brief))
    if brief and question.family in (AF_INET, AF_INET6):
        bodies = [body[: _INET.size] for body in bodies]
    found = [parse(question, body, net_namespace) for body in bodies]
    return [one for one in found if one.inode]


def dump(asking: _socket.socket, kind: int, body: bytes) -> list[bytes]:
    """The bodies of all messages that answer one request; asked again when the list changed meanwhile.

    Raises:
        Refused: the kernel answers with an error, or does not stop changing.
        ValueError: it answers otherwise than it should.
    """
    for _ in range(4):
        try:
            asking.send(_HEADER.pack(16 + len(body), kind, _REQUEST_DUMP, 0, 0) + body)
            found, whole = _answer(asking)
        except OSError as error:
            raise Refused(error.errno or EINTR) from None
        if whole:
            return found
    return found  # what the last one told: each part is true, though not all of one moment


def _answer(asking: _socket.socket) -> tuple[list[bytes], bool]:
    found: list[bytes] = []
    whole = True
    while True:
        data, _, flags, _ = asking.recvmsg(_ANSWER_BYTES)
        if flags & _socket.MSG_TRUNC:
            raise Refused(EMSGSIZE)
        if not data:
            raise Refused(EAGAIN)
        for kind, marks, body in messages(data):
            whole = whole and not marks & _DUMP_INTERRUPTED
            if kind in (_ERROR, _DONE):
                errno = -int.from_bytes(body[:4], "little" if _LITTLE else "big", signed=True)
                if errno > 0:
                    raise Refused(errno)
                return found, whole
            found.append(body)


_LITTLE = struct.pack("=H", 1) == b"\x01\0"
