"""What a class of the model says of its own fields: name, sentence, type in words."""

from __future__ import annotations

import functools
import sys
from types import SimpleNamespace
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Meta, Struct, structs


class Field(NamedTuple):
    """A field as its class declares it."""

    name: str
    sentence: str
    form: str
    """Its type as in JSON: ``integer``, ``string``, ``list of strings``, …"""
    optional: bool
    """Whether it may be left out."""
    parts: type[Struct] | None
    """The class of the objects in it, if it holds any."""
    choices: tuple[str, ...] = ()
    """The words that it may be; empty: any."""
    any_case: bool = False
    """Whether capitals mean nothing where it is compared."""
    header: str = ""
    """The heading of its column; empty: its name in capitals."""
    adds_up: bool = True
    """Whether the sum of such numbers of several objects means anything."""

    @property
    def is_number(self) -> bool:
        """Whether it is one number."""
        return self.form in ("integer", "number")


@functools.lru_cache
def fields_of(kind: type[Struct]) -> list[Field]:
    """The fields of a class, its parents' first."""
    hints = get_type_hints(kind, include_extras=True)
    found = []
    for field in structs.fields(kind):
        optional = field.default is not NODEFAULT or field.default_factory is not NODEFAULT
        assert get_origin(hints[field.name]) is Annotated, f"{kind.__name__}.{field.name} says nothing of itself"
        found.append(_field(field.name, hints[field.name])._replace(optional=optional))
    return found


def field_of(kind: type[Struct], name: str) -> Field | None:
    """One field of a class, whether it is optional apart; None: it has none of this name.

    Costs a fiftieth of `fields_of`, as nothing else of the class is looked at.
    """
    if name not in kind.__struct_fields__:
        return None
    for owner in kind.__mro__:
        if isinstance(vars(owner).get("__annotations__", {}).get(name), str):
            return _declared(owner, name)
    return next(one for one in fields_of(kind) if one.name == name)


@functools.lru_cache
def _declared(owner: type, name: str) -> Field:
    alone = SimpleNamespace(__annotations__={name: owner.__annotations__[name]})
    return _field(name, get_type_hints(alone, vars(sys.modules[owner.__module__]), include_extras=True)[name])


def _field(name: str, hint: Any) -> Field:
    type_, *extras = get_args(hint)
    metas = [extra for extra in extras if isinstance(extra, Meta)]
    sentence = next((meta.description for meta in metas if meta.description), "")
    told: dict[str, Any] = {key: value for meta in metas for key, value in (meta.extra or {}).items()}
    return Field(
        name,
        sentence,
        in_words(type_),
        optional=False,
        parts=_parts(type_),
        choices=_choices(type_, metas),
        any_case=told.get("any_case", False),
        header=told.get("header", ""),
        adds_up=not told.get("single", False),
    )


def _choices(type_: Any, metas: list[Meta]) -> tuple[str, ...]:
    for meta in metas:
        if meta.extra_json_schema and "enum" in meta.extra_json_schema:
            return tuple(meta.extra_json_schema["enum"])
    parts = (type_, *get_args(type_))
    if str in parts:  # the words are the usual ones, and there may be others
        return ()
    for part in parts:
        if get_origin(part) is Literal:
            return tuple(map(str, get_args(part)))
    return ()


_PLAIN = {int: "integer", str: "string", bool: "boolean", float: "number", type(None): ""}


def in_words(type_: Any) -> str:
    """A type as JSON has it, for people."""
    if type_ in _PLAIN:
        return _PLAIN[type_]
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Literal:
        return " | ".join(f'"{value}"' for value in arguments)
    if origin is Annotated:
        return in_words(arguments[0])
    if origin in (list, tuple):
        return f"list of {_several(arguments[0])}"
    if origin is dict:
        return f"object of {_several(arguments[1])}"
    if arguments:  # a union: None means that the field is left out
        return " | ".join(dict.fromkeys(word for word in map(in_words, arguments) if word))
    return str(type_.__name__)


def _several(type_: Any) -> str:
    """``strings``; but the names of classes stay as they are, to be found."""
    word = in_words(type_)
    return f"{word}s" if type_ in _PLAIN else word


def _parts(type_: Any) -> type[Struct] | None:
    if isinstance(type_, type) and issubclass(type_, Struct):
        return type_
    return next((part for part in map(_parts, get_args(type_)) if part is not None), None)
