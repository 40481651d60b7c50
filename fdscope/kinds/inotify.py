"""inotify: a watch on files and directories (inotify(7), fs/notify/fdinfo.c)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct

from ..fdinfo import fields, values, words
from ..model import POLL, READ, said
from ..quantity import many
from ..raw import Machine, RawDescriptor
from ..text import text
from ._basics import KernelObject, basics, bits, details, is_silent, kernel_device, several

# Events of fanotify and inotify have the same numbers (include/linux/fsnotify_backend.h). Bit 27 is the
# kernel's own, and was told before Linux 3.19 too.
EVENTS = (
    *"access modify attrib close_write close_nowrite open moved_from moved_to".split(),
    *"create delete delete_self move_self open_exec unmount q_overflow".split(),
)
_INOTIFY_EVENTS = (
    *EVENTS,
    "ignored",
    *[""] * 8,
    *"onlydir dont_follow excl_unlink event_on_child mask_create mask_add isdir oneshot".split(),
)


class Watch(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file or directory that an inotify watches."""

    wd: Annotated[int, said("watch descriptor, the number that events carry")]
    events: Annotated[list[str], said("events that it waits for")]
    ignored: Annotated[list[str] | None, said("events that it leaves out")] = None
    inode: Annotated[int, said("inode number")]
    device: Annotated[str, said("major:minor of the device that holds the inode")]
    path: Annotated[
        str | None, said("a path of the inode; left out: it could not be found, or not without searching")
    ] = None


class Inotify(KernelObject, tag="inotify", kw_only=True):
    """A queue of what happens to the files that it watches. All inotifys share one inode."""

    watches: Annotated[list[Watch] | None, said("the files and directories that it watches, by number")] = None

    known_by = (("anon_inode", b"inotify"),)
    verbs = frozenset({READ, POLL})
    unit = "events"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Inotify:
        """Every number of a watch is hexadecimal."""
        info = fields(raw.fdinfo)
        watches = [_watch(line, raw.pid, machine) for line in values(raw.fdinfo, b"inotify wd")]
        return cls(
            watches=None if is_silent(raw, info) else sorted(watches, key=lambda watch: watch.wd),
            details=details(raw.fdinfo, (b"inotify wd",)),
            **basics(raw, info),
        )

    def describe(self) -> str:
        """``2 watches: /etc, inode 254:0:99``."""
        if self.watches is None:
            return "watches of files"
        each = [watch.path or f"inode {watch.device}:{watch.inode}" for watch in self.watches]
        return many(len(each), "watch", "watches") + (f": {several(each)}" if each else "")


def handle(found: dict[bytes, bytes]) -> tuple[int, bytes] | None:
    """Type and bytes of the file handle of a watch or mark; None: the file system has none.

    Raises:
        ValueError: it is not hexadecimal.
    """
    data = found.get(b"f_handle")
    return None if data is None else (int(found[b"fhandle-type"], 16), bytes.fromhex(data.decode("ascii")))


def _watch(line: bytes, pid: int, machine: Machine) -> Watch:
    found = words(b"wd:" + line)
    inode, device = int(found[b"ino"], 16), int(found[b"sdev"], 16)
    path = machine.path_of(pid, device, inode, handle(found))
    return Watch(
        wd=int(found[b"wd"], 16),
        events=bits(int(found[b"mask"], 16), _INOTIFY_EVENTS),
        ignored=bits(int(found.get(b"ignored_mask", b"0"), 16), _INOTIFY_EVENTS) or None,
        inode=inode,
        device=kernel_device(device),
        path=None if path is None else text(path),
    )
