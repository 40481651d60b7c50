"""Records of places.bpf.c: how many descriptors of which looks each table has, or where they are. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from struct import Struct

from ...raw import RawCount, RawDescriptor, RawLinks, RawMount, RawSocket, RawStatus
from .owners import REPEATS, Owners

PROGRAM = "places"

_OWNER, _WHICH, _LOOK = Struct("=2i2Q2I"), Struct("=i4xQ"), Struct("=3I4x3H2x32s")
_PLACE = Struct(f"{_OWNER.size + _WHICH.size + _LOOK.size}s")
_LOOKS_FROM = _OWNER.size + _WHICH.size


class Places:
    """Takes the records apart."""

    def __init__(self, mounts_of: Callable[[int], Mapping[int, RawMount]]) -> None:
        """`mounts_of` gives the mounts that a process sees, by id."""
        self.owners = Owners(mounts_of)

    def counts(self, pieces: Iterable[bytes]) -> list[RawCount]:
        """How many descriptors each table has of each look that they may have."""
        found = []
        counted: Counter[tuple[bytes]] = Counter()
        for records in _whole(pieces):
            counted.update(_PLACE.iter_unpack(records))
        known: dict[tuple[bytes, RawMount | None], RawDescriptor] = {}
        for (record,), number in counted.items():
            pid, tid, table, view, missing, mount_id = _OWNER.unpack_from(record)
            label = self.owners.label(pid, tid, table, missing)
            if label != REPEATS:
                look, mount = record[_LOOKS_FROM:], self.owners.mounts(pid, view).get(mount_id)
                raw = known.get((look, mount))
                if raw is None:
                    raw = known[look, mount] = _alike(look, mount)
                found.append(RawCount(pid, label, raw, number))
        return found

    def sockets(self, pieces: Iterable[bytes]) -> list[RawLinks]:
        """Where sockets are, by their links, of records of nothing else."""
        found: dict[tuple[int, int | None], list[tuple[int, bytes]]] = {}
        for records in _whole(pieces):
            for (record,) in _PLACE.iter_unpack(records):
                pid, tid, table, _, missing, _ = _OWNER.unpack_from(record)
                label = self.owners.label(pid, tid, table, missing)
                if label != REPEATS:
                    fd, inode = _WHICH.unpack_from(record, _OWNER.size)
                    found.setdefault((pid, label), []).append((fd, b"socket:[%d]" % inode))
        return [RawLinks(pid, tid, tuple(held)) for (pid, tid), held in found.items()]


def _whole(pieces: Iterable[bytes]) -> Iterator[memoryview]:
    """Whole records, in pieces of the same size but for what is put off to the next."""
    rest = b""
    for piece in pieces:
        data = rest + piece if rest else piece
        whole = len(data) - len(data) % _PLACE.size
        yield memoryview(data)[:whole]
        rest = data[whole:]


def _alike(look: bytes, mount: RawMount | None) -> RawDescriptor:
    """As much of a descriptor as its kind is known by."""
    mode, rdev, magic, family, type_, protocol, begin = _LOOK.unpack(look)
    link = begin.rstrip(b"\0")
    if link[:1] != b"/":
        socket = RawSocket(0, family, type_, protocol, 0, 0) if family else None
        return RawDescriptor(0, 0, link, socket=socket)
    status = RawStatus(0, mode, 0, 1, 0, 0, 0, 0, 0, rdev)
    return RawDescriptor(0, 0, link, b"", status, mount, magic if mount is None else None)
