"""Every column there is: the fields of every kind, said once, in the kind; and whose descriptor it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from ..kinds import KINDS
from ..model import Descriptor, Process, kind_name
from ..selection import UsageError
from . import relations

Row = tuple[Process, Descriptor]


def _what(process: Process, descriptor: Descriptor) -> str:
    others = relations.relations(process, descriptor)
    return f"{descriptor.describe()}  {others}" if others else descriptor.describe()


_COMPUTED: dict[str, tuple[str, Callable[[Process, Descriptor], Any]]] = {
    "pid": ("process id", lambda process, _: process.pid),
    "process": ("the process's name", lambda process, _: process.name),
    "user": ("the process's effective user", lambda process, _: process.user or process.uid),
    "command": ("the process's arguments", lambda process, _: " ".join(process.command or ())),
    "process_state": ("state of the process", lambda process, _: process.state),
    "cgroup": ("control group of the process", lambda process, _: process.cgroup),
    "container": ("container of the process", lambda process, _: process.container),
    "kind": ("kind of the object (fdscope-kinds(7))", lambda _, descriptor: kind_name(type(descriptor))),
    "what": ("what it is, in one line, and who is at its other end", _what),
    "description": ("what it is, in one line, without others", lambda _, descriptor: descriptor.describe()),
    "peers": ("who is at the other end; in JSON a list", relations.peers),
    "shared_with": ("who shares its open file description; in JSON a list", relations.shared_with),
    "watched_by": ("epolls that wait for its events; in JSON a list", relations.watched_by),
    "io_models": ("I/O models by which it is used; in JSON with their evidence", lambda _, one: _models(one)),
    "flags": ("the flags, without largefile, which nearly all have", lambda _, descriptor: _flags(descriptor)),
}

USUAL = ("fd", "kind", "access", "flags", "what")
"""The columns of a report on one process."""
USUAL_OF_MANY = ("pid", "process", *USUAL)
"""The columns of a table over several processes."""


class Column(NamedTuple):
    """A column of the descriptor table."""

    name: str
    value: Callable[[Process, Descriptor], Any]

    @property
    def header(self) -> str:
        """The heading over it."""
        return self.name.upper()


def _models(descriptor: Descriptor) -> list[str] | None:
    return list(dict.fromkeys(one.model for one in descriptor.io_models or ())) or None


def _flags(descriptor: Descriptor) -> list[str] | None:
    return None if descriptor.flags is None else [flag for flag in descriptor.flags if flag != "largefile"]


def field_names() -> list[str]:
    """The fields of all kinds, those that all have first."""
    own: dict[str, None] = dict.fromkeys(Descriptor.__struct_fields__)
    for kind in KINDS:
        own.update(dict.fromkeys(kind.__struct_fields__))
    return list(own)


def column(name: str) -> Column:
    """The column of this name.

    Raises:
        UsageError: there is none.
    """
    if name in _COMPUTED:
        return Column(name, _COMPUTED[name][1])
    known = field_names()
    if name not in known:
        near = get_close_matches(name, [*_COMPUTED, *known], 1)
        hint = f"did you mean '{near[0]}'?" if near else "'fdscope --columns help' lists them"
        raise UsageError(f"there is no column '{name}': {hint}")
    return Column(name, lambda _, descriptor: getattr(descriptor, name, None))


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


def sorted_rows(rows: Iterable[Row], keys: str | None) -> list[Row]:
    """`rows` by these columns, comma-separated; a minus turns one round. What has no value comes last.

    Raises:
        UsageError: a name is not known.
    """
    found = list(rows)
    for key in reversed([] if keys is None else keys.split(",")):
        by = column(key.strip().removeprefix("-")).value
        reverse = key.strip().startswith("-")
        with_value = [(by(*row), row) for row in found]
        told = [pair for pair in with_value if pair[0] is not None]
        told.sort(key=lambda pair: _comparable(pair[0]), reverse=reverse)
        found = [row for _, row in told] + [row for value, row in with_value if value is None]
    return found


def _comparable(value: Any) -> tuple[int, Any]:
    return (0, value) if isinstance(value, (int, float)) else (1, value if isinstance(value, str) else repr(value))


class Described(NamedTuple):
    """A column with its line of help."""

    name: str
    help: str
    kinds: list[str]
    """The kinds that have it; empty: all."""


def described() -> list[Described]:
    """Every column; reads all annotations, which costs more than a scan."""
    from ..fields import fields_of

    found = [Described(name, sentence, []) for name, (sentence, _) in _COMPUTED.items()]
    seen = set(_COMPUTED)
    for field in fields_of(Descriptor):
        if field.name not in seen:
            seen.add(field.name)
            found.append(Described(field.name, field.sentence, []))
    special: dict[str, Described] = {}
    for kind in KINDS:
        for field in fields_of(kind):
            if field.name not in seen:
                special.setdefault(field.name, Described(field.name, field.sentence, [])).kinds.append(
                    kind_name(kind)
                )
    return found + list(special.values())
