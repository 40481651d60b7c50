"""packet: frames as they come from and go to a network interface (packet(7))."""

from __future__ import annotations

from _socket import AF_PACKET

from ..fdinfo import fields
from ..model import MAP, POLL, READ, WRITE
from ..raw import Machine, RawDescriptor
from ._socket import Interface, OpenSocket, add_memory, interface, shared, told, unknown

# include/uapi/linux/if_ether.h, without the prefix; 0 is set by sockets that only send
_PROTOCOLS = {
    0x0000: "none",
    0x0001: "802_3",
    0x0003: "ALL",
    0x0004: "802_2",
    0x000C: "CAN",
    0x000D: "CANFD",
    0x0800: "IP",
    0x0806: "ARP",
    0x22F0: "TSN",
    0x8035: "RARP",
    0x8100: "8021Q",
    0x86DD: "IPV6",
    0x8808: "PAUSE",
    0x8809: "SLOW",
    0x8847: "MPLS_UC",
    0x8848: "MPLS_MC",
    0x8863: "PPP_DISC",
    0x8864: "PPP_SES",
    0x886C: "LINK_CTL",
    0x888E: "PAE",
    0x88A2: "AOE",
    0x88A8: "8021AD",
    0x88B5: "802_EX1",
    0x88CA: "TIPC",
    0x88CC: "LLDP",
    0x88E5: "MACSEC",
    0x88F7: "1588",
    0x8906: "FCOE",
    0x8914: "FIP",
}
_MEMORY = 6  # PACKET_DIAG_MEMINFO


class Packet(OpenSocket, tag="packet", kw_only=True):
    """A packet socket: it sees the frames of an interface, or of all, as tcpdump(8) and DHCP clients need.

    Its protocol is the type of frames that it gets: ALL is all of them, none is a socket that only sends. Of
    type raw it has the link-layer header, of type datagram it has not.
    """

    interface: Interface = None

    known_by = (("socket", AF_PACKET), ("protocol", b"PACKET"))
    verbs = frozenset({READ, WRITE, POLL, MAP})  # mapped: a ring of frames (PACKET_RX_RING)
    unit = "frames"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Packet:
        """It has no connections, so no state."""
        found = shared(cls, raw, machine, fields(raw.fdinfo))
        socket = raw.socket
        if socket is None:
            return cls(**found)
        found["state"] = None
        found["protocol"] = _PROTOCOLS.get(socket.protocol, f"{socket.protocol:#06x}")
        if socket.interface:
            found["interface"] = interface(socket, machine)
        add_memory(found, told(raw).get(_MEMORY))
        return cls(**found)

    def describe(self) -> str:
        """``ARP on eth0, raw``."""
        if self.net_namespace is None:
            return unknown(self)
        found = f"{self.protocol} on {self.interface or 'all interfaces'}"
        return ", ".join([found, *([self.socket_type] if self.socket_type else []), *self.remarks()])
