"""memfd: a file in memory without a name in any file system (memfd_create(2))."""

from __future__ import annotations

from typing import Annotated

from ..fdinfo import fields
from ..model import MAP, READ, SEEK, WRITE, End, Process, Prospect, said
from ..raw import Machine, RawDescriptor
from ..text import text
from ._file import ByteFile, content_fields, file_fields


class MemFd(ByteFile, tag="memfd", kw_only=True):
    """Anonymous memory that is read, written and mapped like a regular file.

    Its name is the one that was given to memfd_create(2), and need not be unique. It never had a link, so it
    is not told as deleted. Seals stand in no file of /proc: only fcntl(2) on the descriptor itself tells them.
    Memory made with MFD_NOEXEC_SEAL begins with no permission to execute.
    """

    huge_page_bytes: Annotated[
        int | None,
        said(
            "size of its pages: MFD_HUGETLB, or huge pages for all shared memory; left out: ordinary",
            adds_up=False,
        ),
    ] = None

    known_by = (("scheme", b"/memfd"),)
    verbs = frozenset({READ, WRITE, SEEK, MAP})
    unit = "bytes at a position"
    in_file_system = False

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> MemFd:
        """The link is ``/memfd:NAME (deleted)``; the suffix is the kernel's, whatever the name."""
        info = fields(raw.fdinfo)
        known = file_fields(raw, info, machine) | content_fields(raw, info)
        known["name"] = text(raw.link.removeprefix(b"/memfd:").removesuffix(b" (deleted)"))
        known.update(deleted=None, name_removed=None, links=None)
        page = raw.status.st_blksize if raw.status is not None else 0
        return cls(huge_page_bytes=page if page > 1 << 16 else None, **known)

    def describe(self) -> str:
        """``memfd NAME, 4 KiB``."""
        pages = [] if self.huge_page_bytes is None else ["huge pages"]
        return ", ".join([f"memory {self.name or 'without a name'}", *pages, *self.notes()])

    def ends(self) -> tuple[End, ...]:
        """All who hold one piece of memory face each other; who only maps it holds no descriptor."""
        return () if self.object is None or self.access == "path" else (End(self.object, (self.object,)),)

    def would_write(self, holder: Process | None) -> Prospect | None:
        """Seals forbid it, and nobody else is told of them."""
        return Prospect(
            outcome="unknown", why="it takes what it is given, unless it is sealed, which only its holders can ask"
        )
