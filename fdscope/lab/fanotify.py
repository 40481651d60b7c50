"""A specimen of fanotify: a directory, and a mount of which it leaves events out (fanotify(7))."""

from __future__ import annotations

import ctypes
import os
from typing import Any

from . import Scratch, Specimen
from ._calls import AT_FDCWD, checked, libc, mount_of, opens_by_handle, syscall

# include/uapi/linux/fanotify.h
_CLOEXEC, _NONBLOCK, _REPORT_FID = 0x1, 0x2, 0x200
_ADD, _MOUNT, _IGNORED_MASK, _SURVIVES_MODIFY = 0x1, 0x10, 0x20, 0x40
_CLOSE_WRITE, _OPEN, _ON_CHILD, _ON_DIRECTORY = 0x8, 0x20, 0x08000000, 0x40000000


def fanotify(scratch: Scratch) -> Specimen:
    """Asks for notices only, of a directory of its own; so nobody else waits or is watched.

    The mark on the mount is one that only leaves events out, and takes CAP_SYS_ADMIN. Without that
    right (since Linux 5.13) a group must report file handles and may mark only inodes.
    """
    folder = scratch.path("fanotify")
    os.mkdir(folder)
    mount_id, device, point = mount_of(folder)
    init_flags = ["class_notif", "cloexec", "nonblock"]
    marks: list[dict[str, Any]] = []
    try:
        fd = syscall("fanotify_init", _CLOEXEC | _NONBLOCK, os.O_RDONLY | os.O_CLOEXEC)
    except PermissionError:
        fd = syscall("fanotify_init", _CLOEXEC | _NONBLOCK | _REPORT_FID, os.O_RDONLY | os.O_CLOEXEC)
        init_flags.append("report_fid")
    else:
        _mark(fd, _ADD | _MOUNT | _IGNORED_MASK | _SURVIVES_MODIFY, _OPEN, folder)
        marks.append(
            {"scope": "mount", "events": [], "ignored": ["open"], "mark_flags": ["ignored_surv_modify"]}
            | {"marked_mount_id": mount_id, "mount_point": point}
        )
    _mark(fd, _ADD, _CLOSE_WRITE | _ON_CHILD | _ON_DIRECTORY, folder)
    inode = {
        "scope": "inode",
        "events": ["close_write", "event_on_child", "ondir"],
        "inode": os.stat(folder).st_ino,
        "device": device,
    }
    marks.insert(0, inode | ({"path": folder} if opens_by_handle(folder) else {}))
    says = {
        "access": "rw",
        "flags": ["nonblock", "cloexec"],
        "init_flags": init_flags,
        "event_access": "r",
        "marks": marks,
    }
    return Specimen(fd, says)


def _mark(fd: int, flags: int, mask: int, path: str) -> None:
    checked(libc.fanotify_mark(fd, flags, ctypes.c_uint64(mask), AT_FDCWD, os.fsencode(path)))


SPECIMENS = {"fanotify": fanotify}
