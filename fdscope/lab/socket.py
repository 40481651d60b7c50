"""A specimen of socket: one end of a pair (socketpair(2))."""

from __future__ import annotations

import os
import socket

from . import Scratch, Specimen


def pair(scratch: Scratch) -> Specimen:
    """A stream socket; the lab keeps the other end."""
    one, other = socket.socketpair()
    scratch.keep(other)
    fd = one.detach()
    inode = os.fstat(fd).st_ino
    link = f"socket:[{inode}]"
    return Specimen(fd, {"name": link, "object": link, "inode": inode, "access": "rw", "flags": ["cloexec"]})


SPECIMENS = {"socket": pair}
