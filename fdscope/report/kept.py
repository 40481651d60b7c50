"""A snapshot that was kept, for people: of when and where it is, and what it cannot tell."""

from __future__ import annotations

from collections.abc import Iterator

from ..answers import Asked, Holdings
from ..model import Snapshot
from .safe import printable
from .style import Style


def heading(snapshot: Snapshot, style: Style) -> str:
    """``snapshot of box, as of 2026-11-28 23:31:12 UTC``, and an empty line: all ages are reckoned from then."""
    where = printable(snapshot.host.hostname or "an unnamed machine")
    return style.title(f"snapshot of {where}, as of {when(snapshot)}") + "\n\n"


def when(snapshot: Snapshot) -> str:
    """``2026-11-28 23:31:12 UTC``."""
    return snapshot.taken_at[:19].replace("T", " ") + " UTC"


def not_known(snapshot: Snapshot, found: Holdings) -> Iterator[str]:
    """What people should know beside an answer of who that a snapshot gave; one line each."""
    for asked in found.asked:
        word = printable(asked.object)
        if asked.form == "internet" and not asked.uses_total:
            yield f"{word}: sockets that no process held are not in a snapshot"
        if asked.form == "file" and asked.directory:
            yield f"{word}: that something was mounted there is in a snapshot only if a file of it was open"
        elif asked.form == "file" and asked.name is not None and asked.inode is None and not asked.uses_total:
            yield f"{word}: nobody held it by this name; symbolic links are not in a snapshot"
    files = any(map(_is_of_files, found.asked))
    mapped = any(file.role == "mapped" for process in snapshot.processes for file in process.files or ())
    if files and not mapped:
        yield "files that memory is mapped from are in a snapshot only if it was taken with --mapped"


def _is_of_files(asked: Asked) -> bool:
    return asked.form in ("file", "below", "mount", "deleted")
