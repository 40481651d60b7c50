"""Records of tasks.h: every thread with its counters, and the sums of those that have ended. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

from ...raw import RawTask

PROGRAM = "tasks"

_RECORD = Struct("=2i4I10Q16s")


def tasks(data: bytes) -> Iterator[RawTask]:
    """The threads that whole records in `data` tell of."""
    whole = len(data) - len(data) % _RECORD.size
    for record in _RECORD.iter_unpack(data[:whole]):
        yield RawTask._make((*record[:-1], record[-1].partition(b"\0")[0]))
