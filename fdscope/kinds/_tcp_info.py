"""How a TCP connection fares: ``struct tcp_info`` of any kernel (tcp(7), include/uapi/linux/tcp.h). Pure."""

from __future__ import annotations

import functools
import sys
from struct import Struct as Packed
from typing import Annotated

from msgspec import Struct

from ..model import said
from ._basics import bits

_OPTIONS = (
    "timestamps",
    "sack",
    "window-scaling",
    "ecn",
    "ecn-seen",
    "fast-open-data",
    "microsecond-timestamps",
    "fast-open",
)
_TIMERS = {1: "retransmit", 2: "keepalive", 3: "time-wait", 4: "window-probe"}  # proc_pid_net(5)
_PHASES = ("open", "disorder", "cwr", "recovery", "loss")  # enum tcp_ca_state


class TcpInfo(Struct, kw_only=True, omit_defaults=True, gc=False):
    """How a TCP connection fares (TCP_INFO of tcp(7)); of a listener only its algorithm.

    What an older kernel does not tell, or has not yet measured, is left out. Segments are counted, not bytes,
    unless the name says so.
    """

    congestion_control: Annotated[str | None, said("the algorithm: cubic, bbr, …")] = None
    timer: Annotated[
        str | None,
        said("the timer that runs: retransmit, keepalive, time-wait or window-probe; left out: none"),
    ] = None
    timer_ms: Annotated[int | None, said("time until that timer goes off")] = None
    congestion_phase: Annotated[
        str | None, said("open, disorder, cwr, recovery or loss: what it makes of acknowledgements")
    ] = None
    congestion_window: Annotated[int | None, said("segments that may be under way")] = None
    slow_start_threshold: Annotated[
        int | None, said("segments up to which the window grows fast; left out: no loss yet, so no end")
    ] = None
    rtt_us: Annotated[int | None, said("smoothed time from a segment to its acknowledgement")] = None
    rttvar_us: Annotated[int | None, said("how much that varies")] = None
    min_rtt_us: Annotated[int | None, said("the shortest lately; since Linux 4.6")] = None
    receive_rtt_us: Annotated[int | None, said("the same, guessed by the receiver of data")] = None
    retransmit_timeout_us: Annotated[
        int | None, said("how long it waits for an acknowledgement before it sends again")
    ] = None
    ack_timeout_us: Annotated[int | None, said("how long it may delay its own acknowledgements")] = None
    retransmits: Annotated[int | None, said("timeouts in a row now, without an acknowledgement")] = None
    probes: Annotated[int | None, said("probes of a closed window or a silent peer, unanswered")] = None
    backoff: Annotated[int | None, said("times that the timeout has been doubled now")] = None
    unacknowledged: Annotated[int | None, said("segments sent and not acknowledged")] = None
    selectively_acknowledged: Annotated[int | None, said("of them, arrived behind a gap (SACK)")] = None
    lost: Annotated[int | None, said("of them, thought lost")] = None
    retransmitted: Annotated[int | None, said("of them, sent again and under way")] = None
    retransmits_total: Annotated[int | None, said("segments sent again since the connection was made")] = None
    send_mss_bytes: Annotated[int | None, said("largest segment that it sends")] = None
    receive_mss_bytes: Annotated[int | None, said("largest segment that it seems to be sent")] = None
    advertised_mss_bytes: Annotated[int | None, said("largest segment that it told the peer to send")] = None
    path_mtu_bytes: Annotated[int | None, said("largest packet that goes the whole way")] = None
    reordering: Annotated[int | None, said("segments that may overtake one before that is thought lost")] = None
    options: Annotated[
        list[str] | None,
        said("timestamps, sack, window-scaling, ecn, …: what both ends agreed on in the handshake"),
    ] = None
    send_window_scale: Annotated[int | None, said("power of two that the peer's windows are multiplied by")] = None
    receive_window_scale: Annotated[int | None, said("the same for the windows that it tells the peer")] = None
    last_data_sent_ms: Annotated[int | None, said("time since it sent data, or was connected")] = None
    last_data_received_ms: Annotated[int | None, said("time since it was sent data, or was connected")] = None
    last_ack_received_ms: Annotated[int | None, said("time since it was sent an acknowledgement")] = None
    receive_window_threshold_bytes: Annotated[
        int | None, said("up to where the window that it tells the peer may grow")
    ] = None
    receive_space_bytes: Annotated[int | None, said("what its program is thought to read in one round trip")] = (
        None
    )
    pacing_rate_bytes_per_s: Annotated[
        int | None, said("how fast it lets itself send; left out: without a limit")
    ] = None
    max_pacing_rate_bytes_per_s: Annotated[
        int | None, said("the most that pacing may come to (SO_MAX_PACING_RATE); left out: no limit")
    ] = None
    acknowledged_bytes: Annotated[int | None, said("data that the peer acknowledged; since Linux 4.1")] = None
    received_bytes: Annotated[int | None, said("data that the peer sent, in order; since Linux 4.1")] = None
    segments_sent: Annotated[int | None, said("with those that carry no data; since Linux 4.2")] = None
    segments_received: Annotated[int | None, said("with those that carry no data; since Linux 4.2")] = None
    not_sent_bytes: Annotated[int | None, said("data written and not yet sent once; since Linux 4.6")] = None
    data_segments_received: Annotated[int | None, said("those that carry data; since Linux 4.6")] = None
    data_segments_sent: Annotated[int | None, said("those that carry data; since Linux 4.6")] = None
    delivery_rate_bytes_per_s: Annotated[
        int | None, said("how fast data arrived lately at the peer; since Linux 4.9")
    ] = None
    delivery_rate_application_limited: Annotated[
        bool | None, said("true: the program gave too little to send to tell how fast it could be")
    ] = None
    busy_us: Annotated[int | None, said("time in which it had data to send; since Linux 4.10")] = None
    receive_window_limited_us: Annotated[
        int | None, said("of it, time in which the peer's window was too small; since Linux 4.10")
    ] = None
    send_buffer_limited_us: Annotated[
        int | None, said("of it, time in which the send buffer was too small; since Linux 4.10")
    ] = None
    delivered: Annotated[int | None, said("data segments that arrived at the peer; since Linux 4.18")] = None
    delivered_marked: Annotated[int | None, said("of them, marked by a congested router (ECN)")] = None
    sent_bytes: Annotated[int | None, said("data sent, repetitions included; since Linux 4.19")] = None
    retransmitted_bytes: Annotated[int | None, said("of it, repetitions; since Linux 4.19")] = None
    duplicates: Annotated[
        int | None, said("segments that the peer says it got twice (DSACK); since Linux 4.19")
    ] = None
    reorderings_seen: Annotated[int | None, said("times that segments overtook others; since Linux 4.19")] = None
    out_of_order: Annotated[int | None, said("segments received out of order; since Linux 5.4")] = None
    peer_window_bytes: Annotated[int | None, said("what the peer lets it send; since Linux 5.4")] = None
    own_window_bytes: Annotated[int | None, said("what it lets the peer send; since Linux 6.2")] = None
    rehashes: Annotated[
        int | None, said("times that it chose another way through the network; since Linux 6.2")
    ] = None
    timeouts: Annotated[int | None, said("retransmission timeouts; since Linux 6.7")] = None
    timeout_recoveries: Annotated[int | None, said("rows of them that ended well; since Linux 6.7")] = None
    timeout_recovery_ms: Annotated[int | None, said("time that all those rows took; since Linux 6.7")] = None


# struct tcp_info behind its first eight bytes: it only ever grew at the end. "x": bytes of no field.
_FIELDS: tuple[tuple[str, str], ...] = (
    ("retransmit_timeout_us", "I"),
    ("ack_timeout_us", "I"),
    ("send_mss_bytes", "I"),
    ("receive_mss_bytes", "I"),
    ("unacknowledged", "I"),
    ("selectively_acknowledged", "I"),
    ("lost", "I"),
    ("retransmitted", "I"),
    ("", "4x"),  # tcpi_fackets, no longer counted
    ("last_data_sent_ms", "I"),
    ("", "4x"),  # tcpi_last_ack_sent, "not remembered, sorry"
    ("last_data_received_ms", "I"),
    ("last_ack_received_ms", "I"),
    ("path_mtu_bytes", "I"),
    ("receive_window_threshold_bytes", "I"),
    ("rtt_us", "I"),
    ("rttvar_us", "I"),
    ("slow_start_threshold", "I"),
    ("congestion_window", "I"),
    ("advertised_mss_bytes", "I"),
    ("reordering", "I"),
    ("receive_rtt_us", "I"),
    ("receive_space_bytes", "I"),
    ("retransmits_total", "I"),
    ("pacing_rate_bytes_per_s", "Q"),
    ("max_pacing_rate_bytes_per_s", "Q"),
    ("acknowledged_bytes", "Q"),
    ("received_bytes", "Q"),
    ("segments_sent", "I"),
    ("segments_received", "I"),
    ("not_sent_bytes", "I"),
    ("min_rtt_us", "I"),
    ("data_segments_received", "I"),
    ("data_segments_sent", "I"),
    ("delivery_rate_bytes_per_s", "Q"),
    ("busy_us", "Q"),
    ("receive_window_limited_us", "Q"),
    ("send_buffer_limited_us", "Q"),
    ("delivered", "I"),
    ("delivered_marked", "I"),
    ("sent_bytes", "Q"),
    ("retransmitted_bytes", "Q"),
    ("duplicates", "I"),
    ("reorderings_seen", "I"),
    ("out_of_order", "I"),
    ("peer_window_bytes", "I"),
    ("own_window_bytes", "I"),
    ("rehashes", "I"),
    ("timeouts", "H"),
    ("timeout_recoveries", "H"),
    ("timeout_recovery_ms", "I"),
)

# What stands for "none", "without a limit" or "not measured" in the kernel.
_NONE = {
    **dict.fromkeys(("rtt_us", "rttvar_us", "receive_rtt_us", "ack_timeout_us"), 0),
    **dict.fromkeys(("pacing_rate_bytes_per_s", "max_pacing_rate_bytes_per_s"), 2**64 - 1),
    "min_rtt_us": 2**32 - 1,
    "slow_start_threshold": 0x7FFFFFFF,
}
_SINCE = ("last_data_sent_ms", "last_data_received_ms", "last_ack_received_ms")


@functools.lru_cache(maxsize=64)
def _layout(length: int) -> tuple[Packed, tuple[str, ...]]:
    """The fields that lie wholly within so many bytes: how to unpack them, and their names."""
    form, names, size = "=8x", [], 8
    for name, code in _FIELDS:
        size += Packed(f"={code}").size
        if size > length:
            break
        form += code
        names += [name] if name else []
    return Packed(form), tuple(names)


def add_timer(found: TcpInfo, number: int, after_ms: int) -> None:
    """Which timer runs, by the kernel's number (0: none), and when it goes off."""
    if number:
        found.timer, found.timer_ms = _TIMERS.get(number, str(number)), after_ms


def tcp_info(data: bytes, established: bool = True) -> TcpInfo:
    """A ``struct tcp_info`` of any kernel; `established`: whether times since something happened mean anything.

    Raises:
        ValueError: it is shorter than the head that it always had.
    """
    if len(data) < 8:
        raise ValueError(f"struct tcp_info of {len(data)} bytes")
    layout, names = _layout(len(data))
    found = TcpInfo(**dict(zip(names, layout.unpack_from(data), strict=True)))
    scales, limited = data[6], data[7]
    if sys.byteorder == "big":  # bit fields then begin at the other end of the byte
        scales, limited = scales >> 4 | (scales & 15) << 4, limited >> 7
    found.congestion_phase = _PHASES[data[1]] if data[1] < len(_PHASES) else str(data[1])
    found.retransmits, found.probes, found.backoff = data[2], data[3], data[4]
    found.options = bits(data[5], _OPTIONS)
    if data[5] & 4:
        found.send_window_scale, found.receive_window_scale = scales & 15, scales >> 4
    if found.delivery_rate_bytes_per_s is not None:
        found.delivery_rate_application_limited = bool(limited & 1)
    for name, nothing in _NONE.items():
        if getattr(found, name) == nothing:
            setattr(found, name, None)
    if not established:
        for name in _SINCE:
            setattr(found, name, None)
    return found
