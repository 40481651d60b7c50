"""What processes hold, as the rows of a page: short, since there may be twenty thousand of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct, structs

from ...fields import field_of
from ...model import LINKED, VERBS, Descriptor, HeldFile, Holder, Process, kind_name
from ..relations import MISSING
from .shared import Words

_APART = frozenset({"fd", "role", "access", "flags", *LINKED} - {"open_file"})
"""The fields that stand in a row by themselves, or as relations."""

Row = list[Any]


class Held:
    """Collects the rows, and the kinds and fields that occur in them.

    A row is: number of the process, number of the descriptor or minus 1, role, kind, access, flags, description,
    details, relations, how many there are of each relation, why no other end is told. Details are pairs of a
    field and its value, where a value in a list is the number of a text. A relation is: which (0 for the other
    end, 1 for sharing, 2 for watching), pid, fd, name of the process.
    """

    def __init__(self, words: Words) -> None:
        self._words = words
        self._kinds: dict[type[Struct], int] = {}
        self._fields: dict[str, int] = {}
        self._sentences: list[str] = []
        self.rows: list[Row] = []

    def add(self, number: int, process: Process) -> None:
        """Adds what a process holds; `number` is that of its own row."""
        for held in (*(process.descriptors or ()), *(process.files or ())):
            self.rows.append(self._row(number, held))

    def told(self) -> dict[str, Any]:
        """All of it, as plain data."""
        return {
            "kinds": [_kind(kind) for kind in self._kinds],
            "fields": list(self._fields),
            "sentences": self._sentences,
            "rows": self.rows,
            "verbs": list(VERBS),
        }

    def _row(self, number: int, held: Descriptor | HeldFile) -> Row:
        word = self._words.of
        kind = self._kinds.setdefault(type(held), len(self._kinds))
        details = [part for pair in self._details(held) for part in pair]
        if isinstance(held, HeldFile):
            return [number, -1, word(held.role), kind, 0, 0, word(held.describe()), details]
        flags = " ".join(flag for flag in held.flags or () if flag != "largefile")
        row = [number, held.fd, 0, kind, word(held.access), word(flags), word(held.describe()), details]
        relations = [*self._relations(held)]
        missing = word(MISSING.get(held.other_end or "", ""))
        if relations or missing:
            totals = [held.peers_total or 0, held.shared_total or 0, held.watched_total or 0]
            row += [relations, totals, missing]
        return row

    def _relations(self, held: Descriptor) -> Iterator[list[int]]:
        found: tuple[Sequence[Holder], ...] = (held.peers or (), held.shared_with or (), held.watched_by or ())
        for which, holders in enumerate(found):
            for one in holders:
                yield [which, one.pid, one.fd, self._words.of(one.process)]

    def _details(self, held: Struct) -> Iterator[tuple[int, Any]]:
        for name in held.__struct_fields__:
            value = getattr(held, name)
            if value is None or name in _APART:
                continue
            if name not in self._fields:
                field = field_of(type(held), name)
                self._fields[name] = len(self._fields)
                self._sentences.append(field.sentence if field is not None else "")
            # a number beyond 2^53 would not be exact in JavaScript
            is_plain = isinstance(value, (bool, float)) or (isinstance(value, int) and abs(value) < 1 << 53)
            yield self._fields[name], value if is_plain else [self._words.of(in_words(value))]


def _kind(kind: type[Struct]) -> dict[str, Any]:
    """What can be done with objects of a kind; of a file that is held without a descriptor: nothing."""
    if not issubclass(kind, Descriptor):
        return {"name": "file", "verbs": [], "unit": "", "named": True}
    verbs = [verb for verb in VERBS if verb in kind.verbs]
    return {"name": kind_name(kind), "verbs": verbs, "unit": kind.unit, "named": kind.in_file_system}


def in_words(value: Any) -> str:
    """A value of any form as one text: ``a, b``; of a struct ``model blocking, evidence …``.

    >>> in_words([1, 2]), in_words({"a": 1})
    ('1, 2', 'a 1')
    """
    if isinstance(value, Struct):
        told = {name: one for name, one in structs.asdict(value).items() if one is not None}
        return in_words(told)
    if isinstance(value, dict):
        return ", ".join(f"{name} {in_words(one)}" for name, one in value.items())
    if isinstance(value, (list, tuple)):
        between = "; " if any(isinstance(one, (Struct, dict)) for one in value) else ", "
        return between.join(map(in_words, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
