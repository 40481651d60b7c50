"""The tables of /proc/PID/net say the same as sock_diag(7), in the fields that both have."""

import contextlib
import os
import socket
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope.kernel import sockdiag
from fdscope.kernel.procnet import TABLES, parse_inet, parse_netlink, parse_packet, parse_unix
from fdscope.kernel.sockdiag import AF_INET, AF_INET6, AF_NETLINK, AF_UNIX, RAW, TCP, UDP, Question, Refused

TCP4 = (
    b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    b"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000002 00:00000000 00000000  1000        0 1061 1\n"
    b"   1: 0100007F:1F90 0200000A:C350 01 00000010:00000020 00:00000000 00000000     0        0 1062 1\n"
)
TCP6 = (
    b"  sl  local_address                         remote_address                        st tx_queue rx_queue\n"
    b"   0: 0000000000000000FFFF00000100007F:0050 00000000000000000000000001000000:0051 01 00000000:00000000 "
    b"00:00000000 00000000     0        0 7 1 0\n"
)
UNIX = (
    b"Num       RefCount Protocol Flags    Type St Inode Path\n"
    b"0000000000000001: 00000002 00000000 00010000 0001 01 21 /run/a b.sock\n"
    b"0000000000000002: 00000003 00000000 00000000 0005 03 22 @ab@c\n"
    b"0000000000000003: 00000003 00000000 00000000 0002 01 23\n"
    b"0000000000000004: 00000003 00000000 00000000 0001 03 24 /odd\nname\n"
    b"0000000000000005: 00000002 00000000 00000000 0001 01 25 \xff\n"
)


def little(table):
    """Addresses are written in the machine's own byte order: the texts above are of a little-endian one."""
    if sys.byteorder != "little":
        pytest.skip("the recorded text is of a little-endian machine")
    return table


def test_addresses_queues_owner_and_inode_of_an_internet_socket():
    listening, connected = parse_inet(little(TCP4), AF_INET, TCP, 99)
    assert (listening.inode, listening.state, listening.local, listening.local_port) == (
        1061,
        10,
        b"\x7f\0\0\1",
        8080,
    )
    assert (listening.receive_queue, listening.send_queue, listening.uid) == (2, None, 1000)
    assert (connected.remote, connected.remote_port, connected.state) == (b"\x0a\0\0\2", 50000, 1)
    assert (connected.receive_queue, connected.send_queue, connected.net_namespace) == (0x20, 0x10, 99)
    (mapped,) = parse_inet(TCP6, AF_INET6, TCP, 99)
    assert mapped.local == b"\0" * 10 + b"\xff\xff\x7f\0\0\1"
    assert (mapped.remote, mapped.local_port, mapped.remote_port) == (b"\0" * 15 + b"\1", 80, 81)


def test_names_of_unix_sockets_may_hold_anything():
    found = {one.inode: one for one in parse_unix(UNIX, 99)}
    assert {inode: one.local for inode, one in found.items()} == {
        21: b"/run/a b.sock", 22: b"\0ab@c", 23: b"", 24: b"/odd\nname", 25: b"\xff",
    }  # fmt: skip
    assert [(one.type, one.state) for one in found.values()] == [(1, 10), (5, 1), (2, 7), (1, 1), (1, 7)]
    with pytest.raises(ValueError, match="not a table"):
        list(parse_unix(b"garbage\n", 1))


def test_netlink_and_packet_sockets():
    (netlink,) = parse_netlink(
        b"sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"
        b"0000000000000001 15  4242       00000001 5        6        0     2        0        31\n",
        9,
    )
    assert (netlink.family, netlink.protocol, netlink.local_port, netlink.inode) == (AF_NETLINK, 15, 4242, 31)
    assert (netlink.receive_queue, netlink.send_queue) == (5, 6)
    (packet,) = parse_packet(
        b"sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n"
        b"0000000000000001 3      3    0806   2     1 7      1000   41\n",
        9,
    )
    assert (packet.type, packet.protocol, packet.interface, packet.uid, packet.inode) == (3, 0x806, 2, 1000, 41)


@given(st.sampled_from(sorted(TABLES)), st.binary(max_size=300), st.sampled_from([TCP4, TCP6, UNIX, b""]))
def test_no_table_is_more_than_an_error_that_is_expected(key, garbage, whole):
    _, parse = TABLES[key]
    for data in (garbage, b"head\n" + garbage, whole + garbage, whole[: len(garbage)]):
        with contextlib.suppress(ValueError, IndexError):
            list(parse(data, 1))


FIELDS = "inode family state local local_port remote remote_port".split()


@pytest.mark.parametrize(
    "question", [Question(AF_INET, TCP), Question(AF_INET, UDP), Question(AF_INET6, TCP), Question(AF_UNIX, 0)]
)
def test_both_ways_tell_the_same_of_our_own_sockets(question, tmp_path):
    family, protocol = question
    type_ = socket.SOCK_DGRAM if protocol == UDP else socket.SOCK_STREAM
    with socket.socket(family, type_) as one, contextlib.closing(sockdiag.opened()) as asking:
        name = str(tmp_path / "a b") if family == AF_UNIX else ("::1" if family == AF_INET6 else "127.0.0.1", 0)
        try:
            one.bind(name)
        except OSError as error:
            pytest.skip(f"not here: {error}")
        if type_ == socket.SOCK_STREAM:
            one.listen(3)
        inode = os.fstat(one.fileno()).st_ino
        table, parse = TABLES[question]
        with open(b"/proc/self/net/" + table, "rb") as file:
            (ours,) = [found for found in parse(file.read(), 1) if found.inode == inode]
        (theirs,) = [found for found in sockdiag.sockets(asking, question, 1) if found.inode == inode]
        theirs = theirs._replace(local=theirs.local.rstrip(b"\0") if family == AF_UNIX else theirs.local)
        assert {name: getattr(ours, name) for name in FIELDS} == {name: getattr(theirs, name) for name in FIELDS}


def test_a_raw_socket_has_its_protocol_for_a_port():
    with contextlib.closing(sockdiag.opened()) as asking:
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_RAW, 89) as one:
                inode = os.fstat(one.fileno()).st_ino
                with open("/proc/self/net/raw", "rb") as file:
                    (found,) = [it for it in parse_inet(file.read(), AF_INET, RAW, 1) if it.inode == inode]
                with contextlib.suppress(Refused):
                    (same,) = [
                        it for it in sockdiag.sockets(asking, Question(AF_INET, RAW), 1) if it.inode == inode
                    ]
                    assert same.local_port == 89
        except PermissionError:
            pytest.skip("raw sockets take CAP_NET_RAW")
    assert (found.local_port, found.protocol) == (89, RAW)
