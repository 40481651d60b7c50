"""Whether two tasks share a kernel object: kcmp(2)."""

from __future__ import annotations

import os
from collections.abc import Callable
from errno import ENOSYS

from ..raw import Unread

KCMP_FILES = 2

# The number of the call, from the system call tables of Linux (arch/*/entry/syscalls, include/uapi).
_NUMBER = {"x86_64": 312, "aarch64": 272, "riscv64": 272, "loongarch64": 272, "ppc64le": 354, "s390x": 343}


def _kcmp() -> Callable[[int, int, int, int, int], int]:
    import ctypes  # costs 2 ms, which a process with one thread need not pay

    number = _NUMBER.get(os.uname().machine)
    if number is None:
        return lambda *_: -ENOSYS
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.argtypes = [ctypes.c_long] * 6
    syscall.restype = ctypes.c_long

    def call(first: int, second: int, what: int, one: int, other: int) -> int:
        answer = int(syscall(number, first, second, what, one, other))
        return answer if answer >= 0 else -ctypes.get_errno()

    return call


class Sameness:
    """Asks kcmp(2), which is looked up when it is first needed."""

    def __init__(self) -> None:
        self._call: Callable[[int, int, int, int, int], int] | None = None

    def same_table(self, first: int, second: int) -> bool | Unread:
        """Whether two tasks, given by their thread ids, share one descriptor table.

        Unread with ENOSYS: the kernel was built without kcmp(2); with EPERM: it takes the right to ptrace both
        tasks; with ESRCH: one of the tasks is gone.
        """
        if self._call is None:
            self._call = _kcmp()
        answer = self._call(first, second, KCMP_FILES, 0, 0)
        return Unread("descriptor tables of threads", -answer) if answer < 0 else answer == 0
