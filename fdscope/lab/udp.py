"""Specimens of udp and udplite: connected sockets, with the servers that they send to (udp(7), udplite(7))."""

from __future__ import annotations

import os
import socket

from . import Refused, Scratch, Specimen


def _connected(scratch: Scratch, protocol: int, name: str) -> Specimen:
    """A client. The lab keeps the server, which has a message to read."""
    try:
        server = scratch.keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM, protocol))
    except OSError as error:
        raise Refused(f"this kernel has no {name}: {error.strerror}") from None
    server.bind(("127.0.0.1", 0))
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, protocol)
    client.connect(server.getsockname())
    client.send(b"hello")
    inode = os.fstat(client.fileno()).st_ino
    link = f"socket:[{inode}]"
    says = {
        "name": link,
        "object": link,
        "inode": inode,
        "access": "rw",
        "flags": ["cloexec"],
        "socket_type": "datagram",
        "protocol": name,
        "state": "ESTABLISHED",
        "local_address": "127.0.0.1",
        "local_port": client.getsockname()[1],
        "remote_address": "127.0.0.1",
        "remote_port": server.getsockname()[1],
        "receive_queue_bytes": 0,
        "send_queue_bytes": 0,
        "owner_uid": os.geteuid(),
        "facing_inodes": [os.fstat(server.fileno()).st_ino],
    }
    return Specimen(client.detach(), says)


def udp(scratch: Scratch) -> Specimen:
    """Of UDP."""
    return _connected(scratch, socket.IPPROTO_UDP, "UDP")


def udplite(scratch: Scratch) -> Specimen:
    """Of UDP-Lite."""
    return _connected(scratch, socket.IPPROTO_UDPLITE, "UDP-Lite")


SPECIMENS = {"udp": udp, "udplite": udplite}
