"""A command that is run to be watched: it is held at the gate until the first look has been taken."""

from __future__ import annotations

import ctypes
import math
import os
import select
import signal
import time
from typing import NamedTuple

_PR_SET_CHILD_SUBREAPER = 36  # include/uapi/linux/prctl.h
_GO = b"g"


class Outcome(NamedTuple):
    """How a command ended."""

    status: int
    """Its exit status; of one that a signal ended, 128 and the number of the signal, as shells have it."""
    voluntary: int
    """Voluntary context switches of all its threads and of the descendants that were waited for (getrusage(2))."""
    involuntary: int
    cpu_time_s: float


class Command:
    """A child process that waits to execute a program.

    Orphans among its descendants are given to this process (prctl(2), PR_SET_CHILD_SUBREAPER), so that they stay
    in the family that is watched.
    """

    def __init__(self, words: list[str]) -> None:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        gate, self._gate = os.pipe()
        self._failure, failure = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            _execute(words, gate, failure, (self._gate, self._failure))
        os.close(gate)
        os.close(failure)
        try:
            self._pidfd: int | None = os.pidfd_open(self.pid)
        except OSError:  # before Linux 5.3
            self._pidfd = None

    def go(self) -> int:
        """Lets it execute its program; 0, or the error of execve(2)."""
        os.write(self._gate, _GO)
        os.close(self._gate)
        with open(self._failure, "rb") as told:
            answer = told.read()
        return int(answer or b"0")

    def wait(self, seconds: float) -> bool:
        """Waits for so long, or until it has ended: that is the answer."""
        if self._pidfd is None:
            time.sleep(min(seconds, 0.05))
        else:
            ready = select.poll()
            ready.register(self._pidfd, select.POLLIN)
            ready.poll(math.ceil(seconds * 1000))
        return self.has_ended()

    def has_ended(self) -> bool:
        """Whether it has; its last counters can still be read. Orphans that have ended are let go."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return True
            if ended is None:
                return False
            if ended.si_pid == self.pid:
                return True
            os.waitpid(ended.si_pid, 0)

    def send(self, number: int) -> None:
        """Hands a signal on that was meant to end all of it."""
        os.kill(self.pid, number)

    def outcome(self) -> Outcome:
        """How it ended; waits until it has."""
        _, status, used = os.wait4(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        return Outcome(
            128 - code if code < 0 else code, used.ru_nvcsw, used.ru_nivcsw, used.ru_utime + used.ru_stime
        )


def _execute(words: list[str], gate: int, failure: int, others: tuple[int, int]) -> None:
    """The child's part: waits at the gate, executes the program, or tells why that failed."""
    status = 127
    try:
        for number in others:
            os.close(number)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        if os.read(gate, 1) == _GO:
            os.execvp(words[0], words)  # noqa: S606 - a program of the user, given word by word
    except OSError as error:
        os.write(failure, b"%d" % (error.errno or 0))
    finally:
        os._exit(status)
