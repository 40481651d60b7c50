"""What would read(2) and write(2) of a socket come to? (net/ipv4/tcp.c, net/ipv4/udp.c, net/unix/af_unix.c). Pure.

For the `would_read` and `would_write` of kinds of socket, which hand in what they know: the state by its name in
RFC 9293, what waits in the queues, and which directions have been shut down (shutdown(2)). The answer is None
where prospects.py knows as much.
"""

from __future__ import annotations

from ..model import Descriptor, Prospect
from ..quantity import many

_ENDED = frozenset({"CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"})
_UNCONNECTED = {
    "LISTEN": "a listener is not connected: its connections come through accept(2)",
    "CLOSED": "it is not connected",
}
_OPENING = frozenset({"SYN-SENT", "SYN-RECEIVED"})
_SENDING = frozenset({"ESTABLISHED", "CLOSE-WAIT"})


def tcp_reading(descriptor: Descriptor, state: str, waiting: int | None, *, shut: bool = False) -> Prospect | None:
    """A read of a TCP socket; `shut`: it receives no more.

    The end of what the other side sends, its FIN, counts as one byte of the receive queue until it has been read.
    """
    if state in _UNCONNECTED:
        return _fails("ENOTCONN", _UNCONNECTED[state])
    if state in _OPENING:
        return descriptor.would_wait("the connection is not made yet")
    if waiting is None:
        return None
    ended = state in _ENDED
    data = max(waiting - 1, 0) if ended else waiting
    if data:
        return _data(data, "wait in its receive queue" + (", and then comes the end" if ended else ""))
    if ended:
        return Prospect(outcome="end-of-file", why="the other end sends no more, and nothing is left to read")
    if shut:
        return Prospect(outcome="end-of-file", why="it was shut down for reading, and nothing waits")
    return descriptor.would_wait("nothing waits in its receive queue")


def tcp_writing(descriptor: Descriptor, state: str, unsent: int | None) -> Prospect | None:
    """A write to a TCP socket."""
    if state in _OPENING:
        return descriptor.would_wait("the connection is not made yet")
    if state not in _SENDING:
        return _broken(_UNCONNECTED.get(state, "it was shut down for writing"))
    return _accepted("its send queue is empty") if unsent == 0 else None


def datagram_reading(descriptor: Descriptor, waiting: int | None) -> Prospect | None:
    """A read of a socket of messages; the queue may count the memory that they take, which is more."""
    if waiting is None:
        return None
    if waiting:
        return Prospect(outcome="data", why="at least one message waits in its receive queue")
    return descriptor.would_wait("no message waits in its receive queue")


def udp_writing(descriptor: Descriptor, connected: bool) -> Prospect | None:
    """A write to a UDP socket; unless it has been connected, nobody knows where to."""
    if not connected:
        return _fails("EDESTADDRREQ", "it has no destination: it takes connect(2), or sendto(2) for write(2)")
    return _accepted("what is written is sent as one message, whether anybody receives it or not")


def unix_reading(
    descriptor: Descriptor, type_: str, waiting: int | None, *, connected: bool, shut: bool
) -> Prospect | None:
    """A read of a unix socket of type ``stream``, ``seqpacket`` or ``datagram``.

    Args:
        descriptor: the socket.
        type_: its type.
        waiting: bytes in its receive queue.
        connected: whether it has been connected; a listener has not.
        shut: whether it receives no more: by itself, because the other end sends no more, or has been closed.
    """
    if type_ == "datagram":
        return datagram_reading(descriptor, waiting)
    if not connected:
        return _fails("EINVAL" if type_ == "stream" else "ENOTCONN", "it is not connected")
    if waiting is None:
        return None
    if waiting:
        return _data(waiting, "wait in its receive queue")
    if shut:
        told = "the other end sends no more; if it was closed with something unread, ECONNRESET comes first"
        return Prospect(outcome="end-of-file", why=told)
    return descriptor.would_wait("nothing waits in its receive queue")


def unix_writing(
    descriptor: Descriptor, type_: str, unsent: int | None, *, connected: bool, shut: bool, closed: bool
) -> Prospect | None:
    """A write to a unix socket; `shut`: it sends no more; `closed`: the other end has been closed."""
    if not connected:
        return _fails("ENOTCONN", "it is not connected")
    if type_ == "datagram" and closed:
        return _fails("ECONNREFUSED", "the other end has been closed; from the second time on it is ENOTCONN")
    if shut or closed:
        told = "the other end has been closed" if closed else "it was shut down, or the other end reads no more"
        return _broken(told) if type_ == "stream" else _fails("EPIPE", told)  # only a stream raises a signal
    return _accepted("nothing that it sent is still unread") if unsent == 0 and type_ != "datagram" else None


def _fails(error: str, why: str) -> Prospect:
    return Prospect(outcome="fails", error=error, why=why)


def _broken(why: str) -> Prospect:
    return Prospect(outcome="fails", error="EPIPE", signal="SIGPIPE", why=why)


def _data(amount: int, where: str) -> Prospect:
    return Prospect(outcome="data", available_bytes=amount, why=f"{many(amount, 'byte')} {where}")


def _accepted(why: str) -> Prospect:
    return Prospect(outcome="accepted", why=why)
