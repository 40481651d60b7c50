"""Whether two tasks or two descriptors share a kernel object: kcmp(2)."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from errno import EBADF, ENOENT, ENOSYS, EPERM, ESRCH
from typing import Any

from ..raw import Unread

# include/uapi/linux/kcmp.h
KCMP_FILE, KCMP_FILES, KCMP_EPOLL_TFD = 0, 2, 7

# The number of the call, from the system call tables of Linux (arch/*/entry/syscalls, include/uapi).
_NUMBER = {"x86_64": 312, "aarch64": 272, "riscv64": 272, "loongarch64": 272, "ppc64le": 354, "s390x": 343}


class Sameness:
    """Asks kcmp(2), which is looked up when it is first needed.

    Answers are Unread with ENOSYS where the kernel was built without kcmp(2), with EPERM where it takes the right
    to ptrace both tasks, with ESRCH where a task is gone, and with EBADF where a descriptor is.
    """

    def __init__(self) -> None:
        self.refused: Unread | None = None
        """The first answer that will not change: without the call, or the right, there is nothing to ask."""

    @functools.cached_property
    def _call(self) -> Callable[..., int]:
        """kcmp(pid1, pid2, type, index1, index2): with nothing of Python in between, as it is asked most."""
        import ctypes  # costs 2 ms, which a process with one thread and nothing to share need not pay

        number = _NUMBER.get(os.uname().machine)
        if number is None:
            return lambda *_: -1
        return functools.partial(ctypes.CDLL(None, use_errno=True).syscall, number)

    def _ask(self, what: str, *arguments: Any) -> int | Unread:
        answer = self._call(*arguments)
        if answer >= 0:
            return answer
        import ctypes

        known = os.uname().machine in _NUMBER
        unread = Unread(what, ctypes.get_errno() if known else ENOSYS)
        if unread.errno in (ENOSYS, EPERM) and self.refused is None:
            self.refused = unread
        return unread

    def same_table(self, first: int, second: int) -> bool | Unread:
        """Whether two tasks, given by their thread ids, share one descriptor table."""
        answer = self._ask("descriptor tables of threads", first, second, KCMP_FILES, 0, 0)
        return answer if isinstance(answer, Unread) else answer == 0

    def table_order(self, first: int, second: int) -> int | Unread:
        """0 if two tasks share one descriptor table; else 1 or 2, which put all tables in one order."""
        return self._ask("descriptor tables of processes", first, second, KCMP_FILES, 0, 0)

    def file_order(self, task: int, fd: int, other_task: int, other_fd: int) -> int | None:
        """0 if two descriptors, each a task and a number, share one open file description.

        Else 1 (less) or 2 (greater), which put all open file descriptions in one order until the machine is
        booted again. None: that could not be found out.
        """
        answer = self._call(task, other_task, KCMP_FILE, fd, other_fd)
        if answer >= 0:
            return answer
        self._ask("open file descriptions", task, other_task, KCMP_FILE, fd, other_fd)
        return None

    def is_gone(self, place: tuple[int, int]) -> bool:
        """Whether a descriptor, a task and a number, is there no more."""
        task, fd = place
        answer = self._ask("open file descriptions", task, task, KCMP_FILE, fd, fd)
        return isinstance(answer, Unread) and answer.errno in (ESRCH, EBADF)

    def place_among(self, place: tuple[int, int], places: Sequence[tuple[int, int]]) -> int | None:
        """Which of these descriptors, each a task and a number, shares its open file description with `place`.

        They must be of different ones, and in the order of `file_order`. None: no one does, or it could not be
        found out, as of a process that has gone.
        """
        call = self._call
        task, fd = place
        low, high = 0, len(places)
        while low < high:
            middle = (low + high) // 2
            other_task, other_fd = places[middle]
            answer = call(task, other_task, KCMP_FILE, fd, other_fd)
            if answer == 1:
                high = middle
            elif answer == 2:
                low = middle + 1
            elif answer == 0:
                return middle
            else:
                self._ask("open file descriptions", task, other_task, KCMP_FILE, fd, other_fd)
                return None
        return None

    def is_target(self, file: tuple[int, int], epoll: tuple[int, int], target: tuple[int, int]) -> bool | None:
        """Whether an epoll watches the open file description of a descriptor, since Linux 4.13; None: unknown.

        Args:
            file: a task and a number in its table.
            epoll: likewise.
            target: the number that the file was added under, and which one of that number, from 0, as the
                lines of the epoll's fdinfo come.
        """
        import ctypes

        slot = (ctypes.c_uint32 * 3)(epoll[1], *target)  # struct kcmp_epoll_slot
        answer = self._ask("targets of epolls", file[0], epoll[0], KCMP_EPOLL_TFD, file[1], ctypes.byref(slot))
        if isinstance(answer, Unread):
            return False if answer.errno in (EBADF, ENOENT) else None
        return answer == 0

    def is_stale(self, epoll: tuple[int, int], target: tuple[int, int]) -> bool | None:
        """Whether a registration is there, and its number is not that of what it watches; None: unknown.

        A list of registrations is soon out of date where descriptors come and go. Arguments as of `is_target`.
        """
        import ctypes

        slot = (ctypes.c_uint32 * 3)(epoll[1], *target)
        for fd in (target[0], epoll[1]):  # a number that is free is told before a registration that is gone
            answer = self._ask("targets of epolls", epoll[0], epoll[0], KCMP_EPOLL_TFD, fd, ctypes.byref(slot))
            if not isinstance(answer, Unread):
                return answer != 0
            if answer.errno != EBADF:
                return False if answer.errno == ENOENT else None
        return False
