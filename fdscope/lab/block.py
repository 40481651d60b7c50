"""A specimen of block-device: a file made into a disk (loop(4)), or the path of a disk."""

from __future__ import annotations

import fcntl
import os
import stat
import struct

from . import Refused, Scratch, Specimen

_LOOP_CTL_GET_FREE, _LOOP_CONFIGURE = 0x4C82, 0x4C0A
_READ_ONLY, _AUTOCLEAR = 1, 4


def block(scratch: Scratch) -> Specimen:
    """A loop device of 64 KiB at position 512, which is free again when the descriptor is closed."""
    try:
        number, fd = _loop(scratch.path("block"))
    except OSError:
        return _path_of_a_disk()
    os.lseek(fd, 512, os.SEEK_SET)
    return Specimen(
        fd,
        {
            "name": f"/dev/loop{number}",
            "access": "r",
            "device_number": f"7:{os.minor(os.fstat(fd).st_rdev)}",
            "driver": "loop",
            "partition": f"loop{number}",
            "position": 512,
        },
    )


def _loop(path: str) -> tuple[int, int]:
    """Number and descriptor of a loop device on a new file; of two that choose one number, one tries again."""
    with open(path, "wb") as file:
        file.truncate(1 << 16)
    control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
    backing = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for attempts_left in range(9, -1, -1):
            number = fcntl.ioctl(control, _LOOP_CTL_GET_FREE)
            fd = os.open(f"/dev/loop{number}", os.O_RDONLY | os.O_CLOEXEC)
            # struct loop_config (include/uapi/linux/loop.h): lo_flags is the 32-bit number at byte 60
            configuration = struct.pack("I56xI240x", backing, _READ_ONLY | _AUTOCLEAR)
            try:
                fcntl.ioctl(fd, _LOOP_CONFIGURE, configuration)
            except OSError:
                os.close(fd)
                if not attempts_left:
                    raise
            else:
                return number, fd
    finally:
        os.close(control)
        os.close(backing)
    raise AssertionError


def _path_of_a_disk() -> Specimen:
    for name in sorted(os.listdir("/dev")):
        path = f"/dev/{name}"
        status = os.lstat(path)
        if stat.S_ISBLK(status.st_mode):
            number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
            return Specimen(fd, {"name": path, "access": "path", "device_number": number})
    raise Refused("it takes root to make a loop device, and there is no block device")


SPECIMENS = {"block-device": block}
