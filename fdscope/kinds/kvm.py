"""kvm: virtual machines and their parts (Documentation/virt/kvm/api.rst, virt/kvm/kvm_main.c)."""

from __future__ import annotations

import re
import stat
from typing import Annotated

from ..fdinfo import fields
from ..model import MAP, said
from ..raw import Machine, RawDescriptor
from ..text import text
from ._basics import basics, details, position
from ._file import Device, device_fields

_LINK = re.compile(rb"(?:anon_inode:|/)\[?(?:kvm-)?([^]:]*)\]?(?::(\d+))?")


class Kvm(Device, tag="kvm", kw_only=True):
    """/dev/kvm, or a virtual machine, one of its CPUs, devices or memories. They obey ioctl(2); a CPU is mapped.

    Statistics alone are read, at a position that is told where it is not 0.
    Which virtual machine a part belongs to the kernel does not tell. All parts but memory share one inode.
    """

    part: Annotated[
        str | None,
        said("device: /dev/kvm; vm, vcpu, vm-stats, vcpu-stats, gmem (memory of a guest), or a device of its own"),
    ] = None
    vcpu: Annotated[int | None, said("number of the virtual CPU")] = None

    known_by = (
        ("device", stat.S_IFCHR, 10, 232),
        ("anon_inode", b"kvm-"),
        ("scheme", b"/[kvm-gmem]"),  # memory of a guest has a file system of its own on newer kernels
    )
    verbs = frozenset({MAP})
    in_file_system = False

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Kvm:
        """``anon_inode:kvm-vcpu:3`` is CPU 3; older kernels leave the number out."""
        info = fields(raw.fdinfo)
        if raw.status is not None and stat.S_ISCHR(raw.status.st_mode):
            return cls(part="device", **device_fields(raw, info, machine))
        known = basics(raw, info)
        match = _LINK.match(raw.link)
        if match is None:
            raise ValueError(f"not a part of a virtual machine: {raw.link!r}")
        part, number = match.groups()
        known["name"] = text(raw.link.partition(b" (deleted)")[0].removeprefix(b"anon_inode:").removeprefix(b"/"))
        if part == b"gmem" and "inode" in known:
            known["object"] = f"kvm-gmem:[{known['inode']}]"
        known["position"] = position(raw, info) or None
        return cls(
            part=text(part), details=details(raw.fdinfo), vcpu=None if number is None else int(number), **known
        )

    def describe(self) -> str:
        """``virtual CPU 3``."""
        if self.part == "device":
            return super().describe()
        named = {
            "vm": "a virtual machine",
            "gmem": "memory of a virtual machine",
            "vm-stats": "statistics of a virtual machine",
        }
        if self.part == "vcpu":
            return "virtual CPU" + ("" if self.vcpu is None else f" {self.vcpu}")
        if self.part == "vcpu-stats":
            return f"statistics of virtual CPU {self.vcpu}"
        return named.get(self.part or "", f"device {self.part} of a virtual machine")
