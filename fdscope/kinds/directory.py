"""directory: a list of names in a file system (inode(7), getdents(2))."""

from __future__ import annotations

import stat

from ..fdinfo import fields
from ..model import SEEK, Process, Prospect
from ..raw import Machine, RawDescriptor
from ._file import AllocatedBytes, File, file_fields


class Directory(File, tag="directory", kw_only=True):
    """A directory. read(2) refuses it: its entries come through getdents(2).

    Its size is not told, as each file system counts something else (bytes, entries, nothing), nor its
    position, which is a cookie of the file system and no number of bytes.
    """

    allocated_bytes: AllocatedBytes = None

    known_by = (("type", stat.S_IFDIR),)
    verbs = frozenset({SEEK})
    unit = "entries"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Directory:
        """The file, and the space that it takes."""
        known = file_fields(raw, fields(raw.fdinfo), machine)
        if raw.status is not None:
            known["allocated_bytes"] = raw.status.st_blocks * 512
        return cls(**known)

    def would_read(self, holder: Process | None) -> Prospect | None:
        """It is refused for what it is."""
        return Prospect(
            outcome="fails", error="EISDIR", why="it is a directory: its entries come through getdents(2)"
        )
