"""A specimen of mqueue: a queue with one message, whose name is free again (mq_open(3))."""

from __future__ import annotations

import ctypes
import os

from . import Scratch, Specimen
from ._calls import checked, libc


def mqueue(scratch: Scratch) -> Specimen:
    """A queue whose name was removed; it lives as long as the descriptor."""
    calls = libc if hasattr(libc, "mq_open") else ctypes.CDLL("librt.so.1", use_errno=True)  # before glibc 2.34
    name = f"/fdscope-lab-{os.getpid()}"
    fd = checked(calls.mq_open(name.encode(), os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NONBLOCK, 0o600, None))
    checked(calls.mq_unlink(name.encode()))
    checked(calls.mq_send(fd, b"hello", ctypes.c_size_t(5), 1))
    return Specimen(
        fd,
        {
            "name": name,
            "access": "rw",
            "flags": ["nonblock", "cloexec"],
            "deleted": True,
            "links": 0,
            "permissions": "rw-------",
            "owner_uid": os.geteuid(),
            "filesystem": "mqueue",
            "inode": os.fstat(fd).st_ino,
        },
    )


SPECIMENS = {"mqueue": mqueue}
