"""Uses of objects: in which order they are told, and how many there are of each object. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from .answers import Asked, Use
from .model import Descriptor, HeldFile

SUBSTITUTES = {"cwd": "directory", "root": "directory", "exe": "regular", "mapped": "regular"}
"""The kind of what is held in a role, where its type is not known."""

_OF_KERNEL = ("/memfd:", "/SYSV", "/anon_hugepage", "/[aio]", "/drm mm object")
"""What memory is called that is mapped like a file (mm/shmem.c, ipc/shm.c, fs/aio.c)."""
_ROLES = {"cwd": 0, "root": 1, "exe": 2, "mapped": 3, None: 4}


def in_order(uses: Iterable[Use], asked: Iterable[Asked]) -> list[Use]:
    """By object asked about, process and descriptor; of deleted files the largest first."""
    order = {one.object: number for number, one in enumerate(asked)}
    return sorted(uses, key=lambda use: (order[use.asked], -(use.frees_bytes or 0), *_place(use)))


def count(uses: Iterable[Use], asked: Iterable[Asked]) -> None:
    """Writes into each object how many uses of it there are."""
    counts = Counter(use.asked for use in uses)
    for one in asked:
        one.uses_total = counts[one.object]


def is_reclaimable(held: Descriptor | HeldFile) -> bool:
    """Whether it is a file that has no name left, whose space its file system has again when nobody holds it.

    Memory that the kernel keeps as a file, on a mount of its own, never had a name.
    """
    if getattr(held, "deleted", None) is not True:
        return False
    name = held.name or ""
    is_unmounted = isinstance(held, Descriptor) and getattr(held, "filesystem", None) is None
    return not (name.startswith(_OF_KERNEL) or name == "/dev/zero" or (is_unmounted and name.count("/") <= 1))


def _place(use: Use) -> tuple[str, int, int, int, int, str]:
    """Where a use stands among those of one object: by the deleted file, the process, and what holds it."""
    thing: Descriptor | HeldFile | None = use.descriptor or use.file
    identity = ""
    if use.frees_bytes is not None and thing is not None:
        identity = f"{getattr(thing, 'device', '')}:{getattr(thing, 'inode', '')}"
    name = "" if use.file is None else use.file.name or ""
    return identity, use.pid, _ROLES[use.role], use.tid or 0, use.fd or 0, name
