"""Snapshot to JSON (fdscope-json(5)): always valid UTF-8, whatever the names were."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from ..model import Snapshot
from ..text import is_clean, original

if TYPE_CHECKING:
    from ..answers import Groups, Holdings, Waits  # classes that a report on a process need not have made
    from ..changes import Difference, Leaks

_ENCODER = msgspec.json.Encoder()

_AT_A_TIME = 256
"""Elements of a list that are encoded together; where one has a foreign name, all of them pay for it.

Processes come one by one, as each may be large.
"""

# What JSON allows in a string but a terminal would obey: DEL, C1, bidirectional marks and overrides.
_UNSAFE = rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8b\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]|\xef\xbb\xbf"

_FOREIGN = "[\ud800-\udfff]"


def encode(value: Any) -> bytes:
    """`value`, a struct of the model or plain data, as one compact JSON text."""
    try:
        return _without_controls(_ENCODER.encode(value))
    except UnicodeEncodeError:
        return _without_controls(_ENCODER.encode(clean(msgspec.to_builtins(value))))


def snapshot(taken: Snapshot) -> Iterator[bytes]:
    """A snapshot as one compact JSON text, in pieces: the whole of a large machine would take 50 MB of memory."""
    opening = b"{"
    for name in taken.__struct_fields__:
        value = getattr(taken, name)
        if value is None:
            continue
        yield opening + b'"%s":' % name.encode()
        if isinstance(value, list):
            yield b"["
            step = 1 if name == "processes" else _AT_A_TIME
            for begin in range(0, len(value), step):
                yield (b"," if begin else b"") + encode(value[begin : begin + step])[1:-1]
            yield b"]"
        else:
            yield encode(value)
        opening = b","
        if _has_foreign(value):  # a word or expression that was asked for
            yield b',"%s_base64":' % name.encode() + encode(_base64(value))
    yield b"}"


def clean(value: Any) -> Any:
    """Plain data with U+FFFD for each byte that was not UTF-8, and the original bytes beside it.

    Beside ``name`` stands ``name_base64``; beside a list of strings a list of the same length.
    """
    if isinstance(value, dict):
        found: dict[str, Any] = {}
        for key, item in value.items():
            found[re.sub(_FOREIGN, "\ufffd", key)] = clean(item)
            if _has_foreign(item):
                found[f"{re.sub(_FOREIGN, chr(0xFFFD), key)}_base64"] = _base64(item)
        return found
    if isinstance(value, list):
        return [clean(item) for item in value]
    return re.sub(_FOREIGN, "\ufffd", value) if isinstance(value, str) else value


def _has_foreign(item: Any) -> bool:
    if isinstance(item, list):
        return any(isinstance(one, str) and not is_clean(one) for one in item)
    return isinstance(item, str) and not is_clean(item)


def _base64(item: Any) -> Any:
    if isinstance(item, list):
        return [_base64(one) for one in item]
    try:
        data = original(item)
    except UnicodeEncodeError:  # half a surrogate pair that a caller made: the kernel's bytes never give one
        data = item.encode("utf-8", "surrogatepass")
    return b2a_base64(data, newline=False).decode("ascii")


def _without_controls(text: bytes) -> bytes:
    """JSON text with what a terminal would obey written as escapes; the value stays the same."""
    if text.isascii() and b"\x7f" not in text:  # 40 times as fast as the search
        return text
    return re.sub(_UNSAFE, lambda match: b"\\u%04x" % ord(match[0].decode()), text)


def indented(text: bytes) -> bytes:
    """JSON text spread over lines, for people."""
    return msgspec.json.format(text, indent=2)


def lines(taken: Snapshot, *, files: bool = False) -> Iterator[bytes]:
    """A snapshot as lines of JSON: each descriptor with its process, then each problem.

    With `files` also the files that a process holds without a descriptor, each after its descriptors.
    """
    for process in taken.processes:
        yield from _held_by(process.pid, process.name, process.descriptors or ())
        yield from _held_by(process.pid, process.name, (process.files or ()) if files else ())
    yield from _named("problem", taken.problems)


def _held_by(pid: int, name: str | None, things: Iterable[Any]) -> Iterator[bytes]:
    """A line for each thing, with the process that has it."""
    head = encode({"pid": pid, "process": name} if name else {"pid": pid})[:-1] + b","
    for one in things:
        yield head + encode(one)[1:] + b"\n"


def _named(word: str, things: Iterable[Any]) -> Iterator[bytes]:
    """A line for each thing, which says by its one key what it is."""
    for one in things:
        yield b'{"%b":%b}\n' % (word.encode(), encode(one))


def lines_of_groups(found: Groups) -> Iterator[bytes]:
    """Groups of descriptors as lines: each group, then each problem."""
    for group in found.groups:
        yield encode(group) + b"\n"
    yield from _named("problem", found.problems)


def lines_of_holdings(found: Holdings) -> Iterator[bytes]:
    """An answer of ``fdscope who`` as lines: each use, then what else keeps something busy, then each problem."""
    for use in found.uses:
        yield encode(use) + b"\n"
    yield from _named("keep", found.keeps)
    yield from _named("problem", found.problems)


def lines_of_waits(found: Waits) -> Iterator[bytes]:
    """An answer of ``fdscope waits`` as lines: each thread that waits, then each cycle, then each problem."""
    for wait in found.waits:
        yield encode(wait) + b"\n"
    yield from _named("cycle", found.cycles)
    yield from _named("problem", found.problems)


def lines_of_difference(found: Difference) -> Iterator[bytes]:
    """An answer of ``fdscope diff`` as lines: each group and each process that came or went, then each problem."""
    for process in found.processes:
        yield from _held_by(process.pid, process.process, process.groups or ())
        if not process.groups:
            yield encode(process) + b"\n"
    yield from _named("problem", found.problems)


def lines_of_leaks(found: Leaks) -> Iterator[bytes]:
    """An answer of ``fdscope leaks`` as lines: each group that grew, then each problem."""
    for leak in found.leaks:
        yield encode(leak) + b"\n"
    yield from _named("problem", found.problems)
