"""A file back to the Snapshot that was written to it."""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar, Union

import msgspec
from msgspec import Raw, Struct, structs

from . import stages
from .kernel import kept as files
from .kinds import KINDS
from .kinds.unknown import Unknown
from .model import Descriptor, Host, Object, Problem, Process, Snapshot, kind_name
from .selection import UsageError

SCHEMA = "fdscope.snapshot/1"
_MARK = b'_base64"'
"""Is in a document that holds bytes which were not UTF-8; and hardly in another."""
_QUICK = 64 << 20
"""Bytes of a document that takes less time to be searched for its kinds than it takes to get ready for all."""
_KIND = re.compile(rb'"kind"\s*:\s*"([^"]*)"')
_TAKE = "take one with: fdscope --json > FILE"


class _Document(Struct, kw_only=True):
    """A snapshot of which no more has been read than what it is made of."""

    schema: Any = None
    fdscope: str = "?"
    taken_at: str | None = None
    duration_s: float = 0.0
    targets: list[str] | None = None
    targets_base64: list[str | None] | None = None
    where: str | None = None
    where_base64: str | None = None
    own_pid: int | None = None
    sources: list[str] = []
    host: Raw = Raw(b"{}")
    processes: list[Raw] | None = None
    objects: Raw = Raw(b"[]")
    problems: Raw = Raw(b"[]")


class _Process(Process, kw_only=True):
    """A process whose descriptors have not been read."""

    descriptors: Raw = Raw(b"null")  # type: ignore[assignment]


def load(path: str, waits: Callable[[], None] = lambda: None) -> Snapshot:
    """The snapshot that ``--json`` wrote, exactly: written again it is the same document.

    A descriptor of a kind that this version does not know is one of the kind ``unknown``, and one of the problems
    says what it was; fields that it does not know are left out.

    Args:
        path: a file, or ``-`` for standard input; compressed by gzip or zstd, or not at all.
        waits: called once if it is a pipe that nothing comes through yet.

    Raises:
        UsageError: it is no snapshot.
    """
    shown = "standard input" if path == "-" else f"'{path}'"
    stages.begin("reading")
    try:
        return _decoded(_whole(files.kept(path, waits)))
    except files.Unusable as error:
        raise UsageError(f"cannot read {shown}: {error}") from None
    except _NoSnapshot as error:
        raise UsageError(f"{shown} is no snapshot of fdscope: {error}") from None
    except MemoryError:
        raise UsageError(f"{shown} is too large for the memory of this machine") from None
    finally:
        stages.begin("drawing")  # by whoever asked


class _NoSnapshot(Exception):
    """The text is something else; the message says what."""


def _whole(pieces: Iterator[bytes]) -> bytearray:
    """The text, if it begins as a JSON object does: nothing else is worth being read to its end."""
    found = bytearray()
    begun = False
    for piece in pieces:
        found += piece
        if not begun:
            if found[:3] == b"\xef\xbb\xbf":  # what some editors put before UTF-8
                del found[:3]
            begins = found[:4096].lstrip(b" \t\r\n")
            begun = begins.startswith(b"{")
            if begins and not begun:
                raise _NoSnapshot(f"it is no JSON object; {_TAKE}")
    if not begun:
        raise _NoSnapshot(f"it is empty; {_TAKE}")
    return found


def _decoded(document: bytearray) -> Snapshot:
    try:
        found = msgspec.json.decode(document, type=_Document)
    except msgspec.ValidationError as error:
        raise _NoSnapshot(f"{error}; {_TAKE}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _NoSnapshot(_why(document, error)) from None
    except RecursionError:
        raise _NoSnapshot("it is nested too deeply") from None
    if found.schema != SCHEMA:
        raise _NoSnapshot(_what(found.schema))
    if found.taken_at is None or found.processes is None:
        raise _NoSnapshot(
            f"it does not say {'what processes there were' if found.taken_at else 'when it was taken'}"
        )
    reader = _Reader(_MARK in document, _kinds_in(document))
    try:
        return reader.snapshot(found)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        told = f"fdscope {found.fdscope[:20]} wrote it: that version, or a newer one, may understand it"
        raise _NoSnapshot(f"{error or 'nested too deeply'}; {told}") from None


def _kinds_in(document: bytearray) -> Any:
    """The kinds that a document may have, as one type: to get ready for a kind takes 4 ms."""
    if len(document) > _QUICK:
        return _ANY
    named = set(_KIND.findall(document))
    there = tuple(kind for kind in KINDS if kind_name(kind).encode() in named)
    return Union[there or KINDS[:1]]  # noqa: UP007 - made of a tuple


def _why(document: bytearray, error: Exception) -> str:
    """Why a text cannot be decoded."""
    line = document.partition(b"\n")[0]
    if len(line) < len(document.rstrip()):
        try:
            one = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            one = None
        if isinstance(one, dict):
            return f"it has several documents, as --ndjson writes them, which do not tell all; {_TAKE}"
    if "truncated" in str(error):
        return f"it is cut short, after {len(document):,} bytes"
    return f"it is no JSON: {error}"


def _what(schema: Any) -> str:
    """What a document of another schema is."""
    if not isinstance(schema, str) or not schema.startswith("fdscope."):
        return f"it is JSON of something else; {_TAKE}"
    if schema.startswith("fdscope.snapshot/"):
        return f"its form is {schema[:40]}, and this version reads {SCHEMA}"
    return f"it is an answer of the form {schema[:40]}, not a snapshot; {_TAKE}"


class _Reader:
    """Makes structs of the parts of a document."""

    def __init__(self, has_foreign: bool, kinds: Any) -> None:
        self._has_foreign = has_foreign
        """Whether some of it was not UTF-8, and stands beside what it was told as."""
        self._process = msgspec.json.Decoder(_Process)
        self._descriptors = msgspec.json.Decoder(list[kinds] | None)
        self._problems: list[Problem] = []

    def snapshot(self, found: _Document) -> Snapshot:
        """The whole of it.

        Raises:
            msgspec.DecodeError: it is not as it should be.
        """
        (host,) = self._each(Host, Raw(b"[%b]" % bytes(found.host)))
        assert found.taken_at is not None
        _check_moments(found.taken_at, host.boot_time)
        names = ("targets", "targets_base64", "where", "where_base64")
        asked = restored({name: value for name in names if (value := getattr(found, name)) is not None})
        return Snapshot(
            fdscope=found.fdscope,
            taken_at=found.taken_at,
            duration_s=found.duration_s,
            targets=asked.get("targets"),
            where=asked.get("where"),
            own_pid=found.own_pid,
            sources=found.sources,
            host=host,
            processes=[self._process_of(one) for one in found.processes or ()],
            objects=self._each(Object, found.objects),
            problems=[*self._each(Problem, found.problems), *self._problems],
        )

    def _is_foreign(self, raw: Raw) -> bool:
        return self._has_foreign and _MARK in bytes(raw)

    def _each(self, kind: type[_Part], raw: Raw) -> list[_Part]:
        if not self._is_foreign(raw):
            return msgspec.json.decode(raw, type=list[kind])  # type: ignore[valid-type]
        return msgspec.convert(restored(msgspec.json.decode(raw)), list[kind])  # type: ignore[valid-type]

    def _process_of(self, raw: Raw) -> Process:
        held: list[Descriptor] | None
        if self._is_foreign(raw):
            plain = restored(msgspec.json.decode(raw))
            descriptors = plain.pop("descriptors", None)
            process = msgspec.convert(plain, Process)
            held = None if descriptors is None else self._one_by_one(process.pid, descriptors)
        else:
            told = self._process.decode(raw)
            process = Process(**{name: getattr(told, name) for name in _OWN})
            try:
                held = self._descriptors.decode(told.descriptors)
            except msgspec.ValidationError:
                held = self._one_by_one(process.pid, msgspec.json.decode(told.descriptors))
        process.descriptors = held
        _check_moments(process.started_at)
        return process

    def _one_by_one(self, pid: int, plain: Any) -> list[Descriptor]:
        """Descriptors of which some may be strange."""
        if not isinstance(plain, list):
            raise msgspec.ValidationError(f"the descriptors of process {pid} are no list")
        found = []
        for one in plain:
            try:
                found.append(msgspec.convert(one, _ANY))
            except msgspec.ValidationError:
                found.append(self._strange(pid, one))
        return found

    def _strange(self, pid: int, plain: Any) -> Descriptor:
        """What can be understood of a descriptor that a newer version told of; a problem says what cannot.

        Raises:
            msgspec.ValidationError: it has no number.
        """
        word = plain.get("kind") if isinstance(plain, dict) else None
        if not isinstance(word, str) or not isinstance(plain.get("fd"), int):
            raise msgspec.ValidationError(f"a descriptor of process {pid} has no kind, or no number")
        kind = _BY_NAME.get(word, Unknown)
        known, lost = {}, []
        for field in structs.fields(kind):
            if field.name in plain:
                try:
                    known[field.name] = msgspec.convert(plain[field.name], field.type)
                except msgspec.ValidationError:
                    lost.append(field.name)
        told = f"the snapshot has it of the kind '{word[:60]}', which this version of fdscope does not know"
        if word in _BY_NAME:
            told = f"the snapshot has it in a form that this version of fdscope does not know: {', '.join(lost)}"
        problem = Problem(pid=pid, fd=plain["fd"], what="descriptor", reason="not-understood", detail=told)
        self._problems.append(problem)
        return kind(**known)


_Part = TypeVar("_Part", Host, Object, Problem)
_ANY: Any = Union[KINDS]  # noqa: UP007 - made of a tuple
_BY_NAME = {kind_name(kind): kind for kind in KINDS}
_OWN = tuple(name for name in Process.__struct_fields__ if name != "descriptors")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z", re.ASCII)
_FOREIGN = re.compile("[\ud800-\udfff]")


def _check_moments(*moments: str | None) -> None:
    """Raises msgspec.ValidationError if one is no point in time, as reports reckon with it."""
    for moment in moments:
        try:
            if moment is not None and datetime.fromisoformat(moment[:-1]) and not _MOMENT.fullmatch(moment):
                raise ValueError
        except ValueError:
            raise msgspec.ValidationError(f"'{moment}' is no time") from None


def restored(value: Any) -> Any:
    """Plain data with the original bytes, in the way of text.py, where they stand beside a field."""
    if isinstance(value, list):
        return [restored(one) for one in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, item in value.items():
        name = key.removesuffix("_base64")
        bytes_of = None if name == key or name not in value else _original(value[name], item)
        if bytes_of is not None:
            found[name] = bytes_of
        elif key not in found:
            found[key] = restored(item)
    return found


def _original(shown: Any, encoded: Any) -> Any:
    """What was told as `shown`, a text or a list of texts; None: the other value is not that."""
    if isinstance(shown, list) and isinstance(encoded, list) and len(shown) == len(encoded):
        found = [_original(*pair) for pair in zip(shown, encoded, strict=True)]
        return found if all(isinstance(one, str) for one in found) else None
    if not isinstance(shown, str) or not isinstance(encoded, str):
        return None
    try:
        data = a2b_base64(encoded)
    except ValueError:
        return None
    for errors in ("surrogateescape", "surrogatepass"):  # the second: what no kernel tells
        try:
            one = data.decode("utf-8", errors)
        except UnicodeDecodeError:
            continue
        if _FOREIGN.sub("\ufffd", one) == shown:
            return one
    return None
