"""pipe: a one-way channel between its two ends (pipe(7))."""

from __future__ import annotations

from typing import Annotated, Any

from ..fdinfo import fields
from ..model import POLL, READ, WRITE, End, said
from ..quantity import size
from ..raw import Machine, RawDescriptor, RawPipe
from ._basics import KernelObject, basics, details, may_have_details

WaitingBytes = Annotated[int | None, said("written and not yet read; told by the bpf source only")]
CapacityBytes = Annotated[int | None, said("how much it can hold (F_GETPIPE_SZ of fcntl(2)); likewise")]
Readers = Annotated[int | None, said("open file descriptions that can read it; likewise")]
Writers = Annotated[int | None, said("open file descriptions that can write it; likewise")]


class Pipe(KernelObject, tag="pipe", kw_only=True):
    """One end of a pipe without a name; its inode names both ends."""

    waiting_bytes: WaitingBytes = None
    capacity_bytes: CapacityBytes = None
    readers: Readers = None
    writers: Writers = None

    known_by = (("scheme", b"pipe"),)
    verbs = frozenset({READ, WRITE, POLL})
    unit = "a byte stream"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Pipe:
        """The inode stands in the link: ``pipe:[123]``."""
        info = fields(raw.fdinfo)
        known = basics(raw, info)
        if may_have_details(raw, info):
            known["details"] = details(raw.fdinfo)
        known["inode"] = int(raw.link[6:-1])
        known["name"] = known["object"] = raw.link.decode("ascii")
        if raw.pipe is not None:
            known.update(pipe_fields(raw.pipe))
        return cls(**known)

    def describe(self) -> str:
        """The link, which end this is, and what waits in it."""
        return ", ".join([self.name or "pipe", *which_ends(self.access), *waiting(self)])

    def only_peers(self) -> bool:
        """Nobody comes to a pipe that has no name."""
        return True

    def ends(self) -> tuple[End, ...]:
        """A reading end faces the writing ends, and the other way round."""
        return pipe_ends(self.object, self.access)


def pipe_fields(pipe: RawPipe) -> dict[str, Any]:
    """What is known of a pipe beyond what /proc tells."""
    return {
        "waiting_bytes": pipe.waiting_bytes,
        "capacity_bytes": pipe.capacity_bytes,
        "readers": pipe.readers,
        "writers": pipe.writers,
    }


def waiting(pipe: Any) -> list[str]:
    """``4 KiB of 64 KiB waiting``, if anything is."""
    if not pipe.waiting_bytes:
        return []
    return [f"{size(pipe.waiting_bytes)} of {size(pipe.capacity_bytes or 0)} waiting"]


def which_ends(access: str | None) -> list[str]:
    """Which ends of a pipe or fifo a descriptor of this access is; none, if it is only a place."""
    return {"r": ["read end"], "w": ["write end"], "rw": ["both ends"]}.get(access or "", [])


def pipe_ends(identity: str | None, access: str | None, *, by_path: bool = False) -> tuple[End, ...]:
    """Where the holder of a pipe or fifo is found, and whom it faces; nowhere, if it is only a place."""
    if identity is None or access not in ("r", "w", "rw"):
        return ()
    reader, writer = identity + ":r", identity + ":w"
    found = []
    if "r" in access:
        found.append(End(reader, (writer,), missing="no-writer", by_path=by_path))
    if "w" in access:
        found.append(End(writer, (reader,), missing="no-reader", by_path=by_path))
    return tuple(found)
