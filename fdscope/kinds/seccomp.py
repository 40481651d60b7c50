"""seccomp-notify: system calls of others that wait for an answer (seccomp_unotify(2), kernel/seccomp.c)."""

from __future__ import annotations

from ..model import POLL
from ..raw import Machine, RawDescriptor
from ._basics import KernelObject, basics, details


class SeccompNotify(KernelObject, tag="seccomp-notify", kw_only=True):
    """Where a supervisor is asked about the system calls of the tasks that a filter holds.

    Questions and answers go through ioctl(2), not read(2). The kernel tells neither the filter nor the tasks.
    """

    known_by = (("anon_inode", b"seccomp notify"),)
    verbs = frozenset({POLL})
    unit = "events"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> SeccompNotify:
        """Flags, and whatever a newer kernel may tell."""
        return cls(details=details(raw.fdinfo), **basics(raw))

    def describe(self) -> str:
        """What it is for; there is no more."""
        return "supervises system calls of a seccomp filter"
