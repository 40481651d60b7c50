"""block-device: a device of blocks, such as a disk or a partition (sd(4), loop(4))."""

from __future__ import annotations

import os
import stat
from typing import Annotated

from ..fdinfo import fields
from ..model import MAP, READ, SEEK, WRITE, said
from ..raw import Machine, RawDescriptor
from ..text import text
from ._basics import is_path_only, position
from ._file import Device, device_fields


class BlockDevice(Device, tag="block-device", kw_only=True):
    """A block device. stat(2) tells no size of it."""

    partition: Annotated[str | None, said("the kernel's name of the disk or partition (proc_partitions(5))")] = (
        None
    )

    known_by = (("type", stat.S_IFBLK),)
    verbs = frozenset({READ, WRITE, SEEK, MAP})
    unit = "bytes at a position"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> BlockDevice:
        """The device, its position and the name of its disk or partition."""
        info = fields(raw.fdinfo)
        known = device_fields(raw, info, machine)
        if not is_path_only(raw, info):
            known["position"] = position(raw, info)
        if raw.status is not None:
            number = raw.status.st_rdev
            name = machine.partition(os.major(number), os.minor(number))
            known["partition"] = None if name is None else text(name)
        return cls(**known)

    def notes(self) -> list[str]:
        """Driver, name, position, state."""
        found = [f"driver {self.driver}"] if self.driver else []
        if self.partition and not (self.name or "").endswith(f"/{self.partition}"):
            found.append(f"named {self.partition}")
        if self.position:
            found.append(f"at {self.position:,}")
        return found + super().notes()
