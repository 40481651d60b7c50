"""Multipath TCP (RFC 8684): a listener accepts clients that do not speak it, too."""

import pytest
from bpf_here import needs_bpf

from fdscope import scan, who

ACCEPTS = """
import socket
try:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
except OSError:
    ready(listener=None)
listener.bind(("127.0.0.1", 0))
listener.listen()
client = socket.create_connection(listener.getsockname())
accepted, _ = listener.accept()
held = {name: globals()[name].fileno() for name in ("listener", "client", "accepted")}
ready(port=listener.getsockname()[1], **held)
"""


@pytest.fixture
def one(child):
    """A process that listens with Multipath TCP, and has accepted a client without it."""
    made = child(ACCEPTS)
    if made.told["listener"] is None:
        pytest.skip("this kernel, or its administrator, allows no Multipath TCP (CONFIG_MPTCP, net.mptcp.enabled)")
    return made


@pytest.mark.parametrize("source", ["proc", pytest.param("bpf", marks=needs_bpf)])
def test_a_plain_client_of_a_multipath_listener(one, source):
    (process,) = scan([str(one.pid)], source=source).processes
    rows = {row.fd: row for row in process.descriptors}
    listener, client, accepted = (rows[one.told[name]] for name in ("listener", "client", "accepted"))
    assert (accepted.state, client.state, listener.state) == ("ESTABLISHED", "ESTABLISHED", "LISTEN")
    assert (accepted.multipath, listener.multipath) == (None, True)
    assert [end.fd for end in accepted.peers] == [client.fd]
    assert [end.fd for end in client.peers] == [accepted.fd]


def test_each_socket_is_counted_once(one):
    found = who([f"tcp:127.0.0.1:{one.told['port']}"])
    assert found.asked[0].sockets == 3
    assert {use.fd for use in found.uses} == {one.told[name] for name in ("listener", "client", "accepted")}
