"""tcp: a connection, or a listener for connections (tcp(7))."""

from __future__ import annotations

from _socket import AF_INET, AF_INET6
from typing import Annotated

from ..model import MAP, POLL, READ, WRITE, Process, Prospect, said
from ..raw import Machine, RawDescriptor
from ..text import text
from ._socket import (
    INET_CONGESTION,
    INET_INFO,
    INET_SHUTDOWN,
    AcceptedFrom,
    Backlog,
    BacklogLimit,
    InternetSocket,
    add_accepted_from,
    add_backlog,
    backlog,
    directions,
    internet,
    unknown,
)
from ._talk import tcp_reading, tcp_writing
from ._tcp_info import TcpInfo, add_timer, tcp_info

_TCP, _MPTCP = 6, 262
_ESTABLISHED = 1

# include/net/tcp_states.h; 12 is a connection whose handshake is not done, 13 a socket that is only bound.
_STATES = {
    1: "ESTABLISHED",
    2: "SYN-SENT",
    3: "SYN-RECEIVED",
    4: "FIN-WAIT-1",
    5: "FIN-WAIT-2",
    6: "TIME-WAIT",
    7: "CLOSED",
    8: "CLOSE-WAIT",
    9: "LAST-ACK",
    10: "LISTEN",
    11: "CLOSING",
    12: "SYN-RECEIVED",
    13: "CLOSED",
}
_NOT_YET = ("SYN-SENT", "CLOSED")
_OTHER_IS_OPEN = ("ESTABLISHED", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2")
"""States in which the other side has not closed: it has sent no FIN (RFC 9293)."""


class Tcp(InternetSocket, tag="tcp", kw_only=True):
    """A TCP socket: a connection, a listener, or neither yet.

    Of a listener the kernel's queues count connections; they are told as its backlog. One that was accepted
    does not remember its listener: all are named that could have been it, as several may share a port
    (SO_REUSEPORT). A Multipath TCP socket (RFC 8684) is one of these too.
    """

    multipath: Annotated[bool | None, said("true: it speaks Multipath TCP, which may use several paths")] = None
    backlog: Backlog = None
    backlog_limit: BacklogLimit = None
    accepted_from: AcceptedFrom = None
    tcp: Annotated[TcpInfo | None, said("how the connection fares: round trips, losses, rates, idle times")] = None

    known_by = (
        *[("socket", family, protocol) for family in (AF_INET, AF_INET6) for protocol in (_TCP, _MPTCP)],
        *[("protocol", name) for name in (b"TCP", b"TCPv6", b"MPTCP", b"MPTCPv6")],
    )
    verbs = frozenset({READ, WRITE, POLL, MAP})  # mapped: zero-copy receive (TCP_ZEROCOPY_RECEIVE)
    unit = "a byte stream"
    usual_type = "stream"
    queues_are_data = True

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Tcp:
        """``tcp`` is made from the attributes INET_DIAG_INFO and INET_DIAG_CONG."""
        found, more = internet(cls, raw, machine, _STATES)
        socket = raw.socket
        if raw.protocol.startswith(b"MPTCP") if socket is None else socket.protocol == _MPTCP:
            found["multipath"] = True
        if socket is not None:
            if not add_backlog(found, socket):
                add_accepted_from(found, socket, machine)
                if INET_INFO in more and socket.protocol == _TCP:
                    found["tcp"] = tcp_info(more[INET_INFO], found["state"] not in _NOT_YET)
                    add_timer(found["tcp"], socket.timer, socket.timer_ms)
            if (
                socket.state == _ESTABLISHED
                and any(more.get(INET_SHUTDOWN, b""))
                and found.get("access") != "path"
            ):
                found["shutdown"] = directions(more[INET_SHUTDOWN][0])  # in other states it follows from the state
            if INET_CONGESTION in more:
                found.setdefault("tcp", TcpInfo()).congestion_control = text(more[INET_CONGESTION].rstrip(b"\0"))
        return cls(**found)

    def lacks(self) -> str:
        """A listener waits; of a connection within the machine it is the state that tells what became of it."""
        if self.state == "LISTEN":
            return "listening"
        if self.remote_address is None or self.state in _NOT_YET:
            return "not-connected"
        if not self.remote_is_local:
            return "elsewhere"
        return "unclaimed" if self.state in _OTHER_IS_OPEN else "closed"

    def describe(self) -> str:
        """``LISTEN 0.0.0.0:80, 0 of 511 waiting``; ``ESTABLISHED 10.0.0.1:22 -> 10.0.0.2:51234``."""
        if self.state is None:
            return unknown(self)
        first = f"{self.state} {self.where()}".rstrip()
        more = ["multipath"] if self.multipath else []
        return ", ".join([first, *more, *backlog(self.backlog, self.backlog_limit), *self.remarks()])

    def would_read(self, holder: Process | None) -> Prospect | None:
        """By its state and what waits."""
        if self.state is None:
            return None
        shut = "receive" in (self.shutdown or ())
        return tcp_reading(self, self.state, self.receive_queue_bytes, shut=shut)

    def would_write(self, holder: Process | None) -> Prospect | None:
        """By its state and what is not yet acknowledged."""
        return None if self.state is None else tcp_writing(self, self.state, self.send_queue_bytes)
