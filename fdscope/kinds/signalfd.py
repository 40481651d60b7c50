"""signalfd: signals that are read instead of caught (signalfd(2), fs/signalfd.c)."""

from __future__ import annotations

from typing import Annotated

from ..fdinfo import fields
from ..model import POLL, READ, Process, Prospect, said
from ..raw import Machine, RawDescriptor
from ..signals import names
from ._basics import KernelObject, basics, details, several


class SignalFd(KernelObject, tag="signalfd", kw_only=True):
    """A door to the pending signals of whoever reads it: the set belongs to the object, the signals do not."""

    accepts: Annotated[list[str] | None, said("signals that can be read from it, by name")] = None

    known_by = (("anon_inode", b"signalfd"),)
    verbs = frozenset({READ, POLL})
    unit = "signals"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> SignalFd:
        """The mask is hexadecimal; since Linux 3.8."""
        info = fields(raw.fdinfo)
        mask = info.get(b"sigmask")
        return cls(
            accepts=None if mask is None else names(mask),
            details=details(raw.fdinfo, (b"sigmask",)),
            **basics(raw, info),
        )

    def describe(self) -> str:
        """``SIGINT, SIGTERM``."""
        if self.accepts is None:
            return "signals"
        return several(self.accepts, most=8) or "no signal"

    def would_read(self, holder: Process | None) -> Prospect | None:
        """A signal that it accepts and that is pending for its reader."""
        if self.accepts is None or holder is None or holder.signals is None:
            return None
        waiting = [signal for signal in holder.signals.pending if signal in self.accepts]
        if waiting:
            told = f"{several(waiting)} {'is' if len(waiting) == 1 else 'are'} pending for the process"
            return Prospect(outcome="data", available_bytes=128 * len(waiting), why=told)
        return self.would_wait("no signal that it accepts is pending for the process")
