"""Descriptors counted by what they have in common: kind, process, user, peer, or any other word. Pure."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .answers import Group
from .fields import fields_of
from .model import Descriptor, HeldFile, Process
from .selection import UsageError
from .uses import is_reclaimable
from .vocabulary import Held, Word, word

RECLAIMABLE = "reclaimable_bytes"
"""The sum that is no field: space that deleted files take."""

_PLAIN = ("integer", "number", "string", "boolean")


def words_of(wish: str) -> list[Word]:
    """The words that a --group-by value names.

    Raises:
        UsageError: it names none, or one that is no plain value, nor a list of such.
    """
    names = list(dict.fromkeys(name.strip() for name in wish.split(",") if name.strip()))
    if not names:
        raise UsageError("--group-by takes names of columns, as in --group-by kind,user")
    found = [word(name) for name in names]
    for one in found:
        if not (
            one.form.startswith(_PLAIN) or one.choices or one.form.removeprefix("list of ").startswith(_PLAIN)
        ):
            raise UsageError(
                f"--group-by takes fields that are one value: {one.name} is made of others; "
                f"'fdscope --columns help' lists those, as {one.name}.NAME"
            )
    return found


def groups(rows: Iterable[tuple[Process, Held]], words: Sequence[Word]) -> list[Group]:
    """The groups that rows of processes and what they hold fall into, the largest first.

    A row falls into a group for each element where a word has a list; into one without that value where it has
    none. A descriptor table that several processes share counts once in a group, as one process that holds it.
    """
    found: dict[tuple[Any, ...], _Count] = {}
    for process, held in rows:
        for values in itertools.product(*(_values(one, process, held) for one in words)):
            count = found.get(values)
            if count is None:
                count = found[values] = _Count()
            count.add(process, held)
    counted = [count.group(words, values) for values, count in found.items()]
    return sorted(counted, key=lambda one: (-one.count, [(str(type(it)), it) for it in one.values.values()]))


def _values(of: Word, process: Process, held: Held) -> Sequence[Any]:
    value = of.of(process if of.of_process else held)
    if of.name == "user" and value is None:
        value = None if process.uid is None else str(process.uid)
    if isinstance(value, (list, tuple)):
        return list(dict.fromkeys(value)) or (None,)
    return (value,)


class _Count:
    """What is counted of one group."""

    def __init__(self) -> None:
        self._rows = 0
        self._processes: set[int] = set()
        self._objects: set[Any] = set()
        self._shared: set[Any] = set()
        self._sums: dict[str, int] = {}
        self._mapped: set[Any] = set()

    def add(self, process: Process, held: Held) -> None:
        """Counts a row, unless it is that of another process with the same table."""
        self._processes.add(process.pid)
        if process.shares_table_with and isinstance(held, Descriptor) and held.tid is None:
            place = (min(process.pid, *process.shares_table_with), held.fd)
            if place in self._shared:
                return
            self._shared.add(place)
        self._rows += 1
        if isinstance(held, HeldFile) and held.mapped_bytes is not None:  # each process has mappings of its own
            self._add("mapped_bytes", held.mapped_bytes)
        object_ = _object(process, held)
        if object_ in self._objects:
            return
        self._objects.add(object_)
        for name in _sums_of(type(held)):
            value = getattr(held, name)
            if value is not None:
                self._add(name, value)
        freed = getattr(held, "allocated_bytes", None)
        if freed is not None and is_reclaimable(held):
            self._add(RECLAIMABLE, freed)

    def _add(self, name: str, amount: int) -> None:
        self._sums[name] = self._sums.get(name, 0) + amount

    def group(self, words: Sequence[Word], values: Sequence[Any]) -> Group:
        return Group(
            values={one.name: value for one, value in zip(words, values, strict=True) if value is not None},
            count=self._rows,
            processes=len(self._processes),
            objects=len(self._objects),
            sums=self._sums,
        )


def _object(process: Process, held: Held) -> Any:
    """What tells one object from another; of what has no name of its own, the descriptor."""
    if isinstance(held, HeldFile):
        known = held.inode is not None and held.device is not None
        return f"inode:{held.device}:{held.inode}" if known else (process.pid, held.role, held.name)
    return held.object or (process.pid, held.tid, held.fd)


@functools.lru_cache
def _sums_of(kind: type[Descriptor] | type[HeldFile]) -> tuple[str, ...]:
    """The fields of a class whose sum means something: those in bytes."""
    names = (one.name for one in fields_of(kind) if one.form == "integer" and one.adds_up)
    return tuple(name for name in names if name.endswith("_bytes") and name != "mapped_bytes")


def sums_in(found: Iterable[Group]) -> Iterator[str]:
    """The names of the sums that there are, each once."""
    return iter(dict.fromkeys(name for one in found for name in one.sums))
