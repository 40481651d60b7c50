"""Which source descriptors are read from: bpf where it is allowed and pays, else proc."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from typing import TYPE_CHECKING

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

PAYS = 3000
"""Descriptors from which on bpf is faster, as it takes 40 ms to load."""


def chosen(
    word: str,
    proc_source: ProcSource,
    root: Proc,
    mounts: Mounts,
    stack: contextlib.ExitStack,
    *,
    everyone: bool,
    brief: bool,
) -> Source:
    """The source that a word names.

    Args:
        word: ``proc``, ``bpf`` or ``auto``.
        proc_source: the source that always works.
        root: the proc file system.
        mounts: its mount tables.
        stack: what closes the source at the end.
        everyone: whether all processes are to be read.
        brief: whether descriptors are only to be counted by kind.

    Raises:
        UsageError: bpf was asked for by name, and cannot be used.
    """
    if word == "proc":
        return proc_source
    if word == "auto" and not (everyone and pays(root)):
        tell("source: proc, which is faster for so few descriptors")
        return proc_source
    from .kernel.bpf import NotLoaded  # ctypes takes 3 ms to load
    from .kernel.bpfsource import BpfSource

    try:
        found = stack.enter_context(BpfSource(root, mounts, proc_source, brief=brief))
        if word == "bpf":
            found.load()
        tell("source: bpf")
        return found
    except NotLoaded as reason:
        if word == "bpf":
            raise UsageError(f"the bpf source cannot be used: {reason} ('fdscope doctor' tells more)") from None
        tell(f"source: proc, as bpf cannot be used: {reason}")
        return proc_source


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
        UsageError: bpf was asked for by name, and cannot be used.
    """
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


def pays(root: Proc) -> bool:
    """Whether there are so many descriptors that bpf is faster; without a count of the kernel's, no."""
    count = 0
    for pid in root.pids():
        count += descriptor_count(root, b"%d/fd" % pid) or 0
        if count >= PAYS:
            return True
    return False
