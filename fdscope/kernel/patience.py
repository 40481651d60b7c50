"""stat(2) on files whose server may never answer, with a deadline.

A call that waits for a dead NFS or FUSE server cannot be interrupted, and a process with a thread in such a
call cannot end. So the calls are made by child processes, which are left behind when the time is up: each ends
by itself as soon as the kernel lets it go. There is one child for each mount that is known to have a server,
so that one of them does not delay another, and one for all files whose mount is not known for sure.
"""

from __future__ import annotations

import functools
import os
import select
import time
from collections.abc import Iterator
from errno import ENOENT, ESRCH, ETIMEDOUT
from typing import Any, NamedTuple

from ..quiet import quiet
from ..raw import RawDescriptor, RawHeldFile, RawMount, Unread

Answerable = RawDescriptor | RawHeldFile

_GONE = (ENOENT, ESRCH)
_ROOM = 128  # directories that are kept open for the children: an eighth of the usual RLIMIT_NOFILE
_left_behind: set[int] = set()  # children that could not end yet


class Question(NamedTuple):
    """A record that waits for its stat(2)."""

    record: Answerable
    directory: int
    name: bytes


class Patience:
    """Collects questions while a scan goes on, and answers them when its room is full and at the end."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._left_s = timeout_s
        self._questions: dict[RawMount | None, list[Question]] = {}
        self._directories: dict[tuple[int, int], int] = {}
        self._silent: set[RawMount] = set()
        self._unasked: list[Answerable | Unread] = []

    @property
    def is_full(self) -> bool:
        """Whether `answers` should be asked for before anything else is put off."""
        return len(self._directories) >= _ROOM

    def ask(self, record: Answerable, directory: int, name: bytes, mount: RawMount | None) -> None:
        """Puts off ``stat(name)`` in `directory`, an open descriptor, which may be closed meanwhile.

        Args:
            record: what is to be completed.
            directory: where the link stands.
            name: the link.
            mount: the mount of a server, which holds the file for sure; None: any other mount.
        """
        try:
            kept = self._keep(record.pid, directory)
        except OSError as error:  # this process may have no more descriptors
            self._unasked += _without_status(record, error.errno or ETIMEDOUT)
            return
        self._questions.setdefault(mount, []).append(Question(record, kept, name))

    def _keep(self, pid: int, directory: int) -> int:
        key = (pid, os.fstat(directory).st_ino)
        if key not in self._directories:
            self._directories[key] = os.dup(directory)
        return self._directories[key]

    def forget(self) -> None:
        """Drops all questions: in a copy of this process that is to answer its own only."""
        for directory in self._directories.values():
            os.close(directory)
        self._questions, self._directories, self._unasked = {}, {}, []

    def answers(self) -> Iterator[Answerable | Unread]:
        """Each record with its status, or without it and with the reason.

        All calls together wait for the timeout and little more; a mount that was silent is not asked again.
        """
        yield from self._unasked
        self._unasked = []
        groups = [_Group(mount, questions) for mount, questions in self._questions.items()]
        self._questions = {}
        began = time.monotonic()
        try:
            _ask([group for group in groups if group.mount not in self._silent], self._left_s)
        finally:
            for group in groups:
                group.end()
        silent = [group for group in groups if len(group.answers) < len(group.questions)]
        if silent:
            self._silent.update(group.mount for group in silent if group.mount is not None)
            self._left_s = max(self._timeout_s / 10, self._left_s - (time.monotonic() - began))
        for group in groups:
            yield from group.records()
        for directory in self._directories.values():
            os.close(directory)
        self._directories = {}


class _Group:
    """Questions that one child after another works on, and their answers so far."""

    def __init__(self, mount: RawMount | None, questions: list[Question]) -> None:
        self.mount = mount
        self.questions = questions
        self.answers: dict[int, list[int]] = {}
        """Index of a question to the errno and the numbers of its answer."""
        self.heard_at = 0.0
        self._pid = self.reader = -1
        self._rest = b""

    def start(self, number: int) -> None:
        """Has a child answer the questions from this number on."""
        try:
            self._pid, self.reader = _fork(self.questions, number)
            self.heard_at = time.monotonic()  # not before: other threads may have had to be waited for
        except OSError as error:  # no more processes or descriptors are allowed
            for index in range(number, len(self.questions)):
                self.answers[index] = [error.errno or ETIMEDOUT]

    def hear(self) -> None:
        """Takes what the child says; at the end of its words lets it go."""
        part = os.read(self.reader, 1 << 16)
        self.heard_at = time.monotonic()
        *lines, self._rest = (self._rest + part).split(b"\n")
        for line in lines:
            index, *numbers = map(int, line.split())
            self.answers[index] = numbers
        # a copy of this process, made by another thread, may hold the pipe open for long
        if not part or len(self.answers) == len(self.questions):
            os.close(self.reader)
            self.reader = -1
            reap(self._pid, 0)

    def skip(self) -> None:
        """Gives up the question that the child waits for, and has another child go on with the next."""
        self.end()
        waited_for = max(self.answers, default=-1) + 1
        self.answers[waited_for] = [ETIMEDOUT]
        if waited_for + 1 < len(self.questions):
            self.start(waited_for + 1)

    def end(self) -> None:
        """Ends the child if it still works; one that cannot end yet is left behind."""
        if self.reader >= 0:
            os.close(self.reader)
            self.reader = -1
            self._rest = b""
            leave_behind(self._pid)
        else:
            reap_left_behind()

    def records(self) -> Iterator[Answerable | Unread]:
        """Every record, completed or with the reason why not. A descriptor that was closed is left out."""
        for index, question in enumerate(self.questions):
            record = question.record
            errno, *numbers = self.answers.get(index, [ETIMEDOUT])
            if not errno:
                *basic, rdev, block, blocks, magic = numbers
                more = {"st_rdev": rdev, "st_blksize": block, "st_blocks": blocks}
                status = os.stat_result((*basic, 0, 0, 0), more)
                if isinstance(record, RawHeldFile):
                    yield record._replace(status=status)
                else:
                    yield record._replace(status=status, magic=magic if magic >= 0 else None)
            elif errno not in _GONE or _is_there(question):
                yield from _without_status(record, errno)


def _without_status(record: Answerable, errno: int) -> tuple[Unread, Answerable]:
    if isinstance(record, RawDescriptor):
        return Unread("status", errno, record.pid, record.fd), record
    return Unread(f"status of {record.role}", errno, record.pid), record


def _ask(groups: list[_Group], seconds: float) -> None:
    """Has all groups answered, side by side, or as far as it goes in this time."""
    deadline = time.monotonic() + seconds
    for group in groups:
        group.start(0)
    while working := [group for group in groups if group.reader >= 0]:
        now = time.monotonic()
        # where mounts are mixed, one that is silent must not cost the others their answer
        tired = {group: group.heard_at + seconds / 4 for group in working if group.mount is None}
        until = min([deadline, *tired.values()])
        speaking = _speaking(working, until - now)
        for group in working:
            if group in speaking:
                group.hear()
            # asked again, as it may be this process that is late: other threads had their turn meanwhile
            elif group in tired and time.monotonic() >= tired[group] and not _speaking([group], 0):
                group.skip()
        if now >= deadline:
            return


def _speaking(groups: list[_Group], seconds: float) -> list[_Group]:
    """Those whose child has said something, within this time."""
    poller = select.poll()
    for group in groups:
        poller.register(group.reader, select.POLLIN)
    speaking = {reader for reader, _ in poller.poll(max(0.0, seconds) * 1000 + 1)}
    return [group for group in groups if group.reader in speaking]


def _fork(questions: list[Question], number: int) -> tuple[int, int]:
    """A child that answers through a pipe; it holds nothing else that anyone may wait for."""
    if any(_needs_magic(question) for question in questions[number:]):
        _c_library()  # not in the child: another thread may just be importing ctypes, and holds its lock for ever
    reader, writer = os.pipe()
    try:
        with quiet():  # since Python 3.12 one of forking beside threads: the child makes plain calls and ends
            pid = os.fork()
    except OSError:
        os.close(reader)
        os.close(writer)
        raise
    if pid:
        os.close(writer)
        return pid, reader
    try:
        close_all_but({writer, *(question.directory for question in questions)})
        for index in range(number, len(questions)):
            os.write(writer, _answer(index, questions[index]))
    finally:
        os._exit(0)


def close_all_but(kept: set[int]) -> None:
    """Closes what a child must not hold, as somebody may wait for it to be closed."""
    try:
        numbers = [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        numbers = list(range(256))
    for number in numbers:
        if number not in kept:
            try:
                os.close(number)
            except OSError:
                pass


def _answer(index: int, question: Question) -> bytes:
    try:
        status = os.stat(question.name, dir_fd=question.directory)
    except OSError as error:
        return b"%d %d\n" % (index, error.errno or ETIMEDOUT)
    magic = -1
    if _needs_magic(question):
        magic = _magic(b"/proc/self/fd/%d/%s" % (question.directory, question.name))
    numbers = (*status[:7], status.st_rdev, status.st_blksize, status.st_blocks, magic)
    return b"%d 0 %s\n" % (index, b" ".join(b"%d" % number for number in numbers))


def _needs_magic(question: Question) -> bool:
    return isinstance(question.record, RawDescriptor) and question.record.mount is None


def _magic(path: bytes) -> int:
    """The f_type of a path (statfs(2)), which the standard library leaves out; -1: unknown."""
    import ctypes  # only a scan that meets unusual files needs it

    buffer = ctypes.create_string_buffer(256)
    if _c_library().statfs(path, buffer):
        return -1
    return ctypes.c_long.from_buffer(buffer).value & 0xFFFFFFFF


@functools.cache
def _c_library() -> Any:
    """The library that has statfs(2); to open it takes ten times as long as the call."""
    import ctypes

    return ctypes.CDLL(None)


def leave_behind(child: int) -> None:
    """Ends a child process that does not answer: now, or as soon as the kernel lets it go."""
    os.kill(child, 9)
    _left_behind.add(child)
    reap_left_behind()


def reap_left_behind() -> None:
    """Takes leave of children that could not end before, and have ended now."""
    for pid in list(_left_behind):
        try:
            _left_behind.remove(pid)
        except KeyError:  # another thread has taken it on; its number may be that of another child by now
            continue
        if not reap(pid, os.WNOHANG):
            _left_behind.add(pid)


def reap(pid: int, options: int) -> bool:
    """Whether a child has ended; also where this process was started with SIGCHLD ignored, and keeps none."""
    try:
        return os.waitpid(pid, options)[0] == pid
    except ChildProcessError:
        return True


def _is_there(question: Question) -> bool:
    """Whether the link still stands, so that it is the file that is not found."""
    try:
        os.readlink(question.name, dir_fd=question.directory)
    except OSError:
        return False
    return True
