"""A specimen of unix: a connection that has data and a descriptor on the way (unix(7))."""

from __future__ import annotations

import os
import socket

from . import Scratch, Specimen


def connection(scratch: Scratch) -> Specimen:
    """One end of a stream. The lab keeps the other, a listener with a connection waiting, datagrams."""
    listener = scratch.keep(socket.socket(socket.AF_UNIX))
    listener.bind(scratch.path("listener"))
    listener.listen(4)
    client = scratch.keep(socket.socket(socket.AF_UNIX))
    client.connect(scratch.path("listener"))
    accepted, _ = listener.accept()
    waiting = scratch.keep(socket.socket(socket.AF_UNIX))
    waiting.connect(scratch.path("listener"))
    server = scratch.keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    server.bind(f"\0fdscope-lab-{os.getpid()}")
    sender = scratch.keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    sender.connect(server.getsockname())
    socket.send_fds(client, [b"hello"], [listener.fileno()])
    client.shutdown(socket.SHUT_WR)
    left, gone = socket.socketpair()
    scratch.keep(left)
    gone.close()
    inode = os.fstat(accepted.fileno()).st_ino
    peer = os.fstat(client.fileno()).st_ino
    link = f"socket:[{inode}]"
    says = {
        "name": link,
        "object": link,
        "inode": inode,
        "access": "rw",
        "flags": ["cloexec"],
        "socket_type": "stream",
        "state": "ESTABLISHED",
        "path": scratch.path("listener"),
        "receive_queue_bytes": 5,
        "send_queue_bytes": 0,
        "shutdown": ["receive"],
        "peer_inode": peer,
        "facing_inodes": [peer],
        "accepted_from": [os.fstat(listener.fileno()).st_ino],
        "scm_fds": 1,
    }
    return Specimen(accepted.detach(), says)


SPECIMENS = {"unix": connection}
