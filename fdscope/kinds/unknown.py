"""unknown: a descriptor whose kind could not be found out; a problem of the same descriptor says why."""

from __future__ import annotations

from ..model import Process, Prospect
from ._file import File


class Unknown(File, tag="unknown", kw_only=True):
    """A file whose type could not be read, as on a server that does not answer, or a link that could not.

    What is missing is told as a problem of the same process and descriptor. In a recorded tree, which holds no
    answer of stat(2), every path is of this kind.
    """

    known_by = (("unread",),)

    def describe(self) -> str:
        """The path, if there is one, and what is not known."""
        return ", ".join([self.name or "a link that could not be read", *self.notes(), "of unknown type"])

    def would_read(self, holder: Process | None) -> Prospect | None:
        """Nobody knows."""
        return Prospect(outcome="unknown", why="its type could not be read")

    def would_write(self, holder: Process | None) -> Prospect | None:
        """Nobody knows."""
        return self.would_read(holder)
