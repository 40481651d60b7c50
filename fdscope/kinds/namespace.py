"""namespace: a hold on a namespace (namespaces(7), fs/nsfs.c)."""

from __future__ import annotations

from typing import Annotated

from ..fdinfo import fields
from ..model import said
from ..quantity import many
from ..raw import Machine, RawDescriptor
from ..text import text
from ._basics import KernelObject, basics, details

_TYPES = tuple(b"cgroup ipc mnt net pid time user uts".split())


class Namespace(KernelObject, tag="namespace", kw_only=True):
    """A namespace that stays as long as this descriptor, and that setns(2) enters.

    The inode number names it among the namespaces of all types.
    """

    namespace_type: Annotated[
        str | None, said("cgroup, ipc, mnt, net, pid, time, user or uts, as in /proc/PID/ns")
    ] = None
    members: Annotated[
        list[int] | None,
        said("processes whose main thread lives in it, of those that could be asked; the first 8"),
    ] = None
    members_total: Annotated[int | None, said("how many those are in all")] = None

    known_by = (*(("scheme", type_) for type_ in _TYPES), ("filesystem", b"nsfs"), ("magic", 0x6E736673))

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Namespace:
        """The link is ``net:[4026531840]``; of a bind mount it is a path, and the mount's root has that form."""
        known = basics(raw, fields(raw.fdinfo))
        told = raw.link
        if raw.status is not None:
            known["inode"] = raw.status.st_ino
            told = b"" if raw.mount is None else raw.mount.root.removeprefix(b"/")
        type_, colon, number = told.partition(b":[")
        if colon:
            known["inode"] = int(number.removesuffix(b"]"))
        inode = known.get("inode")
        if colon:
            members = machine.members(told)
            if members is not None:
                known["members"], known["members_total"] = list(members[:8]), len(members)
        return cls(
            name=text(raw.link) or None,
            namespace_type=text(type_) if colon else None,
            object=None if inode is None else f"namespace:[{inode}]",
            details=details(raw.fdinfo),
            **known,
        )

    def describe(self) -> str:
        """``net:[4026531840]``, or the path of a bind mount and what it is."""
        link = f"{self.namespace_type}:[{self.inode}]"
        if self.namespace_type is None or self.name == link:
            parts = [self.name or "a namespace"]
        else:
            parts = [f"{self.name}, {link}"]
        if self.members_total is not None:
            parts.append(many(self.members_total, "process", "processes") + " in it")
        return ", ".join(parts)
