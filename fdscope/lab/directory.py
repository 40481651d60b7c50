"""A specimen of directory: one with two entries (open(2), O_DIRECTORY)."""

from __future__ import annotations

import os

from . import Scratch, Specimen


def directory(scratch: Scratch) -> Specimen:
    """A directory that holds another, so that it has three names: its own, its ``.`` and the other's ``..``."""
    path = scratch.path("directory")
    os.makedirs(os.path.join(path, "inner"))
    os.chmod(path, 0o751)
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    status = os.fstat(fd)
    return Specimen(
        fd,
        {
            "name": path,
            "access": "r",
            "deleted": False,
            "permissions": "rwxr-x--x",
            "owner_uid": os.geteuid(),
            "links": status.st_nlink,  # 3, or 1 on file systems that do not count
            "inode": status.st_ino,
        },
    )


SPECIMENS = {"directory": directory}
