"""stat(2) on files whose server may never answer, with a deadline.

A call that waits for a dead NFS or FUSE server cannot be interrupted, and a process with a thread in such a
call cannot end. So the calls are made by child processes, one for each mount, which are left behind when
the time is up: each ends by itself as soon as the kernel lets it go.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Iterator
from errno import ETIMEDOUT
from typing import NamedTuple

from ..raw import RawDescriptor, RawHeldFile, RawMount, Unread

Answerable = RawDescriptor | RawHeldFile


class Question(NamedTuple):
    """A record that waits for its stat(2)."""

    record: Answerable
    directory: int
    name: bytes


class Patience:
    """Collects questions while a scan goes on, and answers them at its end."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._questions: dict[RawMount | None, list[Question]] = {}
        self._directories: dict[tuple[int, int], int] = {}

    def ask(self, record: Answerable, directory: int, name: bytes, mount: RawMount | None) -> None:
        """Puts off ``stat(name)`` in `directory`, an open descriptor, which may be closed meanwhile."""
        self._questions.setdefault(mount, []).append(Question(record, self._keep(record.pid, directory), name))

    def _keep(self, pid: int, directory: int) -> int:
        status = os.fstat(directory)
        key = (pid, status.st_ino)
        if key not in self._directories:
            self._directories[key] = os.dup(directory)
        return self._directories[key]

    def answers(self) -> Iterator[Answerable | Unread]:
        """Each record with its status, or without it and with the reason; takes `timeout_s` at most."""
        groups = list(self._questions.values())
        self._questions = {}
        workers: dict[int, tuple[int, list[Question]]] = {}
        for group in groups:
            pid, reader = _start(group, list(workers))
            workers[reader] = (pid, group)
        deadline = time.monotonic() + self._timeout_s
        answers = _collect(list(workers), deadline)
        for reader, (pid, group) in workers.items():
            os.close(reader)
            _abandon(pid)
            yield from _joined(group, answers[reader])
        for directory in self._directories.values():
            os.close(directory)
        self._directories = {}


def _start(group: list[Question], others: list[int]) -> tuple[int, int]:
    """A child that answers one group through a pipe; it holds nothing else that anyone waits for."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    try:
        for number in (0, 1, 2, reader, *others):
            try:
                os.close(number)
            except OSError:
                pass
        magic_of = _statfs_type()
        for index, question in enumerate(group):
            os.write(writer, _answer(index, question, magic_of))
    finally:
        os._exit(0)


def _answer(index: int, question: Question, magic_of: Callable[[bytes], int]) -> bytes:
    try:
        status = os.stat(question.name, dir_fd=question.directory)
    except OSError as error:
        return b"%d %d\n" % (index, error.errno or ETIMEDOUT)
    magic = -1
    if isinstance(question.record, RawDescriptor) and question.record.mount is None:
        magic = magic_of(b"/proc/self/fd/%d/%s" % (question.directory, question.name))
    numbers = (*status[:7], status.st_rdev, status.st_blocks, magic)
    return b"%d 0 %s\n" % (index, b" ".join(b"%d" % number for number in numbers))


def _statfs_type() -> Callable[[bytes], int]:
    """A function from a path to its f_type (statfs(2)), which the standard library leaves out; -1: unknown."""
    import ctypes  # only a child that stats unusual files needs it

    libc = ctypes.CDLL(None)

    def f_type(path: bytes) -> int:
        buffer = ctypes.create_string_buffer(256)
        if libc.statfs(path, buffer):
            return -1
        return ctypes.c_long.from_buffer(buffer).value & 0xFFFFFFFF

    return f_type


def _collect(readers: list[int], deadline: float) -> dict[int, bytes]:
    """What each child has said until it ended or the time was up."""
    said = dict.fromkeys(readers, b"")
    poller = select.poll()
    for reader in readers:
        poller.register(reader, select.POLLIN)
    open_readers = set(readers)
    while open_readers:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        for reader, _ in poller.poll(left * 1000):
            part = os.read(reader, 1 << 16)
            said[reader] += part
            if not part:
                poller.unregister(reader)
                open_readers.discard(reader)
    return said


def _abandon(pid: int) -> None:
    """Ends a child that still waits; one that cannot end yet is not waited for."""
    if os.waitpid(pid, os.WNOHANG)[0] == 0:
        os.kill(pid, 9)
        os.waitpid(pid, os.WNOHANG)


def _joined(group: list[Question], said: bytes) -> Iterator[Answerable | Unread]:
    answers = {}
    for line in said.split(b"\n")[:-1]:
        index, errno, *numbers = (int(word) for word in line.split())
        answers[index] = (errno, numbers)
    for index, question in enumerate(group):
        record = question.record
        errno, numbers = answers.get(index, (ETIMEDOUT, []))
        if errno:
            fd = record.fd if isinstance(record, RawDescriptor) else None
            what = "status" if isinstance(record, RawDescriptor) else f"status of {record.role}"
            yield Unread(what, errno, record.pid, fd)
            yield record
            continue
        *basic, rdev, blocks, magic = numbers
        status = os.stat_result((*basic, 0, 0, 0), {"st_rdev": rdev, "st_blocks": blocks})
        if isinstance(record, RawDescriptor):
            yield record._replace(status=status, magic=magic if magic >= 0 else None)
        else:
            yield record._replace(status=status)
