"""Sockets of other network namespaces: asked where they live, and told as what they are."""

import json
import os
import subprocess

import pytest
from bpf_here import needs_bpf
from program import found, run, without_rights

from fdscope import scan, who

APART = """
import fcntl, socket, struct
CLONE_NEWNET = 0x40000000
brought = socket.create_server(("127.0.0.1", 0))
checked(libc.unshare(CLONE_NEWNET))
with socket.socket() as control:                            # "lo" goes up: SIOCSIFFLAGS, IFF_UP
    fcntl.ioctl(control, 0x8914, struct.pack("16sh22x", b"lo", 1))
listener = socket.create_server(("127.0.0.1", 7777))
client = socket.create_connection(("127.0.0.1", 7777))
server, _ = listener.accept()
named = socket.socket(socket.AF_UNIX); named.bind("\\0fdscope-apart"); named.listen()
ready(**{name: globals()[name].fileno() for name in ("brought", "listener", "client", "server", "named")})
"""


def namespace(pid):
    return os.stat(f"/proc/{pid}/ns/net").st_ino


def test_a_namespace_is_asked_and_this_process_does_not_leave_its_own(child):
    one = child(APART)
    before = namespace("self"), namespace("thread-self")
    process, problems = one.scan()
    assert (namespace("self"), namespace("thread-self")) == before
    assert problems == []
    rows = {row.fd: row for row in process.descriptors}
    listener, client, server, named, brought = (
        rows[one.told[name]] for name in ("listener", "client", "server", "named", "brought")
    )
    assert (listener.state, listener.local_port, listener.net_namespace) == ("LISTEN", 7777, namespace(one.pid))
    assert listener.foreign_namespace is None
    assert [peer.fd for peer in client.peers] == [one.told["server"]]
    assert [peer.fd for peer in server.peers] == [one.told["client"]]
    assert server.accepted_from == [listener.inode]
    assert named.path == "@fdscope-apart"
    assert (brought.state, brought.foreign_namespace, brought.net_namespace) == ("LISTEN", True, before[0])
    assert f"in network namespace {before[0]}" in brought.describe()


def test_a_port_of_another_namespace_is_found(child):
    one = child(APART)
    assert {use.fd for use in who([":7777"]).uses if use.pid == one.pid} == {
        one.told["listener"],
        one.told["server"],
    }


def test_without_the_right_to_enter_the_tables_of_proc_tell_what_they_can(child):
    one = child(APART.replace("CLONE_NEWNET)", "CLONE_NEWNET | 0x10000000)"))  # and CLONE_NEWUSER
    told = json.loads(run("--json", str(one.pid), preexec_fn=without_rights).stdout)
    (process,) = told["processes"]
    rows = {row["fd"]: row for row in process["descriptors"]}
    listener, client = rows[one.told["listener"]], rows[one.told["client"]]
    assert (listener["state"], listener["local_port"], listener["net_namespace"]) == (
        "LISTEN",
        7777,
        namespace(one.pid),
    )
    assert [peer["fd"] for peer in client["peers"]] == [one.told["server"]]
    assert rows[one.told["named"]]["path"] == "@fdscope-apart"
    (problem,) = [it for it in told["problems"] if it["what"].startswith("sockets of network namespace")]
    assert (problem["reason"], problem["what"]) == (
        "permission-denied",
        f"sockets of network namespace {namespace(one.pid)}",
    )
    assert "/proc/PID/net" in problem["detail"]


LEFT = """
import fcntl, socket, struct
home = os.open("/proc/self/ns/net", os.O_RDONLY)
checked(libc.unshare(0x40000000))  # CLONE_NEWNET
with socket.socket() as control:
    fcntl.ioctl(control, 0x8914, struct.pack("16sh22x", b"lo", 1))
left = os.stat("/proc/self/ns/net").st_ino
listener = socket.create_server(("127.0.0.1", 7778))
client = socket.create_connection(("127.0.0.1", 7778))
named = socket.socket(socket.AF_UNIX); named.bind("\\0fdscope-left"); named.listen()
ends = socket.socketpair()
checked(libc.setns(home, 0))
os.close(home)
held = {"listener": listener, "client": client, "named": named, "end": ends[0]}
ready(left=left, **{name: one.fileno() for name, one in held.items()})
"""


@needs_bpf
def test_of_a_namespace_that_nobody_lives_in_bpf_tells(child):
    one = child(LEFT)
    found = scan([str(one.pid)], source="bpf")
    assert [it for it in found.problems if it.pid == one.pid or it.what.startswith("sockets")] == []
    (process,) = found.processes
    rows = {row.fd: row for row in process.descriptors}
    listener, client, named, end = (rows[one.told[name]] for name in ("listener", "client", "named", "end"))
    assert (listener.state, listener.local_port, listener.net_namespace) == ("LISTEN", 7778, one.told["left"])
    assert (client.state, client.remote_port, client.foreign_namespace) == ("ESTABLISHED", 7778, True)
    assert named.path == "@fdscope-left"
    assert (end.state, end.send_queue_bytes) == ("ESTABLISHED", 0)


@needs_bpf
def test_what_listens_in_a_namespace_that_nobody_lives_in_is_unexpected(child):
    one = child(LEFT)
    done = run("check", str(one.pid), "--no-listener-except", "22")
    assert done.returncode == 2
    assert b"listens, unexpected, at tcp 127.0.0.1:7778" in done.stdout
    assert run("check", str(one.pid), "--no-listener-except", "tcp:7778").returncode == 0


BY_FILE = """
import socket
checked(libc.unshare(0x40000000))  # CLONE_NEWNET
stream, messages = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
stream.bind(sys.argv[1] + "/stream"); stream.listen()
messages.bind(sys.argv[1] + "/messages")
tell()
server, _ = stream.accept()
ready(stream=stream.fileno(), messages=messages.fileno(), server=server.fileno())
"""
CLIENTS = """
import socket
client, waiting, sender = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX), socket.socket(
    socket.AF_UNIX, socket.SOCK_DGRAM)
client.connect(sys.argv[1] + "/stream")
sender.connect(sys.argv[1] + "/messages")
tell()
os.read(HOLD, 1)
waiting.connect(sys.argv[1] + "/stream")
ready(client=client.fileno(), waiting=waiting.fileno(), sender=sender.fileno())
"""


def test_unix_sockets_meet_by_their_files_across_network_namespaces(child, tmp_path):
    """As the sockets of a daemon do that are mounted into a container."""
    server = child(BY_FILE, str(tmp_path))
    client = child(CLIENTS, str(tmp_path))
    server.told = server.hear()
    os.write(client._hold, b"x")
    client.told = client.hear()
    here = {row.fd: row for row in server.scan()[0].descriptors}
    there = {row.fd: row for row in client.scan()[0].descriptors}

    def peers(row):
        return {(peer.pid, peer.fd) for peer in row.peers or ()}

    told, asked = server.told, client.told
    stream, messages, accepted = (here[told[name]] for name in ("stream", "messages", "server"))
    assert peers(accepted) == {(client.pid, asked["client"])}
    assert peers(stream) == {(client.pid, asked["client"]), (client.pid, asked["waiting"])}
    assert peers(messages) == {(client.pid, asked["sender"])}
    assert accepted.accepted_from == [stream.inode]
    assert peers(there[asked["client"]]) == {(server.pid, told["server"])}
    assert peers(there[asked["waiting"]]) == {(server.pid, told["stream"])}
    assert peers(there[asked["sender"]]) == {(server.pid, told["messages"])}


JOINED = """
import socket
server = socket.create_server(("10.231.7.2", 8123))
tell()
connection, _ = server.accept()
ready(connection=connection.fileno())
"""


def test_a_connection_between_two_namespaces_has_both_its_ends(child):
    if os.geteuid():
        pytest.skip("to join two network namespaces takes CAP_NET_ADMIN")
    found("ip")
    other = child(
        "import fcntl, struct\nchecked(libc.unshare(0x40000000))\ntell()\nos.read(HOLD, 1)\n" + JOINED,
    )

    def ip(*words):
        subprocess.run(["ip", *words], check=True, capture_output=True)

    name = f"fd{os.getpid() % 100000}"
    ip("link", "add", name, "type", "veth", "peer", "name", "v1", "netns", str(other.pid))
    try:
        ip("addr", "add", "10.231.7.1/24", "dev", name)
        ip("link", "set", name, "up")
        inside = ["nsenter", "-t", str(other.pid), "-n", "ip"]
        for words in (["addr", "add", "10.231.7.2/24", "dev", "v1"], ["link", "set", "v1", "up"]):
            subprocess.run([*inside, *words], check=True, capture_output=True)
        os.write(other._hold, b"x")
        other.hear()
        one = child("import socket\nc = socket.create_connection(('10.231.7.2', 8123), 20)\nready(fd=c.fileno())")
        told = other.hear()
        (row,) = [row for row in one.scan()[0].descriptors if row.fd == one.told["fd"]]
        assert [(peer.pid, peer.fd) for peer in row.peers] == [(other.pid, told["connection"])]
        (row,) = [row for row in other.scan()[0].descriptors if row.fd == told["connection"]]
        assert [(peer.pid, peer.fd) for peer in row.peers] == [(one.pid, one.told["fd"])]
    finally:
        subprocess.run(["ip", "link", "del", name], capture_output=True)
