"""Who faces whom among the sockets of the machine, and which listener a connection came from.

Both are found in the tables of kernel/sockets.py, which are gone through once for each network namespace.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from ..netlink import attributes
from ..raw import RawSocket
from . import sockdiag
from .sockdiag import AF_INET, AF_INET6, AF_UNIX, MPTCP, TCP, UDP, UDPLITE, Question
from .sockets import Sockets, is_loopback

_ESTABLISHED, _LISTEN = 1, 10
_LOOPBACK = 1  # LOOPBACK_IFINDEX of include/net/flow.h
_MAPPED = b"\0" * 10 + b"\xff\xff"  # the beginning of an IPv4 address in IPv6 (RFC 4291)
_DATAGRAMS = (UDP, UDPLITE)
_STREAMS = (TCP, MPTCP)

Key = tuple[int, int, bytes, int, bytes, int]
"""Namespace, protocol, local address and port, remote address and port."""


class Faces:
    """The other ends of sockets; nobody faces anybody where the sockets were asked about in brief."""

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets
        self._pairs: dict[tuple[int, int], dict[Key, int]] = {}
        self._ports: dict[tuple[int, int], dict[int, list[RawSocket]]] = {}
        self._remote_ports: dict[tuple[int, int], dict[int, list[RawSocket]]] = {}
        self._unix_faces: dict[int | None, dict[int, list[int]]] = {}
        self._unix_listeners: dict[int | None, dict[tuple[bytes, bytes], list[int]]] = {}
        self._unix_clients: dict[int | None, dict[tuple[bytes, bytes], list[int]]] = {}

    def facing(self, socket: RawSocket) -> tuple[int, ...]:
        """Inodes of the sockets of this machine that `socket` exchanges data with (raw.Machine)."""
        if self._sockets.brief:
            return ()
        if socket.family == AF_UNIX:
            return tuple(self._faces_of_unix(self._unix_around(socket)).get(socket.inode, ()))
        if socket.family not in (AF_INET, AF_INET6) or socket.state == _LISTEN:
            return ()
        if socket.protocol not in (*_STREAMS, *_DATAGRAMS):
            return ()
        mirror = self._mirror(socket)
        if mirror or socket.protocol in _STREAMS:
            return mirror
        return self._server(socket) if socket.remote_port else self._clients(socket)

    def is_within(self, socket: RawSocket) -> bool:
        """Whether the address that a socket is connected to is one of its own network namespace (raw.Machine)."""
        if self._sockets.brief or not any(socket.remote):
            return False
        remote = _plain(socket.remote)
        return remote == _plain(socket.local) or self._sockets.is_here(socket.net_namespace, remote)

    def _mirror(self, socket: RawSocket) -> tuple[int, ...]:
        """The socket with local and remote address changed round: here, or in another namespace of the machine."""
        if not socket.remote_port:
            return ()
        here = self._pair(socket.net_namespace, socket.protocol)
        key = _turned(socket)
        inode = here.get((socket.net_namespace, *key))
        if inode is not None:
            return (inode,)
        if is_loopback(key[1]) or is_loopback(key[3]):
            return ()
        there = []
        for namespace in self._sockets.namespaces:
            if namespace != socket.net_namespace:
                inode = self._pair(namespace, socket.protocol).get((namespace, *key))
                if inode is not None:
                    there.append(inode)
        return tuple(there) if len(there) == 1 else ()  # of several with the same addresses none is sure

    def _pair(self, namespace: int, protocol: int) -> dict[Key, int]:
        key = (namespace, protocol)
        if key not in self._pairs:
            found: dict[Key, int] = {}
            for one in self._of_protocol(namespace, protocol):
                if one.remote_port:
                    local, remote = _plain(one.local), _plain(one.remote)
                    found[namespace, protocol, local, one.local_port, remote, one.remote_port] = one.inode
            self._pairs[key] = found
        return self._pairs[key]

    def _of_protocol(self, namespace: int, protocol: int) -> Iterator[RawSocket]:
        for family in (AF_INET, AF_INET6):
            yield from self._sockets.table(namespace, Question(family, protocol)).values()

    def _server(self, socket: RawSocket) -> tuple[int, ...]:
        """Of a connected datagram socket, the unconnected ones that are bound to where it sends."""
        remote = _plain(socket.remote)
        if self._sockets.is_here(socket.net_namespace, remote):
            return self._bound_to(socket, socket.net_namespace)
        others = [one for one in self._sockets.namespaces if one != socket.net_namespace]
        there = [self._bound_to(socket, one) for one in others if self._sockets.is_here(one, remote)]
        return there[0] if len(there) == 1 else ()

    def _bound_to(self, socket: RawSocket, namespace: int) -> tuple[int, ...]:
        """Those that take what is sent to the remote address of `socket`: bound to just that, or to all.

        As the kernel chooses (compute_score in net/ipv4/udp.c): of those that are bound to all, one of IPv6 takes
        what comes by IPv4 only if there is none of IPv4. One that is bound to a device takes what comes in there.
        """
        remote = _plain(socket.remote)
        bound = self._bound(namespace, socket.protocol).get(socket.remote_port, [])
        if namespace == socket.net_namespace and len(remote) == 4:
            bound = [one for one in bound if _may_come_in(remote, socket.interface, one.interface)]
        exact = [one.inode for one in bound if _plain(one.local) == remote]
        if exact:
            return tuple(exact)
        everywhere = [one for one in bound if not any(one.local)]
        by_ipv4 = [one for one in everywhere if one.family == AF_INET]
        if len(remote) == 4 and by_ipv4:
            return tuple(one.inode for one in by_ipv4)
        by_ipv6 = [one for one in everywhere if one.family == AF_INET6]
        return tuple(one.inode for one in by_ipv6 if len(remote) == 16 or not _is_ipv6_only(one))

    def _clients(self, socket: RawSocket) -> tuple[int, ...]:
        """Of a bound datagram socket that is not connected, those that are connected to it."""
        if not socket.local_port:
            return ()
        found = []
        for namespace in {socket.net_namespace: None, **self._sockets.namespaces}:
            for one in self._connected_to(namespace, socket.protocol).get(socket.local_port, ()):
                if socket.inode in self.facing(one):
                    found.append(one.inode)
        return tuple(found)

    def _connected_to(self, namespace: int, protocol: int) -> dict[int, list[RawSocket]]:
        """Remote port to the sockets that are connected to it."""
        key = (namespace, protocol)
        if key not in self._remote_ports:
            by_port: defaultdict[int, list[RawSocket]] = defaultdict(list)
            for one in self._of_protocol(*key):
                if one.remote_port:
                    by_port[one.remote_port].append(one)
            self._remote_ports[key] = by_port
        return self._remote_ports[key]

    def _bound(self, namespace: int, protocol: int) -> dict[int, list[RawSocket]]:
        """Port to the sockets that have it."""
        key = (namespace, protocol)
        if key not in self._ports:
            found: defaultdict[int, list[RawSocket]] = defaultdict(list)
            for one in self._of_protocol(namespace, protocol):
                if not one.remote_port:
                    found[one.local_port].append(one)
            self._ports[key] = found
        return self._ports[key]

    def _unix_around(self, socket: RawSocket) -> int | None:
        """The namespace in which all that have to do with a unix socket are; None: those of every one may.

        Network namespaces part abstract names, but not files: who may open the file may connect to it. A
        connection lives in the namespace of who made it, also its end that is accepted elsewhere.
        """
        by_file = socket.local and socket.local[:1] != b"\0"
        waits = socket.state == _ESTABLISHED and not socket.peer_inode
        return None if by_file or waits else socket.net_namespace

    def _unix(self, namespace: int | None) -> Iterable[RawSocket]:
        if namespace is None:
            return self._sockets.everyone([(AF_UNIX, 0)])
        return self._sockets.table(namespace, Question(AF_UNIX, 0)).values()

    def _faces_of_unix(self, namespace: int | None) -> dict[int, list[int]]:
        """Inode to the inodes that it is connected to, that are connected to it, or that it may accept."""
        if namespace not in self._unix_faces:
            found: defaultdict[int, dict[int, None]] = defaultdict(dict)
            for one in self._unix(namespace):
                others = [one.peer_inode] if one.peer_inode else []
                if one.state == _LISTEN and one.attributes:
                    waiting = attributes(one.attributes).get(3, b"")  # UNIX_DIAG_ICONS
                    others += [
                        inode for (inode,) in sockdiag.ONE.iter_unpack(waiting[: len(waiting) & ~3]) if inode
                    ]
                for other in others:
                    found[one.inode][other] = None
                    found[other][one.inode] = None
            self._unix_faces[namespace] = {inode: list(others) for inode, others in found.items()}
        return self._unix_faces[namespace]

    def listeners(self, socket: RawSocket) -> tuple[int, ...]:
        """Inodes of the listeners that a connection can have been accepted from (raw.Machine)."""
        if self._sockets.brief or socket.state in (
            _LISTEN,
            2,
            7,
        ):  # SYN-SENT and CLOSED have been accepted from nowhere
            return ()
        if socket.family == AF_UNIX:
            if not socket.local:
                return ()
            return tuple(self._listeners_of_unix(self._unix_around(socket)).get(_unix_name(socket), ()))
        if socket.family not in (AF_INET, AF_INET6) or socket.protocol not in _STREAMS:
            return ()
        bound = self._bound(socket.net_namespace, socket.protocol).get(socket.local_port, ())
        listening = [one for one in bound if one.state == _LISTEN and one.family == socket.family]
        local = _plain(socket.local)
        exact = [one.inode for one in listening if _plain(one.local) == local]
        return tuple(exact or [one.inode for one in listening if not any(one.local)])

    def clients(self, socket: RawSocket) -> tuple[int, ...]:
        """Of a unix listener, inodes of the sockets connected to what was accepted from it (raw.Machine)."""
        if self._sockets.brief or socket.family != AF_UNIX or socket.state != _LISTEN or not socket.local:
            return ()
        namespace = self._unix_around(socket)
        if namespace not in self._unix_clients:
            found: defaultdict[tuple[bytes, bytes], list[int]] = defaultdict(list)
            for one in self._unix(namespace):
                if one.state != _LISTEN and one.local and one.peer_inode:
                    found[_unix_name(one)].append(one.peer_inode)
            self._unix_clients[namespace] = found
        return tuple(self._unix_clients[namespace].get(_unix_name(socket), ()))

    def _listeners_of_unix(self, namespace: int | None) -> dict[tuple[bytes, bytes], list[int]]:
        if namespace not in self._unix_listeners:
            found: defaultdict[tuple[bytes, bytes], list[int]] = defaultdict(list)
            for one in self._unix(namespace):
                if one.state == _LISTEN and one.local:
                    found[_unix_name(one)].append(one.inode)
            self._unix_listeners[namespace] = found
        return self._unix_listeners[namespace]


def _may_come_in(address: bytes, sender: int, receiver: int) -> bool:
    """Whether what is sent by IPv4 to an address of the machine itself may reach a socket bound to a device.

    It comes in at the device that the sender is bound to, else at the one that has the address
    (ip_route_output_key_hash_rcu in net/ipv4/route.c, since Linux 4.10); loopback addresses are only on one.

    Args:
        address: where it is sent to.
        sender: index of the device that its socket is bound to; 0: to none.
        receiver: the same of the other socket.
    """
    if is_loopback(address):
        return sender in (0, _LOOPBACK) and receiver in (0, _LOOPBACK)
    return receiver in (0, sender) if sender else receiver != _LOOPBACK


def _is_ipv6_only(socket: RawSocket) -> bool:
    """Whether a socket of IPv6 refuses IPv4; not, as is usual, where that is not told."""
    told = attributes(socket.attributes).get(11, b"") if socket.attributes else b""  # INET_DIAG_SKV6ONLY
    return told[:1] == b"\1"


def _plain(address: bytes) -> bytes:
    """An address with IPv4 in IPv6 as IPv4."""
    return address[12:] if address.startswith(_MAPPED) and len(address) == 16 else address


def _turned(socket: RawSocket) -> tuple[int, bytes, int, bytes, int]:
    remote, local = _plain(socket.remote), _plain(socket.local)
    return socket.protocol, remote, socket.remote_port, local, socket.local_port


def _unix_name(socket: RawSocket) -> tuple[bytes, bytes]:
    """Name and, of a path, the file that bind(2) made: an accepted socket has both from its listener."""
    file = attributes(socket.attributes).get(1, b"") if socket.attributes else b""  # UNIX_DIAG_VFS
    return socket.local, file
