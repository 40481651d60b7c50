"""socket: one of a rarer family (socket(7)), or the name of a socket in a file system (unix(7))."""

from __future__ import annotations

import stat

from ..fdinfo import fields
from ..model import POLL, READ, WRITE
from ..raw import Machine, RawDescriptor
from ..text import text
from ._basics import basics, details
from ._file import File, file_fields
from ._socket import ForeignNamespace, NetNamespace, Protocol, SocketType, socket_type_name


class Socket(File, tag="socket", kw_only=True):
    """A socket of a family that is no kind of its own (ALG, XDP, SCTP, CAN, …), or whose family is not known.

    Held by a path descriptor (O_PATH) it may also be the name of one in a file system, which is no end of
    anything: that is told as the file that it is.
    """

    socket_type: SocketType = None
    protocol: Protocol = None
    net_namespace: NetNamespace = None
    foreign_namespace: ForeignNamespace = None

    known_by = (("scheme", b"socket"), ("type", stat.S_IFSOCK))
    verbs = frozenset({READ, WRITE, POLL})
    unit = "a byte stream or messages"
    in_file_system = False

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Socket:
        """The inode stands in the link: ``socket:[123]``."""
        info = fields(raw.fdinfo)
        if raw.status is not None:
            return cls(**file_fields(raw, info, machine))
        known = basics(raw, info)
        inode = int(raw.link.removeprefix(b"socket:[").removesuffix(b"]"))
        known.update(inode=inode, name=text(raw.link), object=f"socket:[{inode}]")
        if raw.protocol:
            known["protocol"] = text(raw.protocol)
        if raw.socket is not None:
            known["socket_type"] = socket_type_name(raw.socket.type)
            known["net_namespace"] = raw.socket.net_namespace
            known["foreign_namespace"] = raw.socket.foreign or None
        return cls(details=details(raw.fdinfo), **known)

    def notes(self) -> list[str]:
        """Whether it is only a name; its protocol, state."""
        is_name = self.access == "path" and self.name != self.object
        spoken = [self.protocol] if self.protocol else []
        return [*(["the name of a socket"] if is_name else []), *spoken, *super().notes()]
