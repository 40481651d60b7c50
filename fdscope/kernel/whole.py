"""Small files as a whole: read at once, or written so that whoever reads them never finds a part."""

from __future__ import annotations

import os
from errno import EFBIG

_LARGEST = 1 << 20


def content(path: str) -> bytes:
    """What a file holds.

    Raises:
        OSError: it cannot be read, or is larger than 1 MiB.
    """
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    with open(number, "rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data or b"") > _LARGEST:
        raise OSError(EFBIG, os.strerror(EFBIG))
    return data or b""


def replace(path: str, data: bytes) -> None:
    """Writes the file anew, readable by everybody, beside the old one, and gives it its name.

    A symbolic link of that name is replaced, not followed: in a folder where others may write it could lead
    anywhere. What was left behind by a process that was killed is taken away. The data need not outlive a crash of
    the machine, so nothing waits for the disk.

    Raises:
        OSError: it cannot be written; the old file is as it was.
    """
    folder, name = os.path.split(path)
    beside = os.path.join(folder, f".{name}.new")
    try:
        os.unlink(beside)
    except FileNotFoundError:
        pass
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        with open(number, "wb") as file:
            os.fchmod(number, 0o644)  # whatever the umask says: it is for another user's program to read
            file.write(data)
        os.rename(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
