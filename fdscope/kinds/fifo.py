"""fifo: a pipe with a name in a file system (fifo(7))."""

from __future__ import annotations

import stat

from ..model import POLL, READ, WRITE, End
from ._file import File
from .pipe import pipe_ends, which_ends


class Fifo(File, tag="fifo", kw_only=True):
    """A named pipe: its inode names all its ends. What waits in it is no part of the file: it has no size."""

    known_by = (("type", stat.S_IFIFO),)
    verbs = frozenset({READ, WRITE, POLL})
    unit = "a byte stream"

    def notes(self) -> list[str]:
        """Which end this is, state, locks."""
        return which_ends(self.access) + super().notes()

    def ends(self) -> tuple[End, ...]:
        """A reading end faces the writing ends, and the other way round."""
        return pipe_ends(self.object, self.access, by_path=True)
