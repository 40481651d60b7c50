"""A specimen of pidfd: a process that holds itself (pidfd_open(2))."""

from __future__ import annotations

import os

from . import Scratch, Specimen


def pidfd(scratch: Scratch) -> Specimen:
    """Refers to this process."""
    pid = os.getpid()
    with open("/proc/self/comm") as name:
        says = {"target_pid": pid, "target_name": name.read().removesuffix("\n"), "target_gone": False}
    return Specimen(os.pidfd_open(pid), says | {"access": "rw", "flags": ["cloexec"]})


SPECIMENS = {"pidfd": pidfd}
