"""Holdings, for people: a row for each use, under the object that was asked about; or bare pids."""

from __future__ import annotations

from collections.abc import Iterator

from ..answers import KEEPS, Asked, Holdings, Keep, Use
from ..quantity import many, size
from .safe import printable
from .style import Style
from .table import draw

_NAMES = ("process", "pid", "user", "fd", "access", "kind", "what")


def who(found: Holdings, style: Style, *, form: str = "table", show_headers: bool = True) -> Iterator[str]:
    """The whole answer, line by line; of what nobody holds there is no line.

    In a `form` other than ``table``, and without headers, there are only rows, which begin with the object asked
    about where there were several.
    """
    if form != "table" or not show_headers:
        yield from _rows(found, style, form, show_headers)
        return
    several = len(found.asked) > 1
    between = ""
    for asked in found.asked:
        uses = [use for use in found.uses if use.asked == asked.object]
        keeps = [keep for keep in found.keeps if keep.asked == asked.object]
        if not uses and not keeps:
            continue
        yield between
        between = "\n"
        if several:
            yield f"{style.title(printable(asked.object))}\n"
        indent = "  " if several else ""
        if uses:
            names = (*_NAMES[:-1], "frees", "what") if asked.form == "deleted" else _NAMES
            rows = [_row(use, names) for use in uses]
            yield from draw([name.upper() for name in names], rows, style=style, indent=indent)
        for keep in keeps:
            yield f"{indent}{style.warning(_keep(keep))}\n"
        if asked.form == "deleted" and uses:
            yield f"{indent}{_total(asked, uses, found.reclaimable_bytes)}\n"


def _rows(found: Holdings, style: Style, form: str, show_headers: bool) -> Iterator[str]:
    names = _NAMES if all(asked.form != "deleted" for asked in found.asked) else (*_NAMES[:-1], "frees", "what")
    if len(found.asked) > 1:
        names = ("asked", *names)
    headers = [name.upper() if form in ("table", "plain") else name for name in names]
    rows = [_row(use, names) for use in found.uses]
    if rows or found.asked:
        yield from draw(headers, rows, style=style, form=form, show_headers=show_headers)


def _row(use: Use, names: tuple[str, ...]) -> list[str | int | None]:
    fd = use.role if use.fd is None else use.fd if use.tid is None else f"{use.fd} (thread {use.tid})"
    values: dict[str, str | int | None] = {
        "asked": use.asked,
        "process": use.process,
        "pid": use.pid,
        "user": use.user or use.uid,
        "fd": fd,
        "access": use.access,
        "kind": use.kind,
        "frees": None if use.frees_bytes is None else size(use.frees_bytes),
        "what": _what(use),
    }
    return [values[name] for name in names]


def _what(use: Use) -> str:
    if use.descriptor is not None:
        return use.descriptor.describe()
    return "" if use.file is None else use.file.describe()


def _keep(keep: Keep) -> str:
    what = printable(keep.name)
    source = printable(keep.source or "")
    if keep.why == "mounted":
        return f"mounted at {what} ({keep.filesystem})"
    if keep.why == "mount":
        return f"a mount below: {what} ({keep.filesystem} from {source})"
    if keep.why == "loop":
        return f"loop device {source} is made of {what}"
    if keep.why == "swap":
        return f"memory is swapped out to {what}"
    where = f"mount namespace {keep.mount_namespace}, with {many(len(keep.pids or ()), 'process', 'processes')}"
    pids = ", ".join(map(str, keep.pids or ()))
    return f"{KEEPS[keep.why]}: at {what} in {where} ({pids})"


def _total(asked: Asked, uses: list[Use], reclaimable_bytes: int) -> str:
    files = {
        (thing.device, thing.inode)
        for use in uses
        if (thing := use.descriptor or use.file) is not None and thing.inode is not None
    }
    return f"{many(len(files), 'deleted file')}: {size(reclaimable_bytes)} would be free if nobody held them"


def pids(found: Holdings) -> Iterator[str]:
    """Each process once, a line for each."""
    for pid in sorted({use.pid for use in found.uses}):
        yield f"{pid}\n"


def remarks(found: Holdings) -> Iterator[str]:
    """What people should know beside the answer; one line each."""
    nobody = "nobody that could be read" if found.problems else "nobody"
    for asked in found.asked:
        word, name = printable(asked.object).removesuffix(":"), printable(asked.name or "")
        nothing = not asked.uses_total and not any(keep.asked == asked.object for keep in found.keeps)
        if asked.sockets is not None:
            yield from _of_sockets(asked, word)
        elif asked.missing and nothing:
            yield f"{word}: there is no such file, and {nobody} holds one that was called so"
        elif nothing:
            yield f"{word}: {nobody} holds it"
        if (
            asked.form == "file"
            and asked.device is not None
            and asked.directory
            and not asked.object.endswith("/")
        ):
            yield f"{word}: the directory itself; {name.rstrip('/')}/ means everything below it"


def _of_sockets(asked: Asked, word: str) -> Iterator[str]:
    unclaimed = asked.sockets_unclaimed or 0
    if not asked.sockets:
        yield f"{word}: there is no such socket"
    elif unclaimed:
        verb = "belongs" if unclaimed == 1 else "belong"
        yield f"{word}: of {many(asked.sockets, 'socket')}, {unclaimed:,} {verb} to no process that could be read"
    elif not asked.uses_total:
        yield f"{word}: nobody of those that the options choose holds it"
