"""fuse: the descriptor through which a program serves a file system (fuse(4))."""

from __future__ import annotations

import stat
from typing import Annotated

from ..fdinfo import fields
from ..model import POLL, READ, WRITE, said
from ..raw import Machine, RawDescriptor
from ._file import Device, device_fields


class Fuse(Device, tag="fuse", kw_only=True):
    """/dev/fuse, opened by the server of a file system; it reads requests and writes answers."""

    connection: Annotated[
        int | None,
        said(
            "the connection it serves: a name in /sys/fs/fuse/connections, and the minor device number of "
            "the file system; since Linux 6.16"
        ),
    ] = None

    known_by = (("device", stat.S_IFCHR, 10, 229),)
    verbs = frozenset({READ, WRITE, POLL})
    unit = "messages"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Fuse:
        """The connection is told once a file system is made with it (fs/fuse/dev.c)."""
        info = fields(raw.fdinfo)
        known = device_fields(raw, info, machine, (b"fuse_connection",))
        number = info.get(b"fuse_connection")
        connection = None if number is None else int(number)
        known["object"] = None if connection is None else f"fuse:[{connection}]"
        return cls(connection=connection, **known)

    def notes(self) -> list[str]:
        """The connection, state."""
        return ([] if self.connection is None else [f"connection {self.connection}"]) + super().notes()
