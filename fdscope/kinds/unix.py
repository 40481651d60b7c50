"""unix: a conversation within the machine (unix(7), include/uapi/linux/unix_diag.h)."""

from __future__ import annotations

from _socket import AF_UNIX
from typing import Annotated

from ..fdinfo import fields
from ..model import End, Process, Prospect, said
from ..quantity import many
from ..raw import Machine, RawDescriptor
from ..text import text
from ._basics import kernel_device
from ._socket import (
    AcceptedFrom,
    Backlog,
    BacklogLimit,
    OpenSocket,
    add_accepted_from,
    add_backlog,
    add_memory,
    backlog,
    numbers,
    shared,
    told,
    unknown,
)
from ._talk import unix_reading, unix_writing

# UNIX_DIAG_…
_VFS, _WAITING, _MEMORY = 1, 3, 5
_IN_FLIGHT = b"scm_fds"


class Unix(OpenSocket, tag="unix", kw_only=True):
    """A unix domain socket: stream, datagram or seqpacket; bound to a path, an abstract name, or nothing.

    The path is as bind(2) got it, so it may be relative to where its process stood; whether it still leads to
    this socket is not looked up. An accepted socket has its listener's name. Data is counted in bytes, but of
    a datagram socket only that of the first message. The kernel calls a datagram socket established also when it
    is another that has connected to it.
    """

    path: Annotated[
        str | None, said("the name that it is bound to; an abstract one is told with @ for its first byte, a NUL")
    ] = None
    abstract: Annotated[bool | None, said("true: the name is an abstract one, in no file system")] = None
    path_inode: Annotated[int | None, said("inode that bind(2) made for the path")] = None
    path_device: Annotated[str | None, said("major:minor of the device that holds it")] = None
    peer_inode: Annotated[
        int | None,
        said("inode of the socket that it is connected to; 0: that is closed, or is yet to be accepted"),
    ] = None
    backlog: Backlog = None
    backlog_limit: BacklogLimit = None
    pending_inodes: Annotated[
        list[int] | None, said("of a listener: inodes of the sockets that wait to be accepted")
    ] = None
    client_inodes: Annotated[
        list[int] | None, said("of a listener: inodes of the sockets that are connected to what it accepted")
    ] = None
    accepted_from: AcceptedFrom = None
    scm_fds: Annotated[
        int | None, said("descriptors in flight to it: sent (SCM_RIGHTS) and not yet received; since Linux 5.8")
    ] = None

    known_by = (("socket", AF_UNIX), ("protocol", b"UNIX"), ("protocol", b"UNIX-STREAM"))
    unit = "a byte stream or messages"
    queues_are_data = True

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Unix:
        """The protocol's name tells nothing but the family, and of streams the type (since Linux 5.15)."""
        info = fields(raw.fdinfo)
        found = shared(cls, raw, machine, info, (_IN_FLIGHT,))
        protocol = found.pop("protocol", None)
        if _IN_FLIGHT in info:
            found["scm_fds"] = int(info[_IN_FLIGHT])
        socket = raw.socket
        if socket is None:
            if protocol == "UNIX-STREAM":
                found["socket_type"] = "stream"
            return cls(**found)
        name = socket.local
        if name[:1] == b"\0":
            found["path"], found["abstract"] = "@" + text(name[1:]), True
        elif name:
            found["path"] = text(name.partition(b"\0")[0])
        found["peer_inode"] = socket.peer_inode
        more = told(raw)
        if _VFS in more:
            inode, device = numbers(more[_VFS])
            found["path_inode"], found["path_device"] = inode, kernel_device(device)
        if add_backlog(found, socket):
            if _WAITING in more and found.get("access") != "path":
                found["pending_inodes"] = [inode for inode in numbers(more[_WAITING]) if inode] or None
            if found.get("access") != "path":
                found["client_inodes"] = list(machine.clients(socket)) or None
        else:
            add_accepted_from(found, socket, machine)
        add_memory(found, more.get(_MEMORY))
        return cls(**found)

    def ends(self) -> tuple[End, ...]:
        """As of any socket; and a listener faces its clients, which face what it has accepted."""
        ends = super().ends()
        if not self.client_inodes or self.object is None:
            return ends
        clients = tuple([f"socket:[{inode}]" for inode in self.client_inodes])
        return (*ends, End(f"{self.object}:clients", clients, clients, missing="listening", mutual=False))

    def in_flight(self) -> int:
        """As its fdinfo tells, since Linux 5.8."""
        return self.scm_fds or 0

    def lacks(self) -> str:
        """Of a connection whose peer is not told, as the tables of /proc have none, nothing can be said."""
        if self.state == "LISTEN":
            return "listening"
        if self.peer_inode is not None:
            waits = self.socket_type != "datagram" and not self.shutdown  # what is closed shuts its peer down
            return "unclaimed" if waits else "closed"
        return "" if self.state in (None, "ESTABLISHED") and self.socket_type != "datagram" else "not-connected"

    def describe(self) -> str:
        """``stream /run/x.sock, LISTEN, 0 of 128 waiting``; ``datagram, ESTABLISHED``."""
        named = " ".join(word for word in (self.socket_type, self.path) if word)
        in_flight = [f"{many(self.scm_fds, 'descriptor')} in flight"] if self.scm_fds else []
        if self.state is None:
            return ", ".join([named or unknown(self), *in_flight])
        waiting = backlog(self.backlog, self.backlog_limit)
        return ", ".join([*([named] if named else []), self.state, *waiting, *in_flight, *self.remarks()])

    def would_read(self, holder: Process | None) -> Prospect | None:
        """By its type, whether it is connected, and what waits."""
        if self.state is None or self.socket_type is None:
            return None
        return unix_reading(
            self,
            self.socket_type,
            self.receive_queue_bytes,
            connected=self.state == "ESTABLISHED",
            shut="receive" in (self.shutdown or ()),
        )

    def would_write(self, holder: Process | None) -> Prospect | None:
        """By its type, whether it is connected, and what the other end has not yet read."""
        if self.state is None or self.socket_type is None:
            return None
        return unix_writing(
            self,
            self.socket_type,
            self.send_queue_bytes,
            connected=self.state == "ESTABLISHED",
            shut="send" in (self.shutdown or ()),
            closed=self.other_end == "closed" and not self.facing_inodes,
        )
