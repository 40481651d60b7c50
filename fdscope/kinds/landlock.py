"""landlock: rules with which a process can restrict itself (landlock(7), security/landlock/syscalls.c)."""

from __future__ import annotations

from ..raw import Machine, RawDescriptor
from ._basics import KernelObject, basics, details


class Landlock(KernelObject, tag="landlock", kw_only=True):
    """Rules that are being gathered; whoever puts them in force no longer needs the descriptor.

    The kernel does not tell the rules, and all rulesets share one inode.
    """

    known_by = (("anon_inode", b"landlock-ruleset"),)

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Landlock:
        """Flags, and whatever a newer kernel may tell."""
        return cls(details=details(raw.fdinfo), **basics(raw))

    def describe(self) -> str:
        """What it is; there is no more."""
        return "ruleset"
