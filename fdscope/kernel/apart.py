"""Work in a process of its own, which may hang or die without harm: each time with a deadline.

A process that looks at others can be held up for ever, by a file system whose server is silent or by a lock of the
kernel, and then it cannot even be killed. So a process with threads, which must answer, does not look itself. It
has a helper, forked before there were threads, that does nothing but fork a child for each piece of work, wait for
its answer, and leave it behind when the time is up. What the child has used is free again when it ends.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import struct
import time
from collections.abc import Callable
from typing import NamedTuple

from ..quiet import quiet

DONE, FAILED, LATE = 0, 1, 2

_PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h
_QUESTION = struct.Struct("=d")
_ANSWER = struct.Struct("=BdQ")
_PIECE = 1 << 16
_SOON_S = 2.0
_MOST_LEFT = 3
"""So many children may hang; until one of them ends no more is begun."""


class Answer(NamedTuple):
    """What came of a piece of work."""

    result: int
    """`DONE`, `FAILED` or `LATE`."""
    cpu_s: float
    """What it and its own children have used, if it has ended."""
    data: bytes
    """What it answered; where it failed, why."""


class Apart:
    """The helper. Close it, or use it in a `with` statement."""

    def __init__(self, work: Callable[[], bytes]) -> None:
        """Forks it; to be called before any thread is begun.

        Args:
            work: what is to be done, again and again, each time in a process as it is now.
        """
        own, its = socket.socketpair()
        with quiet():  # since Python 3.12 one of forking beside threads
            self._pid = os.fork()
        if self._pid == 0:
            try:
                own.close()
                _help(its, work)
            finally:
                os._exit(0)
        its.close()
        self._socket = own

    def __enter__(self) -> Apart:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends it, and the child that works, if one does."""
        try:
            self._socket.shutdown(socket.SHUT_WR)  # nobody asks any more: it ends, and so a thread's wait for it
        except OSError:
            pass  # the helper has ended
        if not self.has_ended_within(_SOON_S):
            os.kill(self._pid, signal.SIGKILL)
        try:
            os.waitpid(self._pid, 0)
        except ChildProcessError:
            pass
        self._socket.close()

    def has_ended_within(self, seconds: float) -> bool:
        """Waits for so long; whether the helper has ended, before its time."""
        poll = select.poll()
        poll.register(self._socket, select.POLLRDHUP)  # the helper alone has the other end
        return bool(poll.poll(max(seconds, 0.0) * 1000))

    def ask(self, seconds: float) -> Answer:
        """Has the work done, within so many seconds; by one thread at a time.

        Raises:
            EOFError: the helper has been killed.
        """
        try:
            self._socket.sendall(_QUESTION.pack(seconds))
            result, cpu_s, length = _ANSWER.unpack(_received(self._socket, _ANSWER.size))
            return Answer(result, cpu_s, _received(self._socket, length))
        except OSError:
            raise EOFError from None


def prepare() -> None:
    """Imports what a look takes, once, so that no child does it again."""
    import ctypes  # noqa: F401

    import psutil  # noqa: F401

    from . import bpf, bpfsource  # noqa: F401

    gc.collect()
    gc.freeze()


def _received(source: socket.socket, length: int) -> bytes:
    found = bytearray()
    while len(found) < length:
        piece = source.recv(min(length - len(found), _PIECE))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)


def _help(asked: socket.socket, work: Callable[[], bytes]) -> None:
    """The helper: until nobody is there to ask."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # that of a terminal is for whoever asks, who then ends this
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGQUIT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    left: set[int] = set()
    try:
        while True:
            (seconds,) = _QUESTION.unpack(_received(asked, _QUESTION.size))
            for pid in [pid for pid in left if os.waitpid(pid, os.WNOHANG)[0]]:
                left.discard(pid)
            if len(left) >= _MOST_LEFT:
                answer = Answer(LATE, 0.0, b"looks that were late have not ended yet")
            else:
                try:
                    answer = _worked(asked, work, seconds, left)
                except OSError as error:  # no more processes or descriptors are allowed, for now
                    answer = Answer(FAILED, 0.0, f"no look can begin: {error.strerror}".encode())
            asked.sendall(_ANSWER.pack(answer.result, answer.cpu_s, len(answer.data)) + answer.data)
    except (EOFError, OSError):
        pass


def _worked(asked: socket.socket, work: Callable[[], bytes], seconds: float, left: set[int]) -> Answer:
    reader, writer = os.pipe()
    helper = os.getpid()
    pid = os.fork()
    if pid == 0:
        status = FAILED
        try:
            asked.close()
            os.close(reader)
            _end_with(helper)
            status = _tell(writer, work)
        finally:
            os._exit(status)
    os.close(writer)
    try:
        data = _heard(reader, asked, time.monotonic() + seconds)
    finally:
        os.close(reader)
    if data is None:
        os.kill(pid, signal.SIGKILL)
        ended, _, usage = os.wait4(pid, os.WNOHANG)
        if not ended:
            left.add(pid)
        return Answer(LATE, usage.ru_utime + usage.ru_stime if ended else 0.0, b"")
    _, status, usage = os.wait4(pid, 0)
    result = DONE if status == 0 else FAILED
    return Answer(result, usage.ru_utime + usage.ru_stime, data)


def _end_with(parent: int) -> None:
    """In a child: has the kernel kill it when its parent ends, for whatever reason."""
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it has ended before
        os._exit(FAILED)


def _tell(writer: int, work: Callable[[], bytes]) -> int:
    """In the child: does the work, and writes what comes of it."""
    status = DONE
    try:
        data = work()
    except Exception as error:
        told = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        status, data = FAILED, told.encode("utf-8", "backslashreplace")
    while data:
        data = data[os.write(writer, data) :]
    return status


def _heard(reader: int, asked: socket.socket, deadline: float) -> bytes | None:
    """What the child writes to its end; None: the time is up, or nobody wants to know any more."""
    found = bytearray()
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    poll.register(asked, select.POLLRDHUP)
    while True:
        ready = poll.poll(max(deadline - time.monotonic(), 0) * 1000)
        if not ready or any(number != reader for number, _ in ready):
            return None
        piece = os.read(reader, _PIECE)
        if not piece:
            return bytes(found)
        found += piece
