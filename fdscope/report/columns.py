"""Columns by name: every word of the vocabulary is one, and a table is rows of processes and what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ..model import Descriptor, HeldFile, Process, kind_name
from ..selection import UsageError
from . import relations

Held = Descriptor | HeldFile
Row = tuple[Process, Held]

USUAL = ("fd", "kind", "access", "flags", "what")
"""The columns of a report on one process."""
USUAL_OF_MANY = ("pid", "process", *USUAL)
"""The columns of a table over several processes."""


class Column(NamedTuple):
    """A column of a table of what processes hold."""

    name: str
    value: Callable[[Process, Held], Any]
    header: str
    """The heading over it."""
    to_right: bool = False
    """Whether it is set to the right, as numbers are."""


def _what(process: Process, held: Held) -> str:
    others = "" if isinstance(held, HeldFile) else relations.relations(process, held)
    return f"{held.describe()}  {others}" if others else held.describe()


def _fd(_: Process, held: Held) -> int | str:
    return held.role if isinstance(held, HeldFile) else held.fd


def _flags(_: Process, held: Held) -> list[str] | None:
    flags = getattr(held, "flags", None)
    return None if flags is None else [flag for flag in flags if flag != "largefile"]


def _of_descriptor(value: Callable[[Process, Descriptor], Any]) -> Callable[[Process, Held], Any]:
    return lambda process, held: None if isinstance(held, HeldFile) else value(process, held)


# What is shown of these words is not the field as it stands.
_SHOWN: dict[str, Callable[[Process, Held], Any]] = {
    "fd": _fd,
    "what": _what,
    "flags": _flags,
    "user": lambda process, _: process.uid if process.user is None else process.user,
    "peers": _of_descriptor(relations.peers),
    "shared_with": _of_descriptor(relations.shared_with),
    "watched_by": _of_descriptor(relations.watched_by),
}

# The usual columns, which are known without a look at what the classes say of their fields: that costs 10 ms.
_QUICK: dict[str, Callable[[Process, Held], Any]] = {
    "pid": lambda process, _: process.pid,
    "process": lambda process, _: process.name,
    "kind": lambda _, held: None if isinstance(held, HeldFile) else kind_name(type(held)),
    "access": lambda _, held: getattr(held, "access", None),
    "role": lambda _, held: getattr(held, "role", None),
    **{name: _SHOWN[name] for name in ("fd", "flags", "what")},
}
_NUMBERS = ("pid", "fd")


def column(name: str) -> Column:
    """The column of this name.

    Raises:
        UsageError: there is none.
    """
    quick = _QUICK.get(name)
    if quick is not None:
        return Column(name, quick, name.upper(), name in _NUMBERS)
    from ..vocabulary import word

    try:
        found = word(name)
    except UsageError as error:
        raise UsageError(str(error).replace("no field", "no column", 1)) from None
    shown = _SHOWN.get(name)
    if shown is None and found.of_process:
        return Column(name, lambda process, _: found.of(process), found.header, found.is_number)
    return Column(name, shown or (lambda _, held: found.of(held)), found.header, found.is_number)


def chosen(wish: str | None, usual: Sequence[str]) -> list[Column]:
    """The columns that a --columns word asks for; ``+LIST`` adds to the usual ones, before the last.

    Raises:
        UsageError: a name is not known, or there is none.
    """
    names = [name.strip() for name in (wish or "").removeprefix("+").split(",") if name.strip()]
    if wish is not None and not names:
        raise UsageError("--columns takes names of columns, as in --columns fd,kind,name")
    if wish is None or wish.startswith("+"):
        names = [*usual[:-1], *(name for name in names if name not in usual), usual[-1]]
    return [column(name) for name in names]


class Key(NamedTuple):
    """One key of an order."""

    name: str
    falling: bool


def keys(wish: str | None) -> list[Key]:
    """The keys that a --sort word names, the first counts most; a minus before a name turns it round.

    Raises:
        UsageError: it names none.
    """
    if wish is None:
        return []
    found = [Key(word.strip().removeprefix("-"), word.strip().startswith("-")) for word in wish.split(",")]
    if not all(key.name for key in found):
        raise UsageError("--sort takes names of columns, as in --sort -size_bytes,fd")
    return found


def ordered(things: Iterable[Any], order: Sequence[tuple[Callable[[Any], Any], bool]]) -> list[Any]:
    """`things` by these values, each rising, or falling if True stands beside it. What has no value comes last."""
    found = list(things)
    for value, falling in reversed(order):
        pairs = [(value(one), one) for one in found]
        told = [pair for pair in pairs if pair[0] is not None]
        told.sort(key=lambda pair: _comparable(pair[0]), reverse=falling)
        found = [one for _, one in told] + [one for known, one in pairs if known is None]
    return found


def sorted_rows(rows: Iterable[Row], wish: str | None) -> list[Row]:
    """`rows` by the columns that a --sort word names.

    Raises:
        UsageError: a name is not known.
    """
    return ordered(rows, [(_of_row(column(key.name)), key.falling) for key in keys(wish)])


def _of_row(of: Column) -> Callable[[Row], Any]:
    return lambda row: of.value(*row)


def _comparable(value: Any) -> tuple[int, Any]:
    """Numbers before texts before everything else, and each by its own order."""
    if isinstance(value, (int, float)):
        return 0, value
    if isinstance(value, str):
        return 1, value
    if isinstance(value, list) and all(isinstance(one, (int, float)) for one in value):
        return 2, value
    return 3, repr(value)


class Described(NamedTuple):
    """A column with its line of help."""

    name: str
    header: str
    alignment: str
    type: str
    help: str
    kinds: tuple[str, ...]
    """The kinds that have it; empty: all, or it is of the process."""
    choices: tuple[str, ...]
    unit: str


def described() -> list[Described]:
    """Every column; reads all annotations, which costs more than a scan."""
    from ..vocabulary import words

    return [
        Described(one.name, one.header, one.alignment, one.form, one.help, one.kinds, one.choices, one.unit)
        for one in words()
    ]
