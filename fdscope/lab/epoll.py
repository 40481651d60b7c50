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
    """A pipe's two ends and an eventfd, with user data that takes all 64 bits.

    The lab keeps a second epoll with a stale registration: the number it was made under is another file's by now,
    while the eventfd that it watches is held under the number of its dup.
    """
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
    _stale(scratch)
    return Specimen(fd, {"access": "rw", "flags": ["cloexec"], "targets": targets})


def _stale(scratch: Scratch) -> None:
    counter = os.eventfd(0, os.EFD_CLOEXEC)
    watching = scratch.keep(checked(libc.epoll_create1(os.O_CLOEXEC)))
    checked(libc.epoll_ctl(watching, _ADD, counter, struct.pack(_EVENT, select.EPOLLIN, counter)))
    scratch.keep(os.dup(counter))
    other = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    os.dup2(other, counter, inheritable=False)
    os.close(other)
    scratch.keep(counter)


SPECIMENS = {"epoll": epoll}
