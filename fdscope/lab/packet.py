"""A specimen of packet: it sees ARP on the loopback interface, where there is none (packet(7))."""

from __future__ import annotations

import os
import socket

from . import Refused, Scratch, Specimen

_ARP = 0x0806


def arp(scratch: Scratch) -> Specimen:
    """Frames without their link-layer header."""
    try:
        made = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    except PermissionError:
        raise Refused("packet sockets take CAP_NET_RAW") from None
    made.bind(("lo", _ARP))
    link = f"socket:[{os.fstat(made.fileno()).st_ino}]"
    says = {
        "name": link,
        "object": link,
        "access": "rw",
        "socket_type": "datagram",
        "protocol": "ARP",
        "interface": "lo",
    }
    return Specimen(made.detach(), says)


SPECIMENS = {"packet": arp}
