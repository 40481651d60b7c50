"""TARGET words to processes: a pid, ``self``, or a name (exact, else regular expression). Pure."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple


class UsageError(ValueError):
    """What was asked makes no sense; the message says what to do instead."""


class Candidate(NamedTuple):
    """A process that a name may match."""

    pid: int
    name: str
    """As proc_pid_comm(5) has it: at most 15 bytes."""
    command: list[str]
    start_ticks: int


class Selected(NamedTuple):
    """A process that was chosen; by name, it must still be the one that started then."""

    pid: int
    start_ticks: int | None = None


def select(targets: Iterable[str], candidates: Callable[[], list[Candidate]]) -> tuple[list[Selected], list[str]]:
    """The processes that the words mean, each once and by pid, and the words that no process matches.

    `candidates` is called only if a word is a name.

    Raises:
        UsageError: a word is neither a number nor a name nor a regular expression.
    """
    found: dict[int, Selected] = {}
    unmatched = []
    everyone: list[Candidate] | None = None
    for word in targets:
        if word == "self":
            pid = os.getpid()
            found.setdefault(pid, Selected(pid))
        elif word.isascii() and word.isdigit():
            pid = int(word)
            found.setdefault(pid, Selected(pid))
        else:
            everyone = candidates() if everyone is None else everyone
            matches = named(word, everyone)
            if not matches:
                unmatched.append(word)
            for match in matches:
                found.setdefault(match.pid, Selected(match.pid, match.start_ticks))
    return sorted(found.values()), unmatched


def named(word: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates that `word` means.

    They are those whose name, or the base name of whose program, is `word`; if there are none, those whose
    name it matches as a regular expression; if there are none, those whose command line it matches.

    Raises:
        UsageError: `word` is no regular expression.
    """
    if not word:
        raise UsageError("a target is empty: give a pid, 'self' or the name of a process")
    everyone = list(candidates)
    exact = [one for one in everyone if word in (one.name, _program(one))]
    if exact:
        return exact
    try:
        pattern = re.compile(word)
    except re.error as error:
        raise UsageError(
            f"no process is called '{word}', and as a regular expression it is wrong: {error}"
        ) from None
    own = os.getpid()  # its command line holds the word itself
    by_name = [one for one in everyone if pattern.search(one.name)]
    return by_name or [one for one in everyone if one.pid != own and pattern.search(" ".join(one.command))]


def _program(candidate: Candidate) -> str:
    return candidate.command[0].rpartition("/")[2] if candidate.command else ""
