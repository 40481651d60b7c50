"""Context-switch counters (proc_pid_status(5)) and their sums. Pure; counts in, counts out."""

from __future__ import annotations

from collections.abc import Iterable

from .fdinfo import fields
from .model import Switches


def parse(status: bytes) -> Switches | None:
    """The two counters of one thread's status file; None: the kernel does not tell them.

    They are those of one thread, also in ``/proc/PID/status``.

    Raises:
        ValueError: a counter is not a number.
    """
    info = fields(status)
    voluntary, involuntary = info.get(b"voluntary_ctxt_switches"), info.get(b"nonvoluntary_ctxt_switches")
    if voluntary is None or involuntary is None:
        return None
    return Switches(
        voluntary=int(voluntary),
        involuntary=int(involuntary),
        threads_counted=1,
        exited_threads_included=False,
    )


def total(counters: Iterable[Switches | None]) -> Switches | None:
    """The sum over threads; those whose counters are not known are not counted. None: none is known."""
    known = [counter for counter in counters if counter is not None]
    if not known:
        return None
    return Switches(
        voluntary=sum(counter.voluntary for counter in known),
        involuntary=sum(counter.involuntary for counter in known),
        threads_counted=sum(counter.threads_counted for counter in known),
        exited_threads_included=all(counter.exited_threads_included for counter in known),
    )
