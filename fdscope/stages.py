"""What the program is doing now, and how long that takes: for --debug, and for whoever waits."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

spent_s: dict[str, float] = {}
"""Seconds in each stage that is over, in the order in which they were begun."""


class _Now:
    """The stage that lasts."""

    name = ""
    since_s = 0.0
    counted: Callable[[], int] | None = None


_now = _Now()


def begin(name: str, counted: Callable[[], int] | None = None) -> None:
    """A stage begins, and with it the one before ends.

    Args:
        name: what is done; empty: nothing any more.
        counted: tells how much is done so far, at any moment.
    """
    moment = perf_counter()
    if _now.name:
        spent_s[_now.name] = spent_s.get(_now.name, 0.0) + moment - _now.since_s
    _now.name, _now.since_s, _now.counted = name, moment, counted


def now() -> tuple[str, int]:
    """The name of the stage that lasts, and how much is done in it; 0 where nobody counts."""
    return _now.name, 0 if _now.counted is None else _now.counted()


def told() -> str:
    """The stages that are over, with their times: ``12.3 ms imports, 4.0 ms descriptors; 16.3 ms in all``."""
    parts = ", ".join(f"{seconds * 1000:,.1f} ms {name}" for name, seconds in spent_s.items())
    return f"{parts}; {sum(spent_s.values()) * 1000:,.1f} ms in all"
