"""A specimen of timerfd: goes off in an hour, and then every minute and a bit (timerfd_create(2))."""

from __future__ import annotations

import os
import struct
import time

from . import Scratch, Specimen
from ._calls import checked, libc

_ABSOLUTE = 1  # TFD_TIMER_ABSTIME


def timerfd(scratch: Scratch) -> Specimen:
    """A timer of the monotonic clock, set to a moment."""
    fd = checked(libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC))
    begin = int(time.monotonic()) + 3600
    checked(libc.timerfd_settime(fd, _ABSOLUTE, struct.pack("4l", 60, 500, begin, 0), None))
    return Specimen(
        fd,
        {
            "clock": "monotonic",
            "ticks": 0,
            "settime_flags": ["absolute"],
            "interval_s": 60.0000005,
            "access": "rw",
            "flags": ["nonblock", "cloexec"],
        },
    )


SPECIMENS = {"timerfd": timerfd}
