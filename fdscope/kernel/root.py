"""A proc file system, or a recorded tree of one, read as bytes; errors become values here.

Every path goes through `Proc` or one of its directories. A directory is held open while it is read, so
that all that comes out of it belongs to one process: when that process ends and its pid is given to
another, the held directory answers ESRCH instead of telling about the newcomer.
"""

from __future__ import annotations

import os
from collections.abc import Container
from errno import EACCES, ENOENT, ENOSYS, EPERM, ESRCH

from ..raw import Unread

_CHUNK = 4096
_READ = os.O_RDONLY | os.O_CLOEXEC


class Directory:
    """An open directory below a proc root. Close it, or use it in a `with` statement."""

    __slots__ = ("number", "pid", "recorded", "what")

    def __init__(self, number: int, what: str, pid: int | None, recorded: bool) -> None:
        self.number = number
        self.what = what
        self.pid = pid
        self.recorded = recorded
        """Whether it is in a recorded tree: its links are text, and lead to files of another machine."""

    def __enter__(self) -> Directory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets the directory go."""
        os.close(self.number)

    def _unread(self, name: bytes, error: OSError, fd: int | None = None) -> Unread:
        what = os.fsdecode(name) if fd is None else self.what
        return Unread(what, error.errno or ESRCH, self.pid, fd)

    def read(self, name: bytes, fd: int | None = None) -> bytes | Unread:
        """The whole content of a file. `fd` is the descriptor that a failure will be told of."""
        try:
            number = os.open(name, _READ, dir_fd=self.number)
        except OSError as error:
            return self._unread(name, error, fd)
        try:
            content = os.read(number, _CHUNK)
            if len(content) == _CHUNK:  # a shorter answer is all there is: proc(5) files are made in one go
                parts = [content]
                while part := os.read(number, 1 << 16):
                    parts.append(part)
                content = b"".join(parts)
        except OSError as error:
            return self._unread(name, error, fd)
        finally:
            os.close(number)
        return content

    def read_all(self, name: bytes) -> bytes | Unread:
        """The whole content of a file that is made line by line, as maps and mountinfo are."""
        try:
            number = os.open(name, _READ, dir_fd=self.number)
        except OSError as error:
            return self._unread(name, error)
        parts = []
        try:
            while part := os.read(number, 1 << 16):
                parts.append(part)
        except OSError as error:
            return self._unread(name, error)
        finally:
            os.close(number)
        return b"".join(parts)

    def link(self, name: bytes, fd: int | None = None) -> bytes | Unread:
        """What a symbolic link points to."""
        try:
            return os.readlink(name, dir_fd=self.number)
        except OSError as error:
            return self._unread(name, error, fd)

    def status(self, name: bytes, fd: int | None = None) -> os.stat_result | Unread:
        """stat(2) of what a link leads to. Blocks while a file system does not answer.

        In a recorded tree there is none (ENOSYS): it would be that of a file of today's machine.
        """
        if self.recorded:
            return Unread("status", ENOSYS, self.pid, fd)
        try:
            return os.stat(name, dir_fd=self.number)
        except OSError as error:
            return Unread("status", error.errno or ESRCH, self.pid, fd)

    def links(self, wanted: Container[str]) -> list[tuple[str, str]] | Unread:
        """Name and target, as os.fsdecode gives them, of each symbolic link here whose target is `wanted`.

        Most of what it costs to look through the processes of a machine is spent here.
        """
        number, readlink, found = self.number, os.readlink, []
        try:
            names = os.listdir(number)
        except OSError as error:
            return self._unread(os.fsencode(self.what), error)
        for name in names:
            try:
                target = readlink(name, dir_fd=number)
            except OSError as error:
                if error.errno in (EACCES, EPERM):  # one refusal stands for all
                    return self._unread(os.fsencode(self.what), error)
                continue
            if target in wanted:
                found.append((name, target))
        return found

    def entries(self, name: bytes) -> int | None:
        """How many directories are in a directory below this one, as the kernel counts them; None: not known."""
        try:
            return os.stat(name, dir_fd=self.number).st_nlink - 2
        except OSError:
            return None

    def protocol(self, name: bytes) -> bytes:
        """What the kernel calls the protocol of the socket that a link leads to; empty where it does not tell.

        It stands in an extended attribute of every socket (net/socket.c, sockfs_xattr_get); nothing is opened.
        """
        if self.recorded:
            return b""
        try:
            return os.getxattr(b"/proc/self/fd/%d/%s" % (self.number, name), "system.sockprotoname").rstrip(b"\0")
        except OSError:
            return b""

    def numbers(self) -> list[int] | Unread:
        """The names in the directory that are numbers, in order."""
        try:
            return sorted(map(int, filter(str.isdigit, os.listdir(self.number))))
        except OSError as error:
            return self._unread(os.fsencode(self.what), error)

    def names(self) -> list[bytes] | Unread:
        """All names in the directory, in order."""
        try:
            return sorted(os.fsencode(name) for name in os.listdir(self.number))
        except OSError as error:
            return self._unread(os.fsencode(self.what), error)

    def open(self, name: bytes, pid: int | None = None) -> Directory | Unread:
        """A directory below this one."""
        pid = self.pid if pid is None else pid
        try:
            number = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self.number)
        except OSError as error:
            return Unread(os.fsdecode(name), error.errno or ESRCH, pid)
        return Directory(number, os.fsdecode(name), pid, self.recorded)


def _is_proc(number: int) -> bool:
    """Whether an open directory is the root of a live proc file system, told without statfs(2)'s f_type.

    Its inode is number 1 of a device of no driver (fs/proc/internal.h, PROC_ROOT_INO) and it counts neither
    blocks nor inodes.
    """
    status, system = os.fstat(number), os.statvfs(number)
    return status.st_ino == 1 and os.major(status.st_dev) == 0 and not system.f_blocks and not system.f_files


class Proc(Directory):
    """The root: ``/proc``, the same mount seen from a container, or a recorded tree.

    Raises:
        OSError: there is no such directory.
    """

    __slots__ = ("live", "path")

    def __init__(self, path: str = "/proc") -> None:
        number = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        super().__init__(number, path, None, not _is_proc(number))
        self.path = path
        own = self.link(b"self")
        self.live = own == b"%d" % os.getpid()
        """Whether its pids are those that system calls of this process understand."""

    def own_pid(self) -> int | None:
        """The pid that this process has here; None: it is not among the processes below this root."""
        own = self.link(b"self")
        return int(own) if isinstance(own, bytes) and own.isdigit() else None

    def sees_everyone(self) -> bool:
        """Whether every process of the machine can be seen: none is outside of the pid namespace, or hidden.

        The first pid namespace has a fixed number (PROC_PID_INIT_INO, include/linux/proc_ns.h); process 1 is
        there always, so if it cannot be seen, others cannot either (hidepid, proc(5)).
        """
        if self.link(b"self/ns/pid") != b"pid:[4026531836]":
            return False
        first = self.process(1)
        if isinstance(first, Unread):
            return False
        first.close()
        return True

    def hides_some(self) -> bool:
        """Whether there are processes that are not even listed: process 1 is there always (hidepid, proc(5))."""
        first = None if self.recorded else self.read(b"1/stat")
        return isinstance(first, Unread) and first.errno == ENOENT

    def process(self, pid: int) -> Directory | Unread:
        """The directory of one process, or of one thread by its thread id."""
        return self.open(b"%d" % pid, pid)

    def pids(self) -> list[int]:
        """Every process that can be seen."""
        found = self.numbers()
        return [] if isinstance(found, Unread) else found
