"""A specimen of signalfd: two signals of old, and one real-time signal (signalfd(2))."""

from __future__ import annotations

import os
import signal

from . import Scratch, Specimen
from ._calls import checked, libc


def signalfd(scratch: Scratch) -> Specimen:
    """A set of three signals. They are not blocked, so none would ever be read from it."""
    chosen = (signal.SIGHUP, signal.SIGUSR1, signal.SIGRTMIN + 2)
    mask = sum(1 << (number - 1) for number in chosen).to_bytes(8, "little").ljust(128, b"\0")
    fd = checked(libc.signalfd(-1, mask, os.O_CLOEXEC))
    return Specimen(fd, {"accepts": ["SIGHUP", "SIGUSR1", "SIGRTMIN+2"], "access": "rw", "flags": ["cloexec"]})


SPECIMENS = {"signalfd": signalfd}
