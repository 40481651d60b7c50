"""Lines of text with looks, which a screen draws; what is in them is text, and never anything else."""

from __future__ import annotations

import re
from typing import NamedTuple

from .style import Style, columns

PLAIN, TITLE, QUIET, WARNING, ALARM, CHOSEN = range(6)
"""How a span looks."""

_CODES = {"1": TITLE, "2": QUIET, "31": ALARM, "33": WARNING, "0": PLAIN}
_CODE = re.compile("\x1b\\[([0-9]+)m")


class Span(NamedTuple):
    """Text of one look; printable."""

    text: str
    look: int = PLAIN


Line = list[Span]


def fitted(line: Line, width: int, style: Style) -> Line:
    """As much of a line as `width` columns take."""
    found: Line = []
    left = width
    for span in line:
        if columns(span.text) > left:
            return [*found, Span(style.cut(span.text, left), span.look)] if left > 0 else found
        found.append(span)
        left -= columns(span.text)
    return found


def of_report(text: str) -> Line:
    r"""A line of a report, whose colours are those of `Style`, as spans.

    >>> of_report("a \x1b[31mwrong\x1b[0m word\n")
    [Span(text='a ', look=0), Span(text='wrong', look=4), Span(text=' word', look=0)]
    """
    parts = _CODE.split(text.rstrip("\n"))
    looks = [PLAIN, *(_CODES.get(code, PLAIN) for code in parts[1::2])]
    return [Span(part, look) for part, look in zip(parts[::2], looks, strict=True) if part]
