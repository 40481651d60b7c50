"""Process to group: by name, systemd unit, container or user, or by the rules of a TOML file. Pure.

A group is what the metrics of a fleet are labelled with: pids would be new series each day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .model import Process
from .selection import UsageError, nearest

NONE = "none"
"""The group of processes that are in no unit, or in no container."""
_UNKNOWN = "unknown"
_LONGEST = 100
"""Characters of a label; more of a command line, or of a unit, helps nobody."""
_LOGIN = re.compile(r"session-[^/]*\.scope")
_UNIT = re.compile(r"[^/]+\.(?:service|scope|socket|mount|swap)")
_SHORT_ID = re.compile(r"[0-9a-f]{32,}")


def unit_of(cgroup: str | None) -> str:
    """The systemd unit that a control group belongs to: the first below its slices.

    A login, which is a new unit each time, counts as the slice of its user.

    >>> unit_of("/system.slice/nginx.service"), unit_of("/user.slice/user-1000.slice/session-3.scope")
    ('nginx.service', 'user-1000.slice')
    """
    parts = (cgroup or "").split("/")
    for number, part in enumerate(parts):
        if _LOGIN.fullmatch(part):
            return parts[number - 1] or part
        if _UNIT.fullmatch(part):
            return part
    slices = [part for part in parts if part.endswith(".slice")]
    return slices[-1] if slices else NONE


def _container(process: Process) -> str:
    name = process.container or NONE
    return name[:12] if _SHORT_ID.fullmatch(name) else name  # as docker ps has it


WORDS: dict[str, Callable[[Process], str]] = {
    "name": lambda process: process.name or _UNKNOWN,
    "unit": lambda process: unit_of(process.cgroup),
    "container": _container,
    "user": lambda process: process.user or (_UNKNOWN if process.uid is None else str(process.uid)),
}
"""What processes can be grouped by."""

_ASKED: dict[str, Callable[[Process], str]] = {
    **WORDS,
    "container": lambda process: process.container or "",
    "command": lambda process: " ".join(process.command or ()),
    "cgroup": lambda process: process.cgroup or "",
}
"""What the patterns of a rule are asked of; ``process`` stands for ``name``, which names the group."""
PATTERNS = ("process", *(word for word in _ASKED if word != "name"))


class Rule(NamedTuple):
    """One entry of a file: the group of the processes for which all patterns are found."""

    name: str
    patterns: tuple[tuple[Callable[[Process], str], re.Pattern[str]], ...]

    def group(self, process: Process) -> str | None:
        """The name of the group, with what named parts of the patterns have matched; None: it is not meant."""
        name = self.name
        for value, pattern in self.patterns:
            found = pattern.search(value(process))
            if found is None:
                return None
            for part, text in found.groupdict().items():
                name = name.replace(f"{{{part}}}", text or "")
        return name


class Grouping:
    """Tells of each process which group it is in."""

    def __init__(
        self,
        by: str = "name",
        rules: Sequence[Rule] = (),
        written: Callable[[str], str] = lambda name: name,
    ) -> None:
        """How to group.

        Args:
            by: one of `WORDS`, for the processes that no rule means.
            rules: the first one that means a process names its group.
            written: makes a name safe to be shown; before groups are told apart, so that no two are written alike.
        """
        self._by = WORDS[by]
        self._rules = tuple(rules)
        self._written = written

    def __call__(self, process: Process) -> str:
        """The group of a process; never empty."""
        named = next((name for rule in self._rules if (name := rule.group(process)) is not None), None)
        name = (self._by(process) if named is None else named) or _UNKNOWN
        return self._written(name[:_LONGEST])


def grouping(by: str, table: Mapping[str, Any] | None, written: Callable[[str], str]) -> Grouping:
    """How to group, by a word or by the table that a file holds.

    Args:
        by: the word, or what the file is called.
        table: what the file holds; None: `by` is a word.
        written: as of `Grouping`.

    Raises:
        UsageError: there is no such word, or the table has another form; the message says what is wrong where.
    """
    if table is None:
        return Grouping(by, (), written)
    strange = [key for key in table if key not in ("group", "otherwise")]
    if strange:
        raise UsageError(
            f"{by}: '{strange[0][:60]}' means nothing; it takes [[group]] tables, and otherwise = ..."
        )
    otherwise = table.get("otherwise", "name")
    if not isinstance(otherwise, str) or otherwise not in WORDS:
        raise UsageError(f"{by}: otherwise is one of {', '.join(WORDS)}, not {otherwise!r:.60}")
    entries = table.get("group", [])
    if not isinstance(entries, list) or not entries:
        raise UsageError(
            f"{by}: there is no [[group]] in it; one has a name and a pattern, as process = '^nginx$'"
        )
    rules = [_rule(f"{by}: group {number}", entry) for number, entry in enumerate(entries, 1)]
    return Grouping(otherwise, rules, written)


def _rule(where: str, entry: Any) -> Rule:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str) or not entry["name"]:
        raise UsageError(f"{where} has no name, as in: name = 'web'")
    patterns = []
    for key, value in entry.items():
        if key == "name":
            continue
        if key not in PATTERNS:
            hint = nearest(str(key), PATTERNS, f"a pattern is one of {', '.join(PATTERNS)}")
            raise UsageError(f"{where} has '{str(key)[:60]}': {hint}")
        try:
            patterns.append((_ASKED["name" if key == "process" else key], re.compile(value)))
        except (re.error, TypeError, OverflowError, RecursionError) as error:
            raise UsageError(f"{where}: {key} is no regular expression: {error}") from None
    if not patterns:
        raise UsageError(f"{where} has no pattern: it takes one of {', '.join(PATTERNS)}")
    return Rule(entry["name"], tuple(patterns))
