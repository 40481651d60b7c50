"""sync-file: a point in the work of a device that one can wait for (Documentation/driver-api/sync_file.rst)."""

from __future__ import annotations

from ..fdinfo import fields
from ..model import POLL
from ..raw import Machine, RawDescriptor
from ._basics import KernelObject, basics, details


class SyncFile(KernelObject, tag="sync-file", kw_only=True):
    """Fences of a graphics or camera driver: it becomes readable to poll(2) when all have been reached.

    Nothing can be read from it, and the kernel tells of it no more than that it is one. All share one inode.
    """

    known_by = (("anon_inode", b"sync_file"),)
    verbs = frozenset({POLL})

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> SyncFile:
        """What every descriptor tells."""
        return cls(details=details(raw.fdinfo), **basics(raw, fields(raw.fdinfo)))

    def describe(self) -> str:
        """That it is one."""
        return "a fence of a device's work"
