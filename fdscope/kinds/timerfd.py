"""timerfd: a timer that is read (timerfd_create(2), fs/timerfd.c)."""

from __future__ import annotations

from typing import Annotated

from ..fdinfo import fields
from ..model import POLL, READ, Process, Prospect, said
from ..quantity import duration
from ..raw import Machine, RawDescriptor
from ._basics import KernelObject, basics, bits, details, may_have_details

_CLOCKS = {
    0: "realtime",
    1: "monotonic",
    7: "boottime",
    8: "realtime-alarm",
    9: "boottime-alarm",
}
_SETTIME_FLAGS = ("absolute", "cancel-on-set")
_KNOWN = (b"clockid", b"ticks", b"settime flags", b"it_value", b"it_interval")


class TimerFd(KernelObject, tag="timerfd", kw_only=True):
    """A timer; a read takes how many times it has gone off since the last read.

    One with an interval that has gone off stands still inside the kernel: what it has missed is only counted
    when it is read, or asked with timerfd_gettime(2), so neither that nor the next time is told.
    """

    clock: Annotated[str | None, said("the clock that it runs by, as clock_gettime(2) names them")] = None
    ticks: Annotated[
        int | None,
        said("times that it has gone off and nobody has read; the kernel counts no further than 1 by itself"),
    ] = None
    settime_flags: Annotated[list[str] | None, said("how it was set: absolute, cancel-on-set")] = None
    remaining_s: Annotated[
        float | None,
        said("until it goes off next, in seconds; 0: it is not set, or has gone off"),
    ] = None
    interval_s: Annotated[float | None, said("from one time to the next, in seconds; 0: it goes off once")] = None

    known_by = (("anon_inode", b"timerfd"),)
    verbs = frozenset({READ, POLL})
    unit = "a counter"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> TimerFd:
        """The flags are octal; times are ``(seconds, nanoseconds)``. All of it since Linux 3.17."""
        info = fields(raw.fdinfo)
        clock, ticks, flags, remaining, interval = (info.get(key) for key in _KNOWN)
        return cls(
            clock=None if clock is None else _CLOCKS.get(int(clock), f"{int(clock)}"),
            ticks=None if ticks is None else int(ticks),
            settime_flags=None if flags is None else bits(int(flags, 8), _SETTIME_FLAGS),
            remaining_s=None if remaining is None else _seconds(remaining),
            interval_s=None if interval is None else _seconds(interval),
            details=details(raw.fdinfo, _KNOWN) if may_have_details(raw, info, _KNOWN) else None,
            **basics(raw, info),
        )

    def describe(self) -> str:
        """``monotonic clock, in 59 min 59 s, every 1 min, 2 ticks unread``."""
        parts = ["timer" if self.clock is None else f"{self.clock} clock"]
        if self.remaining_s is not None:
            stands = "gone off" if self.ticks else "not set"
            parts.append(f"in {duration(self.remaining_s)}" if self.remaining_s else stands)
        if self.interval_s:
            parts.append(f"every {duration(self.interval_s)}")
        if self.ticks:
            parts.append(f"{self.ticks:,} {'tick' if self.ticks == 1 else 'ticks'} unread")
        return ", ".join(parts)

    def would_read(self, holder: Process | None) -> Prospect | None:
        """How often it has gone off is taken; before that, the read waits for it."""
        if self.ticks:
            return Prospect(
                outcome="data", available_bytes=8, why="it has gone off: a read takes how many times, as 8 bytes"
            )
        if self.ticks is None or self.remaining_s is None:
            return None
        if self.remaining_s:
            return self.would_wait(f"it goes off in {duration(self.remaining_s)}")
        return self.would_wait("it is not set, so it does not go off")


def _seconds(pair: bytes) -> float:
    """``(59, 5)`` to the float nearest to 59.000000005.

    Raises:
        ValueError, OverflowError: it is no pair of numbers, or one is too large for a float.
    """
    seconds, nanoseconds = pair.strip(b"()").split(b",")
    return (int(seconds) * 10**9 + int(nanoseconds)) / 10**9  # of integers: one rounding, the nearest float
