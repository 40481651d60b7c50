"""Text as the source of a manual page has it (mdoc(7))."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .style import wrapped


def roff(text: str) -> str:
    """Text as it must stand in a page so that it reads the same."""
    return text.replace("\\", "\\e").replace("``", "").replace("…", "...").replace("—", "\\(em")


def prose(text: str) -> Iterator[str]:
    """A paragraph: each sentence on a line of its own, as mdoc wants it, and no line long."""
    flat = roff(" ".join(text.split()))
    for sentence in re.split(r"(?<=[.;:?!]) ", flat):
        for line in wrapped(sentence, 76):
            yield ("\\&" + line if line[:1] in ".'" else line) + "\n"
