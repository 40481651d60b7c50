"""anonymous: an anonymous inode that fdscope has no name for; it keeps its own."""

from __future__ import annotations

from typing import Annotated

from ..fdinfo import fields
from ..model import Descriptor, said
from ..raw import Machine, RawDescriptor
from ..text import text
from ._basics import basics

_COMMON = (b"pos", b"flags", b"mnt_id", b"ino")


class Anonymous(Descriptor, tag="anonymous", kw_only=True):
    """An object of the kernel with no file behind it that no other kind describes."""

    details: Annotated[dict[str, str] | None, said("what the kernel tells of it, word for word")] = None

    known_by = (("anything",),)

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Anonymous:
        """The name is the link without its scheme: ``[fscontext]`` for ``anon_inode:[fscontext]``."""
        info = fields(raw.fdinfo)
        more = {text(key): text(value) for key, value in info.items() if key not in _COMMON}
        return cls(name=text(raw.link).removeprefix("anon_inode:"), details=more or None, **basics(raw, info))

    def describe(self) -> str:
        """The kernel's name, then its details."""
        more = ", ".join(f"{key} {value}" for key, value in (self.details or {}).items())
        return f"{self.name} · {more}" if more else f"{self.name}"
