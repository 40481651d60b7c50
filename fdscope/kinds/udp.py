"""udp, udplite: datagrams to and from ports (udp(7), udplite(7))."""

from __future__ import annotations

from _socket import AF_INET, AF_INET6

from ..model import Process, Prospect
from ..raw import Machine, RawDescriptor
from ._socket import InternetSocket, internet
from ._talk import udp_writing

_UDP, _UDPLITE = 17, 136


class Udp(InternetSocket, tag="udp", kw_only=True):
    """A UDP socket. Connected, it sends to one address and receives from no other."""

    known_by = (
        ("socket", AF_INET, _UDP),
        ("socket", AF_INET6, _UDP),
        ("protocol", b"UDP"),
        ("protocol", b"UDPv6"),
    )
    unit = "datagrams"
    usual_type = "datagram"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Udp:
        """The addresses are those of inet_diag, or of ``/proc/PID/net/udp``."""
        return cls(**internet(cls, raw, machine)[0])

    def would_write(self, holder: Process | None) -> Prospect | None:
        """By whether it has been connected."""
        return None if self.state is None else udp_writing(self, connected=self.remote_address is not None)


class UdpLite(InternetSocket, tag="udplite", kw_only=True):
    """A UDP-Lite socket (RFC 3828): datagrams whose checksum may leave out some of their data."""

    known_by = (
        ("socket", AF_INET, _UDPLITE),
        ("socket", AF_INET6, _UDPLITE),
        ("protocol", b"UDP-Lite"),
        ("protocol", b"UDPLITEv6"),
    )
    unit = "datagrams"
    usual_type = "datagram"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> UdpLite:
        """As of UDP."""
        return cls(**internet(cls, raw, machine)[0])

    def would_write(self, holder: Process | None) -> Prospect | None:
        """By whether it has been connected."""
        return None if self.state is None else udp_writing(self, connected=self.remote_address is not None)
