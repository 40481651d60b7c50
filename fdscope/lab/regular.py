"""Specimens of regular: a file that is deleted and locked (open(2), flock(2))."""

from __future__ import annotations

import fcntl
import os

from . import Scratch, Specimen


def regular(scratch: Scratch) -> Specimen:
    """A deleted file of 1,000 bytes at position 10, with an exclusive flock(2)."""
    path = scratch.path("regular")
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
    os.fchmod(fd, 0o640)
    os.write(fd, bytes(1000))
    os.lseek(fd, 10, os.SEEK_SET)
    fcntl.flock(fd, fcntl.LOCK_EX)
    os.unlink(path)
    return Specimen(
        fd,
        {
            "name": path,
            "deleted": True,
            "size_bytes": 1000,
            "position": 10,
            "links": 0,
            "permissions": "rw-r-----",
            "owner_uid": os.geteuid(),
            "access": "rw",
            "locks": [{"type": "flock", "mode": "write", "pid": os.getpid(), "start": 0}],
        },
    )


SPECIMENS = {"regular": regular}
