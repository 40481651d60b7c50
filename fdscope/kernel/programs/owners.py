"""What holders.h tells of who holds a descriptor, and how a program is told what to look for. Pure."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from struct import Struct

from ...raw import RawMount

SETTINGS = ".rodata.wanted"
MOST_INODES = 8
"""Inode numbers that a program can be told to look for."""
NO_LEADER = 8
"""A bit of ``missing``: the main thread has ended."""
REPEATS = -1
"""In the place of a thread: its table has been told of."""


def settings(
    *,
    process: int = 0,
    types: int = 0,
    user: int | None = None,
    counted: bool = False,
    inodes: Collection[int] = (),
    key: bytes = b"",
) -> bytes:
    """What a program is to look for, as `SETTINGS` holds it.

    Args:
        process: a pid; 0: all.
        types: bit n: files whose S_IFMT of inode(7) is n << 12; 0: all.
        user: effective user id of the processes; None: of all.
        counted: of places.bpf.c: neither numbers nor inodes, for `Places.counts`.
        inodes: only of objects with these inode numbers, `MOST_INODES` at most; none: of all.
        key: 16 bytes that tell open files apart by; empty: drawn now.
    """
    by_user = user is not None
    numbers = (*inodes, *(0,) * (MOST_INODES - len(inodes)))
    wanted = (process, types, user or 0, by_user, counted, 0, *numbers)
    return Struct(f"=16s6I{MOST_INODES}Q").pack(key or os.urandom(16), *wanted)


class Owners:
    """The tables that have been seen, in the order in which an iterator visits tasks."""

    def __init__(self, mounts_of: Callable[[int], Mapping[int, RawMount]]) -> None:
        """`mounts_of` gives the mounts that a process sees, by id."""
        self._mounts_of = mounts_of
        self._seen: dict[int, dict[int, int]] = {}
        self._views: dict[int, Mapping[int, RawMount]] = {}
        self.tables: dict[int, int] = {}
        """Process to a number for its descriptor table, equal in those that share one."""

    def mounts(self, pid: int, view: int) -> Mapping[int, RawMount]:
        """The mounts that a process sees; those with one view see the same."""
        found = self._views.get(view)
        if found is None:
            found = self._views[view] = self._mounts_of(pid)
        return found

    def label(self, pid: int, tid: int, table: int, missing: int) -> int | None:
        """The thread that a table is told of as its own, None for that of the process; or `REPEATS`.

        The process's own is the main thread's, or that of the first thread that lives when the main one has ended.
        Of a table that several threads of a process share everything is told once.
        """
        known = self._seen.setdefault(pid, {})
        if known.setdefault(table, tid) != tid:
            return REPEATS
        if tid == pid or (missing & NO_LEADER and len(known) == 1):
            self.tables[pid] = table
            return None
        return tid
