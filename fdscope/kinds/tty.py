"""tty and pty-master: terminals and the other sides of pseudoterminals (tty(4), pts(4), pty(7))."""

from __future__ import annotations

import os
import stat
from typing import Annotated

from ..fdinfo import fields
from ..model import POLL, READ, WRITE, End, said
from ..raw import Machine, RawDescriptor
from ..text import text
from ._file import Device, device_fields

_SLAVES = range(136, 144)
_SHARED = (4, 5)  # numbers that several drivers share: /proc/devices does not say which one this is
_STANDS_FOR_ANOTHER = ((5, 0), (4, 0))  # /dev/tty and /dev/tty0: each opener has a terminal of its own behind it


class Tty(Device, tag="tty", kw_only=True):
    """A terminal: a console, a serial line, or the side of a pseudoterminal that programs use.

    Known by its number (Documentation/admin-guide/devices.txt) or, where that is not fixed, by its driver.
    """

    terminal: Annotated[str | None, said("what sort of terminal it is, where its number tells")] = None
    pty_index: Annotated[int | None, said("number of the pseudoterminal in its devpts file system")] = None

    known_by = tuple(("device", stat.S_IFCHR, major) for major in (3, 4, 5, *_SLAVES, 166, 188, 204, 216, 229))
    verbs = frozenset({READ, WRITE, POLL})
    unit = "a byte stream, by lines or raw"
    meets = frozenset({"pty-master"})

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Tty:
        """The terminal; its index is its minor number."""
        known = device_fields(raw, fields(raw.fdinfo), machine)
        if raw.status is not None:
            major, minor = os.major(raw.status.st_rdev), os.minor(raw.status.st_rdev)
            known["terminal"] = _sort(major, minor)
            if major in _SHARED:
                known["driver"] = None
            if (major, minor) in _STANDS_FOR_ANOTHER:
                known["object"] = None
            if major in _SLAVES:
                known["pty_index"] = (major - _SLAVES[0]) * 256 + minor
        return cls(**known)

    def notes(self) -> list[str]:
        """What sort it is, state."""
        sort = self.terminal or (f"terminal of driver {self.driver}" if self.driver else None)
        return ([sort] if sort else []) + super().notes()

    def ends(self) -> tuple[End, ...]:
        """Of a pseudoterminal, the master faces it, by file system and index or by the path of this side."""
        if self.pty_index is None or self.access == "path":
            return ()
        return tuple(
            End(
                f"pts:{place}",
                (f"ptm:{place}",),
                ("/dev/ptmx", "/dev/pts/ptmx"),
                missing="closed" if self.deleted else "",
            )
            for place in (f"{self.device}:{self.pty_index}", self.name)
        )


def _sort(major: int, minor: int) -> str | None:
    if major == 4:
        return "the virtual console in use" if minor == 0 else "virtual console" if minor < 64 else "serial port"
    if major == 5:
        return {0: "the controlling terminal", 1: "the system console"}.get(minor)
    return "pseudoterminal" if major in (3, *_SLAVES) else "serial port" if major in (166, 188, 204) else None


class PtyMaster(Device, tag="pty-master", kw_only=True):
    """The side of a pseudoterminal that a terminal emulator or server holds. Each open makes a new one.

    A master has one open file description, so its devpts file system and index name it. A node outside of any
    leads to the one that is mounted as ``pts`` beside it, which may have changed since it was opened.
    """

    pty_index: Annotated[int | None, said("number of the pseudoterminal in its devpts file system")] = None
    slave: Annotated[
        str | None, said("path of the terminal at the other side, where the kernel tells the index")
    ] = None
    slave_device: Annotated[str | None, said("major:minor of the devpts file system that this terminal is in")] = (
        None
    )

    known_by = (
        ("device", stat.S_IFCHR, 5, 2),
        *(("device", stat.S_IFCHR, major) for major in (2, *range(128, 136))),
    )
    verbs = frozenset({READ, WRITE, POLL})
    unit = "a byte stream"
    meets = frozenset({"tty"})
    one_open_file = True

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> PtyMaster:
        """The index stands in fdinfo; the slave is beside ``ptmx``, or in ``pts`` beside it (fs/devpts)."""
        info = fields(raw.fdinfo)
        known = device_fields(raw, info, machine, (b"tty-index",))
        known.update(object=None, driver=None)
        if b"tty-index" in info:
            index = known["pty_index"] = int(info[b"tty-index"])
            folder, _, _ = raw.link.rpartition(b"/")
            own = raw.mount if raw.mount is not None and raw.mount.type == b"devpts" else None
            slave = b"%s/%s%d" % (folder, b"" if own is not None and own.root == b"/" else b"pts/", index)
            known["slave"] = text(slave)
            there = own or machine.mount_of(raw.pid, slave)
            if there is not None and there.type == b"devpts":
                known["slave_device"] = there.device.decode("ascii")
            if own is not None:
                known["object"] = f"pty:{known['slave_device']}:{index}"
        return cls(**known)

    def notes(self) -> list[str]:
        """The terminal at the other side, state."""
        return ([f"master of {self.slave}"] if self.slave else []) + super().notes()

    def ends(self) -> tuple[End, ...]:
        """The terminal faces it, by file system and index, or by its path where that is all that is known."""
        if self.pty_index is None or self.slave is None:
            return ()
        place = self.slave if self.slave_device is None else f"{self.slave_device}:{self.pty_index}"
        return (End(f"ptm:{place}", (f"pts:{place}",), (self.slave,)),)
