"""The machine as a whole: its name, kernel, CPUs, boot time, open files (proc(5), sysfs(5))."""

from __future__ import annotations

from ..raw import RawSystem, Unread
from .root import Directory, Proc


def system(proc: Proc) -> RawSystem:
    """What the files of the machine say."""

    def text(name: bytes) -> bytes:
        content = proc.read(name)
        return b"" if isinstance(content, Unread) else content

    return RawSystem(
        text(b"sys/kernel/hostname"),
        text(b"sys/kernel/osrelease"),
        text(b"stat"),
        text(b"sys/fs/file-nr"),
        _packages(proc),
    )


def _packages(proc: Proc) -> tuple[tuple[int, bytes], ...]:
    """CPU and ``physical_package_id`` of every CPU, from the sysfs that stands beside the proc root."""
    directory = proc.open(b"../sys/devices/system/cpu")
    if not isinstance(directory, Directory):
        return ()
    with directory:
        names = directory.names()
        if isinstance(names, Unread):
            return ()
        found = [
            (int(name[3:]), directory.read(name + b"/topology/physical_package_id"))
            for name in names
            if name.startswith(b"cpu") and name[3:].isdigit()
        ]
    return tuple((cpu, answer) for cpu, answer in found if isinstance(answer, bytes))
