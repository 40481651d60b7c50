"""A specimen of secretmem: one page (memfd_secret(2))."""

from __future__ import annotations

import os

from . import Scratch, Specimen
from ._calls import syscall


def secretmem(scratch: Scratch) -> Specimen:
    """A page that is not mapped yet."""
    fd = syscall("memfd_secret", os.O_CLOEXEC)
    os.ftruncate(fd, 4096)
    return Specimen(
        fd,
        {
            "name": "secretmem",
            "access": "rw",
            "size_bytes": 4096,
            "inode": os.fstat(fd).st_ino,
            "owner_uid": os.geteuid(),
            "position": None,
            "deleted": None,
        },
    )


SPECIMENS = {"secretmem": secretmem}
