"""fanotify: a watch on files, mounts and file systems (fanotify(7), fs/notify/fdinfo.c)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Struct

from ..fdinfo import fields, words
from ..model import POLL, READ, WRITE, said
from ..quantity import many
from ..raw import Machine, RawDescriptor
from ..text import text
from ._basics import KernelObject, basics, bits, details, is_silent, kernel_device, open_flags, several
from .inotify import EVENTS, handle

# include/uapi/linux/fanotify.h, by bit
_INIT_FLAGS = (
    *"cloexec nonblock class_content class_pre_content unlimited_queue unlimited_marks enable_audit".split(),
    *"report_pidfd report_tid report_fid report_dir_fid report_name report_target_fid report_fd_error".split(),
    "report_mnt",
)
_EVENTS = (
    *EVENTS,
    *"fs_error open_perm access_perm open_exec_perm".split(),
    *("", "pre_access", "", "", ""),
    *"mnt_attach mnt_detach".split(),
    *("", "event_on_child", "rename", "", "ondir"),
)
_MARK_FLAGS = (*[""] * 6, "ignored_surv_modify", "", "", "evictable", "ignore")
_KNOWN = (b"fanotify flags", b"fanotify ino", b"fanotify mnt_id", b"fanotify sdev", b"fanotify mnt_ns")


class Mark(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that a fanotify watches; the inode of a mount namespace is the one in ``/proc/PID/ns/mnt``."""

    scope: Annotated[
        Literal["inode", "mount", "filesystem", "mount-namespace"],
        said("whether one file or directory is watched, or all that is reached through a mount, or more"),
    ]
    events: Annotated[list[str], said("events that it waits for")]
    ignored: Annotated[list[str] | None, said("events that it leaves out")] = None
    mark_flags: Annotated[list[str] | None, said("how it was marked, as fanotify_mark(2) names them")] = None
    inode: Annotated[int | None, said("inode number")] = None
    device: Annotated[str | None, said("major:minor of the device that holds the inode")] = None
    marked_mount_id: Annotated[int | None, said("id of the mount that is watched (proc_pid_mountinfo(5))")] = None
    mount_point: Annotated[str | None, said("where it is mounted, as its process sees it")] = None
    path: Annotated[
        str | None, said("a path of the inode; left out: it could not be found, or not without searching")
    ] = None


class Fanotify(KernelObject, tag="fanotify", kw_only=True):
    """A queue of what happens to the files, mounts and file systems that it watches.

    A group of one of the content classes is asked before others may open a file, and answers by writing. All
    fanotifys share one inode.
    """

    init_flags: Annotated[list[str] | None, said("how it was made, as fanotify_init(2) names them")] = None
    event_access: Annotated[str | None, said("access of the descriptors that come with its events: r, w, rw")] = (
        None
    )
    event_flags: Annotated[
        list[str] | None, said("flags of the descriptors that come with its events, as open(2) names them")
    ] = None
    marks: Annotated[list[Mark] | None, said("what it watches")] = None

    known_by = (("anon_inode", b"fanotify"),)
    verbs = frozenset({READ, WRITE, POLL})
    unit = "events"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Fanotify:
        """Every number is hexadecimal but that of a mount namespace, open(2) flags and mount ids included."""
        info = fields(raw.fdinfo)
        known = basics(raw, info)
        marks = []
        for line in raw.fdinfo.split(b"\n"):
            kind, colon, _ = line.partition(b":")
            if not colon or kind not in _KNOWN:
                continue
            found = words(line.removeprefix(b"fanotify "))
            if kind == b"fanotify flags":
                flags = int(found[b"flags"], 16)
                known["init_flags"] = [*([] if flags & 0xC else ["class_notif"]), *bits(flags, _INIT_FLAGS)]
                known["event_access"], known["event_flags"] = open_flags(b"%o" % int(found[b"event-flags"], 16))
            else:
                marks.append(_mark(found, raw.pid, machine))
        return cls(marks=None if is_silent(raw, info) else marks, details=details(raw.fdinfo, _KNOWN), **known)

    def describe(self) -> str:
        """``2 marks: inode /etc, mount /home``."""
        if self.marks is None:
            return "watches of files"
        each = [f"{mark.scope} {_place(mark)}" for mark in self.marks]
        return many(len(each), "mark") + (f": {several(each)}" if each else "")


def _mark(found: dict[bytes, bytes], pid: int, machine: Machine) -> Mark:
    inode = device = mount_id = point = path = None
    if b"mnt_id" in found:
        of: Literal["inode", "mount", "filesystem", "mount-namespace"] = "mount"
        mount_id = int(found[b"mnt_id"], 16)
        mount = machine.mount(pid, mount_id)
        point = None if mount is None else mount.point
    elif b"mnt_ns" in found:
        of, inode = "mount-namespace", int(found[b"mnt_ns"])
    else:
        of, device = "filesystem", int(found[b"sdev"], 16)
        if b"ino" in found:
            of, inode = "inode", int(found[b"ino"], 16)
            path = machine.path_of(pid, device, inode, handle(found))
    return Mark(
        scope=of,
        events=bits(int(found[b"mask"], 16), _EVENTS),
        ignored=bits(int(found.get(b"ignored_mask", b"0"), 16), _EVENTS) or None,
        mark_flags=bits(int(found.get(b"mflags", b"0"), 16), _MARK_FLAGS) or None,
        inode=inode,
        device=None if device is None else kernel_device(device),
        marked_mount_id=mount_id,
        mount_point=None if point is None else text(point),
        path=None if path is None else text(path),
    )


def _place(mark: Mark) -> str:
    if mark.scope == "mount":
        return mark.mount_point or f"{mark.marked_mount_id}"
    return mark.path or ":".join(str(part) for part in (mark.device, mark.inode) if part is not None)
