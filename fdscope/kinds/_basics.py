"""What kinds read from fdinfo in the same way: flags, mount, inode, bits, devices, lines of new kernels. Pure."""

from __future__ import annotations

import functools
import os
from collections.abc import Collection, Sequence
from typing import Annotated, Any

from ..fdinfo import fields, special
from ..model import Descriptor, said
from ..raw import RawDescriptor
from ..text import text

_COMMON = (b"pos", b"flags", b"mnt_id", b"ino")

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


def open_flags(octal: bytes) -> tuple[str | None, list[str]]:
    """Access and flag names of an fdinfo ``flags:`` value, which is octal.

    Bits without a name are kept as a number: ``0o100000000``. Callers share the list: never change it.

    Raises:
        ValueError: `octal` is not an octal number.
    """
    return _named_flags(int(octal, 8))


@functools.lru_cache(maxsize=4096)
def _named_flags(flags: int) -> tuple[str | None, list[str]]:
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


def basics(raw: RawDescriptor, info: dict[bytes, bytes] | None = None) -> dict[str, Any]:
    """The fields of `Descriptor` that come from fdinfo alone.

    `info` is `raw.fdinfo` parsed, for a kind that has had to parse it for more than this.

    Raises:
        ValueError: a number is not one.
    """
    if raw.numbers is not None:
        _, flags, mount_id, inode = raw.numbers
        access, names = _named_flags(flags)
        return {
            "fd": raw.fd, "tid": raw.tid, "access": access, "flags": names, "mount_id": mount_id, "inode": inode
        }  # fmt: skip
    found: dict[str, Any] = {"fd": raw.fd, "tid": raw.tid}
    info = fields(raw.fdinfo) if info is None else info
    if b"flags" in info:
        found["access"], found["flags"] = open_flags(info[b"flags"])
    if b"mnt_id" in info:
        found["mount_id"] = int(info[b"mnt_id"])
    if b"ino" in info:  # since Linux 5.14
        found["inode"] = int(info[b"ino"])
    return found


def position(raw: RawDescriptor, info: dict[bytes, bytes]) -> int | None:
    """Where the next read or write begins; None: fdinfo was not read. `info` is it, parsed.

    Raises:
        ValueError: it is not a number.
    """
    if raw.numbers is not None:
        return raw.numbers.position
    return int(info[b"pos"]) if b"pos" in info else None


def is_path_only(raw: RawDescriptor, info: dict[bytes, bytes]) -> bool:
    """Whether the descriptor is only a place in the file system (O_PATH of open(2)).

    Raises:
        ValueError: the flags are not an octal number.
    """
    if raw.numbers is not None:
        return bool(raw.numbers.flags & _PATH)
    return bool(int(info.get(b"flags", b"0"), 8) & _PATH)


def is_silent(raw: RawDescriptor, info: dict[bytes, bytes]) -> bool:
    """Whether fdinfo could tell nothing of the object: it was not read, or the descriptor is only a place.

    Any object can be held as a place, through its own link in /proc; the kernel then adds no lines.

    Raises:
        ValueError: the flags are not an octal number.
    """
    return (not info and raw.numbers is None) or is_path_only(raw, info)


Details = Annotated[dict[str, str] | None, said("what else the kernel tells of it, word for word")]


class KernelObject(Descriptor, kw_only=True):
    """An object that lives in the kernel alone, with no file behind it."""

    details: Details = None


def may_have_details(raw: RawDescriptor, info: dict[bytes, bytes], known: Collection[bytes] = ()) -> bool:
    """Whether fdinfo has more than the four lines of every descriptor and these, or is of a kernel that has three.

    For kinds of which there are many, and hardly one with more lines: it costs a tenth of `details`.
    """
    if raw.numbers is not None:
        return bool(info) and len(info) > sum([key in info for key in known])
    return len(info) > 4 + sum([key in info for key in known]) or b"ino" not in info


def details(data: bytes, known: Collection[bytes] = ()) -> dict[str, str] | None:
    """The lines of fdinfo that no field is made from, so that a newer kernel's lines are not lost.

    `known` are the keys that the kind has read. Values of one key are joined with ``; ``; a line without a
    colon stands under the empty key.
    """
    data = special(data)
    if not data:
        return None
    found: dict[str, str] = {}
    for line in data.split(b"\n"):
        key, colon, value = line.partition(b":")
        if key not in _COMMON and key not in known and line.strip():
            name, rest = (text(key.strip()), text(value.strip())) if colon else ("", text(line.strip()))
            found[name] = f"{found[name]}; {rest}" if name in found else rest
    return found or None


@functools.lru_cache(maxsize=1024)
def _bits(value: int, names: tuple[str, ...]) -> tuple[str, ...]:
    found = [name for bit, name in enumerate(names) if name and value >> bit & 1]
    rest = value & ~sum(1 << bit for bit, name in enumerate(names) if name)
    return (*found, f"{rest:#x}") if rest else tuple(found)


def bits(value: int, names: Sequence[str]) -> list[str]:
    """Names of the bits that are set, the lowest first; bits without a name together as one number: ``0x600``."""
    return list(_bits(value, tuple(names)))


def kernel_device(number: int) -> str:
    """``8:1`` for an ``sdev`` of fdinfo, which is the kernel's own encoding: 12 bits major, 20 bits minor."""
    return f"{number >> 20}:{number & 0xFFFFF}"


def enumerated(number: bytes, names: Sequence[str]) -> str:
    """The name at this place; the number itself, as text, past the end of `names`.

    Raises:
        ValueError: `number` is not a decimal number.
    """
    place = int(number)
    return names[place] if 0 <= place < len(names) else str(place)


def several(items: Sequence[str], most: int = 4) -> str:
    """``a, b, c, d and 3 more``."""
    more = f" and {len(items) - most:,} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more
