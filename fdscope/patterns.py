"""What descriptors have in common that lead to alike places: ``-> 10.0.0.1:443``, ``/tmp/upload-*.tmp``. Pure.

A pattern is made from the fields that any kind may have (addresses, a name in a file system, a state) or else from
how it describes itself, so that a new kind has one without a word of its own. Where several are put together, what
tells one from the next becomes ``*``: digits and hashes, the port that a kernel chose. Names made up of letters
cannot be known as such one by one, but where there are many of them in one place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from .model import Descriptor, kind_name

MANY = 5
"""So many patterns that differ in one part only are one."""
_ALIKE = 3
"""Names that begin with so many characters alike are joined with each other first."""
_FIRST_EPHEMERAL = 32768
"""From here on the kernel chooses ports (ip(7), ip_local_port_range), unless it was told otherwise."""

_HASH = r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}|(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{7,}"
_FOLDED = re.compile(rf"(?<![0-9A-Za-z])(?:{_HASH})(?![0-9A-Za-z])|[0-9]+")
_STARS = re.compile(r"\*\*+")
_ENDING = re.compile(r"(?:\.(?:[a-z]{1,5}|[0-9]+))+\Z")


class Pattern(NamedTuple):
    """Where alike descriptors lead to."""

    kind: str
    parts: tuple[str, ...]
    """The text in pieces, of which each may come to differ: components of a path, an address, a port."""
    state: str = ""
    """What state they are in; empty: there is none to tell."""
    folds: bool = True
    """Whether digits tell but one from the next: in addresses they tell more."""

    @property
    def text(self) -> str:
        """The pattern as people read it, without kind and state."""
        return _STARS.sub("*", "".join(self.parts))


def folded(text: str) -> str:
    """`text` with ``*`` for each number, UUID and hash: ``/run/user/*/bus``."""
    return _STARS.sub("*", _FOLDED.sub("*", text))


def pattern(descriptor: Descriptor) -> Pattern:
    """The pattern of one descriptor alone."""
    kind, state = kind_name(type(descriptor)), getattr(descriptor, "state", None)
    if not isinstance(state, str):
        state = "deleted" if getattr(descriptor, "deleted", None) else ""
    addresses = _addresses(descriptor)
    if addresses:
        return Pattern(kind, addresses, state, folds=False)
    if descriptor.in_file_system and descriptor.name:
        return Pattern(kind, _path(descriptor.name), state)
    return Pattern(kind, (_heading(descriptor.describe()), *_faced(descriptor)), state)


def _heading(description: str) -> str:
    """How a description begins: before what is counted in it or differs from one moment to the next."""
    return description.partition(", ")[0].partition(": ")[0]


def _faced(descriptor: Descriptor) -> tuple[str, ...]:
    """Who is at the other end, by name."""
    names = sorted({one.process or "?" for one in descriptor.peers or ()})
    return (" <-> ", ", ".join(names[:2])) if names else ()


def _addresses(descriptor: Any) -> tuple[str, ...]:
    """Of a socket the far address, or of one that was accepted the own port; none: no address is told."""
    here, there = getattr(descriptor, "local_address", None), getattr(descriptor, "remote_address", None)
    port, far_port = getattr(descriptor, "local_port", None), getattr(descriptor, "remote_port", None)
    if there is not None:
        if _was_accepted(descriptor, port, far_port):
            return (f":{port}", " <- ", str(there))
        return ("-> ", _in_brackets(str(there), far_port), *([] if far_port is None else [f":{far_port}"]))
    if here is None:
        return ()
    chosen = port is not None and port >= _FIRST_EPHEMERAL and getattr(descriptor, "backlog", None) is None
    return (_in_brackets(str(here), port), *([] if port is None else [":*" if chosen else f":{port}"]))


def _was_accepted(descriptor: Any, port: int | None, far_port: int | None) -> bool:
    if getattr(descriptor, "accepted_from", None):
        return True
    if port is None or far_port is None:
        return False
    return port < _FIRST_EPHEMERAL <= far_port


def _in_brackets(address: str, port: int | None) -> str:
    return f"[{address}]" if ":" in address and port is not None else address


def _path(name: str) -> tuple[str, ...]:
    """A path in its components, the last one in stem and ending."""
    *folders, last = re.findall(r"[^/]*/|[^/]+\Z", name) or [""]
    if last.endswith("/"):
        return (*folders, last)
    ending = _ENDING.search(last, 1)
    return (*folders, last[: ending.start()], ending[0]) if ending else (*folders, last)


def joined(patterns: Iterable[Pattern]) -> dict[Pattern, Pattern]:
    """Each of these patterns, and the one that it is a case of: itself, or one that several are cases of.

    Those that only digits and hashes tell apart are one; then at least `MANY` that differ in a single part, those
    first in which it begins alike.
    """
    found = _folded_together(set(patterns))
    deepest = max((len(one.parts) for one in found), default=0)
    for place in reversed(range(deepest)):
        for alike in (_ALIKE, 0):
            cases: dict[tuple[Any, ...], set[Pattern]] = {}
            for one in set(found.values()):
                if place < len(one.parts):
                    rest = (*one.parts[:place], None, *one.parts[place + 1 :])
                    cases.setdefault((one.kind, rest, one.state, one.parts[place][:alike]), set()).add(one)
            becomes: dict[Pattern, Pattern] = {}
            for several in cases.values():
                if len(several) >= MANY:
                    becomes.update(dict.fromkeys(several, _with_star(several, place)))
            found = {one: becomes.get(now, now) for one, now in found.items()}
    return found


def _folded_together(patterns: set[Pattern]) -> dict[Pattern, Pattern]:
    """Those that fold into the same, with what they have in common left as it is."""
    cases: dict[Pattern, list[Pattern]] = {}
    for one in patterns:
        key = one._replace(parts=tuple(map(folded, one.parts))) if one.folds else one
        cases.setdefault(key, []).append(one)
    found = {}
    for key, several in cases.items():
        columns = zip(key.parts, *(one.parts for one in several), strict=True)
        parts = tuple(words[0] if len(set(words)) == 1 else fold for fold, *words in columns)
        found.update(dict.fromkeys(several, key._replace(parts=parts)))
    return found


def _with_star(several: set[Pattern], place: int) -> Pattern:
    one = next(iter(several))
    words = [case.parts[place] for case in several]
    before = _beginning(words)
    after = _beginning([word[len(before) :][::-1] for word in words])[::-1]
    return one._replace(parts=(*one.parts[:place], f"{before}*{after}", *one.parts[place + 1 :]))


def _beginning(words: list[str]) -> str:
    """What all of these begin with."""
    least, most = min(words), max(words)
    same = next((place for place, one in enumerate(least) if most[place : place + 1] != one), len(least))
    return least[:same]
