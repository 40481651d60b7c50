"""The everything-is-a-file matrix: which of the file verbs the kinds of a process obey."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model import VERBS, Descriptor, kind_name
from ..quantity import many
from .style import Style, wrapped
from .table import draw


def matrix(descriptors: Sequence[Descriptor], style: Style) -> Iterator[str]:
    """A row for each kind, the most frequent first, and a sentence on how far the idea carries."""
    kinds: dict[type[Descriptor], int] = {}
    for descriptor in descriptors:
        kinds[type(descriptor)] = kinds.get(type(descriptor), 0) + 1
    rows = [
        [
            kind_name(kind),
            count,
            *("yes" if verb in kind.verbs else "-" for verb in VERBS),
            kind.unit or "nothing",
            "yes" if kind.in_file_system else "-",
        ]
        for kind, count in sorted(kinds.items(), key=lambda item: (-item[1], kind_name(item[0])))
    ]
    headers = ["KIND", "HELD", *(verb.upper() for verb in VERBS), "MOVES", "NAMED"]
    yield from draw(headers, rows, style=style, indent="  ")
    yield "\n"
    for line in wrapped(sentence(descriptors), (style.width or 100) - 4):
        yield f"  {line}\n"


def sentence(descriptors: Sequence[Descriptor]) -> str:
    """How far "everything is a file" carries for these descriptors."""
    total = len(descriptors)
    if not total:
        return "It holds no descriptor."
    nameless = sum(not one.in_file_system for one in descriptors)
    unpolled = sum("poll" not in one.verbs for one in descriptors)
    have = "has" if nameless == 1 else "have"
    named = f"{nameless:,} of {many(total, 'descriptor')} {have} no name in any file system"
    if not nameless:
        named = "every descriptor has a name in a file system"
    if not unpolled:
        polled = "all can be polled"
    elif unpolled == total:
        polled = "none can be polled"
    elif unpolled * 2 <= total:
        polled = f"all but {unpolled:,} can be polled"
    else:
        polled = f"only {total - unpolled:,} can be polled"
    text = f"{named}; {polled}."
    return text[0].upper() + text[1:]
