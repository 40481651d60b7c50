"""What may follow on a command line that is not finished: values, each with a word on what it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from .options import COMMANDS, Command, Option, options_of

Told = tuple[str, str]
"""A value, and what it is."""
Known = Callable[[str, Sequence[str]], Iterable[Told]]
"""The values of a sort, such as ``pid``; of ``fd`` those of the process that the words before name."""

SORTS = ("words", "list", "files", "directories", "commands")
"""What the shell is to do: take the values, leave room for a comma behind one, or add names that it knows."""

_BY_NAME = {one.name: one for one in COMMANDS}
_OBJECTS = (
    ("deleted", "files that are deleted but held"),
    ("tcp:", "tcp:PORT, or all sockets of TCP"),
    ("udp:", "udp:PORT, or all sockets of UDP"),
    ("unix:", "unix:/path, unix:@name, or all unix sockets"),
    ("pid:", "who holds a pidfd of a process"),
    ("pipe:", "pipe:[INODE]"),
    ("socket:", "socket:[INODE]"),
    ("inode:", "inode:MAJOR:MINOR:INODE"),
)


class Answer(NamedTuple):
    """What may follow."""

    sort: str
    """One of `SORTS`."""
    values: list[Told]
    """Each is the whole word that would stand there."""


class _Line(NamedTuple):
    """The command line so far."""

    command: Command
    is_named: bool
    """Whether the command's name stands on it."""
    plain: list[str]
    """The words that are neither options nor their values."""
    given: set[str]
    """The options, by their first names."""
    pending: Option | None
    """The option whose value comes next."""
    only_plain: bool
    """Whether no option can follow, after ``--``."""


def following(words: Sequence[str], known: Known) -> Answer:
    """What may stand in the place of the last of the words, which may be empty or begun."""
    line, word = _line(words[:-1]), words[-1]
    if line.only_plain and line.command.name == "watch":
        return Answer("commands", [])
    if line.pending is not None:
        return _values(line.pending, "", word, known)
    name, joined, value = word.partition("=")
    if word.startswith("-") and not line.only_plain:
        option = next((one for one in options_of(line.command.name) if name in one.names and one.value), None)
        if joined:
            return _values(option, name + "=", value, known) if option else Answer("words", [])
        return Answer("words", _begun(_option_names(line), word))
    found: list[Told] = []
    if not line.is_named and not line.plain:
        found += _begun(((one.name, one.help) for one in COMMANDS), word)
    sort, more = _positional(line, word, known)
    return Answer(sort, found + more)


def _line(words: Sequence[str]) -> _Line:
    """What stands on the command line before the word that is completed."""
    is_named = bool(words) and words[0] in _BY_NAME
    command = _BY_NAME[words[0]] if is_named else COMMANDS[0]
    by_name = {name: one for one in options_of(command.name) for name in one.names}
    plain: list[str] = []
    given: set[str] = set()
    pending: Option | None = None
    left = list(words[1:] if is_named else words)
    while left:
        word = left.pop(0)
        if word == "--":
            return _Line(command, is_named, plain + left, given, None, True)
        if pending is not None:
            pending = None
            continue
        if not word.startswith("-") or word == "-":
            plain.append(word)
            continue
        name = word.partition("=")[0]
        option = by_name.get(name) or (by_name.get("-" + word[-1:]) if not word.startswith("--") else None)
        if option is not None:
            given.add(option.names[0])
            pending = option if option.value and "=" not in word else None
    return _Line(command, is_named, plain, given, pending, False)


def _option_names(line: _Line) -> Iterator[Told]:
    for one in options_of(line.command.name):
        if one.repeats or one.names[0] not in line.given:
            yield one.names[0], one.help
    yield "--help", "the help"
    if not line.is_named:
        yield "--version", "the version"


def _positional(line: _Line, word: str, known: Known) -> tuple[str, list[Told]]:
    takes, index = line.command.takes, len(line.plain)
    if line.command.name == "explain" and index:
        return "words", _begun(known("fd", line.plain), word) if index == 1 else []
    if takes == "file":
        return "files", _begun(_OBJECTS, word) if line.command.name == "who" else []
    if takes == "process":
        names = [("self", "fdscope itself"), *known("process", ())]
        return "words", _begun([*names, *known("pid", ())], word)
    if takes in ("topic", "shell") and index:
        return "words", []
    return "words", _begun(known(takes, ()), word) if takes else []


def _values(option: Option, before: str, word: str, known: Known) -> Answer:
    """The values of an option; `before` stands before them in the same word."""
    if option.takes in ("file", "directory"):
        return Answer("files" if option.takes == "file" else "directories", [])
    if option.choices:
        return Answer("words", _begun(((before + one, "") for one in option.choices), before + word))
    if option.takes == "where":
        begun = re.search(r"[A-Za-z_][\w.]*$|$", word)
        head = word[: begun.start()] if begun else word
        return Answer("list", _begun(_behind(before + head, known("where", ())), before + word))
    if not option.takes:
        return Answer("words", [])
    if option.value in ("LIST", "KEY"):
        head, comma, _ = word.rpartition(",")
        taken = set(head.lstrip("+").split(","))
        head += comma
        lead = "" if comma else word[: len(word) - len(word.lstrip("+-"))]
        free = ((value, told) for value, told in known(option.takes, ()) if value not in taken)
        return Answer("list", _begun(_behind(before + head + lead, free), before + word))
    return Answer("words", _begun(_behind(before, known(option.takes, ())), before + word))


def _behind(before: str, values: Iterable[Told]) -> Iterator[Told]:
    return ((before + value, told) for value, told in values)


def _begun(values: Iterable[Told], word: str) -> list[Told]:
    return list(dict.fromkeys(one for one in values if one[0].startswith(word)))


def split(line: str) -> tuple[list[str], bool]:
    """The words of a command line that bash has, the last of which may be empty; whether a quote is open in it."""
    words: list[str] = []
    word, quote, there = "", "", False
    letters = iter(line)
    for letter in letters:
        if quote:
            if letter == quote:
                quote = ""
            elif letter == "\\" and quote == '"':
                word += next(letters, "")
            else:
                word += letter
        elif letter in "'\"":
            quote, there = letter, True
        elif letter == "\\":
            word, there = word + next(letters, ""), True
        elif letter.isspace():
            if word or there:
                words.append(word)
            word, there = "", False
        else:
            word += letter
    return [*words, word], bool(quote)
