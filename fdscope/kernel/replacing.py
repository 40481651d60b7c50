"""A file that is written whole or not at all (rename(2))."""

from __future__ import annotations

import os
import stat


def replace(path: str, data: bytes) -> None:
    """Writes a file: whoever reads it finds what was there before, or all of `data`.

    A file that is there keeps its mode; of a symbolic link the file that it leads to is replaced. What is no
    regular file, as a fifo or ``/dev/stdout``, is written to as it is.

    Raises:
        OSError: that cannot be done; what was there before is there still.
    """
    there = _status(path)
    real = os.path.realpath(path)
    # what /proc/self/fd/1 leads to may have no path at all
    if there is not None and not (stat.S_ISREG(there.st_mode) and _is_same(there, _status(real))):
        with open(path, "wb", buffering=0) as file:
            _write(file.fileno(), data)
        return
    path, mode = real, None if there is None else there.st_mode
    beside = os.path.join(os.path.dirname(path), f".{os.path.basename(path)[:200]}.{os.getpid()}.new")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        try:
            if mode is not None:
                os.fchmod(fd, stat.S_IMODE(mode))
            _write(fd, data)
        finally:
            os.close(fd)
        os.rename(beside, path)
    except BaseException:
        os.unlink(beside)
        raise


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _is_same(one: os.stat_result, other: os.stat_result | None) -> bool:
    return other is not None and (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def _write(fd: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(fd, left) :]
