"""A specimen of fuse: a file system that is mounted nowhere and that nobody serves (fuse(4), fsopen(2))."""

from __future__ import annotations

import ctypes
import os
import struct

from . import Scratch, Specimen
from ._calls import checked, libc, syscall

_SET_STRING, _CREATE = 1, 6
_AT_EMPTY_PATH, _AT_STATX_DONT_SYNC = 0x1000, 0x4000


def fuse(scratch: Scratch) -> Specimen:
    """The server's descriptor, with a connection where this process may make one and the kernel tells it.

    The number of the connection is the minor number of the file system's device. statx(2) of the file system
    gives that without asking its server, which does not answer.
    """
    fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    connection = None
    try:
        context = scratch.keep(syscall("fsopen", b"fuse", 1))
        options = {"fd": fd, "rootmode": 40000, "user_id": os.geteuid(), "group_id": os.getegid()}
        for key, value in options.items():
            syscall("fsconfig", context, _SET_STRING, key.encode(), str(value).encode(), 0)
        syscall("fsconfig", context, _CREATE, None, None, 0)
    except OSError:  # it takes CAP_SYS_ADMIN
        pass
    else:
        with open(f"/proc/self/fdinfo/{fd}") as lines:
            if "fuse_connection:" in lines.read():  # since Linux 6.16
                connection = _minor_device(syscall("fsmount", context, 1, 0))
    says = {"name": "/dev/fuse", "access": "rw", "device_number": "10:229", "connection": connection}
    return Specimen(fd, says | {"object": None if connection is None else f"fuse:[{connection}]"})


def _minor_device(mount: int) -> int:
    """The minor device number of a mount, which is then let go."""
    answer = ctypes.create_string_buffer(256)
    flags = _AT_EMPTY_PATH | _AT_STATX_DONT_SYNC
    try:
        checked(libc.statx(mount, b"", flags, 0, answer))
    finally:
        os.close(mount)
    (minor,) = struct.unpack_from("I", answer, 140)  # stx_dev_minor of struct statx (linux/stat.h)
    return int(minor)


SPECIMENS = {"fuse": fuse}
