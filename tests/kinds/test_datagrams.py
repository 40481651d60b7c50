"""udp, udplite, icmp, raw: addresses, and what their ports and protocols are."""

import struct
from _socket import AF_INET, AF_INET6

import pytest
from socketing import attribute, descriptor, made, only_end, told

HERE, THERE, ANY = bytes([127, 0, 0, 1]), bytes([192, 0, 2, 7]), bytes(4)


@pytest.mark.parametrize(("kind", "protocol"), [("udp", 17), ("udplite", 136)])
def test_a_connected_datagram_socket(kind, protocol):
    memory = attribute(7, struct.pack("=9I", 1, 212992, 2, 425984, 0, 0, 0, 0, 14))
    socket = made(
        AF_INET, 2, protocol, 1, local=HERE, local_port=53, remote=THERE, remote_port=99, receive_queue=768,
        send_queue=0, attributes=memory,
    )  # fmt: skip
    assert told(socket) == {
        "kind": kind,
        "socket_type": "datagram",
        "state": "ESTABLISHED",
        "receive_queue_bytes": 768,
        "send_queue_bytes": 0,
        "receive_buffer_bytes": 212992,
        "send_buffer_bytes": 425984,
        "dropped": 14,
        "local_address": "127.0.0.1",
        "local_port": 53,
        "remote_address": "192.0.2.7",
        "remote_port": 99,
    }
    found = descriptor(socket)
    assert found.describe() == "ESTABLISHED 127.0.0.1:53 -> 192.0.2.7:99, 768 B of memory to read"
    assert only_end(found) == ([], "elsewhere")


def test_a_bound_socket_of_ipv6_is_connected_to_nothing():
    found = descriptor(made(AF_INET6, 2, 17, 7, local=bytes(16), local_port=53, remote=bytes(16)))
    assert found.describe() == "UNCONNECTED [::]:53"
    assert (found.remote_address, only_end(found)) == (None, ([], "not-connected"))


def test_the_port_of_an_echo_socket_is_its_identifier():
    found = descriptor(made(AF_INET, 2, 1, 7, local=ANY, local_port=4711, remote=ANY))
    assert (type(found).__name__, found.local_port, only_end(found)) == ("Icmp", 4711, ([], ""))


@pytest.mark.parametrize(
    ("port", "attributes", "name"),
    [(1, attribute(10, b"\1"), "ICMP"), (6, b"", "TCP"), (89, b"", "89"), (255, b"", "RAW")],
)
def test_a_raw_socket_is_one_whatever_its_protocol(port, attributes, name):
    found = descriptor(made(AF_INET, 3, 255, 7, local=ANY, local_port=port, remote=ANY, attributes=attributes))
    assert (type(found).__name__, found.protocol, found.local_port) == ("Raw", name, None)
    assert (found.describe(), only_end(found)) == (f"{name} 0.0.0.0", ([], ""))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (b"UDP", "Udp"), (b"UDPv6", "Udp"), (b"UDP-Lite", "UdpLite"), (b"UDPLITEv6", "UdpLite"), (b"PING", "Icmp"),
        (b"PINGv6", "Icmp"), (b"RAW", "Raw"), (b"RAWv6", "Raw"), (b"NETLINK", "Netlink"), (b"PACKET", "Packet"),
        (b"AF_VSOCK", "Vsock"), (b"XDP", "Socket"),
    ],
)  # fmt: skip
def test_a_socket_of_which_only_the_protocol_is_known(name, kind):
    found = descriptor(None, name)
    assert (type(found).__name__, found.protocol) == (kind, name.decode())
    assert found.describe().startswith(("socket:[700]",) if kind == "Socket" else (name.decode(),))


def test_an_address_of_another_length_is_a_problem():
    from reading import Silence

    from fdscope.kinds import decode
    from fdscope.raw import RawDescriptor

    socket = made(AF_INET, 2, 17, 7, local=b"\1\2\3")
    _, problem = decode(RawDescriptor(42, 3, b"socket:[700]", socket=socket), Silence())
    assert problem.detail == "udp: ValueError: an address of 3 bytes"
