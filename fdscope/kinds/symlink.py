"""symlink: a symbolic link itself, not what it points to (symlink(7), O_PATH and O_NOFOLLOW of open(2))."""

from __future__ import annotations

import stat

from ._file import ByteFile


class Symlink(ByteFile, tag="symlink", kw_only=True):
    """A symbolic link, held as a place in the file system. Its size is the length of its target."""

    known_by = (("type", stat.S_IFLNK),)
