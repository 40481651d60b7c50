"""tun: a network interface whose packets go through a descriptor (Documentation/networking/tuntap.rst)."""

from __future__ import annotations

import stat
from typing import Annotated

from ..fdinfo import fields
from ..model import POLL, READ, WRITE, Process, Prospect, said
from ..raw import Machine, RawDescriptor
from ..text import text
from ._file import Device, device_fields


class Tun(Device, tag="tun", kw_only=True):
    """A queue of a TUN or TAP interface, once TUNSETIFF has joined it to one.

    The kernel tells the name of the interface, but in no file its network namespace, so nothing names the
    object: an ioctl(2) on the descriptor itself would tell.
    """

    interface: Annotated[str | None, said("network interface that it is a queue of; left out: none yet")] = None

    known_by = (("device", stat.S_IFCHR, 10, 200),)
    verbs = frozenset({READ, WRITE, POLL})
    unit = "packets"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Tun:
        """The interface stands after ``iff:``, which is empty before there is one."""
        info = fields(raw.fdinfo)
        known = device_fields(raw, info, machine, (b"iff",))
        known["object"] = None  # the inode is that of /dev/net/tun for all
        return cls(interface=text(info.get(b"iff", b"")) or None, **known)

    def notes(self) -> list[str]:
        """The interface, state."""
        joined = f"interface {self.interface}" if self.interface else "no interface yet"
        return [*(() if self.access == "path" else (joined,)), *super().notes()]

    def would_read(self, holder: Process | None) -> Prospect | None:
        """Nothing, before there is an interface."""
        if self.interface is None:
            return Prospect(outcome="fails", error="EBADFD", why="it has been joined to no interface (TUNSETIFF)")
        return None

    def would_write(self, holder: Process | None) -> Prospect | None:
        """Nothing, before there is an interface."""
        return self.would_read(holder)
