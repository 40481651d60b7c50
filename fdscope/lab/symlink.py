"""A specimen of symlink: the link itself, which leads nowhere (open(2), O_PATH and O_NOFOLLOW)."""

from __future__ import annotations

import os

from . import Scratch, Specimen


def symlink(scratch: Scratch) -> Specimen:
    """A link of seven bytes."""
    path = scratch.path("symlink")
    os.symlink("nowhere", path)
    fd = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    return Specimen(
        fd,
        {
            "name": path,
            "access": "path",
            "flags": ["cloexec", "nofollow"],
            "size_bytes": 7,
            "links": 1,
            "deleted": False,
            "inode": os.lstat(path).st_ino,
        },
    )


SPECIMENS = {"symlink": symlink}
