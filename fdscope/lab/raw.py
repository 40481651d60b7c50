"""A specimen of raw: it hears ICMP on this machine's own address (raw(7))."""

from __future__ import annotations

import os
import socket

from . import Refused, Scratch, Specimen


def icmp(scratch: Scratch) -> Specimen:
    """Bound, and not connected."""
    try:
        made = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    except PermissionError:
        raise Refused("raw sockets take CAP_NET_RAW") from None
    made.bind(("127.0.0.1", 0))
    link = f"socket:[{os.fstat(made.fileno()).st_ino}]"
    says = {
        "name": link,
        "object": link,
        "access": "rw",
        "socket_type": "raw",
        "protocol": "ICMP",
        "state": "UNCONNECTED",
        "local_address": "127.0.0.1",
        "remote_address": None,
        "owner_uid": os.geteuid(),
    }
    return Specimen(made.detach(), says)


SPECIMENS = {"raw": icmp}
