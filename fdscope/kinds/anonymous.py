"""anonymous: an anonymous inode that fdscope has no name for; it keeps its own."""

from __future__ import annotations

from ..model import Process, Prospect
from ..raw import Machine, RawDescriptor
from ..text import text
from ._basics import KernelObject, basics, details


class Anonymous(KernelObject, tag="anonymous", kw_only=True):
    """An object of the kernel with no file behind it that no other kind describes."""

    known_by = (("anything",),)

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Anonymous:
        """The name is the link without its scheme: ``[fscontext]`` for ``anon_inode:[fscontext]``."""
        known = basics(raw)
        return cls(name=text(raw.link).removeprefix("anon_inode:"), details=details(raw.fdinfo), **known)

    def describe(self) -> str:
        """The kernel's name, then its details."""
        more = ", ".join(f"{key} {value}" for key, value in (self.details or {}).items())
        return f"{self.name} · {more}" if more else f"{self.name}"

    def would_read(self, holder: Process | None) -> Prospect | None:
        """Nobody knows."""
        return Prospect(outcome="unknown", why="what an object of this sort does is not known")

    def would_write(self, holder: Process | None) -> Prospect | None:
        """Nobody knows."""
        return self.would_read(holder)
