"""tcp: addresses, states, backlogs, and struct tcp_info of every length it ever had."""

import struct
from _socket import AF_INET, AF_INET6

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import PLACE, Silence
from socketing import attribute, descriptor, made, only_end, told

from fdscope.kinds._tcp_info import tcp_info

HERE, THERE = bytes([127, 0, 0, 1]), bytes([192, 0, 2, 7])
MAPPED = bytes(10) + b"\xff\xff" + HERE


def tcp(state, local=HERE, remote=THERE, port=51234, family=AF_INET, protocol=6, **more):
    return made(family, 1, protocol, state, local=local, local_port=80, remote=remote, remote_port=port, **more)


def listener(**more):
    return tcp(10, bytes(4), bytes(4), 0, receive_queue=2, send_queue=511, uid=33, **more)


# A whole struct tcp_info: each number is another, so that none can stand in another's place.
HEAD = struct.pack("8B", 1, 2, 3, 4, 5, 0b111, 0x97, 1)
INFO = HEAD + struct.pack(
    "=24I4Q6I4Q2I2Q6IHHI", *range(101, 125), *range(201, 205), *range(301, 307), *range(401, 405), 501, 502, 601,
    602, *range(701, 707), 801, 802, 803,
)  # fmt: skip
FIRST = {
    "congestion_phase": "cwr",
    "retransmits": 3,
    "probes": 4,
    "backoff": 5,
    "options": ["timestamps", "sack", "window-scaling"],
    "send_window_scale": 7,
    "receive_window_scale": 9,
    "retransmit_timeout_us": 101,
    "ack_timeout_us": 102,
    "send_mss_bytes": 103,
    "receive_mss_bytes": 104,
    "unacknowledged": 105,
    "selectively_acknowledged": 106,
    "lost": 107,
    "retransmitted": 108,
    "last_data_sent_ms": 110,
    "last_data_received_ms": 112,
    "last_ack_received_ms": 113,
    "path_mtu_bytes": 114,
    "receive_window_threshold_bytes": 115,
    "rtt_us": 116,
    "rttvar_us": 117,
    "slow_start_threshold": 118,
    "congestion_window": 119,
    "advertised_mss_bytes": 120,
    "reordering": 121,
    "receive_rtt_us": 122,
    "receive_space_bytes": 123,
    "retransmits_total": 124,
}
LATER = {
    "pacing_rate_bytes_per_s": 201,
    "max_pacing_rate_bytes_per_s": 202,
    "acknowledged_bytes": 203,
    "received_bytes": 204,
    "segments_sent": 301,
    "segments_received": 302,
    "not_sent_bytes": 303,
    "min_rtt_us": 304,
    "data_segments_received": 305,
    "data_segments_sent": 306,
    "delivery_rate_bytes_per_s": 401,
    "delivery_rate_application_limited": True,
    "busy_us": 402,
    "receive_window_limited_us": 403,
    "send_buffer_limited_us": 404,
    "delivered": 501,
    "delivered_marked": 502,
    "sent_bytes": 601,
    "retransmitted_bytes": 602,
    "duplicates": 701,
    "reorderings_seen": 702,
    "out_of_order": 703,
    "peer_window_bytes": 704,
    "own_window_bytes": 705,
    "rehashes": 706,
    "timeouts": 801,
    "timeout_recoveries": 802,
    "timeout_recovery_ms": 803,
}


def info_of(data, state=1):
    attributes = attribute(2, data) + attribute(4, b"cubic\0")
    return told(tcp(state, attributes=attributes))["tcp"]


def test_every_number_of_tcp_info_is_told_in_its_place():
    assert info_of(INFO) == {"congestion_control": "cubic", **FIRST, **LATER}


def test_what_an_older_kernel_lacks_is_left_out():
    assert info_of(INFO[:104]) == {"congestion_control": "cubic", **FIRST}
    assert info_of(INFO[:107]) == {"congestion_control": "cubic", **FIRST}


def test_what_a_newer_kernel_adds_changes_nothing():
    assert info_of(INFO + bytes(range(32))) == info_of(INFO)


def test_what_has_not_been_measured_is_left_out():
    nothing = bytearray(INFO)
    for offset, value in ((68, b"\0\0\0\0"), (76, b"\xff\xff\xff\x7f"), (104, b"\xff" * 16), (148, b"\xff" * 4)):
        nothing[offset : offset + len(value)] = value
    gone = set(info_of(INFO)) - set(info_of(bytes(nothing)))
    assert gone == {
        "rtt_us",
        "slow_start_threshold",
        "pacing_rate_bytes_per_s",
        "max_pacing_rate_bytes_per_s",
        "min_rtt_us",
    }


def test_idle_times_mean_nothing_before_there_is_a_connection():
    gone = set(info_of(INFO)) - set(info_of(INFO, state=2))
    assert gone == {"last_data_sent_ms", "last_data_received_ms", "last_ack_received_ms"}


@given(st.binary(max_size=300))
def test_any_bytes_are_a_tcp_info_or_too_short(data):
    try:
        tcp_info(data)
    except ValueError:
        assert len(data) < 8


@pytest.mark.parametrize(
    ("number", "name"),
    [(1, "retransmit"), (2, "keepalive"), (3, "time-wait"), (4, "window-probe"), (9, "9")],
)
def test_the_timer_that_runs_and_when_it_goes_off(number, name):
    found = told(tcp(1, attributes=attribute(2, INFO), timer=number, timer_ms=7200))["tcp"]
    assert (found["timer"], found["timer_ms"]) == (name, 7200)
    still = told(tcp(1, attributes=attribute(2, INFO), timer=0, timer_ms=7200))["tcp"]
    assert {"timer", "timer_ms"} & still.keys() == set()


def test_how_its_packets_are_marked():
    marks = attribute(5, b"\x10") + attribute(6, b"\0") + attribute(15, struct.pack("=I", 7))
    found = told(tcp(1, attributes=marks))
    assert {name: found.get(name) for name in ("type_of_service", "traffic_class", "mark")} == {
        "type_of_service": 16,
        "traffic_class": None,
        "mark": 7,
    }


def test_a_connection():
    socket = tcp(1, receive_queue=5, send_queue=120, uid=33, shutdown=0)
    machine = Silence(facing=(701,), listeners=(9, 10))
    assert told(socket, b"TCP", machine) == {
        "kind": "tcp",
        "socket_type": "stream",
        "protocol": "TCP",
        "state": "ESTABLISHED",
        "local_address": "127.0.0.1",
        "local_port": 80,
        "remote_address": "192.0.2.7",
        "remote_port": 51234,
        "receive_queue_bytes": 5,
        "send_queue_bytes": 120,
        "owner_uid": 33,
        "facing_inodes": [701],
        "accepted_from": [9, 10],
    }
    line = "ESTABLISHED 127.0.0.1:80 -> 192.0.2.7:51234, 5 B to read, 120 B to send"
    assert descriptor(socket, b"TCP", machine).describe() == line


def test_a_listener_has_a_backlog_and_no_queues():
    assert told(listener(interface=2), machine=Silence(interfaces={(4026531840, 2): b"eth0"})) == {
        "kind": "tcp",
        "socket_type": "stream",
        "state": "LISTEN",
        "local_address": "0.0.0.0",
        "local_port": 80,
        "interface": "eth0",
        "owner_uid": 33,
        "backlog": 2,
        "backlog_limit": 511,
    }
    assert descriptor(listener(interface=2)).describe() == "LISTEN 0.0.0.0%2:80, 2 of 511 waiting"


def test_a_listener_tells_no_more_than_its_algorithm():
    memory = attribute(7, struct.pack("=9I", 1, 2, 3, 4, 5, 6, 7, 8, 9))
    found = told(listener(attributes=attribute(2, INFO) + attribute(4, b"reno\0") + memory))
    assert (found["tcp"], found.get("receive_queue_bytes")) == ({"congestion_control": "reno"}, None)


def test_an_ipv6_socket_may_use_an_ipv4_address():
    found = descriptor(tcp(1, MAPPED, MAPPED, family=AF_INET6, attributes=attribute(11, b"\0")), b"TCPv6")
    assert (found.local_address, found.ipv6_only) == ("::ffff:127.0.0.1", False)
    assert found.describe() == "ESTABLISHED [::ffff:127.0.0.1]:80 -> [::ffff:127.0.0.1]:51234"
    assert only_end(found) == ([], "unclaimed")


def test_a_multipath_socket_is_one_too():
    found = descriptor(tcp(1, protocol=262, attributes=attribute(2, b"?")), b"MPTCP")
    assert (found.multipath, found.tcp) == (True, None)
    assert found.describe() == "ESTABLISHED 127.0.0.1:80 -> 192.0.2.7:51234, multipath"


def test_what_a_multipath_listener_accepted_of_a_plain_client_is_plain():
    found = descriptor(tcp(1), b"MPTCP")
    assert (found.multipath, found.state) == (None, "ESTABLISHED")


def test_a_socket_of_another_network_namespace_is_told_as_such():
    found = descriptor(tcp(1, foreign=True))
    assert found.foreign_namespace is True
    assert found.describe().endswith(", in network namespace 4026531840")


STATES = {
    1: "ESTABLISHED", 2: "SYN-SENT", 3: "SYN-RECEIVED", 4: "FIN-WAIT-1", 5: "FIN-WAIT-2", 6: "TIME-WAIT",
    7: "CLOSED", 8: "CLOSE-WAIT", 9: "LAST-ACK", 10: "LISTEN", 11: "CLOSING", 12: "SYN-RECEIVED", 13: "CLOSED",
    14: "14",
}  # fmt: skip


def test_states_have_the_names_of_the_rfc():
    assert {state: descriptor(tcp(state)).state for state in STATES} == STATES


@pytest.mark.parametrize(
    ("socket", "machine", "end"),
    [
        (listener(), Silence(), ([], "listening")),
        (listener(), Silence(facing=(5,)), (["socket:[5]"], "listening")),
        (tcp(1), Silence(), ([], "elsewhere")),
        (tcp(1, remote=HERE), Silence(facing=(5,)), (["socket:[5]"], "")),
        (tcp(8, remote=HERE), Silence(), ([], "closed")),
        (tcp(4, remote=HERE), Silence(), ([], "unclaimed")),
        (tcp(5, remote=HERE), Silence(), ([], "unclaimed")),
        (tcp(6, remote=HERE), Silence(), ([], "closed")),
        (tcp(8), Silence(), ([], "elsewhere")),
        (tcp(2), Silence(), ([], "not-connected")),
        (tcp(13, HERE, bytes(4), 0), Silence(), ([], "not-connected")),
    ],
)
def test_what_is_at_the_other_end(socket, machine, end):
    assert only_end(descriptor(socket, machine=machine)) == end


@pytest.mark.parametrize("name", [b"TCP", b"TCPv6", b"MPTCP", b"MPTCPv6"])
def test_a_socket_of_which_only_the_protocol_is_known(name):
    found = descriptor(None, name)
    assert (type(found).__name__, found.state, found.socket_type) == ("Tcp", None, "stream")
    assert found.describe() == f"{name.decode()}, neither bound nor connected, as far as is told"


def test_a_place_is_no_end_and_has_no_lists():
    found = descriptor(tcp(1, shutdown=3), machine=Silence(facing=(5,), listeners=(6,)), fdinfo=PLACE)
    assert (found.ends(), found.facing_inodes, found.accepted_from, found.shutdown) == ((), None, None, None)
