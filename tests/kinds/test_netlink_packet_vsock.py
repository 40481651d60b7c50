"""netlink, packet, vsock: ports, groups, frame types, CIDs."""

import struct
import sys
from _socket import AF_NETLINK, AF_PACKET, AF_VSOCK

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import Silence
from socketing import attribute, descriptor, made, only_end, told

from fdscope.kinds import decode
from fdscope.netlink import attributes
from fdscope.raw import RawDescriptor, RawSocket


def test_a_netlink_socket():
    more = attribute(0, struct.pack("=9I", 512, 212992, 0, 212992, 0, 0, 0, 0, 3))
    more += attribute(1, struct.pack("=2I", 0b10001, 1))
    socket = made(AF_NETLINK, 3, 0, 0, local_port=4242, attributes=more)
    assert told(socket, b"NETLINK", Silence(processes={4242: b"systemd"})) == {
        "kind": "netlink",
        "socket_type": "raw",
        "protocol": "ROUTE",
        "state": "UNCONNECTED",
        "receive_queue_bytes": 512,
        "send_queue_bytes": 0,
        "receive_buffer_bytes": 212992,
        "send_buffer_bytes": 212992,
        "dropped": 3,
        "port_id": 4242,
        "port_owner": "systemd",
        "groups": [1, 5, 33],
    }
    found = descriptor(socket, machine=Silence(processes={4242: b"systemd"}))
    assert found.describe() == "ROUTE, port 4242 (systemd), groups 1, 5, 33, 512 B of memory to read"
    assert only_end(found) == ([], "")


@pytest.mark.parametrize(
    ("protocol", "name"), [(4, "SOCK_DIAG"), (9, "AUDIT"), (15, "KOBJECT_UEVENT"), (31, "31")]
)
def test_a_netlink_port_above_all_process_ids_has_no_owner(protocol, name):
    found = descriptor(made(AF_NETLINK, 2, protocol, 1, local_port=4294961234, remote_port=7))
    assert found.describe() == f"{name}, port 4294961234, connected to port 7"


def test_a_packet_socket():
    memory = attribute(6, struct.pack("=9I", 0, 1, 0, 2, 0, 0, 0, 0, 0))
    socket = made(AF_PACKET, 3, 0x0806, 0, interface=2, uid=0, attributes=memory)
    assert told(socket, b"PACKET", Silence(interfaces={(4026531840, 2): b"eth0"})) == {
        "kind": "packet",
        "socket_type": "raw",
        "protocol": "ARP",
        "receive_queue_bytes": 0,
        "send_queue_bytes": 0,
        "receive_buffer_bytes": 1,
        "send_buffer_bytes": 2,
        "dropped": 0,
        "owner_uid": 0,
        "interface": "eth0",
    }
    assert descriptor(socket).describe() == "ARP on 2, raw"
    assert descriptor(made(AF_PACKET, 2, 0x1234, 0)).describe() == "0x1234 on all interfaces, datagram"


def cid(number):
    return number.to_bytes(4, sys.byteorder)


def test_vsock_addresses_are_cids():
    listener = descriptor(
        made(AF_VSOCK, 1, 0, 10, local=cid(2**32 - 1), local_port=1024, receive_queue=0, send_queue=4)
    )
    assert listener.describe() == "stream LISTEN any:1024, 0 of 4 waiting"
    assert only_end(listener) == ([], "listening")
    connection = descriptor(
        made(AF_VSOCK, 1, 0, 1, local=cid(3), local_port=1024, remote=cid(2), remote_port=5000)
    )
    assert connection.describe() == "stream ESTABLISHED 3:1024 -> 2:5000"
    assert only_end(connection) == ([], "elsewhere")


@given(
    st.builds(
        RawSocket,
        inode=st.integers(0, 2**64),
        family=st.sampled_from([0, 1, 2, 10, 16, 17, 40, 44]),
        type=st.integers(0, 11),
        protocol=st.sampled_from([0, 1, 4, 6, 17, 58, 132, 136, 255, 262, 0x0806, 65535]),
        state=st.integers(0, 20),
        net_namespace=st.integers(0, 2**32),
        foreign=st.booleans(),
        local=st.binary(max_size=20),
        local_port=st.integers(0, 2**32),
        remote=st.binary(max_size=20),
        remote_port=st.integers(0, 2**32),
        interface=st.integers(0, 2**31),
        receive_queue=st.none() | st.integers(0, 2**32),
        send_queue=st.none() | st.integers(0, 2**32),
        peer_inode=st.none() | st.integers(0, 2**32),
        shutdown=st.none() | st.integers(0, 255),
        attributes=st.binary(max_size=60)
        | st.lists(st.builds(attribute, st.integers(0, 12), st.binary(max_size=300)), max_size=4).map(b"".join),
    ),
    st.sampled_from([b"", b"TCP", b"UNIX", b"MPTCPv6", b"\xff"]),
)
def test_whatever_is_told_of_a_socket_makes_a_row(socket, protocol):
    found, problem = decode(RawDescriptor(42, 3, b"socket:[7]", b"", protocol=protocol, socket=socket), Silence())
    assert found.fd == 3
    assert found.describe()
    assert len(found.ends()) <= 1
    assert problem is None or problem.reason == "not-understood"


@given(st.binary(max_size=200))
def test_any_bytes_are_attributes_or_none(data):
    try:
        found = attributes(data)
    except ValueError:
        return
    assert sum(map(len, found.values())) <= len(data)


def test_attributes_are_told_without_flags_and_padding():
    assert attributes(attribute(0x8000 | 3, b"abc") + attribute(4, b"")) == {3: b"abc", 4: b""}
