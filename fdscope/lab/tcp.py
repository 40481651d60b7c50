"""A specimen of tcp: a connection within the machine (tcp(7))."""

from __future__ import annotations

import os
import socket

from . import Scratch, Specimen


def connection(scratch: Scratch) -> Specimen:
    """The accepted end, with data to read. The lab keeps the other, and listeners with a connection waiting."""
    listener = scratch.keep(socket.create_server(("127.0.0.1", 0), backlog=4))
    client = scratch.keep(socket.create_connection(listener.getsockname()))
    accepted, _ = listener.accept()
    waiting = scratch.keep(socket.create_connection(listener.getsockname()))
    waiting.send(b"is anybody there?")
    scratch.keep(socket.socket())  # neither bound nor connected
    for family, protocol, any_address in (
        (socket.AF_INET6, 0, "::"),
        (socket.AF_INET, socket.IPPROTO_MPTCP, "127.0.0.1"),
    ):
        try:
            other = scratch.keep(socket.socket(family, socket.SOCK_STREAM, protocol))
            other.bind((any_address, 0))
            other.listen(8)
        except OSError:  # this kernel has no IPv6, or no Multipath TCP
            continue
    client.send(b"hello")
    accepted.recv(5, socket.MSG_PEEK | socket.MSG_WAITALL)
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
        "protocol": "TCP",
        "state": "ESTABLISHED",
        "local_address": "127.0.0.1",
        "local_port": listener.getsockname()[1],
        "remote_address": "127.0.0.1",
        "remote_port": client.getsockname()[1],
        "receive_queue_bytes": 5,
        "send_queue_bytes": 0,
        "owner_uid": os.geteuid(),
        "facing_inodes": [peer],
        "accepted_from": [os.fstat(listener.fileno()).st_ino],
    }
    return Specimen(accepted.detach(), says)


SPECIMENS = {"tcp": connection}
