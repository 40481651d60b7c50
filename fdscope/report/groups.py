"""Descriptors by what they have in common, for people: a row for each group, and how large a part of all it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..answers import Group
from ..groups import RECLAIMABLE, sums_in
from ..quantity import percent, size
from ..selection import UsageError, nearest
from ..vocabulary import Word, word
from ..vocabulary import names as word_names
from .columns import keys, ordered
from .style import Style
from .table import draw

COUNTS = ("count", "processes", "objects")
_BAR = 12
_LIMITS = ("capacity_bytes", "receive_buffer_bytes", "send_buffer_bytes")
"""Sums of what things have room for, which a table for people has no room for."""


def table(
    found: Sequence[Group], words: Sequence[Word], style: Style, *, form: str = "table", show_headers: bool = True
) -> Iterator[str]:
    """The lines of the table. For people sums that are nothing throughout are left out, and sizes have units.

    Where a descriptor may be in several groups, as with flags, there is no share: the groups are no parts.
    """
    for_people = form in ("table", "plain")
    sums = list(sums_in(found))
    if for_people:
        sums = [name for name in sums if name not in _LIMITS and any(one.sums.get(name) for one in found)]
    headers = [*(one.header if for_people else one.name for one in words), *map(_heading(for_people), COUNTS)]
    headers += [word_header(name) if for_people else name for name in sums]
    rows = [[*_values(one, words, for_people), *_counts(one), *_sums(one, sums, for_people)] for one in found]
    to_right = [*(one.is_number for one in words), *(True for _ in (*COUNTS, *sums))]
    if form == "table" and not any(one.form.startswith("list of") for one in words):
        total = sum(one.count for one in found) or 1
        headers.append("SHARE")
        to_right.append(False)
        for one, row in zip(found, rows, strict=True):
            row.append(f"{style.bar(one.count / total, _BAR)} {percent(one.count / total)}")
    return draw(headers, rows, style=style, form=form, show_headers=show_headers, to_right=to_right)


def _heading(for_people: bool) -> Callable[[str], str]:
    return str.upper if for_people else str


def word_header(name: str) -> str:
    """The heading of a sum."""
    return "RECLAIMABLE" if name == RECLAIMABLE else word(name).header.removesuffix("_BYTES")


def _values(one: Group, words: Sequence[Word], for_people: bool) -> list[Any]:
    return [one.values.get(each.name, "-" if for_people else None) for each in words]


def _counts(one: Group) -> list[int]:
    return [one.count, one.processes, one.objects]


def _sums(one: Group, names: Sequence[str], for_people: bool) -> list[Any]:
    amounts = [one.sums.get(name) for name in names]
    return [None if amount is None else size(amount) if for_people else amount for amount in amounts]


def in_order(found: Sequence[Group], words: Sequence[Word], wish: str | None) -> list[Group]:
    """The groups by the columns that a --sort word names, the largest first without one.

    Raises:
        UsageError: a group has no such column.
    """
    return ordered(found, [(_value(key.name, words, found), key.falling) for key in keys(wish)])


def check(wish: str | None, words: Sequence[Word]) -> None:
    """Whether groups can be sorted so; raises what `in_order` raises."""
    for key in keys(wish):
        _value(key.name, words, ())


def _value(name: str, words: Sequence[Word], found: Sequence[Group]) -> Callable[[Group], Any]:
    if any(name == one.name for one in words):
        return lambda one: one.values.get(name)
    if name in COUNTS:
        return lambda one: getattr(one, name)
    if name == RECLAIMABLE or (name in word_names() and name.endswith("_bytes")):
        return lambda one: one.sums.get(name)
    known = [*(one.name for one in words), *COUNTS, *(sums_in(found) or ())]
    hint = nearest(name, known, f"they have {', '.join(known)}, and sums in bytes")
    raise UsageError(f"groups have no column '{name[:60]}': {hint}")
