"""The proc file system that a word names, opened; or what to say where it cannot be."""

from __future__ import annotations

from .kernel.root import Proc
from .selection import UsageError


def opened(proc: str) -> Proc:
    """That proc file system, or recorded tree of one.

    Raises:
        UsageError: there is no such directory, or it may not be looked at.
    """
    try:
        return Proc(proc)
    except OSError as error:
        raise UsageError(
            f"cannot use '{proc}' as /proc: {error.strerror}; --proc takes a directory like it"
        ) from None
