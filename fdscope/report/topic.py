"""A topic of the help: its text, read once, for the terminal and as the body of a manual page (mdoc(7)).

The form of the text: the first line is ``NAME - what it is for``; paragraphs stand between empty lines; a heading
is a line in capitals; ``  word  text`` is an item of a list, with more lines of it far to the right;
``    $ command`` is an example, with its output below it; other lines behind four blanks are shown as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .roff import prose, roff
from .style import Style

_HEADING = re.compile(r"[A-Z][A-Z0-9 ,/?-]+")
_ITEM = re.compile(r"  (\S+(?: \S+)*) {2,}(\S.*)")
_ALONE = re.compile(r"  (\S+(?: \S+)*)")
_MORE = re.compile(r" {10,}(\S.*)")


class Heading(NamedTuple):
    """The title of what follows."""

    text: str


class Paragraph(NamedTuple):
    """Running text."""

    text: str


class Item(NamedTuple):
    """A word, and what it means."""

    word: str
    text: str


class Example(NamedTuple):
    """A command line, and lines that it writes; or lines alone, of a program or a file."""

    command: str
    """Empty: there is none."""
    output: tuple[str, ...]


Block = Heading | Paragraph | Item | Example


class Topic(NamedTuple):
    """A topic of the help."""

    name: str
    about: str
    blocks: tuple[Block, ...]


def parse(text: str) -> Topic:
    """The topic that a text tells.

    Raises:
        ValueError: the text has another form; the message says which line.
    """
    first, _, rest = text.partition("\n")
    name, dash, about = first.partition(" - ")
    if not dash:
        raise ValueError(f"the first line is not 'NAME - what it is for': {first}")
    blocks: list[Block] = []
    for lines in re.split(r"\n\s*\n", rest.strip("\n")):
        blocks += _blocks(lines.split("\n")) if lines.strip() else ()
    return Topic(name, about, tuple(blocks))


def _blocks(lines: list[str]) -> Iterator[Block]:
    """The blocks of lines that no empty line parts."""
    if lines[0].startswith("    "):
        yield from _examples(lines)
    elif lines[0].startswith("  "):
        yield from _items(lines)
    elif _HEADING.fullmatch(lines[0]):
        yield Heading(lines[0])
        if lines[1:]:
            yield from _blocks(lines[1:])
    else:
        length = next((place for place, line in enumerate(lines) if line.startswith(" ")), len(lines))
        if not length:
            raise ValueError(f"a line that begins with one blank: {lines[0]}")
        yield Paragraph(" ".join(lines[:length]))
        if lines[length:]:
            yield from _blocks(lines[length:])


def _examples(lines: list[str]) -> Iterator[Example]:
    command = ""
    output: list[str] = []
    for line in lines:
        if not line.startswith("    "):
            raise ValueError(f"a line of an example begins with four blanks: {line}")
        if line.startswith("    $ "):
            if command or output:
                yield Example(command, tuple(output))
            command, output = line[6:], []
        else:
            output.append(line[4:])
    yield Example(command, tuple(output))


def _items(lines: list[str]) -> Iterator[Item]:
    word = ""
    told: list[str] = []
    for line in lines:
        more, item, alone = _MORE.fullmatch(line), _ITEM.fullmatch(line), _ALONE.fullmatch(line)
        if more and word:
            told.append(more[1])
        elif item or alone:
            if word:
                yield Item(word, " ".join(told))
            word, told = (item[1], [item[2]]) if item else (line.strip(), [])
        else:
            raise ValueError(f"neither an item of a list nor more of one: {line}")
    yield Item(word, " ".join(told))


def terminal(text: str, style: Style) -> Iterator[str]:
    """The lines of a text as they are, with its headings set off."""
    for number, line in enumerate(text.rstrip("\n").split("\n")):
        yield (style.title(line) if number == 0 or _HEADING.fullmatch(line) else line) + "\n"


def mdoc(topic: Topic) -> Iterator[str]:
    """The sections of its manual page, after NAME."""
    fresh, listing = True, False
    if not topic.blocks or not isinstance(topic.blocks[0], Heading):
        yield ".Sh DESCRIPTION\n"
    for block in topic.blocks:
        if listing and not isinstance(block, Item):
            yield ".El\n"
            listing = False
        if isinstance(block, Heading):
            yield f".Sh {block.text}\n"
        elif isinstance(block, Paragraph):
            yield "" if fresh else ".Pp\n"
            yield from prose(block.text)
        elif isinstance(block, Example):
            yield ".Bd -literal -offset indent\n"
            for line in (*([f"$ {block.command}"] if block.command else ()), *block.output):
                yield _literal(line)
            yield ".Ed\n"
        else:
            yield "" if listing else ".Bl -tag -width Ds\n"
            listing = True
            yield f".It {_head(block.word)}\n"
            yield from prose(block.text) if block.text else ()
        fresh = isinstance(block, Heading)
    if listing:
        yield ".El\n"


def _literal(line: str) -> str:
    return ("\\&" if line[:1] in (".", "'") else "") + roff(line) + "\n"


def _head(word: str) -> str:
    """A word as the head of an item, where macros would be obeyed."""
    return " ".join("\\&" + roff(one).replace('"', "\\(dq") for one in word.split())
