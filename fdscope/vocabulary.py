"""The fields of descriptors and processes by the names that people give them: in --where, --columns, --sort.

A name is a field of a descriptor (``remote_port``), of a file that is held without one (``role``), or of the
process (``uid``); dots lead into it (``tcp.rtt_us``, ``namespaces.net``). Where a descriptor has a field of the
same name as its process, ``process.`` before it means the process; a kind before it means descriptors of that kind
(``tcp.state``).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from .fields import Field, field_of
from .kinds import KINDS
from .model import LINKED, MODELS, Descriptor, HeldFile, Process, kind_name
from .selection import UsageError, nearest

Held = Descriptor | HeldFile


class Word(NamedTuple):
    """A name that means a field."""

    name: str
    help: str
    form: str
    """Its type as in JSON: ``integer``, ``string``, ``list of strings``, …"""
    kinds: tuple[str, ...] = ()
    """The kinds that have it; empty: all, or it is of the process."""
    choices: tuple[str, ...] = ()
    any_case: bool = False
    of_process: bool = False
    path: tuple[str, ...] = ()
    """The fields that lead to it, from the descriptor or process on."""
    only: type[Descriptor] | None = None
    """The one kind that is meant, if it was named."""
    own_header: str = ""
    """The heading that its declaration gives it."""
    adds_up: bool = True
    """Whether the sum of such numbers of several objects means anything."""

    @property
    def is_number(self) -> bool:
        """Whether it is one number, and set to the right in a table."""
        return self.form in ("integer", "number")

    @property
    def alignment(self) -> str:
        """To which side its column is set: ``left`` or ``right``."""
        return "right" if self.is_number else "left"

    @property
    def header(self) -> str:
        """The heading of its column."""
        return self.own_header or self.name.upper()

    @property
    def unit(self) -> str:
        """What a number counts, as its name tells: ``bytes``, ``s``, ``ms``, ``us``, ``ns``; empty: things."""
        last = (self.path or (self.name,))[-1]
        if not self.form.endswith(("integer", "integers", "number", "numbers")):
            return ""
        if "_bytes" in last or last.endswith("position"):
            return "bytes"
        return next((unit for unit in ("ns", "us", "ms", "s") if last.endswith(f"_{unit}")), "")

    def of(self, owner: Any) -> Any:
        """Its value; None: none. `owner` is a process if the word is `of_process`, else a descriptor or file."""
        if self.only is not None and type(owner) is not self.only:
            return None
        computed = _COMPUTED.get(self.name)
        if computed is not None:
            return computed(owner)
        return _follow(owner, self.path)


def _follow(value: Any, path: Sequence[str]) -> Any:
    """What the fields of `path` lead to; of a list, what they lead to from each element, all in one list."""
    for place, name in enumerate(path):
        if isinstance(value, list):
            found: list[Any] = []
            for one in value:
                inner = _follow(one, path[place:])
                if isinstance(inner, list):
                    found += inner
                elif inner is not None:
                    found.append(inner)
            return found or None
        value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
        if value is None:
            return None
    return value


def _kind(held: Held) -> str | None:
    return None if isinstance(held, HeldFile) else kind_name(type(held))


def _description(held: Held) -> str:
    return held.describe()


def _peer(held: Held) -> list[str] | None:
    """Names of the processes at the other end; where there is none, where it leads instead."""
    if isinstance(held, HeldFile):
        return None
    if held.peers:
        return list(dict.fromkeys(one.process or str(one.pid) for one in held.peers))
    if held.other_end == "elsewhere":
        return [getattr(held, "remote_address", None) or held.other_end]
    return None if held.other_end is None else [held.other_end]


def _models(held: Held) -> list[str] | None:
    return list(dict.fromkeys(one.model for one in getattr(held, "io_models", None) or ())) or None


_COMPUTED: dict[str, Callable[[Any], Any]] = {
    "kind": _kind,
    "description": _description,
    "what": _description,
    "peer": _peer,
    "io_models": _models,
    "command": lambda process: " ".join(process.command or ()) or None,
}
"""Words whose value is no field as it stands; `_SPECIAL` says the rest of them."""

_SPECIAL = (
    Word("kind", "kind of the object (fdscope-kinds(7))", "string", choices=tuple(map(kind_name, KINDS))),
    Word("description", "what it is, in one line, without others", "string"),
    Word("what", "what it is, in one line; as a column with who is at its other end", "string"),
    Word(
        "peer",
        "names of the processes at its other end, of the first 8 peers; without any, the address that it leads "
        "to, or other_end",
        "list of strings",
    ),
    Word(
        "io_models", "I/O models by which it is used, or set to be used", "list of strings", choices=tuple(MODELS)
    ),
    Word("process", "the process's name", "string", of_process=True, path=("name",)),
    Word("process_state", "state of the process", "string", of_process=True, path=("state",)),
    Word("command", "the process's arguments, with a blank between two", "string", of_process=True),
)

_LATE = frozenset(
    "threads descriptors descriptor_kinds files context_switches shares_table_with descriptor_count".split()
)
"""Fields of a process that are known only when its threads and descriptors have been read."""

_OF_PEERS = frozenset((*LINKED, "peer", "targets"))
_OF_WAITS = frozenset("io_models waiters waiters_total threads".split())


def is_late(word: Word) -> bool:
    """Whether a word of the process is known only when more than the process itself has been read."""
    return bool(word.path) and word.path[0] in _LATE


def is_of_peers(word: Word) -> bool:
    """Whether a word is known only when the descriptors of other processes have been looked at."""
    return not word.of_process and _first(word) in _OF_PEERS


def is_of_waits(word: Word) -> bool:
    """Whether a word is known only when it has been found out what threads wait for."""
    return _first(word) in _OF_WAITS


def _first(word: Word) -> str:
    return (word.path or (word.name,))[0]


def is_computed(word: Word) -> bool:
    """Whether its value is no field as it stands."""
    return word.name in _COMPUTED


def parts_of(word: Word) -> list[str]:
    """The names of the fields in one that is an object, or a list of objects."""
    return list(dict.fromkeys(_inner(f"{word.name}.")))


@functools.lru_cache
def kinds_with(name: str) -> tuple[type[Descriptor], ...]:
    """The kinds that have this field."""
    return tuple(kind for kind in KINDS if name in kind.__struct_fields__)


def names() -> list[str]:
    """Every word that is one name: those of all descriptors first, then of single kinds, then of the process."""
    own = dict.fromkeys(word.name for word in _SPECIAL)
    own.update(dict.fromkeys(Descriptor.__struct_fields__))
    for kind in KINDS:
        own.update(dict.fromkeys(kind.__struct_fields__))
    own.update(dict.fromkeys(HeldFile.__struct_fields__))
    own.update(dict.fromkeys(Process.__struct_fields__))
    return [name for name in own if name not in ("threads", "descriptors", "files")]


def words() -> list[Word]:
    """Every word, with those that lead one step into an object or into the objects of a list.

    It reads all annotations, which costs more than a scan.
    """
    found = []
    for one in map(word, names()):
        is_object = one.name != "process" and not one.form.startswith(_OBJECT)
        parts = map(word, parts_of(one)) if is_object else ()
        found += [one, *(part for part in parts if part.only is None)]
    return found


def word(name: str) -> Word:
    """What a name means.

        >>> word("tcp.rtt_us").form, word("process.state").of_process, word("readers").kinds
        ('integer', True, ('fifo', 'pipe'))
        >>> word("remot_port")
        Traceback (most recent call last):
        fdscope.selection.UsageError: there is no field 'remot_port': did you mean 'remote_port'?

    Raises:
        UsageError: nothing; the message has the nearest name that means something.
    """
    found = next((one for one in _SPECIAL if one.name == name), None) or _plain(name)
    if found is None:
        raise UsageError(f"there is no field '{name[:60]}': {_hint(name)}")
    return found


def _plain(name: str) -> Word | None:
    first, _, rest = name.partition(".")
    path = tuple(name.split("."))
    if first == "process" and rest:
        return _of_class(Process, name, path[1:], of_process=True)
    found = _of_kinds(name, path)
    if found is not None:
        return found
    only = next((kind for kind in KINDS if kind_name(kind) == first), None)
    if only is not None and rest:
        found = _of_class(only, name, path[1:])
        return None if found is None else found._replace(kinds=(first,), only=only)
    return _of_class(HeldFile, name, path) or _of_class(Process, name, path, of_process=True)


def _of_kinds(name: str, path: tuple[str, ...]) -> Word | None:
    """What a path of fields leads to from descriptors; None: from those of no kind."""
    if path[0] in Descriptor.__struct_fields__:
        return _of_class(Descriptor, name, path)
    each = [(kind, one) for kind in kinds_with(path[0]) if (one := _of_class(kind, name, path)) is not None]
    if not each:
        return None
    _, first = each[0]
    return first._replace(
        kinds=tuple(kind_name(kind) for kind, _ in each),
        choices=first.choices if all(one.choices == first.choices for _, one in each) else (),
        any_case=any(one.any_case for _, one in each),
    )


_KEYS: dict[str, tuple[str, ...]] = {
    "descriptor_kinds": tuple(map(kind_name, KINDS)),
    "namespaces": tuple("cgroup ipc mnt net pid pid_for_children time time_for_children user uts".split()),
}
"""Of fields that are objects, the keys that there may be, where they are known; namespaces(7) has the second."""


def _of_class(kind: type[Struct], name: str, path: tuple[str, ...], *, of_process: bool = False) -> Word | None:
    """What a path of fields leads to from a class; None: it leads nowhere."""
    field: Field | None = None
    parts: type[Struct] | None = kind
    lists = False
    for place, step in enumerate(path):
        if parts is None:  # the key of an object whose keys are no fields: only its last step
            last = place == len(path) - 1
            return _of_key(field, step, name, path, of_process, lists) if field and last else None
        lists = lists or (field is not None and field.form.startswith(_LIST))
        field = field_of(parts, step)
        if field is None:
            return None
        parts = field.parts
    if field is None:
        return None
    form = "string" if field.form.startswith('"') else field.form  # of words that are listed
    form = _list_of(form) if lists else form
    return Word(
        name,
        field.sentence,
        form,
        choices=field.choices,
        any_case=field.any_case,
        of_process=of_process,
        path=path,
        own_header=field.header if len(path) == 1 else "",
        adds_up=field.adds_up,
    )


_LIST, _OBJECT = "list of ", "object of "


def _of_key(
    field: Field, key: str, name: str, path: tuple[str, ...], of_process: bool, lists: bool
) -> Word | None:
    """The value of a key of a field that is an object, or a list of objects; None: it has no such key."""
    form = field.form.removeprefix(_LIST)
    if not form.startswith(_OBJECT) or not key or key not in _KEYS.get(field.name, (key,)):
        return None
    value = form.removeprefix(_OBJECT).removesuffix("s")
    form = _list_of(value) if lists or form != field.form else value
    return Word(name, f"{field.sentence}: {key}", form, of_process=of_process, path=path)


def _list_of(form: str) -> str:
    """The form of a list of what has this form; a list of lists is told as one list."""
    plain = form in ("integer", "number", "string", "boolean")
    return form if form.startswith(_LIST) else f"{_LIST}{form}{'s' * plain}"


_ELSEWHERE = {
    "args": "command",
    "cmdline": "command",
    "comm": "process",
    "cpu": "cpu_time_s",
    "fd_count": "descriptor_count",
    "fds": "descriptor_count",
    "offset": "position",
    "pgid": "process_group",
    "port": "local_port",
    "ppid": "parent_pid",
    "rss": "memory.resident_bytes",
    "sid": "session",
    "uptime": "started_at",
    "vsz": "memory.virtual_bytes",
}
"""What other programs call a field, where no likeness leads to it."""


def _hint(name: str) -> str:
    if name.lower() in _ELSEWHERE:
        return f"did you mean '{_ELSEWHERE[name.lower()]}'?"
    first, dot, _ = name.partition(".")
    inner = list(dict.fromkeys(_inner(name))) if dot else []
    known, meant = inner or names(), name if inner else first
    part = meant.rpartition(".")[2].lower()
    alike = nearest(meant, known, "", 0.85)
    longer = next((one for one in known if part in one.rpartition(".")[2].split("_")), None)  # size, port
    if longer is not None and not alike:
        return f"did you mean '{longer}'?"
    return nearest(meant, known, "'fdscope --columns help' lists them")


def _inner(name: str) -> Iterator[str]:
    """Names as long as this one, whose last part alone may be another."""
    first, _, rest = name.partition(".")
    if first == "process":
        yield from _within(Process, f"{first}.", rest)
    for kind in kinds_with(first):
        yield from _within(kind, "", name)
    for kind in KINDS:
        if kind_name(kind) == first:
            yield from _within(kind, f"{first}.", rest)
    for owner in (HeldFile, Process):
        if first in owner.__struct_fields__:
            yield from _within(owner, "", name)


def _within(owner: type[Struct], before: str, path: str) -> Iterator[str]:
    """As `_inner`: what a path from this class on could mean, as far as its beginning means something."""
    step, dot, rest = path.partition(".")
    field = field_of(owner, step)
    if not dot or field is None:
        yield from (before + one for one in owner.__struct_fields__)
    elif field.parts is not None:
        yield from _within(field.parts, f"{before}{step}.", rest)
    else:
        yield from (f"{before}{step}.{key}" for key in _KEYS.get(step, ()))
