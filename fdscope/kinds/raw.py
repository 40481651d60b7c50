"""raw: IP packets of one protocol, whole (raw(7))."""

from __future__ import annotations

from _socket import AF_INET, AF_INET6

from ..raw import Machine, RawDescriptor
from ._socket import INET_PROTOCOL, InternetSocket, internet, number

_RAW = 255

# include/uapi/linux/in.h and in6.h, without the prefix
_PROTOCOLS = {
    0: "IP",
    1: "ICMP",
    2: "IGMP",
    4: "IPIP",
    6: "TCP",
    8: "EGP",
    12: "PUP",
    17: "UDP",
    22: "IDP",
    29: "TP",
    33: "DCCP",
    41: "IPV6",
    46: "RSVP",
    47: "GRE",
    50: "ESP",
    51: "AH",
    58: "ICMPV6",
    92: "MTP",
    94: "BEETPH",
    98: "ENCAP",
    103: "PIM",
    108: "COMP",
    115: "L2TP",
    132: "SCTP",
    135: "MH",
    136: "UDPLITE",
    137: "MPLS",
    143: "ETHERNET",
    144: "AGGFRAG",
    255: "RAW",
}


class Raw(InternetSocket, tag="raw", kw_only=True):
    """A raw IP socket: it gets a copy of each packet of its protocol, and sends what others may not.

    It has no port. One of protocol RAW only sends.
    """

    known_by = (
        ("socket", AF_INET, _RAW),
        ("socket", AF_INET6, _RAW),
        ("protocol", b"RAW"),
        ("protocol", b"RAWv6"),
    )
    unit = "IP packets"
    usual_type = "raw"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Raw:
        """INET_DIAG_PROTOCOL tells the protocol; in /proc it stands for the port."""
        found, more = internet(cls, raw, machine, ports=False)
        if raw.socket is not None:
            protocol = number(more[INET_PROTOCOL]) if INET_PROTOCOL in more else raw.socket.local_port
            found["protocol"] = _PROTOCOLS.get(protocol, str(protocol))
        return cls(**found)

    def lacks(self) -> str:
        """It hears all packets of its protocol: there is no other end."""
        return ""

    def describe(self) -> str:
        """``ICMP 0.0.0.0``; ``89 10.0.0.1 -> 224.0.0.5``."""
        if self.state is None:
            return super().describe()
        return ", ".join([f"{self.protocol} {self.where()}".rstrip(), *self.remarks()])
