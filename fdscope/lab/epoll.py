"""A specimen of epoll: three descriptors, each waited for in another way (epoll(7))."""

from __future__ import annotations

import os
import select
import struct
from typing import Any

from . import Scratch, Specimen
from ._calls import checked, libc

# struct epoll_event is packed on x86-64 alone
_EVENT = "=IQ" if os.uname().machine == "x86_64" else "=I4xQ"
_ADD = 1  # EPOLL_CTL_ADD


def epoll(scratch: Scratch) -> Specimen:
    """A pipe's two ends and an eventfd, with user data that takes all 64 bits."""
    reader, writer = os.pipe2(os.O_CLOEXEC)
    counter = os.eventfd(1, os.EFD_CLOEXEC)
    fd = checked(libc.epoll_create1(os.O_CLOEXEC))
    watched = (
        (reader, select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET, ["in", "err", "hup", "rdhup", "et"]),
        (writer, select.EPOLLOUT | select.EPOLLONESHOT, ["out", "err", "hup", "oneshot"]),
        (counter, select.EPOLLIN | select.EPOLLEXCLUSIVE, ["in", "err", "hup", "exclusive"]),
    )
    targets: list[dict[str, Any]] = []
    for target, mask, events in watched:
        data = 0xFEDCBA9800000000 | target
        checked(libc.epoll_ctl(fd, _ADD, target, struct.pack(_EVENT, mask & 0xFFFFFFFF, data)))
        status = os.fstat(target)
        device = f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}"
        targets.append(
            {"fd": target, "events": events, "data": f"{data:#x}", "position": 0}
            | {"inode": status.st_ino, "device": device}
        )
        scratch.keep(target)
    targets.sort(key=lambda target: target["fd"])
    return Specimen(fd, {"access": "rw", "flags": ["cloexec"], "targets": targets})


SPECIMENS = {"epoll": epoll}
