"""Specimens of tty and pty-master: the two sides of two pseudoterminals (pty(7))."""

from __future__ import annotations

import fcntl
import os
import struct

from . import Scratch, Specimen

_TIOCGPTN = 0x80045430  # on x86 and Arm; glibc's ptsname(3) asks the same


def _pair() -> tuple[int, int, int, str]:
    """Master, slave, number and name of a new pseudoterminal."""
    master, slave = os.openpty()
    (index,) = struct.unpack("I", fcntl.ioctl(master, _TIOCGPTN, bytes(4)))
    return master, slave, index, os.ttyname(slave)


def tty(scratch: Scratch) -> Specimen:
    """The side of a pseudoterminal that is a terminal."""
    master, slave, index, path = _pair()
    scratch.keep(master)
    return Specimen(
        slave,
        {
            "name": path,
            "access": "rw",
            "device_number": f"136:{index}",
            "driver": "pts",
            "terminal": "pseudoterminal",
            "pty_index": index,
            "owner_uid": os.geteuid(),
            "deleted": False,
        },
    )


def pty_master(scratch: Scratch) -> Specimen:
    """The side that a terminal emulator holds."""
    master, slave, index, path = _pair()
    scratch.keep(slave)
    return Specimen(master, {"access": "rw", "device_number": "5:2", "pty_index": index, "slave": path})


SPECIMENS = {"tty": tty, "pty-master": pty_master}
