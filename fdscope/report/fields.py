"""What a class of the model says of its own fields: name, sentence, type in words."""

from __future__ import annotations

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


def fields_of(kind: type[Struct]) -> list[Field]:
    """The fields of a class, its parents' first."""
    hints = get_type_hints(kind, include_extras=True)
    found = []
    for field in structs.fields(kind):
        hint = hints[field.name]
        assert get_origin(hint) is Annotated, f"{kind.__name__}.{field.name} says nothing of itself"
        type_, *extras = get_args(hint)
        sentence = next((e.description for e in extras if isinstance(e, Meta) and e.description), "")
        optional = field.default is not NODEFAULT or field.default_factory is not NODEFAULT
        found.append(Field(field.name, sentence, in_words(type_), optional, _parts(type_)))
    return found


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
