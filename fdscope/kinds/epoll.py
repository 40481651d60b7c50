"""epoll: a set of descriptors to wait on together (epoll(7), fs/eventpoll.c)."""

from __future__ import annotations

from typing import Annotated

from ..fdinfo import fields, values, words
from ..model import POLL, Watched, said
from ..quantity import many
from ..raw import Machine, RawDescriptor
from ._basics import KernelObject, basics, bits, details, is_silent, kernel_device, may_have_details, several

# include/uapi/linux/eventpoll.h, by bit; the kernel adds err and hup to every registration by itself.
_EVENTS = (
    *"in pri out err hup nval rdnorm rdband wrnorm wrband msg".split(),
    *("", "", "rdhup"),
    *[""] * 13,
    *"uring_wake exclusive wakeup oneshot et".split(),
)


class Target(Watched, kw_only=True, omit_defaults=True):
    """A registration in an epoll: the number is the one it was added under, in the process that added it.

    After a close, a fork or a dup the number may stand for something else in this process. `inode`, `device` and
    `position` are told since Linux 4.13.
    """

    data: Annotated[str, said("what the program wants to be told with an event, in hexadecimal")]
    position: Annotated[int | None, said("offset in bytes at which the next read or write begins")] = None
    device: Annotated[str | None, said("major:minor of the device that holds the inode")] = None


class Epoll(KernelObject, tag="epoll", kw_only=True):
    """A set of descriptors, each with the events that someone waits for.

    All epolls share one inode, so the kernel does not tell whether two descriptors are one epoll. It moves
    its events through epoll_wait(2), not read(2), and can itself be polled, or watched by another epoll.
    """

    targets: Annotated[list[Target] | None, said("what it watches, by number")] = None

    known_by = (("anon_inode", b"eventpoll"),)
    verbs = frozenset({POLL})
    unit = "events"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Epoll:
        """Numbers and positions are decimal, all else is hexadecimal."""
        info = fields(raw.fdinfo)
        targets = [_target(line) for line in values(raw.fdinfo, b"tfd")]
        return cls(
            targets=None if is_silent(raw, info) else sorted(targets, key=lambda target: target.fd),
            details=details(raw.fdinfo, (b"tfd",)) if may_have_details(raw, info, (b"tfd",)) else None,
            **basics(raw, info),
        )

    def describe(self) -> str:
        """``watches 2 descriptors: 3 (in et), 4 (out)``."""
        if self.targets is None:
            return "epoll"
        each = [
            f"{target.fd} ({' '.join([*_interesting(target.events), *['stale'] * bool(target.stale)])})"
            for target in self.targets
        ]
        return f"watches {many(len(each), 'descriptor')}" + (f": {several(each)}" if each else "")

    def registrations(self) -> list[Target]:
        """Its registrations."""
        return self.targets or []


def _target(line: bytes) -> Target:
    more = words(b"fd:" + line)
    position, inode, device = (more.get(key) for key in (b"pos", b"ino", b"sdev"))
    return Target(
        fd=int(more[b"fd"]),
        events=bits(int(more[b"events"], 16), _EVENTS),
        data=f"{int(more[b'data'], 16):#x}",
        position=None if position is None else int(position),
        inode=None if inode is None else int(inode, 16),
        device=None if device is None else kernel_device(int(device, 16)),
    )


def _interesting(events: list[str]) -> list[str]:
    return [event for event in events if event not in ("err", "hup")]
