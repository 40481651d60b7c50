"""perf-event: a performance counter or trace event (perf_event_open(2), kernel/events/core.c)."""

from __future__ import annotations

from ..model import MAP, POLL, READ, Process, Prospect
from ..raw import Machine, RawDescriptor
from ._basics import KernelObject, basics, details


class PerfEvent(KernelObject, tag="perf-event", kw_only=True):
    """A counter; its samples are read from a ring buffer that is mapped.

    The kernel tells nothing of it but its flags: what it counts, of which process and on which CPU is known
    to its owner alone, and all perf events share one inode.
    """

    known_by = (("anon_inode", b"perf_event"),)
    verbs = frozenset({READ, POLL, MAP})
    unit = "a counter"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> PerfEvent:
        """Flags, and whatever a newer kernel may tell."""
        return cls(details=details(raw.fdinfo), **basics(raw))

    def describe(self) -> str:
        """That it is a counter; there is no more."""
        return "performance counter"

    def would_read(self, holder: Process | None) -> Prospect | None:
        """A count is there at any time."""
        return Prospect(outcome="data", why="a read gives the count as it is now, and does not wait")
