"""A specimen of netlink: it hears of changes to network interfaces and addresses (rtnetlink(7))."""

from __future__ import annotations

import os
import socket

from . import Scratch, Specimen

_NETLINK_ROUTE = 0
_LINK, _IPV4_ADDRESS = 1, 5  # RTNLGRP_…


def listener(scratch: Scratch) -> Specimen:
    """Of two groups, with the port id that the kernel gives."""
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE)
    made.bind((0, 1 << (_LINK - 1) | 1 << (_IPV4_ADDRESS - 1)))
    port, _ = made.getsockname()
    link = f"socket:[{os.fstat(made.fileno()).st_ino}]"
    says = {
        "name": link,
        "object": link,
        "access": "rw",
        "socket_type": "raw",
        "protocol": "ROUTE",
        "state": "UNCONNECTED",
        "port_id": port,
        "groups": [_LINK, _IPV4_ADDRESS],
    }
    return Specimen(made.detach(), says)


SPECIMENS = {"netlink": listener}
