"""socket: an end of a conversation (socket(7)), or the name of one in a file system (unix(7))."""

from __future__ import annotations

import stat

from ..fdinfo import fields
from ..model import POLL, READ, WRITE
from ..raw import Machine, RawDescriptor
from ..text import text
from ._basics import basics, details
from ._file import File, file_fields


class Socket(File, tag="socket", kw_only=True):
    """A socket, named by its inode; or, held by a path descriptor (O_PATH), its name in a file system.

    The latter is no end of anything: it is told as the file that it is.
    """

    known_by = (("scheme", b"socket"), ("type", stat.S_IFSOCK))
    verbs = frozenset({READ, WRITE, POLL})
    unit = "a byte stream or messages"
    in_file_system = False

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Socket:
        """The inode stands in the link: ``socket:[123]``."""
        info = fields(raw.fdinfo)
        if raw.status is not None:
            return cls(**file_fields(raw, info, machine))
        known = basics(raw, info)
        inode = int(raw.link.removeprefix(b"socket:[").removesuffix(b"]"))
        known.update(inode=inode, name=text(raw.link), object=f"socket:[{inode}]")
        return cls(details=details(raw.fdinfo), **known)

    def notes(self) -> list[str]:
        """Whether it is only a name, state."""
        is_name = self.access == "path" and self.name != self.object
        return [*(["the name of a socket"] if is_name else []), *super().notes()]
