"""What sockets have in common: queues, state, addresses, and the sockets that face them (socket(7)). Pure."""

from __future__ import annotations

import functools
import sys
from _socket import AF_INET, AF_INET6, inet_ntop  # what `socket` is made of, without what that costs to import
from collections.abc import Mapping, Sequence
from struct import unpack
from typing import Annotated, Any, ClassVar

from ..fdinfo import fields
from ..model import POLL, READ, WRITE, End, said
from ..netlink import attributes
from ..quantity import size
from ..raw import Machine, RawDescriptor, RawSocket
from ..text import text
from ._basics import KernelObject, basics, details, may_have_details

_TYPES = {1: "stream", 2: "datagram", 3: "raw", 4: "rdm", 5: "seqpacket", 6: "dccp", 10: "packet"}

# include/net/tcp_states.h: every family uses these numbers; netlink also 0, for "not connected".
_LISTEN = 10
_STATES = {0: "UNCONNECTED", 1: "ESTABLISHED", 2: "SYN-SENT", 7: "UNCONNECTED", 10: "LISTEN", 11: "CLOSING"}

SocketType = Annotated[str | None, said("stream, datagram, seqpacket, raw, rdm, dccp or packet (socket(2))")]
Protocol = Annotated[
    str | None,
    said(
        "the protocol that it speaks, by the kernel's name: TCPv6; of netlink ROUTE, of packet sockets ARP, …",
        any_case=True,
    ),
]
State = Annotated[
    str | None,
    said(
        "of TCP as RFC 9293 names it: LISTEN, TIME-WAIT, …; of others ESTABLISHED, UNCONNECTED or LISTEN",
        any_case=True,
    ),
]
NetNamespace = Annotated[int | None, said("inode of the network namespace that it is in (namespaces(7))")]
ForeignNamespace = Annotated[bool | None, said("true: that is another one than its process lives in")]
LocalAddress = Annotated[
    str | None, said("address that it is bound to; 0.0.0.0 or ::: any of the machine's; of vsock a CID, or any")
]
LocalPort = Annotated[
    int | None, said("port that it is bound to; of icmp the identifier that its echo messages have")
]
RemoteAddress = Annotated[str | None, said("address that it is connected to; of vsock a CID")]
RemotePort = Annotated[int | None, said("port that it is connected to")]
Interface = Annotated[
    str | None, said("network interface; a number, if its name is not known; of a socket: the one it is bound to")
]
Backlog = Annotated[int | None, said("of a listener: connections that wait to be accepted")]
BacklogLimit = Annotated[int | None, said("how many may wait (listen(2))")]
AcceptedFrom = Annotated[
    list[int] | None,
    said("inodes of the listening sockets that have its name now: it was accepted from one of them"),
]


class OpenSocket(KernelObject, kw_only=True):
    """An end of a conversation, named by its inode.

    What a socket has beyond that inode and a protocol the kernel tells for each network namespace apart.
    Nothing more is told of one that is neither bound nor connected, as the kernel lists only those that are,
    nor of one whose namespace could not be asked, which is then one of the problems.

    Queues are counted in bytes of data where the protocol is a stream. In others they are the memory that the
    messages take, which is more; a unix datagram socket tells only the length of the first message.
    """

    socket_type: SocketType = None
    protocol: Protocol = None
    state: State = None
    receive_queue_bytes: Annotated[int | None, said("what waits to be read", header="RECV-Q")] = None
    send_queue_bytes: Annotated[
        int | None, said("what the other side has not yet taken or acknowledged", header="SEND-Q")
    ] = None
    receive_buffer_bytes: Annotated[int | None, said("how much memory what waits may take (SO_RCVBUF)")] = None
    send_buffer_bytes: Annotated[int | None, said("the same of what is to be sent (SO_SNDBUF)")] = None
    dropped: Annotated[int | None, said("messages thrown away, mostly since that memory was full")] = None
    owner_uid: Annotated[int | None, said("user id of the owner of the file, or of who made the socket")] = None
    net_namespace: NetNamespace = None
    foreign_namespace: ForeignNamespace = None
    shutdown: Annotated[
        list[str] | None, said("receive, send: what has been shut down (shutdown(2)); left out: neither")
    ] = None
    facing_inodes: Annotated[
        list[int] | None, said("inodes of the sockets of this machine that it exchanges data with")
    ] = None

    verbs = frozenset({READ, WRITE, POLL})
    one_open_file = True
    own_inode = True
    usual_type: ClassVar[str | None] = None
    """The type that all sockets of the kind have."""
    queues_are_data: ClassVar[bool] = False
    """Whether queues are counted in bytes of data, not of memory."""

    def ends(self) -> tuple[End, ...]:
        """Itself, facing the sockets that it exchanges data with; none where it is held as a place only."""
        if self.object is None or self.access == "path":
            return ()
        faced = tuple([f"socket:[{inode}]" for inode in self.facing_inodes or ()])
        lacks = "" if self.state is None else self.lacks()
        return (End(self.object, faced, faced, missing=lacks if not faced or lacks == "listening" else ""),)

    def lacks(self) -> str:
        """Why it faces nobody, if that is so: a word of `OTHER_ENDS`; empty, where nobody need be there."""
        return ""

    def queued(self) -> int | None:
        """Its receive queue."""
        return self.receive_queue_bytes

    def only_peers(self) -> bool:
        """Whether it is one end of a connection, which nobody can join."""
        return self.state == "ESTABLISHED" and self.socket_type in ("stream", "seqpacket")

    def remarks(self) -> list[str]:
        """What to say after its addresses."""
        found = []
        in_words = "" if self.queues_are_data else " of memory"
        if self.receive_queue_bytes:
            found.append(f"{size(self.receive_queue_bytes)}{in_words} to read")
        if self.send_queue_bytes:
            found.append(f"{size(self.send_queue_bytes)}{in_words} to send")
        if self.shutdown:
            found.append(f"shut down to {' and '.join(self.shutdown)}")
        if self.foreign_namespace:
            found.append(f"in network namespace {self.net_namespace}")
        return found


class InternetSocket(OpenSocket, kw_only=True):
    """A socket of IPv4 or IPv6 (ip(7), ipv6(7)).

    IPv6 addresses are written as RFC 5952 says; ``::ffff:127.0.0.1`` is an IPv4 address that an IPv6 socket uses.
    """

    local_address: LocalAddress = None
    local_port: LocalPort = None
    remote_address: RemoteAddress = None
    remote_port: RemotePort = None
    interface: Interface = None
    remote_is_local: Annotated[
        bool | None, said("true: the remote address is one of the network namespace that the socket is in")
    ] = None
    ipv6_only: Annotated[bool | None, said("whether it refuses IPv4 (IPV6_V6ONLY); told of IPv6 alone")] = None
    type_of_service: Annotated[
        int | None, said("how its IPv4 packets are marked (IP_TOS of ip(7)); left out: 0")
    ] = None
    traffic_class: Annotated[
        int | None, said("how its IPv6 packets are marked (IPV6_TCLASS of ipv6(7)); left out: 0")
    ] = None
    mark: Annotated[
        int | None,
        said("what routing and the packet filter know it by (SO_MARK); left out: 0, or for want of CAP_NET_ADMIN"),
    ] = None

    def lacks(self) -> str:
        """A connection leads away from this machine, unless its address says that it does not."""
        if self.remote_address is None:
            return "not-connected"
        return "unbound" if self.remote_is_local else "elsewhere"

    def where(self) -> str:
        """``0.0.0.0%eth0:80``, ``127.0.0.1:80 -> 127.0.0.1:51234``; empty where no address is told."""
        if self.local_address is None:
            return ""
        here = place(self.local_address, self.local_port, self.interface)
        if self.remote_address is None:
            return here
        return f"{here} -> {place(self.remote_address, self.remote_port)}"

    def describe(self) -> str:
        """``ESTABLISHED 127.0.0.1:80 -> 127.0.0.1:51234, 120 B to send``."""
        first = f"{self.state or ''} {self.where()}".strip()
        return ", ".join([first or unknown(self), *self.remarks()])


def unknown(socket: OpenSocket) -> str:
    """What to say of a socket that the kernel lists in no table."""
    return ", ".join(
        [socket.protocol or socket.name or "socket", "neither bound nor connected, as far as is told"]
    )


def place(address: str, port: int | None, interface: str | None = None) -> str:
    """``127.0.0.1:80``, ``[::1]:80``, ``0.0.0.0%eth0:80``; an address alone without brackets."""
    on = f"{address}%{interface}" if interface else address
    if port is None:
        return on
    return f"[{on}]:{port}" if ":" in on else f"{on}:{port}"


@functools.lru_cache(maxsize=4096)
def address(data: bytes) -> str:
    """The text of an IPv4 or IPv6 address.

    Raises:
        ValueError: it has neither 4 nor 16 bytes.
    """
    if len(data) not in (4, 16):
        raise ValueError(f"an address of {len(data)} bytes")
    return inet_ntop(AF_INET if len(data) == 4 else AF_INET6, data)


def number(data: bytes) -> int:
    """A number in the byte order of the machine, as netlink(7) gives it."""
    return int.from_bytes(data, sys.byteorder)


def numbers(data: bytes) -> list[int]:
    """32-bit numbers, one after the other.

    Raises:
        ValueError: the length is no multiple of 4.
    """
    if len(data) % 4:
        raise ValueError(f"{len(data)} bytes of 32-bit numbers")
    return list(unpack(f"={len(data) // 4}I", data))


def socket_type_name(told: int) -> str | None:
    """The name of a type of socket(2); 0 is not told."""
    return _TYPES.get(told, str(told)) if told else None


def shared(
    kind: type[OpenSocket],
    raw: RawDescriptor,
    machine: Machine,
    info: dict[bytes, bytes],
    lines: Sequence[bytes] = (),
    states: Mapping[int, str] = _STATES,
) -> dict[str, Any]:
    """The fields of `OpenSocket`; `info` is fdinfo parsed, of which the kind reads `lines` itself.

    The protocol's name is the kernel's, for kinds whose protocol is nothing else.

    Raises:
        ValueError: a number is not one.
    """
    found = basics(raw, info)
    if raw.fdinfo and may_have_details(raw, info, lines):
        found["details"] = details(raw.fdinfo, lines)
    inode = int(raw.link[8:-1])
    link = f"socket:[{inode}]"
    found["inode"], found["name"], found["object"] = inode, link, link
    if raw.protocol:
        found["protocol"] = text(raw.protocol)
    socket = raw.socket
    if socket is None:
        found["socket_type"] = kind.usual_type
        return found
    found["socket_type"] = socket_type_name(socket.type) or kind.usual_type
    found["state"] = states.get(socket.state) or str(socket.state)
    found["net_namespace"], found["owner_uid"] = socket.net_namespace, socket.uid
    if socket.foreign:
        found["foreign_namespace"] = True
    if socket.state != _LISTEN:
        found["receive_queue_bytes"], found["send_queue_bytes"] = socket.receive_queue, socket.send_queue
    if found.get("access") != "path":
        if socket.shutdown:
            found["shutdown"] = directions(socket.shutdown)
        found["facing_inodes"] = list(machine.facing(socket)) or None
    return found


def directions(shut: int) -> list[str]:
    """What these bits say has been shut down."""
    return [word for bit, word in ((1, "receive"), (2, "send")) if shut & bit]


def told(raw: RawDescriptor) -> dict[int, bytes]:
    """The netlink attributes that came with a socket; none from the tables of /proc."""
    return attributes(raw.socket.attributes) if raw.socket is not None and raw.socket.attributes else {}


def add_addresses(found: dict[str, Any], socket: RawSocket, machine: Machine, ports: bool = True) -> None:
    """The fields of `InternetSocket`; an unspecified remote address is left out.

    Raises:
        ValueError: an address is none.
    """
    if socket.local:
        found["local_address"] = address(socket.local)
        if ports:
            found["local_port"] = socket.local_port
    if socket.remote_port or any(socket.remote):
        found["remote_address"] = address(socket.remote)
        if ports:
            found["remote_port"] = socket.remote_port
        if machine.is_within(socket):
            found["remote_is_local"] = True
    if socket.interface:
        found["interface"] = interface(socket, machine)


def interface(socket: RawSocket, machine: Machine) -> str:
    """The name of the interface that a socket is bound to; its index, if that has no name."""
    name = machine.interface(socket.net_namespace, socket.interface)
    return text(name) if name else str(socket.interface)


def add_backlog(found: dict[str, Any], socket: RawSocket) -> bool:
    """Of a listener, what its queues are: connections. Whether it is one."""
    if socket.state != _LISTEN:
        return False
    found["backlog"], found["backlog_limit"] = socket.receive_queue, socket.send_queue
    return True


def add_accepted_from(found: dict[str, Any], socket: RawSocket, machine: Machine) -> None:
    """The listeners that a connection can have come from; no list is made of a mere place."""
    if found.get("access") != "path":
        found["accepted_from"] = list(machine.listeners(socket)) or None


def backlog(waiting: int | None, limit: int | None) -> list[str]:
    """``0 of 511 waiting``; nothing where it is not told."""
    if waiting is None:
        return []
    return [f"{waiting} waiting" if limit is None else f"{waiting} of {limit} waiting"]


def add_memory(found: dict[str, Any], data: bytes | None) -> None:
    """What SK_MEMINFO tells (include/uapi/linux/sock_diag.h); queues only where nothing more exact told them.

    Raises:
        ValueError: it is no list of 32-bit numbers.
        IndexError: it is too short.
    """
    if data is None:
        return
    values = numbers(data)
    if found.get("receive_queue_bytes") is None and found.get("state") != "LISTEN":
        found["receive_queue_bytes"], found["send_queue_bytes"] = values[0], values[2]
    found["receive_buffer_bytes"], found["send_buffer_bytes"] = values[1], values[3]
    if len(values) > 8:  # since Linux 4.7
        found["dropped"] = values[8]


# include/uapi/linux/inet_diag.h
INET_INFO, INET_CONGESTION, INET_MEMORY, INET_SHUTDOWN, INET_PROTOCOL, INET_V6ONLY = 2, 4, 7, 8, 10, 11
_MARKS = {5: "type_of_service", 6: "traffic_class", 15: "mark"}


def internet(
    cls: type[InternetSocket],
    raw: RawDescriptor,
    machine: Machine,
    states: Mapping[int, str] = _STATES,
    ports: bool = True,
) -> tuple[dict[str, Any], dict[int, bytes]]:
    """The fields of an internet socket, and the attributes that came with it.

    Raises:
        ValueError, IndexError: something is not what it should be.
    """
    found = shared(cls, raw, machine, fields(raw.fdinfo), states=states)
    more = told(raw)
    if raw.socket is not None:
        add_addresses(found, raw.socket, machine, ports)
    if more:
        if INET_V6ONLY in more and raw.socket is not None and raw.socket.family == AF_INET6:
            found["ipv6_only"] = bool(number(more[INET_V6ONLY]))
        found |= {name: number(more[key]) or None for key, name in _MARKS.items() if key in more}
        add_memory(found, more.get(INET_MEMORY))
    return found, more
