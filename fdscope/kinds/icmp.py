"""icmp: echo requests without privilege, as ping(8) sends them (icmp(7), ping_group_range)."""

from __future__ import annotations

from _socket import AF_INET, AF_INET6

from ..raw import Machine, RawDescriptor
from ._socket import InternetSocket, internet

_ICMP, _ICMPV6 = 1, 58


class Icmp(InternetSocket, tag="icmp", kw_only=True):
    """A socket for ICMP echo requests and the answers to them; the kernel fills in what is not data.

    Its port is the identifier of those messages, which tells whose an answer is.
    """

    known_by = (
        ("socket", AF_INET, _ICMP),
        ("socket", AF_INET6, _ICMPV6),
        ("protocol", b"PING"),
        ("protocol", b"PINGv6"),
    )
    unit = "ICMP messages"
    usual_type = "datagram"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Icmp:
        """The addresses are those of ``/proc/PID/net/icmp``, as sock_diag(7) knows no such sockets."""
        return cls(**internet(cls, raw, machine)[0])

    def lacks(self) -> str:
        """It speaks with kernels, not with sockets."""
        return ""
