"""The same files of the same tasks read again and again: held open, so that one read costs one system call.

An open file of ``/proc/PID`` belongs to the task for which it was opened: when that ends it answers ESRCH, and
never tells of another one that has been given the same number.
"""

from __future__ import annotations

import _thread
import os
from errno import EMFILE, ENFILE, ENOENT, ESRCH
from typing import ClassVar

from ..raw import Unread
from .root import Directory, Proc

_READ = os.O_RDONLY | os.O_CLOEXEC
_ENOUGH = 8192
_SPARE = 64
"""Descriptors that are left for everything else."""


class ManyOpen:
    """Raises the soft limit of descriptors of fdscope itself to the hard one, until `undo`.

    There may be several at once, in several threads; the last one sets the limit to what it was before the first.
    """

    _turn = _thread.allocate_lock()
    _raised: ClassVar[set[ManyOpen]] = set()
    _before = (0, 0)

    def __init__(self) -> None:
        import resource

        self._limit = resource.RLIMIT_NOFILE
        self._set = resource.setrlimit
        with self._turn:
            soft, hard = resource.getrlimit(self._limit)
            if not self._raised:
                ManyOpen._before = (soft, hard)
            self._raised.add(self)
            most = 1 << 20 if hard == resource.RLIM_INFINITY else hard
            try:
                if soft != resource.RLIM_INFINITY:
                    self._set(self._limit, (most, hard))
            except (OSError, ValueError):
                most = soft
        self.room = max(most - _SPARE, 0) // 2
        """How many files may be held open, half of what is allowed; and as many directories."""

    def undo(self) -> None:
        """Sets the limit to what it was, unless others need it still."""
        with self._turn:
            if self in self._raised:
                self._raised.remove(self)
                if not self._raised:
                    self._set(self._limit, self._before)


class Counters:
    """The files of one process and its threads."""

    def __init__(self, directory: Directory, room: list[int]) -> None:
        """`room` holds how many more files, and directories, may be held open for all processes together."""
        self._directory = directory
        self._room = room
        self._task: Directory | None = None
        self._open: dict[bytes, dict[int, int]] = {}

    @classmethod
    def of(cls, proc: Proc, pid: int, room: list[int]) -> Counters | Unread:
        """Those of a process, as long as it lives. Unread with EMFILE: no more may be held open."""
        if room[1:] == [0]:
            return Unread("process", EMFILE, pid)
        directory = proc.process(pid)
        if isinstance(directory, Unread):
            return directory
        room[1:] = [room[1] - 1] if room[1:] else []
        return cls(directory, room)

    def close(self) -> None:
        """Lets everything go."""
        for opened in self._open.values():
            for number in opened.values():
                os.close(number)
            self._room[0] += len(opened)
        self._open.clear()
        if self._task is not None:
            self._task.close()
            self._room[0] += 1
        self._directory.close()
        self._room[1:] = [self._room[1] + 1] if self._room[1:] else []

    def threads(self) -> list[int] | None:
        """Its threads; None: it has ended."""
        if self._task is None:
            opened = self._directory.open(b"task")
            if isinstance(opened, Unread):
                return None
            if self._room[0] <= 0:
                with opened:
                    listed = opened.numbers()
                return None if isinstance(listed, Unread) else listed or None
            self._task = opened
            self._room[0] -= 1
        numbers = self._task.numbers()
        return None if isinstance(numbers, Unread) else numbers or None

    def read(self, name: bytes) -> bytes | Unread:
        """A file of the process, such as ``stat``."""
        return self._read(0, name)

    def of_thread(self, tid: int, name: bytes) -> bytes | Unread:
        """A file of one of its threads; Unread with ESRCH or ENOENT: that has ended."""
        return self._read(tid, name)

    def of_threads(self, tids: list[int], name: bytes) -> list[bytes | Unread]:
        """As `of_thread`, of many: it is what a watch of thousands of threads costs."""
        opened, pread = self._open.setdefault(name, {}), os.pread
        found: list[bytes | Unread] = []
        for tid in tids:
            try:
                found.append(pread(opened[tid], _ENOUGH, 0))
            except (KeyError, OSError):
                found.append(self._read(tid, name))
        return found

    def forget(self, tid: int) -> None:
        """Lets the files of a thread go."""
        for opened in self._open.values():
            if tid in opened:
                self._let_go(opened, tid)

    def descriptor_count(self) -> int | None:
        """Entries of the descriptor table, as the kernel counts them since Linux 6.2; None: not told."""
        status = self._directory.status(b"fd")
        return None if isinstance(status, Unread) else status.st_size or None

    def listed_count(self) -> int | None:
        """The same by listing them, for older kernels; None: that is not allowed, or it has ended."""
        directory = self._directory.open(b"fd")
        if isinstance(directory, Unread):
            return None
        with directory:
            numbers = directory.numbers()
        return None if isinstance(numbers, Unread) else len(numbers)

    def links(self) -> dict[int, bytes] | Unread:
        """Number and link of every descriptor."""
        directory = self._directory.open(b"fd")
        if isinstance(directory, Unread):
            return directory
        found = {}
        with directory:
            numbers = directory.numbers()
            if isinstance(numbers, Unread):
                return numbers
            for fd in numbers:
                link = directory.link(b"%d" % fd)
                if isinstance(link, bytes):
                    found[fd] = link
                elif link.errno not in (ENOENT, ESRCH):
                    return link
        return found

    def positions(self, numbers: list[int]) -> dict[int, bytes]:
        """``fdinfo`` of some descriptors; one that is gone is left out."""
        directory = self._directory.open(b"fdinfo")
        if isinstance(directory, Unread):
            return {}
        with directory:
            found = {fd: directory.read(b"%d" % fd) for fd in numbers}
        return {fd: text for fd, text in found.items() if isinstance(text, bytes)}

    def _read(self, tid: int, name: bytes) -> bytes | Unread:
        opened = self._open.setdefault(name, {})
        number = opened.get(tid)
        if number is not None:
            content = self._pread(number, name)
            if isinstance(content, Unread):
                self._let_go(opened, tid)
            return content
        fresh = self._opened(tid, name)
        if isinstance(fresh, Unread):
            return fresh
        if self._room[0] > 0:
            opened[tid] = fresh
            self._room[0] -= 1
            return self._pread(fresh, name)
        try:
            return self._pread(fresh, name)
        finally:
            os.close(fresh)

    def _pread(self, number: int, name: bytes) -> bytes | Unread:
        try:
            return os.pread(number, _ENOUGH, 0)
        except OSError as error:
            return Unread(name.decode(), error.errno or ESRCH, self._directory.pid)

    def _opened(self, tid: int, name: bytes) -> int | Unread:
        path = b"task/%d/%s" % (tid, name) if tid else name
        try:
            return os.open(path, _READ, dir_fd=self._directory.number)
        except OSError as error:
            if error.errno in (EMFILE, ENFILE):
                self._room[0] = 0
            return Unread(name.decode(), error.errno or ESRCH, self._directory.pid)

    def _let_go(self, opened: dict[int, int], tid: int) -> None:
        os.close(opened.pop(tid))
        self._room[0] += 1


class Machine:
    """The files of the machine that are read at every tick."""

    def __init__(self, proc: Proc) -> None:
        self._proc = proc
        self._missing: set[bytes] = set()

    def read(self, name: bytes) -> bytes:
        """``stat`` or ``pressure/cpu``; empty where there is none."""
        if name in self._missing:
            return b""
        content = self._proc.read_all(name)
        if isinstance(content, Unread):
            self._missing.add(name)
            return b""
        return content
