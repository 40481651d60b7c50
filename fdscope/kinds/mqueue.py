"""mqueue: a POSIX message queue (mq_overview(7))."""

from __future__ import annotations

import stat

from ..model import POLL, READ, SEEK, End, Process, Prospect
from ..raw import Machine, RawDescriptor
from ._file import File
from .directory import Directory


class MessageQueue(File, tag="mqueue", kw_only=True):
    """A queue of messages, which go through mq_send(3) and mq_receive(3).

    read(2) gives a line on the state of the queue, and lseek(2) moves in that line; its size and position
    say nothing of the messages and are not told. How many wait stands only in that line, which fdscope would
    have to open the queue for. The name is as mq_open(3) takes it, or a path, if it was opened by that.
    """

    known_by = (("filesystem", b"mqueue"), ("magic", 0x19800202))
    verbs = frozenset({READ, SEEK, POLL})
    unit = "messages"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> File:
        """The queue; or the directory of all queues, which lies in the same file system."""
        if raw.status is not None and stat.S_ISDIR(raw.status.st_mode):
            return Directory.decode(raw, machine)
        return super().decode(raw, machine)

    def describe(self) -> str:
        """``message queue /name``."""
        return f"message queue {super().describe()}"

    def ends(self) -> tuple[End, ...]:
        """All who hold one queue face each other: who sends may also receive, and what it does is not told."""
        if self.object is None or self.access == "path":
            return ()
        own = (self.name or "").rpartition("/")[2] + (" (deleted)" if self.deleted else "")
        return (End(self.object, (self.object,), (f"/{own}", f"/dev/mqueue/{own}")),)

    def would_read(self, holder: Process | None) -> Prospect | None:
        """No message, but the line on the state of the queue."""
        return Prospect(
            outcome="data-or-end-of-file",
            why="it gives what is left of a line on the state of the queue; messages come through mq_receive(3)",
        )
