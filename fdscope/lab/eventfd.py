"""A specimen of eventfd: a semaphore that stands at 7 (eventfd(2))."""

from __future__ import annotations

import os

from . import Scratch, Specimen


def eventfd(scratch: Scratch) -> Specimen:
    """A semaphore with a count of 7."""
    fd = os.eventfd(7, os.EFD_SEMAPHORE | os.EFD_NONBLOCK | os.EFD_CLOEXEC)
    return Specimen(fd, {"count": 7, "semaphore": True, "access": "rw", "flags": ["nonblock", "cloexec"]})


SPECIMENS = {"eventfd": eventfd}
