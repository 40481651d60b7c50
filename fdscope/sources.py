"""Which source descriptors are read from: bpf where it is allowed and pays, else proc."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, NamedTuple

from .debug import tell
from .kernel.mounts import Mounts
from .kernel.processes import descriptor_count
from .kernel.root import Proc
from .kernel.source import ProcSource, Source
from .selection import UsageError
from .syscalls import telling

if TYPE_CHECKING:
    from .kernel.bpfsource import BpfSource
    from .kernel.switched import Switched


class Narrow(NamedTuple):
    """Which descriptors are wanted, as far as a source can tell before it has read them."""

    wanted: Callable[[bytes], bool] | None = None
    """Whether those with this link are; None: all are."""
    types: int = 0
    """Bit n: files whose S_IFMT of inode(7) is n << 12; 0: all."""
    user: int | None = None
    """Effective user id of all processes that are wanted; None: not known."""


_FEW = 16
"""So few processes are read by /proc, whatever they hold."""
PAYS = 3000
"""Descriptors from which on bpf is faster, as it takes 40 ms to load."""


def chosen(
    word: str,
    proc_source: ProcSource,
    root: Proc,
    mounts: Mounts,
    stack: contextlib.ExitStack,
    *,
    pids: Collection[int] | None,
    brief: bool,
    narrow: Narrow,
) -> Source:
    """The source that a word names.

    Args:
        word: ``proc``, ``bpf`` or ``auto``.
        proc_source: the source that always works.
        root: the proc file system.
        mounts: its mount tables.
        stack: what closes the source at the end.
        pids: the processes that are to be read; None: all.
        brief: whether descriptors are only to be counted by kind.
        narrow: what else is known of the descriptors that are wanted.

    Raises:
        UsageError: it is none of these, or bpf was asked for by name and cannot be used.
    """
    _must_be_a_source(word)
    if word == "proc":
        return proc_source
    if word == "auto" and not ((pids is None or len(pids) > _FEW) and pays(root, pids)):
        tell("source: proc, which is faster for so few descriptors")
        return proc_source
    from .kernel.bpf import NotLoaded  # ctypes takes 3 ms to load
    from .kernel.bpfsource import BpfSource

    try:
        found = stack.enter_context(BpfSource(root, mounts, proc_source, brief=brief, **narrow._asdict()))
        if word == "bpf":
            found.load()
        tell("source: bpf")
        return found
    except NotLoaded as reason:
        if word == "bpf":
            raise UsageError(f"the bpf source cannot be used: {reason} ('fdscope doctor' tells more)") from None
        tell(f"source: proc, as bpf cannot be used: {reason}")
        return proc_source


def _must_be_a_source(word: str) -> None:
    if word not in ("auto", "proc", "bpf"):
        raise UsageError(f"a source is auto, proc or bpf, not {word!r:.60}")


def searching(
    proc_source: ProcSource,
    root: Proc,
    mounts: Mounts,
    stack: contextlib.ExitStack,
    *,
    links_only: bool,
    file_types: Collection[int],
    inodes: Collection[int],
) -> ProcSource | BpfSource:
    """The source to look for holders of something with.

    Args:
        proc_source: the source that always works.
        root: the proc file system.
        mounts: its mount tables.
        stack: what closes the source at the end.
        links_only: whether nothing but links is wanted.
        file_types: the only types of file that may be wanted, as S_IFMT of inode(7); none: any may be.
        inodes: the only inode numbers that may be wanted; none: any may be.
    """
    if not pays(root):
        return proc_source
    from .kernel.bpf import NotLoaded  # ctypes takes 3 ms to load
    from .kernel.bpfsource import BpfSource
    from .kernel.programs.owners import MOST_INODES

    inodes = inodes if len(inodes) <= MOST_INODES else ()
    types = sum(1 << (one >> 12) for one in file_types)
    try:
        return stack.enter_context(
            BpfSource(root, mounts, proc_source, links_only=links_only, types=types, inodes=inodes)
        )
    except NotLoaded as reason:
        tell(f"source: proc, as bpf cannot be used: {reason}")
        return proc_source


def counting(word: str, root: Proc, *, everyone: bool) -> Switched | None:
    """What counts every switch by what it was for; None: nothing does, threads are looked at now and then.

    Args:
        word: ``proc``, ``bpf`` or ``auto``.
        root: the proc file system.
        everyone: whether all processes are watched.

    Raises:
        UsageError: it is none of these, or bpf was asked for by name and cannot be used.
    """
    _must_be_a_source(word)
    if word == "proc":
        return None
    from .kernel.bpf import NotLoaded  # ctypes takes 3 ms to load
    from .kernel.switched import Switched

    try:
        found = Switched(root, telling(os.uname().machine), everyone=everyone)
        try:
            found.begin()
        except NotLoaded:
            found.close()
            raise
    except NotLoaded as reason:
        if word == "bpf":
            raise UsageError(f"the bpf source cannot be used: {reason} ('fdscope doctor' tells more)") from None
        tell(f"switches are sampled, as bpf cannot be used: {reason}")
        return None
    tell("every switch is counted by a BPF program")
    return found


def pays(root: Proc, pids: Collection[int] | None = None) -> bool:
    """Whether these processes, or all, hold so much that bpf is faster; without a count of the kernel's, no."""
    count = 0
    for pid in root.pids() if pids is None else pids:
        count += descriptor_count(root, b"%d/fd" % pid) or 0
        if count >= PAYS:
            return True
    return False
