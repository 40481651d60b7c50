"""Context-switch counters (proc_pid_status(5)), how they grow, and their sums. Pure; counts in, counts out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .fdinfo import fields
from .model import Switches
from .raw import RawEnded


class Count(NamedTuple):
    """The two counters of a thread, or their growth."""

    voluntary: int
    involuntary: int


class Scheduled(NamedTuple):
    """A thread's schedstat file (Documentation/scheduler/sched-stats.rst)."""

    cpu_ns: int
    """Time that it has spent on a CPU."""
    queue_ns: int
    """Time that it was ready and waited for a CPU."""
    slices: int
    """How often it was given one."""


def parse(status: bytes) -> Switches | None:
    """The two counters of one thread's status file; None: the kernel does not tell them.

    They are those of one thread, also in ``/proc/PID/status``.

    Raises:
        ValueError: a counter is not a number.
    """
    return counters(fields(status))


def counters(info: Mapping[bytes, bytes]) -> Switches | None:
    """As `parse`, of a text whose lines have been told apart."""
    voluntary, involuntary = info.get(b"voluntary_ctxt_switches"), info.get(b"nonvoluntary_ctxt_switches")
    if voluntary is None or involuntary is None:
        return None
    return Switches(
        voluntary=int(voluntary),
        involuntary=int(involuntary),
        threads_counted=1,
        exited_threads_included=False,
    )


def count(status: bytes) -> Count | None:
    """As `parse`, from the end of the text, where they stand: it is read thousands of times a second.

    Raises:
        ValueError: a counter is not a number.
    """
    _, found, tail = status.rpartition(b"\nvoluntary_ctxt_switches:")
    words = tail.split(None, 3)
    if not found or len(words) < 3:
        return None
    return Count(int(words[0]), int(words[2]))


def scheduled(schedstat: bytes) -> Scheduled | None:
    """A thread's schedstat file; None: it is empty, or the kernel was built without.

    Raises:
        ValueError: a number is not one.
    """
    words = schedstat.split()
    return Scheduled(int(words[0]), int(words[1]), int(words[2])) if len(words) >= 3 else None


def growth(before: int, after: int) -> int:
    """How much a counter has grown; one that is smaller than it was has begun again from 0."""
    return after - before if after >= before else after


def total(found: Iterable[Switches | None]) -> Switches | None:
    """The sum over threads; those whose counters are not known are not counted. None: none is known."""
    known = [counter for counter in found if counter is not None]
    if not known:
        return None
    return Switches(
        voluntary=sum(counter.voluntary for counter in known),
        involuntary=sum(counter.involuntary for counter in known),
        threads_counted=sum(counter.threads_counted for counter in known),
        exited_threads_included=all(counter.exited_threads_included for counter in known),
    )


def with_ended(living: Switches | None, ended: RawEnded | None) -> Switches | None:
    """The sum over living threads, and what those of the process did that have ended, where that is known."""
    if living is None or ended is None:
        return living
    return Switches(
        voluntary=living.voluntary + ended.voluntary,
        involuntary=living.involuntary + ended.involuntary,
        threads_counted=living.threads_counted,
        exited_threads_included=True,
    )
