"""How text looks on this console: colours, bars, and characters that it can show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .linked import Places  # only paths take the classes of descriptors

_BOLD, _DIM, _RED, _YELLOW, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[33m", "\x1b[0m"

_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


class Style(NamedTuple):
    """What the console can do; handed in, so that a report is a function of its arguments."""

    colour: bool = False
    unicode: bool = True
    width: int | None = None
    """Columns of the terminal; None: nothing is cut."""
    places: Places | None = None
    """Whose paths are written as links; None: nobody's."""

    def title(self, text: str) -> str:
        """A heading."""
        return f"{_BOLD}{text}{_PLAIN}" if self.colour else text

    def quiet(self, text: str) -> str:
        """Something of less weight."""
        return f"{_DIM}{text}{_PLAIN}" if self.colour else text

    def warning(self, text: str) -> str:
        """Something that wants attention."""
        return f"{_YELLOW}{text}{_PLAIN}" if self.colour else text

    def alarm(self, text: str) -> str:
        """Something that is wrong."""
        return f"{_RED}{text}{_PLAIN}" if self.colour else text

    def bar(self, share: float, length: int = 20) -> str:
        """A bar of `length` cells, filled by `share` from 0 to 1, in eighths of a cell where that can be shown."""
        share = min(max(share, 0.0), 1.0)
        if not self.unicode:
            cells = round(share * length)
            return "#" * cells + "." * (length - cells)
        eighths = max(round(share * length * 8), int(share > 0))
        part = _EIGHTHS[eighths % 8]
        return ("█" * (eighths // 8) + part).ljust(length, "·")

    def cut(self, text: str, width: int) -> str:
        """`text` in at most `width` columns, the rest an ellipsis."""
        if columns(text) <= width:
            return text
        mark = "…" if self.unicode else "..."
        while text and columns(text) > width - len(mark):
            text = text[: max(0, len(text) - max(1, (columns(text) - width) // 2))]
        return text + mark


def columns(text: str) -> int:
    """How many columns of a terminal `text` takes: East Asian wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)


def wrapped(text: str, width: int) -> Iterator[str]:
    """`text` in lines of at most `width` columns."""
    line = ""
    for word in text.split():
        if line and len(line) + len(word) >= width:
            yield line
            line = word
        else:
            line = f"{line} {word}".lstrip()
    if line:
        yield line
