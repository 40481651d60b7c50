"""regular: a file of bytes in a file system (inode(7))."""

from __future__ import annotations

import stat

from ..model import MAP, READ, SEEK, WRITE
from ._file import ByteFile


class Regular(ByteFile, tag="regular", kw_only=True):
    """A regular file: bytes that stay, at positions that one can seek to."""

    known_by = (("type", stat.S_IFREG),)
    verbs = frozenset({READ, WRITE, SEEK, MAP})
    unit = "bytes at a position"
