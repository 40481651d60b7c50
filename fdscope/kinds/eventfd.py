"""eventfd: a counter that tasks add to and wait on (eventfd(2))."""

from __future__ import annotations

from typing import Annotated

from ..fdinfo import fields
from ..model import POLL, READ, WRITE, End, Process, Prospect, said
from ..raw import Machine, RawDescriptor
from ._basics import KernelObject, basics, details, may_have_details

_MOST = (1 << 64) - 2
_KNOWN = (b"eventfd-count", b"eventfd-semaphore", b"eventfd-id")


class EventFd(KernelObject, tag="eventfd", kw_only=True):
    """A 64-bit counter kept by the kernel: a write adds to it, a read takes it."""

    count: Annotated[int | None, said("the counter's value now")] = None
    semaphore: Annotated[bool | None, said("true: a read takes 1 instead of all; since Linux 6.5")] = None
    eventfd_id: Annotated[int | None, said("equal ids are one eventfd; since Linux 5.2")] = None

    known_by = (("anon_inode", b"eventfd"),)
    verbs = frozenset({READ, WRITE, POLL})
    unit = "a counter"
    one_open_file = True

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> EventFd:
        """The count is hexadecimal, the id decimal (fs/eventfd.c)."""
        info = fields(raw.fdinfo)
        count, semaphore, number = (info.get(key) for key in _KNOWN)
        return cls(
            count=None if count is None else int(count, 16),
            semaphore=None if semaphore is None else int(semaphore) != 0,
            eventfd_id=None if number is None else int(number),
            object=None if number is None else f"eventfd:[{int(number)}]",
            details=details(raw.fdinfo, _KNOWN) if may_have_details(raw, info, _KNOWN) else None,
            **basics(raw, info),
        )

    def describe(self) -> str:
        """``counter 7, semaphore, id 12``."""
        parts = ["counter" if self.count is None else f"counter {self.count}"]
        if self.semaphore:
            parts.append("semaphore")
        if self.eventfd_id is not None:
            parts.append(f"id {self.eventfd_id}")
        return ", ".join(parts)

    def ends(self) -> tuple[End, ...]:
        """All who hold one counter face each other; before Linux 5.2 nobody can tell who they are."""
        if self.object is None:
            return ()
        return (End(self.object, (self.object,), ("anon_inode:[eventfd]",), f"eventfd-id: {self.eventfd_id}"),)

    def would_read(self, holder: Process | None) -> Prospect | None:
        """A counter above 0 is taken, or of a semaphore 1 of it."""
        if self.count is None:
            return None
        if self.count == 0:
            return self.would_wait("the counter is 0 until someone adds to it")
        taken = "takes 1 of" if self.semaphore else "takes"
        return Prospect(
            outcome="data", available_bytes=8, why=f"it {taken} the counter, which is {self.count:,}, as 8 bytes"
        )

    def would_write(self, holder: Process | None) -> Prospect | None:
        """It adds, up to 2^64 - 2."""
        if self.count is None:
            return None
        if self.count >= _MOST:
            return self.would_wait("the counter is at its end until someone takes it")
        return Prospect(outcome="accepted", why="8 bytes are a number that is added to the counter")
