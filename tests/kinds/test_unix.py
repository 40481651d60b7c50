"""unix: names, peers, waiting connections, descriptors in flight."""

import struct
from _socket import AF_UNIX

import pytest
from reading import Silence
from socketing import FDINFO, attribute, descriptor, made, only_end, told


def unix(kind, state, local=b"", **more):
    return made(AF_UNIX, kind, 0, state, local=local, **more)


def test_a_connection():
    socket = unix(1, 1, b"/run/x.sock\0", receive_queue=5, send_queue=768, peer_inode=701, shutdown=2, uid=0)
    machine = Silence(facing=(701,), listeners=(9,))
    assert told(socket, b"UNIX-STREAM", machine, FDINFO + b"scm_fds: 2\n") == {
        "kind": "unix",
        "socket_type": "stream",
        "state": "ESTABLISHED",
        "receive_queue_bytes": 5,
        "send_queue_bytes": 768,
        "owner_uid": 0,
        "shutdown": ["send"],
        "facing_inodes": [701],
        "path": "/run/x.sock",
        "peer_inode": 701,
        "accepted_from": [9],
        "scm_fds": 2,
    }
    line = (
        "stream /run/x.sock, ESTABLISHED, 2 descriptors in flight, 5 B to read, 768 B to send, shut down to send"
    )
    assert descriptor(socket, b"UNIX-STREAM", machine, FDINFO + b"scm_fds: 2\n").describe() == line


def test_a_listener_names_who_waits():
    waiting = attribute(3, struct.pack("=3I", 701, 0, 702))
    vfs = attribute(1, struct.pack("=2I", 99, 254 << 20 | 3))
    socket = unix(5, 10, b"/run/x.sock\0", receive_queue=3, send_queue=128, attributes=waiting + vfs)
    assert told(socket, machine=Silence(facing=(701, 702))) == {
        "kind": "unix",
        "socket_type": "seqpacket",
        "state": "LISTEN",
        "facing_inodes": [701, 702],
        "path": "/run/x.sock",
        "path_inode": 99,
        "path_device": "254:3",
        "backlog": 3,
        "backlog_limit": 128,
        "pending_inodes": [701, 702],
    }
    assert descriptor(socket).describe() == "seqpacket /run/x.sock, LISTEN, 3 of 128 waiting"


@pytest.mark.parametrize(
    ("name", "path", "abstract"),
    [
        (b"", None, None),
        (b"/run/a\0", "/run/a", None),
        (b"/run/a\0\0rest", "/run/a", None),
        (b"@a\0", "@a", None),
        (b"\0a", "@a", True),
        (b"\0a\0b\0", "@a\0b\0", True),
        (b"\0", "@", True),
        (b"/\xff\0", "/\udcff", None),
    ],
)
def test_an_abstract_name_keeps_every_byte_and_a_path_ends_at_its_nul(name, path, abstract):
    found = descriptor(unix(2, 7, name))
    assert (found.path, found.abstract) == (path, abstract)


@pytest.mark.parametrize(
    ("socket", "facing", "end"),
    [
        (unix(1, 1, peer_inode=5), (5,), (["socket:[5]"], "")),
        (unix(1, 1, peer_inode=0, shutdown=3), (), ([], "closed")),
        (unix(1, 1, peer_inode=0), (), ([], "unclaimed")),
        (unix(2, 1, peer_inode=0), (), ([], "closed")),
        (unix(1, 1), (), ([], "")),
        (unix(2, 1), (), ([], "not-connected")),
        (unix(2, 7), (), ([], "not-connected")),
        (unix(2, 7), (8, 9), (["socket:[8]", "socket:[9]"], "")),
        (unix(1, 10), (), ([], "listening")),
    ],
)
def test_what_is_at_the_other_end(socket, facing, end):
    assert only_end(descriptor(socket, machine=Silence(facing=facing))) == end


def test_a_socket_of_which_only_the_protocol_is_known():
    assert told(None, b"UNIX-STREAM") == {"kind": "unix", "socket_type": "stream"}
    assert descriptor(None, b"UNIX-STREAM").describe() == "stream"
    assert descriptor(None, b"UNIX").socket_type is None
