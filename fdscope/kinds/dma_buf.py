"""dma-buf: memory that device drivers share (Documentation/driver-api/dma-buf.rst)."""

from __future__ import annotations

from typing import Annotated

from ..fdinfo import fields
from ..model import MAP, POLL, said
from ..quantity import size
from ..raw import Machine, RawDescriptor
from ..text import text
from ._basics import KernelObject, basics, details
from ._file import SizeBytes


class DmaBuf(KernelObject, tag="dma-buf", kw_only=True):
    """A buffer that one driver exported and others import; lseek(2) only tells its size, and moves nothing.

    Since Linux 5.3 each buffer has its own inode, and its name follows ``/dmabuf:``; before, all share the
    anonymous inode.
    """

    size_bytes: SizeBytes = None
    references: Annotated[int | None, said("holders of the open file description, drivers included")] = None
    exporter: Annotated[str | None, said("the driver that exported it")] = None

    known_by = (("scheme", b"/dmabuf"), ("anon_inode", b"dmabuf"))
    verbs = frozenset({POLL, MAP})
    unit = "memory"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> DmaBuf:
        """The name is the last line of fdinfo and comes from a program; the link has it too."""
        info = fields(raw.fdinfo)
        known = basics(raw, info)
        _, own, name = raw.link.partition(b"/dmabuf:")
        if raw.status is not None:
            known["inode"] = raw.status.st_ino
        if own and "inode" in known:
            known["object"] = f"dma-buf:[{known['inode']}]"
        length, count, exporter = (info.get(key) for key in (b"size", b"count", b"exp_name"))
        return cls(
            name=text(name or info.get(b"name", b"")) or None,
            size_bytes=None if length is None else int(length),
            references=None if count is None else int(count),
            exporter=None if exporter is None else text(exporter),
            details=details(raw.fdinfo, (b"size", b"count", b"exp_name", b"name")),
            **known,
        )

    def describe(self) -> str:
        """``camera, 8.0 MiB, exported by vb2_dma_contig``."""
        found = [self.name] if self.name else []
        if self.size_bytes is not None:
            found.append(size(self.size_bytes))
        if self.exporter:
            found.append(f"exported by {self.exporter}")
        return ", ".join(found) or "a buffer"
