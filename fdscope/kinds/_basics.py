"""What every kind reads from fdinfo in the same way: flags, position, mount, inode. Pure."""

from __future__ import annotations

import functools
import os
from typing import Any

from ..raw import RawDescriptor

# open(2) flags by the names of the manual page, from include/uapi/asm-generic/fcntl.h. Four of them have
# other numbers on Arm and PowerPC (arch/*/include/uapi/asm/fcntl.h).
_FLAGS = {
    0o100: "creat",
    0o200: "excl",
    0o400: "noctty",
    0o1000: "trunc",
    0o2000: "append",
    0o4000: "nonblock",
    0o10000: "dsync",
    0o20000: "async",
    0o1000000: "noatime",
    0o2000000: "cloexec",
    0o4000000: "sync",
    0o10000000: "path",
    0o20000000: "tmpfile",
}
_GENERIC = {0o40000: "direct", 0o100000: "largefile", 0o200000: "directory", 0o400000: "nofollow"}
_ARM_AND_POWER = {0o40000: "directory", 0o100000: "nofollow", 0o200000: "direct", 0o400000: "largefile"}
_FLAGS |= _ARM_AND_POWER if os.uname().machine.startswith(("aarch64", "arm", "ppc")) else _GENERIC

_PATH = 0o10000000
_ACCESS = ("r", "w", "rw", None)  # 3 is the kernel's "neither, ioctl only" (open(2), "access mode 3")


@functools.lru_cache(maxsize=4096)
def open_flags(octal: bytes) -> tuple[str | None, list[str]]:
    """Access and flag names of an fdinfo ``flags:`` value, which is octal.

    Bits without a name are kept as a number: ``0o100000000``. Callers share the list: never change it.

    Raises:
        ValueError: `octal` is not an octal number.
    """
    flags = int(octal, 8)
    access = "path" if flags & _PATH else _ACCESS[flags & 3]
    rest = flags & ~3
    found = []
    for bit, flag in _FLAGS.items():
        if rest & bit and flag != "path":
            found.append(flag)
        rest &= ~bit
    if rest:
        found.append(f"{rest:#o}")
    return access, found


def basics(raw: RawDescriptor, info: dict[bytes, bytes]) -> dict[str, Any]:
    """The fields of `Descriptor` that come from fdinfo alone; `info` is `raw.fdinfo` parsed.

    Raises:
        ValueError: a number is not one.
    """
    found: dict[str, Any] = {"fd": raw.fd, "tid": raw.tid}
    flags = info.get(b"flags")
    if flags is not None:
        found["access"], found["flags"] = open_flags(flags)
    mount_id = info.get(b"mnt_id")
    if mount_id is not None:
        found["mount_id"] = int(mount_id)
    inode = info.get(b"ino")  # since Linux 5.14
    if inode is not None:
        found["inode"] = int(inode)
    return found
