"""A file that is written whole or not at all: under another name first, which it then gets rid of."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from errno import EEXIST, EINVAL

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_MODE = 0o666


def write(path: str, pieces: Iterable[bytes], *, over: bool = False) -> None:
    """Writes a file to be kept, and waits for the disk; `over`: also where there is one already.

    Of a symbolic link the file that it leads to is replaced.

    Raises:
        FileExistsError: there is one, and it shall not be replaced.
        OSError: it cannot be written; nothing of it is left.
    """
    if not over:
        if os.path.lexists(path):
            raise FileExistsError(EEXIST, os.strerror(EEXIST), path)
        _written(path, pieces, named=_name_once, on_disk=True)
        return
    path = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError(EINVAL, "it is no regular file, and is not replaced", path)
    _written(path, pieces, on_disk=True)


def replace(path: str, data: bytes) -> None:
    """Writes a file for whoever asked for it, to the place that is named.

    A file that is there keeps its mode; of a symbolic link the file that it leads to is replaced. What is no
    regular file, as a fifo or ``/dev/stdout``, is written to as it is.

    Raises:
        OSError: that cannot be done; what was there before is there still.
    """
    there, real = _status(path), os.path.realpath(path)
    # what /proc/self/fd/1 leads to may have no path at all
    if there is not None and not (stat.S_ISREG(there.st_mode) and _is_same(there, _status(real))):
        with open(path, "wb") as file:
            file.write(data)
        return
    _written(real, [data], mode=None if there is None else stat.S_IMODE(there.st_mode))


def publish(path: str, data: bytes) -> None:
    """Writes a file again and again for programs of other users, which may read it whatever the umask says.

    A symbolic link of that name is replaced, not followed: in a folder where others may write it could lead
    anywhere. What was left behind by a process that was killed is taken away. It is soon written anew, so nothing
    waits for the disk.

    Raises:
        OSError: that cannot be done; what was there before is there still.
    """
    folder, name = os.path.split(path)
    passing = os.path.join(folder, f".{name}.new")
    _unlink(passing)
    _written(path, [data], passing=passing, mode=0o644)


def _written(
    path: str,
    pieces: Iterable[bytes],
    *,
    passing: str | None = None,
    mode: int | None = None,
    on_disk: bool = False,
    named: Callable[[str, str], None] = os.replace,
) -> None:
    """Writes a file beside the place that it is for, then has it `named`; if that fails, nothing is left of it."""
    folder, name = os.path.split(path)
    passing = passing or os.path.join(folder, f".{name[:200]}.{os.urandom(4).hex()}")
    number = os.open(passing, _NEW, _MODE if mode is None else mode & _MODE)
    try:
        with open(number, "wb") as file:
            if mode is not None:
                os.fchmod(number, mode)
            file.writelines(pieces)
            file.flush()
            if on_disk:
                os.fsync(number)
        named(passing, path)
    except BaseException:
        _unlink(passing)
        raise


def _name_once(passing: str, path: str) -> None:
    """Gives a file its name, unless something has it."""
    try:
        os.link(passing, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: the name is taken first
        os.close(os.open(path, _NEW, _MODE))
        os.replace(passing, path)
    else:
        os.unlink(passing)


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _is_same(one: os.stat_result, other: os.stat_result | None) -> bool:
    return other is not None and (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
