"""Small files, read at once."""

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
