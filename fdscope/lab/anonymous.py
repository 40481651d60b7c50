"""A specimen of anonymous: a file-system context, a kind of object that few tools know (fsopen(2))."""

from __future__ import annotations

from . import Scratch, Specimen
from ._calls import syscall


def anonymous(scratch: Scratch) -> Specimen:
    """A context for a tmpfs that is never mounted; it takes CAP_SYS_ADMIN."""
    return Specimen(syscall("fsopen", b"tmpfs", 1), {"name": "[fscontext]"})


SPECIMENS = {"anonymous": anonymous}
