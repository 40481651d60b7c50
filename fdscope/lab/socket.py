"""A specimen of socket: one of a family that is no kind of its own (AF_ALG, AF_XDP, AF_SMC, …)."""

from __future__ import annotations

import os
import socket

from . import Refused, Scratch, Specimen

_AF_KEY, _AF_XDP, _AF_SMC = 15, 44, 43
_FAMILIES = (
    (socket.AF_ALG, socket.SOCK_SEQPACKET, 0, "ALG"),
    (_AF_XDP, socket.SOCK_RAW, 0, "XDP"),
    (_AF_SMC, socket.SOCK_STREAM, 0, "SMC"),
    (_AF_KEY, socket.SOCK_RAW, 2, "KEY"),
)


def rare(scratch: Scratch) -> Specimen:
    """Of the first of these families that this kernel has and lets this process have."""
    for family, socket_type, number, protocol in _FAMILIES:
        try:
            made = socket.socket(family, socket_type, number)
        except OSError:
            continue
        link = f"socket:[{os.fstat(made.fileno()).st_ino}]"
        says = {"name": link, "object": link, "access": "rw", "flags": ["cloexec"], "protocol": protocol}
        return Specimen(made.detach(), says)
    raise Refused("of the families ALG, XDP, SMC and KEY none can be had here")


SPECIMENS = {"socket": rare}
