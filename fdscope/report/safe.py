r"""Foreign text to text that is safe to print: the only way to a terminal.

Control characters (C0, DEL, C1), line and paragraph separators, bidirectional marks and overrides, and bytes
that were not UTF-8 become escapes: ``\n``, ``\x1b``, ``\u202e``, ``\xff``. Where an escape was needed, a
literal backslash is doubled, so that the original can always be told.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_TO_ESCAPE = re.compile(_UNSAFE.pattern[:-1] + "\\\\]")
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\"}


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    short = _SHORT.get(character)
    if short is not None:
        return short
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:
        number -= 0xDC00  # a byte that text.text() kept; U+0080 to U+009F are told apart as \\u0080 …
        return f"\\x{number:02x}"
    return f"\\x{number:02x}" if number < 0x80 else f"\\u{number:04x}"


def printable(string: str) -> str:
    """`string` in one line without anything that a terminal would obey."""
    if string.isprintable() or not _UNSAFE.search(string):
        return string
    return _TO_ESCAPE.sub(_escape, string)
