"""fifo: a pipe with a name in a file system (fifo(7))."""

from __future__ import annotations

import stat

from ..fdinfo import fields
from ..model import POLL, READ, WRITE, End
from ..raw import Machine, RawDescriptor
from ._file import File, file_fields
from .pipe import CapacityBytes, Readers, WaitingBytes, Writers, pipe_ends, pipe_fields, waiting, which_ends


class Fifo(File, tag="fifo", kw_only=True):
    """A named pipe: its inode names all its ends. What waits in it is no part of the file: it has no size."""

    waiting_bytes: WaitingBytes = None
    capacity_bytes: CapacityBytes = None
    readers: Readers = None
    writers: Writers = None

    known_by = (("type", stat.S_IFIFO),)
    verbs = frozenset({READ, WRITE, POLL})
    unit = "a byte stream"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Fifo:
        """As of any file; and what the bpf source tells of a pipe."""
        more = {} if raw.pipe is None else pipe_fields(raw.pipe)
        return cls(**file_fields(raw, fields(raw.fdinfo), machine), **more)

    def notes(self) -> list[str]:
        """Which end this is, what waits in it, state, locks."""
        return which_ends(self.access) + waiting(self) + super().notes()

    def ends(self) -> tuple[End, ...]:
        """A reading end faces the writing ends, and the other way round."""
        return pipe_ends(self.object, self.access, by_path=True)
