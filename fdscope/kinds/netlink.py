"""netlink: messages to and from parts of the kernel (netlink(7))."""

from __future__ import annotations

from _socket import AF_NETLINK
from typing import Annotated

from ..fdinfo import fields
from ..model import said
from ..raw import Machine, RawDescriptor
from ..text import text
from ._socket import OpenSocket, add_memory, numbers, shared, told, unknown

# include/uapi/linux/netlink.h, without the prefix; those that are gone keep their names
_PROTOCOLS = {
    0: "ROUTE",
    1: "UNUSED",
    2: "USERSOCK",
    3: "FIREWALL",
    4: "SOCK_DIAG",
    5: "NFLOG",
    6: "XFRM",
    7: "SELINUX",
    8: "ISCSI",
    9: "AUDIT",
    10: "FIB_LOOKUP",
    11: "CONNECTOR",
    12: "NETFILTER",
    13: "IP6_FW",
    14: "DNRTMSG",
    15: "KOBJECT_UEVENT",
    16: "GENERIC",
    18: "SCSITRANSPORT",
    19: "ECRYPTFS",
    20: "RDMA",
    21: "CRYPTO",
    22: "SMC",
}
_MEMORY, _GROUPS = 0, 1  # NETLINK_DIAG_…
_LARGEST_PID = 1 << 22  # PID_MAX_LIMIT


class Netlink(OpenSocket, tag="netlink", kw_only=True):
    """A netlink socket: it asks a part of the kernel, and hears what that tells its groups.

    The kernel gives the first socket of a process that process's id for its port id, and a number above all
    ids to the others; a program may choose any. So a port's owner is a convention, not a fact.
    """

    port_id: Annotated[
        int | None, said("the address of the socket; of a process's first one mostly the process id")
    ] = None
    port_owner: Annotated[
        str | None, said("by that convention: name of the process whose id the port id is, if there is one")
    ] = None
    remote_port_id: Annotated[
        int | None, said("port id of the socket that it is connected to; left out: none, or the kernel")
    ] = None
    groups: Annotated[list[int] | None, said("numbers of the multicast groups that it listens to")] = None

    known_by = (("socket", AF_NETLINK), ("protocol", b"NETLINK"))
    unit = "messages"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Netlink:
        """Ports of netlink are told where others have theirs; groups are a mask, the first in the lowest bit."""
        found = shared(cls, raw, machine, fields(raw.fdinfo))
        socket = raw.socket
        if socket is None:
            return cls(**found)
        found["protocol"] = _PROTOCOLS.get(socket.protocol, str(socket.protocol))
        found["port_id"] = socket.local_port
        if 0 < socket.local_port <= _LARGEST_PID:
            owner = machine.process_name(socket.local_port)
            found["port_owner"] = None if owner is None else text(owner)
        found["remote_port_id"] = socket.remote_port or None
        more = told(raw)
        if _GROUPS in more and found.get("access") != "path":
            found["groups"] = _set_bits(more[_GROUPS]) or None
        add_memory(found, more.get(_MEMORY))
        return cls(**found)

    def describe(self) -> str:
        """``ROUTE, port 4242 (systemd), groups 1, 5``."""
        if self.state is None:
            return unknown(self)
        owner = f" ({self.port_owner})" if self.port_owner else ""
        found = [self.protocol or "netlink", f"port {self.port_id}{owner}"]
        if self.remote_port_id:
            found.append(f"connected to port {self.remote_port_id}")
        if self.groups:
            found.append(f"groups {', '.join(map(str, self.groups))}")
        return ", ".join([*found, *self.remarks()])


def _set_bits(mask: bytes) -> list[int]:
    """Group numbers, from 1 on, of a mask of longs; 32-bit halves are in the machine's order on all but a few."""
    return [
        place * 32 + bit + 1 for place, word in enumerate(numbers(mask)) for bit in range(32) if word >> bit & 1
    ]
