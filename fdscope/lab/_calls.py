"""System calls that the standard library does not offer, by ctypes; errors become OSError."""

from __future__ import annotations

import ctypes
import os
from typing import Any

libc: Any = ctypes.CDLL(None, use_errno=True)

# Calls since Linux 5.1 have one number on all architectures (include/uapi/asm-generic/unistd.h); of the
# older ones those of x86-64 and of the generic table (Arm 64, RISC-V) are known here.
_X86 = {"perf_event_open": 298, "fanotify_init": 300, "seccomp": 317, "bpf": 321, "userfaultfd": 323}
_GENERIC = {"perf_event_open": 241, "fanotify_init": 262, "seccomp": 277, "bpf": 280, "userfaultfd": 282}
_COMMON = {
    "io_uring_setup": 425,
    "io_uring_register": 427,
    "fsopen": 430,
    "landlock_create_ruleset": 444,
    "memfd_secret": 447,
}


def checked(result: int) -> int:
    """`result` of a call of the C library; -1 raises the OSError of its errno."""
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def syscall(name: str, *arguments: Any) -> int:
    """Makes a system call by name.

    Raises:
        OSError: the kernel refused it, or its number on this architecture is not known here.
    """
    older = _X86 if os.uname().machine == "x86_64" else _GENERIC
    number = _COMMON.get(name) or older.get(name)
    if number is None:
        raise OSError(38, f"the number of {name}(2) is not known")
    return checked(libc.syscall(ctypes.c_long(number), *arguments))
