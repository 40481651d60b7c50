"""Which sockets face each other and which listener a connection came from, of sockets that this process has."""

import contextlib
import os
import select
import socket

import pytest

from fdscope.kernel.faces import Faces
from fdscope.kernel.root import Proc
from fdscope.kernel.sockets import Sockets
from fdscope.raw import RawDescriptor

NAMES = {
    (socket.AF_UNIX, socket.SOCK_STREAM): b"UNIX-STREAM", (socket.AF_UNIX, socket.SOCK_DGRAM): b"UNIX",
    (socket.AF_UNIX, socket.SOCK_SEQPACKET): b"UNIX", (socket.AF_INET, socket.SOCK_STREAM): b"TCP",
    (socket.AF_INET6, socket.SOCK_STREAM): b"TCPv6", (socket.AF_INET, socket.SOCK_DGRAM): b"UDP",
    (socket.AF_INET6, socket.SOCK_DGRAM): b"UDPv6",
}  # fmt: skip


def inode(one):
    return os.fstat(one.fileno()).st_ino


@pytest.fixture
def keep():
    with contextlib.ExitStack() as stack:
        yield stack.enter_context


def looked_at(*ours):
    """The socket table, and what it tells of each of our sockets."""
    with Proc() as proc, Sockets(proc) as sockets:
        raws = [
            RawDescriptor(
                os.getpid(), one.fileno(), b"socket:[%d]" % inode(one), protocol=NAMES[one.family, one.type]
            )
            for one in ours
        ]
        found = [record.socket for record in sockets.complete(raws)]
        faces = Faces(sockets)
        facing = [faces.facing(one) if one is not None else () for one in found]
        listeners = [faces.listeners(one) if one is not None else () for one in found]
    return found, facing, listeners


def pair(keep, family=socket.AF_INET, address="127.0.0.1", target=None):
    listener = keep(socket.socket(family))
    listener.bind((address, 0))
    listener.listen(5)
    port = listener.getsockname()[1]
    client = keep(socket.create_connection((target or address, port)))
    server = keep(listener.accept()[0])
    return listener, client, server


def has_ipv6():
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


@pytest.mark.parametrize("how", ["v4", "v6", "v4 through a listener for both"])
def test_a_connection_faces_its_other_end_and_knows_its_listener(keep, how):
    if how != "v4" and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    if how == "v4":
        listener, client, server = pair(keep)
    elif how == "v6":
        listener, client, server = pair(keep, socket.AF_INET6, "::1")
    else:
        listener, client, server = pair(keep, socket.AF_INET6, "::", "127.0.0.1")
    _, facing, listeners = looked_at(listener, client, server)
    assert facing == [(), (inode(server),), (inode(client),)]
    assert listeners == [(), (), (inode(listener),)]


def test_a_connection_that_waits_to_be_accepted_faces_nobody_yet(keep):
    listener, _, _ = pair(keep)
    waiting = keep(socket.create_connection(listener.getsockname()))
    (told, _), facing, _ = looked_at(listener, waiting)
    assert (told.receive_queue, told.send_queue) == (1, 5)
    assert facing == [(), ()]


def test_listeners_that_share_a_port_are_all_named(keep):
    first, second = (keep(socket.socket()) for _ in range(2))
    for one in (first, second):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    first.bind(("127.0.0.1", 0))
    second.bind(first.getsockname())
    first.listen()
    second.listen()
    client = keep(socket.create_connection(first.getsockname()))
    for one in (first, second):
        one.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        server = keep(first.accept()[0])
    with contextlib.suppress(BlockingIOError):
        server = keep(second.accept()[0])
    _, facing, listeners = looked_at(client, server)
    assert facing == [(inode(server),), (inode(client),)]
    assert set(listeners[1]) == {inode(first), inode(second)}


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_datagram_client_and_its_server_face_each_other(keep, address):
    server, client = (keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(2))
    server.bind((address, 0))
    client.connect(("127.0.0.1", server.getsockname()[1]))
    elsewhere = keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    with contextlib.suppress(OSError):
        elsewhere.connect(("192.0.2.1", server.getsockname()[1]))
    _, facing, _ = looked_at(server, client, elsewhere)
    assert facing == [(inode(client),), (inode(server),), ()]


def test_datagram_sockets_that_are_connected_to_each_other(keep):
    one, other = (keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(2))
    one.bind(("127.0.0.1", 0))
    other.bind(("127.0.0.1", 0))
    one.connect(other.getsockname())
    other.connect(one.getsockname())
    _, facing, _ = looked_at(one, other)
    assert facing == [(inode(other),), (inode(one),)]


@pytest.mark.parametrize("type_", [socket.SOCK_STREAM, socket.SOCK_SEQPACKET])
def test_unix_listeners_accepted_and_waiting_connections(keep, tmp_path, type_):
    listener, client, waiting = (keep(socket.socket(socket.AF_UNIX, type_)) for _ in range(3))
    listener.bind(str(tmp_path / "socket"))
    listener.listen(5)
    client.connect(str(tmp_path / "socket"))
    server = keep(listener.accept()[0])
    waiting.connect(str(tmp_path / "socket"))
    _, facing, listeners = looked_at(listener, client, server, waiting)
    assert facing == [(inode(waiting),), (inode(server),), (inode(client),), (inode(listener),)]
    assert listeners == [(), (), (inode(listener),), ()]


def test_a_unix_listener_knows_who_is_connected_to_what_it_accepted(keep, tmp_path):
    listener, client = (keep(socket.socket(socket.AF_UNIX)) for _ in range(2))
    listener.bind(str(tmp_path / "socket"))
    listener.listen()
    client.connect(str(tmp_path / "socket"))
    keep(listener.accept()[0])
    with Proc() as proc, Sockets(proc) as sockets:
        raw = RawDescriptor(os.getpid(), 3, b"socket:[%d]" % inode(listener), protocol=b"UNIX")
        (found,) = sockets.complete([raw])
        assert Faces(sockets).clients(found.socket) == (inode(client),)


def test_unix_datagrams_that_go_one_way_and_a_peer_that_is_gone(keep):
    server, client = (keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) for _ in range(2))
    server.bind(b"\0fdscope-%d" % os.getpid())
    client.connect(server.getsockname())
    left, gone = socket.socketpair()
    keep(left)
    gone.close()
    found, facing, _ = looked_at(server, client, left)
    assert facing == [(inode(client),), (inode(server),), ()]
    assert (found[0].local, found[2].peer_inode) == (b"\0fdscope-%d" % os.getpid(), 0)


def test_a_socket_that_is_neither_bound_nor_connected_is_in_no_table(keep):
    (found,), _, _ = looked_at(keep(socket.socket()))
    assert found is None


def test_a_recorded_process_has_the_sockets_of_its_own_tables(tmp_path):
    net = tmp_path / "42" / "net"
    net.mkdir(parents=True)
    (tmp_path / "42" / "ns").mkdir()
    (tmp_path / "42" / "ns" / "net").symlink_to("net:[4026531840]")
    (net / "unix").write_bytes(b"Num Path\n0000: 00000002 00000000 00010000 0001 01 21 /run/a\n")
    with Proc(str(tmp_path)) as proc, Sockets(proc) as sockets:
        (found,) = sockets.complete([RawDescriptor(42, 3, b"socket:[21]")])
        assert (found.socket.local, found.socket.state, found.socket.net_namespace) == (b"/run/a", 10, 4026531840)
        assert Faces(sockets).facing(found.socket) == ()
        (lost,) = sockets.complete([RawDescriptor(42, 3, b"socket:[22]")])
        assert lost.socket is None
    (net / "unix").write_bytes(b"nonsense\n")
    with Proc(str(tmp_path)) as proc, Sockets(proc) as sockets:
        lost, problem = sockets.complete([RawDescriptor(42, 3, b"socket:[21]", protocol=b"UNIX")])
        assert (lost.socket, problem.what) == (None, "sockets of network namespace 4026531840")
        assert "/42/net/unix" in problem.detail


def bound(keep, family, type_, port):
    one = keep(socket.socket(family, type_))
    if family == socket.AF_INET6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    one.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))
    return one


@pytest.mark.skipif(not has_ipv6(), reason="there is no IPv6 here")
def test_servers_of_all_addresses_take_only_what_comes_by_their_own_family(keep):
    """As of a web server that listens on 0.0.0.0:80 and on [::]:80."""
    by_4 = bound(keep, socket.AF_INET, socket.SOCK_STREAM, 0)
    by_6 = bound(keep, socket.AF_INET6, socket.SOCK_STREAM, by_4.getsockname()[1])
    accepted = []
    for listener, address in ((by_4, "127.0.0.1"), (by_6, "::1")):
        listener.listen()
        keep(socket.create_connection((address, by_4.getsockname()[1])))
        accepted.append(keep(listener.accept()[0]))
    _, _, listeners = looked_at(*accepted)
    assert listeners == [(inode(by_4),), (inode(by_6),)]

    by_4 = bound(keep, socket.AF_INET, socket.SOCK_DGRAM, 0)
    by_6 = bound(keep, socket.AF_INET6, socket.SOCK_DGRAM, by_4.getsockname()[1])
    from_4, from_6 = (
        keep(socket.socket(family, socket.SOCK_DGRAM)) for family in (socket.AF_INET, socket.AF_INET6)
    )
    from_4.connect(("127.0.0.1", by_4.getsockname()[1]))
    from_6.connect(("::1", by_4.getsockname()[1]))
    _, facing, _ = looked_at(from_4, from_6, by_4, by_6)
    assert facing == [(inode(by_4),), (inode(by_6),), (inode(from_4),), (inode(from_6),)]


@pytest.mark.skipif(not has_ipv6(), reason="there is no IPv6 here")
def test_a_server_of_both_families_takes_what_comes_by_either(keep):
    server = keep(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind(("::", 0))
    client = keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    client.connect(("127.0.0.1", server.getsockname()[1]))
    _, facing, _ = looked_at(client, server)
    assert facing == [(inode(server),), (inode(client),)]


@pytest.mark.parametrize("of_sender", ["", "lo"])
@pytest.mark.parametrize("of_receiver", ["", "lo", "another"])
def test_a_server_that_is_bound_to_a_device_is_faced_if_it_receives(keep, of_receiver, of_sender):
    others = [name for _, name in socket.if_nameindex() if name != "lo"]
    if of_receiver == "another" and not others:
        pytest.skip("there is no network device here but the loopback device")
    server, client = (keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(2))
    for one, device in ((server, of_receiver), (client, of_sender)):
        name = others[0] if device == "another" else device
        if name:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode())
    server.bind(("0.0.0.0", 0))
    client.connect(("127.0.0.1", server.getsockname()[1]))
    with contextlib.suppress(OSError):  # nobody takes it
        client.send(b"x")
    received = bool(select.select([server], [], [], 0.1)[0])
    _, facing, _ = looked_at(client, server)
    assert facing == ([(inode(server),), (inode(client),)] if received else [(), ()])
