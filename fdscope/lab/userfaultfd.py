"""A specimen of userfaultfd: agreed on with the kernel, with no fault waiting (userfaultfd(2))."""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct

from . import Scratch, Specimen
from ._calls import syscall

_USER_MODE_ONLY = 1
_NEW = 0xAA00  # USERFAULTFD_IOC_NEW, of /dev/userfaultfd
_API = 0xC018AA3F  # UFFDIO_API
_VERSION, _THREAD_ID = 0xAA, 1 << 8


def userfaultfd(scratch: Scratch) -> Specimen:
    """One that handles faults of user space alone, which takes no privilege (Linux 5.11); else by its device."""
    try:
        fd = syscall("userfaultfd", _USER_MODE_ONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        device = os.open("/dev/userfaultfd", os.O_RDWR | os.O_CLOEXEC)
        try:
            fd = fcntl.ioctl(device, _NEW, _USER_MODE_ONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        finally:
            os.close(device)
    agreed = ctypes.create_string_buffer(struct.pack("QQQ", _VERSION, _THREAD_ID, 0), 24)
    fcntl.ioctl(fd, _API, agreed)
    inode = os.fstat(fd).st_ino
    return Specimen(
        fd,
        {
            "faults_pending": 0,
            "faults": 0,
            "api": "0xaa",
            "features": ["thread_id", "initialized"],
            "inode": inode,
            "object": f"userfaultfd:[{inode}]",
            "flags": ["nonblock", "cloexec"],
        },
    )


SPECIMENS = {"userfaultfd": userfaultfd}
