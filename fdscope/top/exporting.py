"""Writing what is seen to a file: asks for its name, and again where there is such a file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from errno import EINVAL
from typing import TYPE_CHECKING

from ..kernel.written import write
from .page import Page

if TYPE_CHECKING:
    from .app import Top

Pieces = Iterable[bytes]
Then = Callable[[Pieces | Exception], None]


class Export:
    """One document, on its way to a file."""

    def __init__(self, top: Top, page: Page, gather: Callable[[Then], None]) -> None:
        """`gather` makes the document and hands it on; in whichever thread that takes."""
        self._top = top
        self._page = page
        self._gather = gather
        self._taken = ""

    def ask(self, what: str) -> None:
        """Asks for a name; `what` is part of the one that is proposed."""
        proposed = f"fdscope-{what}-{time.strftime('%Y-%m-%dT%H-%M-%S')}.json"
        self._page.ask("export what is seen as JSON, to this file:", proposed, self._named)

    def _named(self, name: str) -> None:
        """A name was given, or the answer whether the file of the name before may be replaced."""
        name = name.strip()
        if self._taken and name.lower() in ("y", "yes"):
            self._begin(self._taken, over=True)
        elif name and not (self._taken and name.lower() in ("n", "no")):
            self._begin(os.path.expanduser(name), over=False)
        else:
            self._page.tell("nothing was written")

    def _begin(self, name: str, *, over: bool) -> None:
        """Writes it in a thread, as a file system may not answer."""

        def put(pieces: Pieces | Exception) -> None:
            self._top.scans.ask(
                lambda: _put(name, pieces, over=over),
                lambda answer: self._top.hear(lambda answer: self._told(name, answer), answer),
            )

        self._gather(put)

    def _told(self, name: str, answer: Exception | None) -> None:
        if isinstance(answer, FileExistsError):
            self._taken = name
            self._page.ask(f"{name} is there already: y replaces it; or give another name", "", self._named)
        elif answer is None:
            self._page.tell(f"written to {os.path.abspath(name)}")
        else:
            why = answer.strerror if isinstance(answer, OSError) else f"{answer}"
            self._page.tell(f"{name} could not be written: {why}", wrong=True)


def _put(name: str, pieces: Pieces | Exception, *, over: bool) -> None:
    if isinstance(pieces, Exception):
        raise pieces
    try:
        write(name, (*pieces, b"\n"), over=over)
    except ValueError:  # it has a zero byte, or a letter that names of files here cannot have
        raise OSError(EINVAL, "it is no name of a file") from None
