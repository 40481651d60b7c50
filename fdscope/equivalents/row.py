"""One line of the table of equivalents: what another tool's option is in fdscope. Data only."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """An option of another tool, and the line that does the same here.

    Words in capitals stand for what the reader puts in: PID, PORT, FILE, …
    """

    option: str
    """As its manual writes it; of a column or a word of its filter language, that."""
    meaning: str
    theirs: str = ""
    """A whole line of the other tool; empty: there is nothing to run."""
    ours: str = ""
    """The line of fdscope that answers the same; empty: `note` says why there is none."""
    note: str = ""
    """What else is to be known: where the answers differ, or why there is no line."""
    often: bool = False
    """Whether it is among those that people use most, which the README shows first."""


class Table(NamedTuple):
    """What is said of one other tool."""

    tool: str
    page: str
    """Its manual page."""
    version: str
    """The version whose every option is in the table."""
    rows: tuple[Row, ...]
