"""What this process may and can see here: rights, settings, and what the kernel offers."""

from __future__ import annotations

import os

from ..raw import RawAbilities, Unread
from .root import Directory, Proc
from .sameness import Sameness


def abilities(proc: Proc) -> RawAbilities:
    """Looks at this process's own files, and once at each other process; and tries the BPF programs."""
    from .trials import trials  # ctypes takes 3 ms to load

    own = proc.process(os.getpid()) if proc.live else Unread("self", 0)
    fdinfo, counts, map_files = b"", False, False
    if isinstance(own, Directory):
        with own:
            fdinfo = _bytes(own.read(b"fdinfo/%d" % proc.number))
            size = own.status(b"fd")
            counts = not isinstance(size, Unread) and size.st_size > 0
            map_files = _can_stat_a_mapping(own)
    readable, visible = _reach(proc)
    return RawAbilities(
        _bytes(proc.read(b"self/status")),
        _bytes(proc.read_all(b"self/mountinfo")),
        proc.live,
        readable,
        visible,
        counts,
        fdinfo,
        Sameness().same_table(os.getpid(), os.getpid()) is True,
        map_files,
        trials(proc),
    )


def _bytes(content: bytes | Unread) -> bytes:
    return b"" if isinstance(content, Unread) else content


def _can_stat_a_mapping(own: Directory) -> bool:
    directory = own.open(b"map_files")
    if isinstance(directory, Unread):
        return False
    with directory:
        names = directory.names()
        return isinstance(names, list) and bool(names) and not isinstance(directory.status(names[0]), Unread)


def _reach(proc: Proc) -> tuple[int, int]:
    """How many processes there are whose descriptors can be read, and how many in all."""
    readable = visible = 0
    for pid in proc.pids():
        task = proc.process(pid)
        if isinstance(task, Unread):
            continue
        with task:
            if task.read(b"cmdline") == b"":
                continue  # a thread of the kernel or a zombie holds nothing
            visible += 1
            links = task.open(b"fd")
            if isinstance(links, Directory):
                with links:
                    numbers = links.numbers()
                    if isinstance(numbers, list):
                        readable += not numbers or isinstance(links.link(b"%d" % numbers[0]), bytes)
    return readable, visible
