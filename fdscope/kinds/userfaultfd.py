"""userfaultfd: page faults that a program handles itself (userfaultfd(2), fs/userfaultfd.c)."""

from __future__ import annotations

from typing import Annotated

from ..fdinfo import fields
from ..model import POLL, READ, Process, Prospect, said
from ..quantity import many
from ..raw import Machine, RawDescriptor
from ._basics import KernelObject, basics, bits, details

# include/uapi/linux/userfaultfd.h, by bit. Bit 31 is the kernel's own (fs/userfaultfd.c).
_FEATURES = (
    *"pagefault_flag_wp event_fork event_remap event_remove missing_hugetlbfs missing_shmem".split(),
    *"event_unmap sigbus thread_id minor_hugetlbfs minor_shmem exact_address wp_hugetlbfs_shmem".split(),
    *"wp_unpopulated poison wp_async move".split(),
    *[""] * 14,
    "initialized",
)
_IOCTLS = (
    *"register unregister wake copy zeropage move writeprotect continue poison".split(),
    *[""] * 54,
    "api",
)
_KNOWN = (b"pending", b"total", b"API")


class UserFaultFd(KernelObject, tag="userfaultfd", kw_only=True):
    """Page faults of one address space, handed to whoever reads them, who answers by ioctl(2)."""

    faults_pending: Annotated[int | None, said("page faults that nobody has read yet")] = None
    faults: Annotated[int | None, said("page faults that wait to be answered, read or not")] = None
    features: Annotated[list[str] | None, said("what was agreed on with UFFDIO_API")] = None
    ioctls: Annotated[list[str] | None, said("the ioctl(2) operations that the kernel offers on it")] = None
    api: Annotated[str | None, said("version of the interface, in hexadecimal")] = None

    known_by = (("anon_inode", b"userfaultfd"),)
    verbs = frozenset({READ, POLL})
    unit = "events"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> UserFaultFd:
        """``API`` is ``version:features:ioctls``, hexadecimal.

        Each has an inode of its own since Linux 5.12 (commit b537900f1598), and fdinfo tells it since 5.14.
        """
        info = fields(raw.fdinfo)
        known = basics(raw, info)
        if b"API" in info:
            version, features, ioctls = info[b"API"].split(b":")
            known["api"] = f"{int(version, 16):#x}"
            known["features"] = bits(int(features, 16), _FEATURES)
            known["ioctls"] = bits(int(ioctls, 16), _IOCTLS)
        if "inode" in known:
            known["object"] = f"userfaultfd:[{known['inode']}]"
        return cls(
            faults_pending=int(info[b"pending"]) if b"pending" in info else None,
            faults=int(info[b"total"]) if b"total" in info else None,
            details=details(raw.fdinfo, _KNOWN),
            **known,
        )

    def describe(self) -> str:
        """``2 faults wait, 1 unread; event_fork``."""
        parts = ["page faults" if self.faults is None else f"{self.faults:,} page faults wait"]
        if self.faults_pending:
            parts[0] += f", {self.faults_pending:,} unread"
        if self.features:
            parts.append(" ".join(self.features))
        return "; ".join(parts)

    def would_read(self, holder: Process | None) -> Prospect | None:
        """A fault that nobody has read; other events are not counted."""
        if not self.faults_pending:
            return None
        told = f"{many(self.faults_pending, 'page fault')} that nobody has read"
        return Prospect(outcome="data", available_bytes=32 * self.faults_pending, why=told)
