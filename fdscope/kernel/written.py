"""A file that is written whole or not at all: under another name first, which it then gets rid of."""

from __future__ import annotations

import os
from collections.abc import Iterable
from errno import EEXIST, EINVAL

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_MODE = 0o666


def write(path: str, pieces: Iterable[bytes], *, over: bool = False) -> None:
    """Writes a file; `over`: also where there is one already, whose place it takes at once.

    Raises:
        FileExistsError: there is one, and it shall not be replaced.
        OSError: it cannot be written; nothing of it is left.
    """
    if not over and os.path.lexists(path):
        raise FileExistsError(EEXIST, os.strerror(EEXIST), path)
    path = os.path.realpath(path) if over else path  # what a symbolic link leads to is replaced, not the link
    if over and os.path.exists(path) and not os.path.isfile(path):
        raise OSError(EINVAL, "it is no regular file, and is not replaced", path)
    folder, name = os.path.split(path)
    passing = os.path.join(folder, f".{name[:200]}.{os.urandom(4).hex()}")
    number = os.open(passing, _NEW, _MODE)
    try:
        with open(number, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(number)
        if over:
            os.replace(passing, path)
        else:
            _name_once(passing, path)
    finally:
        try:
            os.unlink(passing)
        except FileNotFoundError:
            pass


def _name_once(passing: str, path: str) -> None:
    """Gives a file its name, unless something has it."""
    try:
        os.link(passing, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: the name is taken first
        os.close(os.open(path, _NEW, _MODE))
        os.replace(passing, path)
