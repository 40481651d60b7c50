"""char-device: a device of bytes that no other kind describes (null(4), mem(4), random(4), devices.txt)."""

from __future__ import annotations

import stat

from ..fdinfo import fields
from ..model import READ, WRITE, Process, Prospect
from ..raw import Machine, RawDescriptor
from ._basics import position
from ._file import Device, File, device_fields
from .tty import Tty

# Devices whose whole nature is in their number (null(4), full(4), random(4)): read, then write
_DROPPED = Prospect(outcome="accepted", why="it takes everything and keeps nothing")
_ZEROS = Prospect(outcome="data", why="it gives zero bytes without end")
_RANDOM = (
    Prospect(outcome="data", why="it gives random bytes without end"),
    Prospect(outcome="accepted", why="what is written is mixed into the random numbers"),
)
_PLAIN: dict[str, tuple[Prospect, Prospect]] = {
    "1:3": (Prospect(outcome="end-of-file", why="the null device is always at its end"), _DROPPED),
    "1:5": (_ZEROS, _DROPPED),
    "1:7": (_ZEROS, Prospect(outcome="fails", error="ENOSPC", why="the full device is always full")),
    "1:8": _RANDOM,
    "1:9": _RANDOM,
}


class CharDevice(Device, tag="char-device", kw_only=True):
    """A character device. What it obeys beyond read and write is its driver's choice.

    Its position is told only where it is not 0: most drivers have none and leave it at that.
    """

    known_by = (("type", stat.S_IFCHR),)
    verbs = frozenset({READ, WRITE})
    unit = "bytes"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> File:
        """The device; a terminal, if its driver is called so: many of them have no fixed number."""
        info = fields(raw.fdinfo)
        known = device_fields(raw, info, machine)
        if (known.get("driver") or "").startswith("tty"):
            return Tty.decode(raw, machine)
        known["position"] = position(raw, info) or None
        return cls(**known)

    def notes(self) -> list[str]:
        """Driver, position, state, and how much more the driver tells."""
        name = self.misc_device or self.driver
        found = [f"driver {name}"] if name else []
        if self.position:
            found.append(f"at {self.position:,}")
        client = (self.details or {}).get("drm-driver")
        return found + ([f"graphics driver {client}"] if client else []) + super().notes()

    def would_read(self, holder: Process | None) -> Prospect | None:
        """Known of the devices that every system has."""
        found = _PLAIN.get(self.device_number or "")
        return None if found is None else found[0]

    def would_write(self, holder: Process | None) -> Prospect | None:
        """Known of the devices that every system has."""
        found = _PLAIN.get(self.device_number or "")
        return None if found is None else found[1]
