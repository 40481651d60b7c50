"""signalfd: signals that are read instead of caught (signalfd(2), fs/signalfd.c)."""

from __future__ import annotations

from typing import Annotated

from ..fdinfo import fields
from ..model import POLL, READ, said
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
