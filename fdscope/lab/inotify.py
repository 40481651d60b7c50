"""A specimen of inotify: a directory and a file (inotify(7))."""

from __future__ import annotations

import os
from typing import Any

from . import Scratch, Specimen
from ._calls import checked, libc, mount_of, opens_by_handle

_MODIFY, _CREATE, _DELETE, _ONLYDIR = 0x2, 0x100, 0x200, 0x01000000


def inotify(scratch: Scratch) -> Specimen:
    """Watches of a directory and of a file in it; paths are told where this process could find them itself."""
    folder = scratch.path("inotify")
    os.mkdir(folder)
    file = os.path.join(folder, "file")
    with open(file, "w"):
        pass
    fd = checked(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
    findable = opens_by_handle(folder)
    device = mount_of(folder)[1]
    watches: list[dict[str, Any]] = []
    for path, mask, events in (
        (folder, _CREATE | _DELETE | _ONLYDIR, ["create", "delete"]),
        (file, _MODIFY, ["modify"]),
    ):
        wd = checked(libc.inotify_add_watch(fd, os.fsencode(path), mask))
        watch = {"wd": wd, "events": events, "inode": os.stat(path).st_ino, "device": device}
        watches.append(watch | ({"path": path} if findable else {}))
    return Specimen(fd, {"access": "r", "flags": ["nonblock", "cloexec"], "watches": watches})


SPECIMENS = {"inotify": inotify}
