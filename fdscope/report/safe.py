r"""Foreign text to text that is safe to print: the only way to a terminal.

What cannot be printed (control characters, line and paragraph separators, bidirectional marks and overrides,
invisible and unassigned characters, blanks other than the space, and bytes that were not UTF-8) becomes an
escape: ``\n``, ``\x1b``, ``\u202e``, ``\U000e0041``, ``\xff``. From 80 on ``\x`` stands for a byte that was
not UTF-8, while U+0080 to U+009F are ``\u0080`` and so on. Where an escape was needed, or where the text itself
looks as if it held one, a literal backslash is doubled, so that the original can always be told.
"""

from __future__ import annotations

import re

_LIKE_AN_ESCAPE = re.compile(r"\\(?:[\\ntr]|x(?:[01][0-9a-f]|7f|[89a-f][0-9a-f])|u[0-9a-f]{4}|U[0-9a-f]{8})")
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\"}


def _escape(character: str) -> str:
    short = _SHORT.get(character)
    if short is not None:
        return short
    if character.isprintable():
        return character
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"  # a byte that text.text() kept
    if number < 0x80:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def printable(string: str) -> str:
    """`string` in one line, of printable characters only (str.isprintable)."""
    if string.isprintable() and ("\\" not in string or not _LIKE_AN_ESCAPE.search(string)):
        return string
    return "".join(map(_escape, string))
