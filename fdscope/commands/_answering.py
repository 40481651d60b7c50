"""What commands do alike with an answer: the one form that it has, how it looks, what is said beside it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from typing import Any

from ..console import Console
from ..report.style import Style
from ..selection import UsageError


def must_be_one_form(asked: Namespace, *names: str) -> None:
    """Raises UsageError if several of these options were given, each of which is a form of the whole answer."""
    if sum(bool(getattr(asked, name)) for name in names) > 1:
        *first, last = (f"--{name}" for name in names)
        raise UsageError(f"{', '.join(first)} and {last} are forms of one answer: give one of them")


def style_of(asked: Namespace, console: Console) -> Style:
    """How text looks on this console."""
    return Style(console.colour(asked.color), console.is_unicode, None if asked.wide else console.width)


def write_document(answer: Any, console: Console) -> None:
    """An answer as one JSON document, spread over lines where people read it."""
    from ..report import document

    text = document.encode(answer)
    console.write_bytes((document.indented(text) if console.is_terminal else text) + b"\n")


def say(lines: Iterable[str], console: Console) -> None:
    """What people should know beside an answer that has been written."""
    console.flush()
    for line in lines:
        console.say(f"fdscope: {line}")
