"""From a file handle to a path: open_by_handle_at(2), for local file systems and with CAP_DAC_READ_SEARCH."""

from __future__ import annotations

import functools
import os
from typing import Any

_MOST_BYTES = 128  # MAX_HANDLE_SZ (include/linux/exportfs.h)


@functools.cache
def _open_by_handle_at() -> tuple[Any, Any]:
    import ctypes  # only a watch list asks for this

    class FileHandle(ctypes.Structure):
        """struct file_handle (open_by_handle_at(2))."""

        _fields_ = (
            ("handle_bytes", ctypes.c_uint),
            ("handle_type", ctypes.c_int),
            ("f_handle", ctypes.c_ubyte * _MOST_BYTES),  # c_char would end at the first NUL
        )

    return ctypes.CDLL(None, use_errno=True).open_by_handle_at, FileHandle


def path_of_handle(mount_point: bytes, kind: int, handle: bytes) -> bytes | None:
    """The path of the inode with this handle, seen from here; None where it cannot be told.

    The inode is looked up with O_PATH, which opens nothing; of the mount point, a directory of a local file
    system, a descriptor is needed for the length of the call.
    """
    if len(handle) > _MOST_BYTES:
        return None
    call, structure = _open_by_handle_at()
    try:
        mount = os.open(mount_point, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    import ctypes

    content = (ctypes.c_ubyte * _MOST_BYTES).from_buffer_copy(handle.ljust(_MOST_BYTES, b"\0"))
    try:
        found = call(
            mount,
            ctypes.byref(structure(len(handle), kind, content)),
            os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW,
        )
        if found < 0:
            return None
        try:
            return os.readlink(b"/proc/self/fd/%d" % found)
        finally:
            os.close(found)
    except OSError:
        return None
    finally:
        os.close(mount)


def is_inode(path: bytes, device: int, inode: int) -> bool:
    """Whether `path` leads to this inode now; `device` as the kernel encodes it, major << 20 | minor."""
    return leads_to(path, device, inode) is True


def leads_to(path: bytes, device: int, inode: int) -> bool | None:
    """As `is_inode`; None: the way there is closed to this process."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return None
    return (status.st_ino, os.major(status.st_dev) << 20 | os.minor(status.st_dev)) == (inode, device)
