"""vsock: a conversation between a virtual machine and its host (vsock(7))."""

from __future__ import annotations

from _socket import AF_VSOCK

from ..fdinfo import fields
from ..raw import Machine, RawDescriptor
from ._socket import (
    Backlog,
    BacklogLimit,
    LocalAddress,
    LocalPort,
    OpenSocket,
    RemoteAddress,
    RemotePort,
    add_backlog,
    backlog,
    number,
    place,
    shared,
    unknown,
)

_ANY = 0xFFFFFFFF  # VMADDR_CID_ANY, VMADDR_PORT_ANY


class Vsock(OpenSocket, tag="vsock", kw_only=True):
    """A vsock socket. Machines are told apart by a CID: 1 is this one, 2 its host, others the host's guests."""

    local_address: LocalAddress = None
    local_port: LocalPort = None
    remote_address: RemoteAddress = None
    remote_port: RemotePort = None
    backlog: Backlog = None
    backlog_limit: BacklogLimit = None

    known_by = (("socket", AF_VSOCK), ("protocol", b"AF_VSOCK"))
    unit = "a byte stream or messages"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Vsock:
        """Of an address or port that is not chosen all bits are set."""
        found = shared(cls, raw, machine, fields(raw.fdinfo))
        socket = raw.socket
        if socket is None:
            return cls(**found)
        found.pop("protocol", None)
        if socket.local:
            cid = number(socket.local)
            found["local_address"] = "any" if cid == _ANY else str(cid)
            found["local_port"] = None if socket.local_port == _ANY else socket.local_port
        if socket.remote and number(socket.remote) != _ANY:
            found["remote_address"], found["remote_port"] = str(number(socket.remote)), socket.remote_port
        add_backlog(found, socket)
        return cls(**found)

    def lacks(self) -> str:
        """The other end is in another virtual machine, or is the host."""
        if self.state == "LISTEN":
            return "listening"
        if self.state is None:  # few kernels tell of vsock sockets
            return ""
        if self.remote_address is None or self.state in ("UNCONNECTED", "SYN-SENT"):
            return "not-connected"
        return "closed" if self.remote_address in ("1", self.local_address) else "elsewhere"

    def describe(self) -> str:
        """``stream LISTEN any:1024``; ``stream ESTABLISHED 3:1024 -> 2:5000``."""
        if self.state is None:
            return unknown(self)
        found = [self.socket_type, self.state]
        if self.local_address is not None:
            found.append(place(self.local_address, self.local_port))
        if self.remote_address is not None:
            found.append(f"-> {place(self.remote_address, self.remote_port)}")
        first = " ".join(word for word in found if word)
        return ", ".join([first, *backlog(self.backlog, self.backlog_limit), *self.remarks()])
