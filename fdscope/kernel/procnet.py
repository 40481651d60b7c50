"""Which sockets are there, where sock_diag(7) cannot be asked: the tables of proc_pid_net(5). Pure.

They tell less: no peers of unix sockets, no buffers, no timings, of listeners no limit.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator

from ..raw import RawSocket
from .sockdiag import (
    AF_INET,
    AF_INET6,
    AF_NETLINK,
    AF_PACKET,
    AF_UNIX,
    ICMP,
    ICMPV6,
    RAW,
    TCP,
    UDP,
    UDPLITE,
)

_LITTLE = sys.byteorder == "little"
_LISTENS = 0x00010000  # __SO_ACCEPTCON of include/linux/net.h
_LISTEN, _UNCONNECTED = 10, 7

# One line of the unix table: address, references, protocol, flags, type, state, inode; what follows is the name,
# which may hold a newline.
_UNIX_LINE = re.compile(
    rb"^[0-9a-fA-Fx]+: ([0-9A-F]{8}) ([0-9A-F]{8}) ([0-9A-F]{8}) ([0-9A-F]{4}) ([0-9A-F]{2}) +(\d+)"
)
_UNIX_STATES = {1: 7, 2: 2, 3: 1, 4: 11}  # SS_… of include/uapi/linux/net.h as include/net/tcp_states.h has it


def _address(field: bytes) -> tuple[bytes, int]:
    """``0100007F:1F90``: words of 32 bits in the machine's own byte order, then the port."""
    words, _, port = field.partition(b":")
    raw = bytes.fromhex(words.decode("ascii"))
    if len(raw) not in (4, 16):
        raise ValueError(f"an address of {len(raw)} bytes")
    if _LITTLE:
        raw = b"".join(raw[place : place + 4][::-1] for place in range(0, len(raw), 4))
    return raw, int(port, 16)


def parse_inet(table: bytes, family: int, protocol: int, net_namespace: int) -> Iterator[RawSocket]:
    """The sockets of ``tcp``, ``udp``, ``udplite``, ``raw`` or ``icmp``, or of these with a 6.

    Raises:
        ValueError, IndexError: a line has another form.
    """
    for line in table.splitlines()[1:]:
        words = line.split()
        local, port = _address(words[1])
        remote, remote_port = _address(words[2])
        state = int(words[3], 16)
        unsent, _, waiting = words[4].partition(b":")
        yield RawSocket(
            int(words[9]),
            family,
            0,
            protocol,
            state,
            net_namespace,
            local=local,
            local_port=port,
            remote=remote,
            remote_port=remote_port,
            receive_queue=int(waiting, 16),
            send_queue=None if state == _LISTEN else int(unsent, 16),
            uid=int(words[7]),
        )


def parse_unix(table: bytes, net_namespace: int) -> Iterator[RawSocket]:
    """The sockets of ``unix``; a NUL of an abstract name is told as ``@``, so only the first can be given back.

    Raises:
        ValueError: the first line has another form.
    """
    head, _, rest = table.partition(b"\n")
    if not head.startswith(b"Num "):
        raise ValueError(f"not a table of unix sockets: {head!r}")
    found: list[tuple[re.Match[bytes], list[bytes]]] = []
    for line in rest.removesuffix(b"\n").split(b"\n") if rest else ():
        match = _UNIX_LINE.match(line)
        if match:
            found.append((match, [line[match.end() :]]))
        elif found:  # the rest of a name that holds a newline
            found[-1][1].append(line)
        else:
            raise ValueError(f"not a unix socket: {line!r}")
    for match, parts in found:
        _, _, flags, type_, state, inode = match.groups()
        name = b"\n".join(parts).removeprefix(b" ")
        yield RawSocket(
            int(inode),
            AF_UNIX,
            int(type_, 16),
            0,
            _LISTEN if int(flags, 16) & _LISTENS else _UNIX_STATES.get(int(state, 16), _UNCONNECTED),
            net_namespace,
            local=b"\0" + name[1:] if name.startswith(b"@") else name,
        )


def parse_netlink(table: bytes, net_namespace: int) -> Iterator[RawSocket]:
    """The sockets of ``netlink``; groups above 32 are not told here.

    Raises:
        ValueError, IndexError: a line has another form.
    """
    for line in table.splitlines()[1:]:
        words = line.split()
        yield RawSocket(
            int(words[9]),
            AF_NETLINK,
            0,
            int(words[1]),
            0,
            net_namespace,
            local_port=int(words[2]),
            receive_queue=int(words[4]),
            send_queue=int(words[5]),
        )


def parse_packet(table: bytes, net_namespace: int) -> Iterator[RawSocket]:
    """The sockets of ``packet``.

    Raises:
        ValueError, IndexError: a line has another form.
    """
    for line in table.splitlines()[1:]:
        words = line.split()
        yield RawSocket(
            int(words[8]),
            AF_PACKET,
            int(words[2]),
            int(words[3], 16),
            0,
            net_namespace,
            interface=int(words[4]),
            receive_queue=int(words[6]),
            uid=int(words[7]),
        )


def _inet(family: int, protocol: int) -> Callable[[bytes, int], Iterator[RawSocket]]:
    return lambda table, net_namespace: parse_inet(table, family, protocol, net_namespace)


TABLES: dict[tuple[int, int], tuple[bytes, Callable[[bytes, int], Iterator[RawSocket]]]] = {
    **{
        (family, protocol): (name + suffix, _inet(family, protocol))
        for family, suffix in ((AF_INET, b""), (AF_INET6, b"6"))
        for protocol, name in ((TCP, b"tcp"), (UDP, b"udp"), (UDPLITE, b"udplite"), (RAW, b"raw"))
    },
    (AF_INET, ICMP): (b"icmp", _inet(AF_INET, ICMP)),
    (AF_INET6, ICMPV6): (b"icmp6", _inet(AF_INET6, ICMPV6)),
    (AF_UNIX, 0): (b"unix", parse_unix),
    (AF_NETLINK, 0): (b"netlink", parse_netlink),
    (AF_PACKET, 0): (b"packet", parse_packet),
}
"""Family and protocol to the name of the table and the function that reads it."""
