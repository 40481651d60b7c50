"""Answers of sock_diag(7): read exactly, and never more than a ValueError, whatever they hold."""

import contextlib
import os
import socket
import struct
from errno import EAFNOSUPPORT, EINVAL, ENOENT, EOPNOTSUPP, EPERM, EPROTONOSUPPORT

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope.kernel import sockdiag
from fdscope.kernel.sockdiag import (
    AF_INET,
    AF_INET6,
    AF_NETLINK,
    AF_PACKET,
    AF_UNIX,
    AF_VSOCK,
    MPTCP,
    TCP,
    UDP,
    Question,
    Refused,
    messages,
    parse,
    parse_addresses,
    parse_interface,
    request,
    sockets,
)
from fdscope.netlink import attributes

QUESTIONS = [
    Question(AF_INET, TCP), Question(AF_INET6, TCP), Question(AF_INET, UDP), Question(AF_INET, MPTCP),
    Question(AF_UNIX, 0), Question(AF_NETLINK, 0), Question(AF_PACKET, 0), Question(AF_VSOCK, 0),
]  # fmt: skip


def attribute(kind, value):
    data = struct.pack("=HH", 4 + len(value), kind) + value
    return data + b"\0" * (-len(data) % 4)


def message(kind, body, flags=2):
    data = struct.pack("=IHHII", 16 + len(body), kind, flags, 0, 0) + body
    return data + b"\0" * (-len(data) % 4)


def inet(family, local, remote, *, port=80, remote_port=0, state=10, inode=7, more=b""):
    ports = struct.pack(">HH", port, remote_port)
    addresses = local.ljust(16, b"\0") + remote.ljust(16, b"\0")
    head = struct.pack("=BBBB", family, state, 0, 0)
    return head + ports + addresses + struct.pack("=I8s5I", 3, b"", 0, 1, 128, 1000, inode) + more


def test_an_internet_socket_is_read_whole():
    rest = attribute(8, b"\2")
    found = parse(
        Question(AF_INET, UDP), inet(2, b"\x7f\0\0\1", b"\x0a\0\0\2", remote_port=53, state=1, more=rest), 99
    )
    assert (found.inode, found.family, found.protocol, found.state, found.net_namespace) == (7, 2, UDP, 1, 99)
    assert (found.local, found.local_port, found.remote, found.remote_port) == (
        b"\x7f\0\0\1",
        80,
        b"\x0a\0\0\2",
        53,
    )
    assert (found.interface, found.receive_queue, found.send_queue, found.uid) == (3, 1, 128, 1000)
    assert (found.shutdown, found.attributes, found.foreign, found.peer_inode) == (2, rest, False, None)


def test_an_address_of_ipv6_has_sixteen_bytes():
    found = parse(Question(AF_INET6, TCP), inet(10, b"\0" * 15 + b"\1", b""), 1)
    assert (found.local, found.remote) == (b"\0" * 15 + b"\1", b"\0" * 16)


def test_a_unix_socket_is_read_whole():
    rest = b"".join(
        [
            attribute(0, b"\0a\0b"), attribute(1, struct.pack("=II", 55, 8 << 20)),
            attribute(2, struct.pack("=I", 8)), attribute(4, struct.pack("=II", 3, 5)),
            attribute(6, b"\3"), attribute(7, struct.pack("=I", 1000)),
        ]
    )  # fmt: skip
    found = parse(Question(AF_UNIX, 0), struct.pack("=4BI8s", 1, 5, 1, 0, 7, b"") + rest, 99)
    assert (found.inode, found.type, found.state, found.local, found.peer_inode) == (7, 5, 1, b"\0a\0b", 8)
    assert (found.receive_queue, found.send_queue, found.shutdown, found.uid) == (3, 5, 3, 1000)
    bare = parse(Question(AF_UNIX, 0), struct.pack("=4BI8s", 1, 1, 7, 0, 7, b""), 99)
    assert (bare.local, bare.peer_inode, bare.receive_queue, bare.uid) == (b"", None, None, None)


def test_netlink_packet_and_vsock_are_read_whole():
    netlink = parse(Question(AF_NETLINK, 0), struct.pack("=4B4I8s", 16, 3, 15, 0, 42, 1, 0, 7, b""), 1)
    assert (netlink.type, netlink.protocol, netlink.local_port, netlink.remote_port, netlink.inode) == (
        3,
        15,
        42,
        1,
        7,
    )
    rest = attribute(0, struct.pack("=I", 2) + b"\0" * 20) + attribute(5, struct.pack("=I", 1000))
    packet = parse(Question(AF_PACKET, 0), struct.pack("=2BHI8s", 17, 3, 0x806, 7, b"") + rest, 1)
    assert (packet.type, packet.protocol, packet.interface, packet.uid) == (3, 0x806, 2, 1000)
    vsock = parse(Question(AF_VSOCK, 0), struct.pack("=4B6I8s", 40, 1, 10, 0, 3, 1024, 2, 5, 7, 0, b""), 1)
    assert (vsock.state, vsock.local_port, vsock.remote_port, vsock.inode) == (10, 1024, 5, 7)
    assert (vsock.local, vsock.remote) == (struct.pack("=I", 3), struct.pack("=I", 2))


def test_addresses_and_interfaces_of_rtnetlink():
    local, remote = attribute(2, b"\x0a\0\0\1"), attribute(1, b"\x0a\0\0\2")
    assert parse_addresses(struct.pack("=4BI", 2, 24, 0, 0, 1) + remote + local) == b"\x0a\0\0\1"
    assert parse_addresses(struct.pack("=4BI", 2, 24, 0, 0, 1) + remote) == b"\x0a\0\0\2"
    assert parse_addresses(struct.pack("=4BI", 7, 0, 0, 0, 1) + remote) is None
    link = struct.pack("=BBHiII", 0, 0, 1, 3, 0, 0) + attribute(3, b"eth0\0")
    assert parse_interface(link) == (3, b"eth0")


HOSTILE = st.one_of(
    st.binary(max_size=200),
    st.lists(st.tuples(st.integers(0, 12), st.binary(max_size=40)), max_size=6).map(
        lambda parts: b"".join(attribute(kind, value) for kind, value in parts)
    ),
)


@pytest.mark.parametrize("question", QUESTIONS)
@given(head=st.binary(max_size=80), rest=HOSTILE)
def test_no_answer_is_more_than_a_value_error(question, head, rest):
    try:
        found = parse(question, head + rest, 1)
    except ValueError:
        return
    assert found.inode >= 0


@given(st.lists(HOSTILE, max_size=4), st.integers(0, 60), st.binary(max_size=20))
def test_messages_and_attributes_end_whatever_they_hold(bodies, cut, garbage):
    whole = b"".join(message(20, body) for body in bodies)
    assert [body for _, _, body in messages(whole)] == bodies
    for data in (whole[: len(whole) - cut], whole + garbage, garbage):
        for read in (lambda data: list(messages(data)), attributes, parse_addresses, parse_interface):
            try:
                read(data)
            except ValueError:
                pass


def test_a_value_longer_than_what_is_there_is_an_error():
    with pytest.raises(ValueError, match="of 99 bytes"):
        attributes(struct.pack("=HH", 99, 1) + b"xx")
    with pytest.raises(ValueError, match="of 3 bytes"):
        list(messages(struct.pack("=IHHII", 3, 20, 0, 0, 0)))


class Answers:
    """What the kernel might answer, a datagram at a time."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    def send(self, data):
        self.asked += 1

    def recvmsg(self, size):
        answer = self.answers.pop(0)
        return answer if isinstance(answer, tuple) else (answer, [], 0, None)


DONE = message(3, struct.pack("=i", 0))


def test_a_refusal_is_told_by_its_number():
    with pytest.raises(Refused) as refused:
        sockdiag.dump(Answers(message(2, struct.pack("=i", -EPERM) + b"\0" * 16)), 20, b"")
    assert refused.value.errno == EPERM
    with pytest.raises(Refused):
        sockdiag.dump(Answers(message(3, struct.pack("=i", -22))), 20, b"")


def test_a_list_that_changed_meanwhile_is_asked_for_again():
    changed = Answers(message(20, b"old!", 0x12), DONE, message(20, b"new!") + DONE)
    assert (sockdiag.dump(changed, 20, b""), changed.asked) == ([b"new!"], 2)
    restless = Answers(*[message(20, b"some", 0x12) + DONE] * 4)
    assert (sockdiag.dump(restless, 20, b""), restless.asked) == ([b"some"], 4)


def test_an_answer_that_was_cut_is_no_answer():
    with pytest.raises(Refused):
        sockdiag.dump(Answers((message(20, b"some"), [], socket.MSG_TRUNC, None)), 20, b"")


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_kernel_understands_every_request_or_says_that_it_knows_no_such_family(question):
    with contextlib.closing(sockdiag.opened()) as asking:
        found, errno = [], 0
        try:
            found = sockets(asking, question, 1)
        except Refused as refused:
            errno = refused.errno
    assert errno in (0, ENOENT, EINVAL, EPROTONOSUPPORT, EOPNOTSUPP, EAFNOSUPPORT)
    assert all(one.inode for one in found)
    assert len(request(question)) >= 20


def test_a_socket_of_ours_is_told_with_its_addresses():
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.closing(sockdiag.opened()) as asking:
        inode = os.fstat(listener.fileno()).st_ino
        for brief in (False, True):
            (own,) = [one for one in sockets(asking, Question(AF_INET, TCP), 1, brief=brief) if one.inode == inode]
            assert (own.local, own.local_port, own.state) == (b"\x7f\0\0\1", listener.getsockname()[1], 10)
            assert bool(own.attributes) is not brief
