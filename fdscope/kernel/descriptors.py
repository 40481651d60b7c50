"""Descriptor tables: links, fdinfo and, for paths, fstat(2) (proc_pid_fd(5), proc_pid_fdinfo(5)).

Nothing that a process holds is opened: readlink(2) and stat(2) look at it through its link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from errno import EACCES, ENAMETOOLONG, ENOENT, EPERM, ESRCH
from typing import NamedTuple

from ..raw import RawDescriptor, RawMount, Record, Unread
from .mounts import TMPFS, Mounts, is_memory, is_remote, mount_number
from .patience import Patience
from .root import Directory
from .states import is_ending
from .workers import MANY, share_size, side_by_side

_GONE = (ENOENT, ESRCH)


class Wish(NamedTuple):
    """Which descriptors are wanted; of the others as little is read as tells it."""

    link: Callable[[bytes], bool]
    """Whether one with this link is."""
    within: Callable[[RawMount | None], bool] | None = None
    """Whether a path that was opened through this mount is; None: each."""

    text: Callable[[bytes, bytes], bool] | None = None
    """Whether one with this link and fdinfo is; None: each."""

    unread: bool = False
    """Whether one is whose link could not be read."""

    def may_be(self, link: bytes | Unread) -> bool:
        """Whether one with this link may be; a path that is too long to be told may be any."""
        if isinstance(link, Unread):
            return self is EVERYTHING or self.unread or (link.errno == ENAMETOOLONG and self.link(b"/"))
        return self.link(link)

    def may_have(self, link: bytes, fdinfo: bytes) -> bool:
        """Whether one with this link and fdinfo may be."""
        return self.text is None or self.text(link, fdinfo)

    def may_be_within(self, mount: RawMount | None) -> bool:
        """Whether one that was opened through this mount may be."""
        return self.within is None or self.within(mount)


EVERYTHING = Wish(lambda _: True)


def may_block(mount: RawMount | None) -> bool:
    """Whether stat(2) on a file that was opened through this mount could wait for a server.

    A path of no known mount may belong to one that was detached or that another namespace has. The memory files
    of the kernel itself are in no mount table either, and the form of their paths proves nothing, as a file of a
    detached mount is called as its owner likes: they are known by the number of their mount (`is_memory`).
    """
    return mount is None or is_remote(mount.type)


def descriptors(
    task: Directory,
    pid: int,
    tid: int | None,
    mounts: Mounts,
    patience: Patience,
    helpers: int = 0,
    *,
    numbers: list[int] | None = None,
    wish: Wish | None = None,
) -> Iterator[Record]:
    """Every descriptor in the table of `task`, the directory of a process or of one of its threads.

    Or these `numbers` of it; or those that are as the `wish` is.

    A descriptor that is closed while the table is read is not in it any more and is left out, as is the table of
    a thread that ends. One whose stat(2) may block is put off: it comes out of `patience`. So many `helpers` may
    read parts of a large table.
    """
    links, infos = task.open(b"fd"), task.open(b"fdinfo")
    told = links if isinstance(links, Unread) else _readable_numbers(links) if numbers is None else numbers
    if isinstance(told, Unread):
        if tid is None:
            yield told._replace(what="descriptors")
        elif told.errno not in _GONE and not is_ending(task):
            yield told._replace(what=f"descriptors of thread {tid}")
    elif told and isinstance(links, Directory):
        readable = infos if isinstance(infos, Directory) else None
        if isinstance(infos, Unread):
            yield infos

        def part(numbers: list[int]) -> Iterator[RawDescriptor | Unread]:
            return _table(links, readable, numbers, (pid, tid), mounts, patience, wish or EVERYTHING)

        if helpers and len(told) >= MANY:
            size = share_size(len(told))
            parts = [told[place : place + size] for place in range(0, len(told), size)]
            yield from side_by_side(parts, part, begin=patience.forget, rest=patience.answers, most=helpers)
        else:
            yield from part(told)
    for directory in (links, infos):
        if isinstance(directory, Directory):
            directory.close()


def _readable_numbers(links: Directory) -> list[int] | Unread:
    """The numbers of a table; one refusal stands for all links, as ptrace(2) rights are those of a process."""
    numbers = links.numbers()
    if isinstance(numbers, list) and numbers:
        first = links.link(b"%d" % numbers[0])
        if isinstance(first, Unread) and first.errno in (EACCES, EPERM):
            return first
    return numbers


def _table(
    links: Directory,
    infos: Directory | None,
    numbers: list[int],
    owner: tuple[int, int | None],
    mounts: Mounts,
    patience: Patience,
    wish: Wish,
) -> Iterator[RawDescriptor | Unread]:
    """These descriptors of one table. Most of the time of a scan is spent here: three calls for each."""
    pid, tid = owner
    known_mounts = mounts.table(pid) if numbers else {}
    choosy = wish is not EVERYTHING
    for fd in numbers:
        name = b"%d" % fd
        link = links.link(name, fd)
        if choosy and not wish.may_be(link):
            continue
        info = infos.read(name, fd) if infos is not None else b""
        if isinstance(link, Unread) or isinstance(info, Unread):
            unread = [one for one in (link, info) if isinstance(one, Unread)]
            if any(one.errno in _GONE for one in unread):
                continue
            yield from (one._replace(what="link") if one is link else one for one in unread)
            info = b"" if isinstance(info, Unread) else info
            if isinstance(link, Unread) and link.errno != ENAMETOOLONG:
                yield RawDescriptor(pid, fd, b"", info, None, None, None, tid)
                continue
            link = b"" if isinstance(link, Unread) else link
        if choosy and not wish.may_have(link, info):
            continue
        if link and link[:1] != b"/":
            protocol = links.protocol(name) if link.startswith(b"socket:") else b""
            yield RawDescriptor(pid, fd, link, info, None, None, None, tid, protocol)
            continue
        mount_id = mount_number(info)
        mount = None if mount_id is None else known_mounts.get(mount_id)
        if choosy and not wish.may_be_within(mount):
            continue
        magic = None
        if not links.recorded and may_block(mount):
            if not is_memory(mount_id):
                raw = RawDescriptor(pid, fd, link, info, None, mount, None, tid)
                patience.ask(raw, links.number, name, mount)
                continue
            magic = TMPFS
        status = links.status(name, fd)
        if isinstance(status, Unread):
            yield from _without_status(status, links, RawDescriptor(pid, fd, link, info, None, mount, magic, tid))
        else:
            yield RawDescriptor(pid, fd, link, info, status, mount, magic, tid)


def _without_status(refused: Unread, links: Directory, raw: RawDescriptor) -> Iterator[RawDescriptor | Unread]:
    """A descriptor that stat(2) did not answer for, and why; nothing, if it is gone."""
    if refused.errno not in _GONE:
        if not links.recorded:
            yield refused
        yield raw
