"""A specimen of perf-event: counts the page faults of this process (perf_event_open(2))."""

from __future__ import annotations

import os
import struct

from . import Scratch, Specimen
from ._calls import syscall

_SOFTWARE, _PAGE_FAULTS = 1, 2
_EXCLUDE_KERNEL, _EXCLUDE_HYPERVISOR = 1 << 5, 1 << 6
_SIZE = 64  # PERF_ATTR_SIZE_VER0
_CLOEXEC = 8  # PERF_FLAG_FD_CLOEXEC


def perf_event(scratch: Scratch) -> Specimen:
    """A counter of what user space did; that much is allowed to everyone unless perf_event_paranoid is above 2."""
    attributes = struct.pack(
        "<IIQQQQQ", _SOFTWARE, _SIZE, _PAGE_FAULTS, 0, 0, 0, _EXCLUDE_KERNEL | _EXCLUDE_HYPERVISOR
    )
    fd = syscall("perf_event_open", attributes.ljust(_SIZE, b"\0"), os.getpid(), -1, -1, _CLOEXEC)
    return Specimen(fd, {"access": "rw", "flags": ["cloexec"]})


SPECIMENS = {"perf-event": perf_event}
