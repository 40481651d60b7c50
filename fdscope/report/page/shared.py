"""What the data of a page has in common: each text once, and nothing in it that HTML or a reader would obey."""

from __future__ import annotations

from typing import Any

from ..safe import printable

_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class Words:
    """Texts by number: a page of many descriptors says the same words again and again.

    All of them are made printable as on a terminal, so that names which hold control characters, overrides of
    the direction, or bytes that were no UTF-8 are seen as what they are, and can be told back from it.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.texts: list[str] = []
        """By number; number 0 is the empty text."""
        self.of("")

    def of(self, text: object) -> int:
        """The number of a text; of None that of the empty one."""
        shown = "" if text is None else str(text)
        number = self._numbers.get(shown)
        if number is None:
            number = self._numbers[shown] = len(self.texts)
            self.texts.append(printable(shown))
        return number


def safe(value: Any) -> Any:
    """Plain data with every text in it made printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(str(key)): safe(item) for key, item in value.items()}
    return [safe(item) for item in value] if isinstance(value, list) else value


def in_script(encoded: bytes) -> str:
    """JSON as it may stand within a script element: nothing in it can end that, or begin another."""
    text = encoded.decode()
    for character, escape in _ESCAPED.items():
        text = text.replace(character, escape)
    return text
