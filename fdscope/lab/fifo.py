"""A specimen of fifo: both ends in one descriptor (fifo(7))."""

from __future__ import annotations

import os

from . import Scratch, Specimen


def fifo(scratch: Scratch) -> Specimen:
    """A fifo opened for reading and writing at once, which Linux allows."""
    path = scratch.path("fifo")
    os.mkfifo(path)
    os.chmod(path, 0o620)
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    os.write(fd, b"hello")
    says = {"name": path, "access": "rw", "permissions": "rw--w----", "links": 1, "inode": os.fstat(fd).st_ino}
    return Specimen(fd, says | {"flags": ["nonblock", "cloexec", "largefile"], "deleted": False})


SPECIMENS = {"fifo": fifo}
