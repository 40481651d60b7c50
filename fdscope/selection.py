"""TARGET words to processes: a pid, ``self``, or a name (exact, else regular expression). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from .quiet import quiet


class UsageError(ValueError):
    """What was asked makes no sense; the message says what to do instead."""


def nearest(word: str, known: Iterable[str], otherwise: str, likeness: float = 0.6) -> str:
    """What to say of a word that means nothing: the one of those known that is like it; else `otherwise`.

    One that begins with the word comes first; dashes in front make no two words alike.

    >>> nearest("knid", ["kind", "name"], "there are two"), nearest("x", ["kind", "name"], "there are two")
    ("did you mean 'kind'?", 'there are two')
    """
    from difflib import get_close_matches  # costs 5 ms, which only a mistake pays

    bare = {one.lstrip("-"): one for one in known}
    short = word.lower().lstrip("-")
    near = [one for one in bare if len(short) > 2 and one.startswith(short)] or get_close_matches(
        short, list(bare), 1, likeness
    )
    return f"did you mean '{bare[near[0]]}'?" if near else otherwise


class Candidate(NamedTuple):
    """A process that a name may match."""

    pid: int
    name: str
    """As proc_pid_comm(5) has it: at most 15 bytes."""
    command: list[str]
    start_ticks: int
    parent_pid: int | None = None


class Selected(NamedTuple):
    """A process that was chosen; by name, it must still be the one that started then."""

    pid: int
    start_ticks: int | None = None


def select(
    targets: Iterable[str], candidates: Callable[[], list[Candidate]], own_pid: int | None
) -> tuple[list[Selected], list[str]]:
    """The processes that the words mean, each once and by pid, and the words that no process matches.

    Args:
        targets: the words.
        candidates: called only if a word is a name.
        own_pid: the process that asks; None: it is not among those that can be seen.

    Raises:
        UsageError: a word is neither a number nor a name nor a regular expression.
    """
    found: dict[int, Selected] = {}
    unmatched = []
    everyone: list[Candidate] | None = None
    for word in targets:
        if word == "self" and own_pid is not None:
            found.setdefault(own_pid, Selected(own_pid))
        elif word == "self":
            unmatched.append(word)
        elif word.isascii() and word.isdigit():
            pid = _pid(word)
            found.setdefault(pid, Selected(pid))
        else:
            everyone = candidates() if everyone is None else everyone
            matches = named(word, everyone, own_pid)
            if not matches:
                unmatched.append(word)
            for match in matches:
                found.setdefault(match.pid, Selected(match.pid, match.start_ticks))
    return sorted(found.values()), unmatched


def _pid(word: str) -> int:
    digits = word.lstrip("0")
    if len(digits) > 10:
        raise UsageError(f"no pid is as large as '{shortened(word)}': give a pid, 'self' or the name of a process")
    return int(digits or "0")


def named(word: str, candidates: Iterable[Candidate], own_pid: int | None) -> list[Candidate]:
    """The candidates that `word` means.

    They are those whose name, or the base name of whose program, is `word`; if there are none, those whose
    name it matches as a regular expression; if there are none, those whose command line it matches, but for
    `own_pid` and those that it descends from: a shell, sudo or timeout that runs it holds the word itself.

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
        with quiet():  # what a later Python would read otherwise
            pattern = re.compile(word)
    except (re.error, OverflowError, RecursionError) as error:
        why = str(error) if isinstance(error, re.error) else "it is too large"
        raise UsageError(
            f"no process is called '{shortened(word)}', and as a regular expression it is wrong: {why}; "
            "a backslash before a sign takes its meaning away"
        ) from None
    by_name = [one for one in everyone if pattern.search(one.name)]
    if by_name:
        return by_name
    parents = {one.pid: one.parent_pid for one in everyone}
    askers = set() if own_pid is None else {own_pid, *ancestors(own_pid, parents.get)}
    return [one for one in everyone if one.pid not in askers and pattern.search(" ".join(one.command))]


def above_zero(name: str, value: float | None) -> None:
    """Raises UsageError if a number that a caller gave is not above 0, or is no number; None: it gave none."""
    if value is not None and not 0 < value < float("inf"):
        raise UsageError(f"{name} must be a number above 0, not {value!r}")


def words_of(targets: Iterable[str | int]) -> list[str]:
    """Targets or objects as words; a pid may be a number.

    Raises:
        UsageError: it is one text, of which each letter would be taken for a target, or something else is in it.
    """
    if isinstance(targets, (str, bytes)):
        raise UsageError(f"targets stand in a list: give [{targets!r}], not {targets!r}")
    words = []
    for one in targets:
        if isinstance(one, int) and one < 0:
            raise UsageError(f"a pid is not negative: {one}")
        if not isinstance(one, (str, int)):
            raise UsageError(f"a target is a text or a pid, not {one!r:.60}")
        words.append(str(one))
    return words


def ancestors(pid: int, parent_of: Callable[[int], int | None]) -> list[int]:
    """The processes that one descends from, its parent first."""
    found: list[int] = []
    parent = parent_of(pid)
    while parent and parent not in found:
        found.append(parent)
        parent = parent_of(parent)
    return found


def shortened(word: str) -> str:
    """A word that somebody gave, to be named in a message of one line."""
    return word if len(word) <= 60 else word[:60] + "…"


def _program(candidate: Candidate) -> str:
    return candidate.command[0].rpartition("/")[2] if candidate.command else ""
