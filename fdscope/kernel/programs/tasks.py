"""Records of tasks.h: every thread with its counters, and the sums of those that have ended. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

PROGRAM = "tasks"

_RECORD = Struct("=2i3I4x8Q16s")


class RawTask(NamedTuple):
    """A thread as the scheduler keeps it (include/linux/sched.h)."""

    pid: int
    tid: int
    state: int
    """TASK_… or EXIT_… of include/linux/sched.h; 0: it runs or wants to."""
    flags: int
    """PF_… of the same."""
    cpu: int
    voluntary: int
    involuntary: int
    cpu_ns: int
    queue_ns: int
    """Time that it was ready and waited for a CPU."""
    started_ns: int
    """After boot."""
    ended_voluntary: int
    """Of all threads of its process that have ended."""
    ended_involuntary: int
    ended_cpu_ns: int
    name: bytes


def tasks(data: bytes) -> Iterator[RawTask]:
    """The threads that whole records in `data` tell of."""
    whole = len(data) - len(data) % _RECORD.size
    for record in _RECORD.iter_unpack(data[:whole]):
        yield RawTask._make((*record[:-1], record[-1].partition(b"\0")[0]))
