"""A specimen of char-device: the null device (null(4))."""

from __future__ import annotations

import os

from . import Scratch, Specimen


def null(scratch: Scratch) -> Specimen:
    """/dev/null, which has the same number everywhere (Documentation/admin-guide/devices.txt)."""
    fd = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
    return Specimen(
        fd, {"name": "/dev/null", "access": "rw", "device_number": "1:3", "driver": "mem", "deleted": False}
    )


SPECIMENS = {"char-device": null}
