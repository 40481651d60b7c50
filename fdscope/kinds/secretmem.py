"""secretmem: memory that even the kernel does not see (memfd_secret(2))."""

from __future__ import annotations

from ..fdinfo import fields
from ..model import MAP
from ..raw import Machine, RawDescriptor
from ._file import ByteFile, content_fields, file_fields


class SecretMem(ByteFile, tag="secretmem", kw_only=True):
    """Memory that is taken out of the kernel's own page tables. It can only be mapped; it has no position."""

    known_by = (("scheme", b"/secretmem"),)
    verbs = frozenset({MAP})
    unit = "memory"
    in_file_system = False

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> SecretMem:
        """Its link always ends in ``(deleted)``, and its link count is 1: neither means anything."""
        info = fields(raw.fdinfo)
        known = file_fields(raw, info, machine) | content_fields(raw, info)
        known.update(name="secretmem", deleted=None, name_removed=None, links=None, position=None)
        return cls(**known)
