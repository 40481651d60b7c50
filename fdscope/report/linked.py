r"""Paths that a terminal can open: hyperlinks as terminals take them (OSC 8), with no byte of a name as it is.

``ESC ] 8 ; ; file://HOST/PATH ESC \ TEXT ESC ] 8 ; ; ESC \``: of the path every byte that RFC 3986 does not leave
alone is written as ``%`` and two digits, so that a hostile name can end nothing and begin nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from ..model import Descriptor, HeldFile, Process
from ..text import original

_AS_IT_IS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


class Linked(str):
    """A text that begins with a path that can be opened."""

    __slots__ = ("address", "path")
    address: str
    path: str


def linked(text: str, path: str, address: str) -> Linked:
    """`text`, of which what it has of `path` at its beginning leads to `address`."""
    found = Linked(text)
    found.path, found.address = path, address
    return found


class Places(NamedTuple):
    """Whose paths mean on this terminal what they mean to the process."""

    host: str
    mount_namespace: int
    """The one that we live in: to a process in another one a path may mean another file."""

    def address(self, process: Process, held: Descriptor | HeldFile) -> str | None:
        """Where the path of what a process holds leads; None: it has none, or it might lead elsewhere."""
        path = held.name
        if path is None or path[:1] != "/" or (process.namespaces or {}).get("mnt") != self.mount_namespace:
            return None
        if getattr(held, "deleted", None) is not False or getattr(held, "name_removed", None):
            return None
        if isinstance(held, Descriptor) and not (held.in_file_system and _is_below_its_mount(path, held)):
            return None
        return f"file://{encoded(self.host)}{encoded(path)}"


def _is_below_its_mount(path: str, held: Descriptor) -> bool:
    """Whether a path is one of the whole machine: those of a queue or below another root are not."""
    point: str | None = getattr(held, "mount_point", None)
    return point is not None and (path + "/").startswith(point.rstrip("/") + "/")


def encoded(path: str) -> str:
    """A path as part of an address: only unreserved characters and slashes."""
    return "".join(chr(byte) if byte in _AS_IT_IS else f"%{byte:02X}" for byte in original(path))


def sequence(text: str, address: str) -> str:
    """`text`, which is safe to print, as a link."""
    return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\"
