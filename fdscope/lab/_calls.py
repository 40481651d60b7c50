"""System calls that the standard library does not offer, by ctypes; errors become OSError."""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Any

libc: Any = ctypes.CDLL(None, use_errno=True)

AT_FDCWD = -100

# Calls since Linux 5.1 have one number on all architectures (include/uapi/asm-generic/unistd.h); of the
# older ones those of x86-64 and of the generic table (Arm 64, RISC-V) are known here.
_X86 = {
    "io_setup": 206,
    "io_getevents": 208,
    "io_submit": 209,
    "perf_event_open": 298,
    "fanotify_init": 300,
    "seccomp": 317,
    "bpf": 321,
    "userfaultfd": 323,
}
_GENERIC = {
    "io_setup": 0,
    "io_submit": 2,
    "io_getevents": 4,
    "perf_event_open": 241,
    "fanotify_init": 262,
    "seccomp": 277,
    "bpf": 280,
    "userfaultfd": 282,
}
_COMMON = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
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


def mount_of(path: str) -> tuple[int, str, str]:
    """Id, ``major:minor`` and mount point of the mount that holds `path` (proc_pid_mountinfo(5))."""
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        with open(f"/proc/self/fdinfo/{fd}") as lines:
            number = next(line.split()[1] for line in lines if line.startswith("mnt_id:"))
    finally:
        os.close(fd)
    with open("/proc/self/mountinfo", errors="surrogateescape") as mounts:
        for line in mounts:
            identity, _, device, _, point = line.split()[:5]
            if identity == number:
                return int(number), device, point
    raise OSError(errno.ENOENT, f"the mount of {path} is not in the table of mounts")


def opens_by_handle(path: str) -> bool:
    """Whether this process may find files by their handle, and this file system has handles that can be found."""
    handle = (ctypes.c_uint * 34)(128)  # struct file_handle with room for the longest
    mount_id = ctypes.c_int()
    name = os.fsencode(path)
    if libc.name_to_handle_at(AT_FDCWD, name, handle, ctypes.byref(mount_id), 0):
        return False
    mount = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        found = libc.open_by_handle_at(mount, handle, os.O_PATH | os.O_CLOEXEC)
    finally:
        os.close(mount)
    if found >= 0:
        os.close(found)
    return bool(found >= 0)
