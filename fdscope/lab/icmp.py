"""A specimen of icmp: bound to an identifier of its own choice (icmp(7))."""

from __future__ import annotations

import os
import socket

from . import Refused, Scratch, Specimen


def echo(scratch: Scratch) -> Specimen:
    """Connected to this machine. Only groups in ping_group_range may have one, even of root's."""
    try:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
    except PermissionError:
        raise Refused("the group of this process is not in net.ipv4.ping_group_range") from None
    made.bind(("127.0.0.1", 0))
    identifier = made.getsockname()[1]
    made.connect(("127.0.0.1", 0))
    link = f"socket:[{os.fstat(made.fileno()).st_ino}]"
    says = {
        "name": link,
        "object": link,
        "access": "rw",
        "socket_type": "datagram",
        "protocol": "PING",
        "local_address": "127.0.0.1",
        "local_port": identifier,
        "remote_address": "127.0.0.1",
        "owner_uid": os.geteuid(),
    }
    return Specimen(made.detach(), says)


SPECIMENS = {"icmp": echo}
