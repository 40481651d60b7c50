"""What is foretold of sockets, from facts that the test knows since it made them, against what the kernel does."""

import contextlib
import errno
import os
import select
import signal
import socket

import pytest

from fdscope.kinds import KINDS
from fdscope.kinds._talk import (
    datagram_reading,
    tcp_reading,
    tcp_writing,
    udp_writing,
    unix_reading,
    unix_writing,
)
from fdscope.model import kind_name

(SOCKET,) = [kind for kind in KINDS if kind_name(kind) == "socket"]
PROBE = SOCKET(fd=3, access="rw", flags=["nonblock"])
TYPES = {"stream": socket.SOCK_STREAM, "seqpacket": socket.SOCK_SEQPACKET, "datagram": socket.SOCK_DGRAM}


def read(one):
    try:
        came = os.read(one.fileno(), 100)
    except OSError as error:
        return errno.errorcode[error.errno]
    return f"data {len(came)}" if came else "end-of-file"


def write(one):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGPIPE])
    try:
        os.write(one.fileno(), b"x")
    except OSError as error:
        sent = signal.sigtimedwait([signal.SIGPIPE], 0)
        return errno.errorcode[error.errno] + (" SIGPIPE" if sent else "")
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGPIPE])
    return "accepted"


def word(prospect):
    if prospect.outcome == "fails":
        return " ".join(filter(None, (prospect.error, prospect.signal)))
    return prospect.outcome if prospect.available_bytes is None else f"data {prospect.available_bytes}"


@pytest.fixture
def opened():
    """Sockets that end with the test."""
    with contextlib.ExitStack() as stack:

        def keep(*sockets):
            for one in sockets:
                one.setblocking(False)
                stack.enter_context(one)
            return sockets if len(sockets) > 1 else sockets[0]

        yield keep


def state_of(one):
    """By its number in tcp_info, which tcp(7) gives to its holder."""
    numbers = {1: "ESTABLISHED", 4: "FIN-WAIT-1", 5: "FIN-WAIT-2", 7: "CLOSED", 8: "CLOSE-WAIT", 10: "LISTEN"}
    return numbers[one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]]


def connection(opened):
    listener = opened(socket.create_server(("127.0.0.1", 0)))
    client = socket.create_connection(listener.getsockname())
    assert select_readable(listener)
    return opened(client, listener.accept()[0])


def select_readable(one):
    return select.select([one], [], [], 30)[0]


def test_a_tcp_socket_that_is_not_connected(opened):
    fresh, listener = opened(socket.socket()), opened(socket.create_server(("127.0.0.1", 0)))
    for one in (fresh, listener):
        state = state_of(one)
        assert state in ("CLOSED", "LISTEN")
        assert word(tcp_reading(PROBE, state, 0)) == read(one) == "ENOTCONN"
        assert word(tcp_writing(PROBE, state, 0)) == write(one) == "EPIPE SIGPIPE"


def test_a_tcp_connection(opened):
    here, there = connection(opened)
    assert word(tcp_reading(PROBE, state_of(here), 0)) == read(here) == "EAGAIN"
    assert word(tcp_writing(PROBE, state_of(here), 0)) == write(here) == "accepted"
    assert select_readable(there)
    assert word(tcp_reading(PROBE, state_of(there), 1)) == read(there) == "data 1"
    assert tcp_writing(PROBE, state_of(there), 5) is None
    assert tcp_reading(PROBE, state_of(there), None) is None


def test_the_end_of_a_tcp_connection_counts_as_a_byte(opened):
    here, there = connection(opened)
    there.send(b"abc")
    there.shutdown(socket.SHUT_WR)
    assert word(tcp_reading(PROBE, state_of(there), 0)) == read(there) == "EAGAIN"
    assert word(tcp_writing(PROBE, state_of(there), 0)) == write(there) == "EPIPE SIGPIPE"
    while state_of(here) != "CLOSE-WAIT":
        assert select_readable(here)
    assert word(tcp_reading(PROBE, "CLOSE-WAIT", 4)) == read(here) == "data 3"
    assert word(tcp_reading(PROBE, "CLOSE-WAIT", 0)) == read(here) == "end-of-file"
    assert word(tcp_reading(PROBE, "CLOSE-WAIT", 1)) == "end-of-file"
    assert word(tcp_writing(PROBE, "CLOSE-WAIT", 0)) == write(here) == "accepted"


def test_a_tcp_socket_that_was_shut_down_for_reading(opened):
    here, _ = connection(opened)
    here.shutdown(socket.SHUT_RD)
    assert word(tcp_reading(PROBE, state_of(here), 0, shut=True)) == read(here) == "end-of-file"


def test_a_connection_that_is_not_made_yet_waits():
    assert word(tcp_reading(PROBE, "SYN-SENT", 0)) == word(tcp_writing(PROBE, "SYN-SENT", 0)) == "EAGAIN"


def test_a_udp_socket(opened):
    here, there = (opened(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(2))
    there.bind(("127.0.0.1", 0))
    assert word(datagram_reading(PROBE, 0)) == read(here) == "EAGAIN"
    assert word(udp_writing(PROBE, connected=False)) == write(here) == "EDESTADDRREQ"
    here.connect(there.getsockname())
    assert word(udp_writing(PROBE, connected=True)) == write(here) == "accepted"
    assert select_readable(there)
    assert word(datagram_reading(PROBE, 768)) == "data"
    assert read(there) == "data 1"
    assert datagram_reading(PROBE, None) is None


@pytest.mark.parametrize("type_", TYPES)
def test_a_unix_socket_that_is_not_connected(type_, opened):
    one = opened(socket.socket(socket.AF_UNIX, TYPES[type_]))
    assert word(unix_reading(PROBE, type_, 0, connected=False, shut=False)) == read(one)
    assert word(unix_writing(PROBE, type_, 0, connected=False, shut=False, closed=False)) == write(one)


@pytest.mark.parametrize("type_", TYPES)
def test_a_unix_pair(type_, opened):
    here, there = opened(*socket.socketpair(socket.AF_UNIX, TYPES[type_]))
    assert word(unix_reading(PROBE, type_, 0, connected=True, shut=False)) == read(here) == "EAGAIN"
    told = unix_writing(PROBE, type_, 0, connected=True, shut=False, closed=False)
    assert write(here) == "accepted"
    assert told is None if type_ == "datagram" else word(told) == "accepted"
    assert unix_writing(PROBE, type_, 9, connected=True, shut=False, closed=False) is None
    told = word(unix_reading(PROBE, type_, 1, connected=True, shut=False))
    assert read(there) == "data 1"
    assert told == ("data" if type_ == "datagram" else "data 1")


@pytest.mark.parametrize("type_", TYPES)
def test_a_unix_pair_of_which_the_other_end_is_closed(type_, opened):
    here, there = opened(*socket.socketpair(socket.AF_UNIX, TYPES[type_]))
    there.close()
    shut = type_ != "datagram"
    assert word(unix_reading(PROBE, type_, 0, connected=True, shut=shut)) == read(here)
    assert word(unix_writing(PROBE, type_, 0, connected=True, shut=shut, closed=True)) == write(here)


@pytest.mark.parametrize("type_", TYPES)
def test_a_unix_socket_that_was_shut_down_for_writing(type_, opened):
    here, there = opened(*socket.socketpair(socket.AF_UNIX, TYPES[type_]))
    here.shutdown(socket.SHUT_WR)
    assert word(unix_writing(PROBE, type_, 0, connected=True, shut=True, closed=False)) == write(here)
    assert word(unix_reading(PROBE, type_, 0, connected=True, shut=type_ != "datagram")) == read(there)
