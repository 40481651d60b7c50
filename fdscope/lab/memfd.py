"""A specimen of memfd: five bytes under a name that is made to mislead (memfd_create(2))."""

from __future__ import annotations

import os

from . import Scratch, Specimen


def memfd(scratch: Scratch) -> Specimen:
    """Memory called ``lab: a (deleted)``, at position 2."""
    fd = os.memfd_create("lab: a (deleted)", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, b"hello")
    os.lseek(fd, 2, os.SEEK_SET)
    return Specimen(
        fd,
        {
            "name": "lab: a (deleted)",
            "access": "rw",
            "size_bytes": 5,
            "position": 2,
            "owner_uid": os.geteuid(),
            "inode": os.fstat(fd).st_ino,
            "deleted": None,
        },
    )


SPECIMENS = {"memfd": memfd}
