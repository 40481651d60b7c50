"""What is known to be true of a descriptor, however little of it has been read: Kleene's three values. Pure.

A test is asked of a process, or None, and of what it holds: a descriptor or file, the kind of one before there is
one, or None. It answers True, False, or None for what cannot be told yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .kinds import KINDS
from .model import HeldFile, Process, kind_name
from .vocabulary import Held, Word, is_computed, is_late

UNKNOWN: Any = object()
"""The value of a field that has not been read."""
NOTHING: Any = object()
"""Stands for the descriptor where only a process is meant, all of which has been read."""
MAPPED: Any = object()
"""Stands for any file that memory is mapped from."""

Test = Callable[["Process | None", "Held | type | None"], "bool | None"]
"""What an expression says of a descriptor; None: that cannot be told yet."""


def all_true(tests: list[Test]) -> Test:
    """True where all of these are."""

    def test(process: Process | None, held: Held | type | None) -> bool | None:
        known: bool | None = True
        for one in tests:
            answer = one(process, held)
            if answer is False:
                return False
            known = None if answer is None else known
        return known

    return test


def any_true(tests: list[Test]) -> Test:
    """True where one of these is."""

    def test(process: Process | None, held: Held | type | None) -> bool | None:
        known: bool | None = False
        for one in tests:
            answer = one(process, held)
            if answer:
                return True
            known = None if answer is None else known
        return known

    return test


def negated(one: Test) -> Test:
    """True where this is false."""

    def test(process: Process | None, held: Held | type | None) -> bool | None:
        answer = one(process, held)
        return None if answer is None else not answer

    return test


Reader = Callable[["Process | None", "Held | type | None"], Any]
"""The value of a field, None if it is not there; UNKNOWN, where that has not been read."""

_READ = frozenset((*KINDS, HeldFile))


def reader(of: Word) -> Reader:
    """What finds the value of a field."""
    take = _taker(of)
    if of.of_process:
        late = is_late(of)

        def read_process(process: Process | None, held: Held | type | None) -> Any:
            if process is None or (late and (held is None or isinstance(held, type))):
                return UNKNOWN
            return take(process)

        return read_process

    def read(_: Process | None, held: Held | type | None) -> Any:
        return take(held) if type(held) in _READ else _early(of, held)

    return read


def _taker(of: Word) -> Callable[[Any], Any]:
    """What takes the value out of its owner; of a field that stands there as it is, without detours."""
    if of.only is not None or is_computed(of) or len(of.path) != 1:
        return of.of
    (name,) = of.path
    return lambda owner: getattr(owner, name, None)


def _early(of: Word, held: Any) -> Any:
    """The value of a descriptor's field before there is one: `held` is its kind, None, or what stands for it."""
    if held is None:
        return UNKNOWN
    if held is MAPPED and of.name == "role":
        return "mapped"
    if of.name == "kind":
        return kind_name(held) if isinstance(held, type) and held is not HeldFile else None
    return UNKNOWN if _has(of, held) else None


def _has(of: Word, held: Any) -> bool:
    """Whether something of this sort, a kind or one of that kind, has a field."""
    if held is NOTHING:
        return of.of_process
    kind: Any = HeldFile if held is MAPPED else held if isinstance(held, type) else type(held)
    if of.of_process or of.only not in (None, kind):
        return of.of_process
    return not of.path or of.path[0] in kind.__struct_fields__


def asks(of: Word, fits: Callable[[Any], bool]) -> Test:
    """True where the field is there, and it or one of its elements fits."""
    take = _taker(of)
    read = reader(of)
    of_process = of.of_process

    def test(process: Process | None, held: Held | type | None) -> bool | None:
        value = read(process, held) if of_process or type(held) not in _READ else take(held)  # saves a call
        if value is None:
            return False
        if value is UNKNOWN:
            return None
        return any(map(fits, value)) if isinstance(value, list) else fits(value)

    return test


def asks_none(of: Word, fits: Callable[[Any], bool]) -> Test:
    """True where the field is there, and neither it nor one of its elements fits."""
    return all_true([is_there(of, lambda value: value is not None), negated(asks(of, fits))])


def is_there(of: Word, truth: Callable[[Any], bool]) -> Test:
    """What `truth` says of the whole value of a field, None if it is not there."""
    read = reader(of)

    def test(process: Process | None, held: Held | type | None) -> bool | None:
        value = read(process, held)
        return None if value is UNKNOWN else truth(value)

    return test


def is_said(of: Word, wanted: bool) -> Test:
    """Whether a field is true, or false, as it is where it was left out of something that has it."""
    read = reader(of)

    def test(process: Process | None, held: Held | type | None) -> bool | None:
        value = read(process, held)
        if value is UNKNOWN:
            return None
        if value is None:
            return not wanted and _has(of, held)
        return wanted in value if isinstance(value, list) else bool(value == wanted)

    return test
