"""A specimen of landlock: a ruleset that is never put in force (landlock_create_ruleset(2))."""

from __future__ import annotations

import struct

from . import Scratch, Specimen
from ._calls import syscall

_EXECUTE = 1  # LANDLOCK_ACCESS_FS_EXECUTE


def landlock(scratch: Scratch) -> Specimen:
    """A ruleset about executing files, with no rule."""
    fd = syscall("landlock_create_ruleset", struct.pack("Q", _EXECUTE), 8, 0)
    return Specimen(fd, {"access": "rw", "flags": ["cloexec"]})


SPECIMENS = {"landlock": landlock}
