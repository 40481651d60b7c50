"""Memory of another process, read without stopping it: process_vm_readv(2)."""

from __future__ import annotations

import ctypes
from errno import EFAULT

from ..raw import Unread

_PAGE = 4096


class _Vector(ctypes.Structure):
    """struct iovec of readv(2)."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


_libc = ctypes.CDLL(None, use_errno=True)


def memory(task: int, address: int, size_bytes: int) -> bytes | Unread:
    """What stands at an address of a task: as much as there is, up to `size_bytes`.

    It takes the right to attach to the task with ptrace(2), which is not done: the task goes on, and what is read
    may be half of an old and half of a new state. Unread with EPERM: the right is missing; with EFAULT: nothing
    stands there; with ESRCH: the task is gone.
    """
    content = ctypes.create_string_buffer(size_bytes)
    here = _Vector(ctypes.addressof(content), size_bytes)
    there = _Vector(address, size_bytes)
    read = _libc.process_vm_readv
    read.restype = ctypes.c_ssize_t
    done = read(
        task, ctypes.byref(here), ctypes.c_ulong(1), ctypes.byref(there), ctypes.c_ulong(1), ctypes.c_ulong(0)
    )
    if done < 0:
        return Unread("memory", ctypes.get_errno() or EFAULT, task)
    return content.raw[:done]
