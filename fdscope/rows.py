"""A Snapshot as flat rows, one for each descriptor, for pandas, polars, DuckDB, or whatever takes tables.

The columns are words of `fdscope.vocabulary`, those of ``--columns`` and ``--where``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from .model import Snapshot
from .selection import UsageError
from .text import clean
from .vocabulary import Word, word

USUAL = (
    *"pid process uid user fd tid kind name description access flags position inode device object".split(),
    *"open_file size_bytes allocated_bytes deleted filesystem protocol local_address local_port".split(),
    *"remote_address remote_port state peers_total other_end shared_total watched_total".split(),
)
"""The columns, unless others are asked for. None will ever be taken away; new ones are added behind."""

_MOST, _LEAST = 2**63 - 1, -(2**63)
"""What the integers of a data frame hold."""


def rows(snapshot: Snapshot, columns: Iterable[str] = USUAL) -> list[dict[str, Any]]:
    """A row for each descriptor of each process; each has all of the columns, in their order.

        >>> from fdscope import scan
        >>> rows(scan(["self"], where="fd == 0"), columns=("fd", "tcp.rtt_us"))
        [{'fd': 0, 'tcp.rtt_us': None}]

    A value is that of the JSON document, as plain data: a number, a text, a truth value, a list or dict of such.
    It is None where the descriptor has none. Each byte of a text that was not UTF-8 is U+FFFD, as data frames take
    only valid text; the text in `snapshot` has the original bytes, and `os.fsencode` gives them. An integer that
    does not fit into 64 bits with a sign, as the inode number of a network file system may be, is None; `object`
    has it as text.

    Args:
        snapshot: what was found.
        columns: fields of descriptors and of their processes (``uid``, ``process.state``); dots lead into them
            (``tcp.rtt_us``, ``peers.pid``).

    Raises:
        UsageError: there is no such field.
    """
    if isinstance(columns, str):
        raise UsageError("columns are several words, as in columns=('pid', 'fd')")
    words = [word(name) for name in columns]
    of_process = [(place, _reader(one)) for place, one in enumerate(words) if one.of_process]
    of_descriptor = [(place, _reader(one)) for place, one in enumerate(words) if not one.of_process]
    names = [one.name for one in words]
    found = []
    for process in snapshot.processes:
        values: list[Any] = [None] * len(words)
        for place, read in of_process:
            values[place] = _plain(read(process))
        for descriptor in process.descriptors or ():
            for place, read in of_descriptor:
                values[place] = None if (value := read(descriptor)) is None else _plain(value)
            found.append(dict(zip(names, values, strict=True)))
    return found


def _reader(one: Word) -> Callable[[Any], Any]:
    """What gives the value of a word: of most it is a field of the owner itself, got without detours."""
    if one.only is None and len(one.path) == 1:
        (name,) = one.path
        return lambda owner: getattr(owner, name, None)
    return one.of


def _plain(value: Any) -> Any:
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int):
        return value if _LEAST <= value <= _MOST else None
    if isinstance(value, float):
        return value
    if isinstance(value, msgspec.Struct):
        value = msgspec.to_builtins(value)
    if isinstance(value, dict):
        return {clean(str(key)): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value]
