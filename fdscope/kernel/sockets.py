"""What is known of a socket beyond its inode: each table of the kernel is read once, when it is first needed.

A table belongs to one network namespace. The namespace of a process is looked at first, then, for a socket that
came from elsewhere, all others of the machine.
"""

from __future__ import annotations

import _socket
import functools
import os
from collections.abc import Collection, Iterable, Iterator
from errno import EACCES, EAFNOSUPPORT, EINVAL, ENOENT, EOPNOTSUPP, EPERM, EPROTONOSUPPORT

from ..netlink import attributes
from ..raw import RawDescriptor, RawSocket, Unread
from . import sockdiag
from .netns import opened_in
from .root import Proc
from .sockdiag import (
    AF_INET,
    AF_INET6,
    AF_NETLINK,
    AF_PACKET,
    AF_UNIX,
    AF_VSOCK,
    ICMP,
    ICMPV6,
    MPTCP,
    RAW,
    TCP,
    UDP,
    UDPLITE,
    Question,
    Refused,
)

_NOT_HERE = (ENOENT, EINVAL, EOPNOTSUPP, EAFNOSUPPORT, EPROTONOSUPPORT)  # the kernel knows no such family
_NAMED = (b"/run/netns", b"/var/run/netns")  # ip-netns(8)

# What the kernel calls a protocol (the attribute system.sockprotoname) to what sock_diag is asked for. One
# that was accepted has that of its listener: a connection without Multipath TCP may have it, too.
_QUESTIONS: dict[bytes, tuple[Question, ...]] = {
    b"TCP": (Question(AF_INET, TCP),),
    b"TCPv6": (Question(AF_INET6, TCP),),
    b"MPTCP": (Question(AF_INET, MPTCP), Question(AF_INET, TCP)),
    b"MPTCPv6": (Question(AF_INET6, MPTCP), Question(AF_INET6, TCP)),
    b"UDP": (Question(AF_INET, UDP),),
    b"UDPv6": (Question(AF_INET6, UDP),),
    b"UDP-Lite": (Question(AF_INET, UDPLITE),),
    b"UDPLITEv6": (Question(AF_INET6, UDPLITE),),
    b"RAW": (Question(AF_INET, RAW),),
    b"RAWv6": (Question(AF_INET6, RAW),),
    b"PING": (Question(AF_INET, ICMP),),
    b"PINGv6": (Question(AF_INET6, ICMPV6),),
    b"UNIX": (Question(AF_UNIX, 0),),
    b"UNIX-STREAM": (Question(AF_UNIX, 0),),
    b"NETLINK": (Question(AF_NETLINK, 0),),
    b"PACKET": (Question(AF_PACKET, 0),),
    b"AF_VSOCK": (Question(AF_VSOCK, 0),),
}
_EVERY = tuple(dict.fromkeys(question for those in _QUESTIONS.values() for question in those))
_ONLY_IN_PROC = (ICMP, ICMPV6)  # of ping sockets there is no sock_diag


class Sockets:
    """The sockets of the machine below a proc root. Close it, or use it in a `with` statement.

    With `brief`, only type, state, names and queues are asked for, and nobody faces anybody: half the time.
    """

    def __init__(self, proc: Proc, *, brief: bool = False) -> None:
        self._proc = proc
        self.brief = brief
        self._unread: list[Unread] = []
        self._told: set[int] = set()
        self._asking: dict[tuple[int, int], _socket.socket | OSError] = {}
        self._tables: dict[tuple[int, Question], dict[int, RawSocket]] = {}
        self._of_pid: dict[int, int | None] = {}
        self._interfaces: dict[int, dict[int, bytes]] = {}
        self._addresses: dict[int, frozenset[bytes]] = {}

    def __enter__(self) -> Sockets:
        return self

    def __exit__(self, *_: object) -> None:
        for made in self._asking.values():
            if not isinstance(made, OSError):
                made.close()
        self._asking.clear()

    def complete(self, raws: Iterable[RawDescriptor]) -> Iterator[RawDescriptor | Unread]:
        """These descriptors, each with what is known of its socket; and what could not be asked, once.

        Of a socket in no table, neither bound nor connected, nothing is known but its protocol's name, or what the
        source has told.
        """
        for raw in raws:
            found = self._find(raw) or (raw.socket and self.seen_from(raw.pid, raw.socket))
            yield raw._replace(socket=found)
            yield from self._complaints()
        yield from self._complaints()

    def _complaints(self) -> list[Unread]:
        found, self._unread = self._unread, []
        return found

    def _find(self, raw: RawDescriptor) -> RawSocket | None:
        number = raw.link[8:-1]
        if not number.isdigit():
            return None
        inode = int(number)
        questions = _QUESTIONS.get(raw.protocol, ()) if raw.protocol else _EVERY
        own = self._namespace_of(raw.pid)
        if own is not None:
            for one in questions:
                found = self.table(own, one).get(inode)
                if found is not None:
                    return found
        for namespace in self.namespaces:
            for one in questions if namespace != own else ():
                found = self.table(namespace, one).get(inode)
                if found is not None:
                    return found._replace(foreign=True)
        return None

    def everyone(self, wanted: Collection[tuple[int, int]]) -> Iterator[RawSocket]:
        """All sockets of these families and protocols, in all network namespaces that can be asked."""
        for namespace in self.namespaces:
            for family, protocol in wanted:
                yield from self.table(namespace, Question(family, protocol)).values()

    def unread(self) -> list[Unread]:
        """What could not be asked since this was last asked for."""
        return self._complaints()

    def seen_from(self, pid: int, socket: RawSocket) -> RawSocket:
        """The same, marked as foreign if its network namespace is not the one that a process lives in."""
        own = self._namespace_of(pid)
        return socket if own in (None, socket.net_namespace) else socket._replace(foreign=True)

    # Network namespaces

    def _namespace_of(self, pid: int) -> int | None:
        if pid not in self._of_pid:
            self._of_pid[pid] = _inode(self._proc.link(b"%d/ns/net" % pid))
        return self._of_pid[pid]

    @functools.cached_property
    def namespaces(self) -> dict[int, int | bytes]:
        """Every network namespace that a process lives in or that has a name, with one such process or name."""
        found: dict[int, int | bytes] = {}
        for pid in self._proc.pids():
            namespace = self._namespace_of(pid)
            if namespace is not None:
                found.setdefault(namespace, pid)
        if self._proc.live:
            for folder in _NAMED:
                for path in _names(folder):
                    try:
                        found.setdefault(os.stat(path).st_ino, path)
                    except OSError:
                        continue
        return found

    @functools.cached_property
    def _own(self) -> int | None:
        """The namespace that this process lives in, whatever proc file system it looks at."""
        try:
            return _inode(os.readlink(b"/proc/self/ns/net"))
        except OSError:
            return None

    def _open(self, namespace: int, protocol: int) -> _socket.socket:
        """A netlink socket in a namespace; made once.

        Raises:
            OSError: it takes a right, or the namespace is gone.
        """
        key = (namespace, protocol)
        if key not in self._asking:
            try:
                if namespace == self._own:
                    self._asking[key] = sockdiag.opened(protocol)
                else:
                    door = self._door(namespace)
                    try:
                        self._asking[key] = opened_in(door, lambda: sockdiag.opened(protocol))
                    finally:
                        os.close(door)
            except OSError as error:
                self._asking[key] = error
        made = self._asking[key]
        if isinstance(made, OSError):
            raise made
        return made

    def _door(self, namespace: int) -> int:
        where = self.namespaces.get(namespace)
        if where is None:  # bpf told of a socket in it
            raise OSError(ENOENT, "nobody lives in this network namespace")
        if isinstance(where, bytes):
            return os.open(where, os.O_RDONLY | os.O_CLOEXEC)
        return os.open(b"%d/ns/net" % where, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._proc.number)

    # Tables

    def table(self, namespace: int, question: Question) -> dict[int, RawSocket]:
        """Inode to socket, of one namespace, family and protocol."""
        key = (namespace, question)
        if key not in self._tables:
            self._tables[key] = {one.inode: one for one in self._read(namespace, question) if one.inode}
        return self._tables[key]

    def _read(self, namespace: int, question: Question) -> list[RawSocket]:
        if self._proc.recorded or question.protocol in _ONLY_IN_PROC:
            return self._from_proc(namespace, question)
        try:
            asking = self._open(namespace, sockdiag.SOCK_DIAG)
            return sockdiag.sockets(asking, question, namespace, brief=self.brief)
        except Refused as refused:
            errno = refused.errno
        except ValueError as error:
            self._complain(namespace, EINVAL, f"sock_diag(7) of family {question.family}: {error}")
            return []
        except OSError as error:
            errno = error.errno or EPERM
        if errno not in _NOT_HERE:
            self._complain(
                namespace, errno, "read from /proc/PID/net instead: no peers of unix sockets, no timings"
            )
        return self._from_proc(namespace, question)

    def _from_proc(self, namespace: int, question: Question) -> list[RawSocket]:
        """The table as a process of the namespace has it in /proc; one that is not there is empty."""
        from . import procnet  # as a rule nobody needs it

        where = self.namespaces.get(namespace)
        table = procnet.TABLES.get((question.family, question.protocol))
        if table is None or not isinstance(where, int):
            return []
        name, parse = table
        content = self._proc.read_all(b"%d/net/%s" % (where, name))
        if isinstance(content, Unread):
            if content.errno in (EACCES, EPERM):
                self._complain(namespace, content.errno, "")
            return []
        try:
            return list(parse(content, namespace))
        except (ValueError, IndexError) as error:
            self._complain(namespace, EINVAL, f"/proc/{where}/net/{name.decode()}: {error}")
            return []

    def _complain(self, namespace: int, errno: int, detail: str) -> None:
        if namespace not in self._told:
            self._told.add(namespace)
            self._unread.append(Unread(f"sockets of network namespace {namespace}", errno, detail=detail))

    def is_here(self, namespace: int, address: bytes) -> bool:
        """Whether an address is one of the machine's own, in this namespace (rtnetlink(7))."""
        if is_loopback(address):
            return True
        if namespace not in self._addresses:
            found = set()
            for body in self._route(namespace, sockdiag.RTM_GETADDR):
                try:
                    told = sockdiag.parse_addresses(body)
                except ValueError:
                    continue
                if told is not None:
                    found.add(told)
            self._addresses[namespace] = frozenset(found)
        return address in self._addresses[namespace]

    def _route(self, namespace: int, kind: int) -> list[bytes]:
        if self._proc.recorded:
            return []
        try:
            asking = self._open(namespace, sockdiag.NETLINK_ROUTE)
            return sockdiag.dump(asking, kind, b"\0" * 16)
        except (Refused, ValueError, OSError):
            return []

    def interface(self, net_namespace: int, index: int) -> bytes | None:
        """The name of a network interface (netdevice(7))."""
        if net_namespace not in self._interfaces:
            found = {}
            for body in self._route(net_namespace, sockdiag.RTM_GETLINK):
                try:
                    number, name = sockdiag.parse_interface(body)
                except ValueError:
                    continue
                found[number] = name
            self._interfaces[net_namespace] = found
        return self._interfaces[net_namespace].get(index)


def _inode(link: bytes | Unread) -> int | None:
    """The number in ``net:[4026531840]``."""
    if isinstance(link, Unread):
        return None
    number = link.partition(b"[")[2].rstrip(b"]")
    return int(number) if number.isdigit() else None


def _names(folder: bytes) -> list[bytes]:
    try:
        return [b"%s/%s" % (folder, name) for name in sorted(os.listdir(folder))]
    except OSError:
        return []


def is_loopback(address: bytes) -> bool:
    """Whether an address is that of the machine itself in every network namespace: 127.0.0.0/8, ::1."""
    return address[:1] == b"\x7f" if len(address) == 4 else address == b"\0" * 15 + b"\x01"


def bound_file(socket: RawSocket) -> tuple[int, int] | None:
    """Device, as the kernel encodes it, and inode of the file that bind(2) made for a unix socket."""
    told = attributes(socket.attributes).get(1, b"") if socket.attributes else b""  # UNIX_DIAG_VFS
    if len(told) != 8:
        return None
    inode, device = sockdiag.TWO.unpack(told)
    return device, inode
