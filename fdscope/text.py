"""Bytes of the kernel to text and back, with nothing lost.

A byte that is not part of valid UTF-8 becomes one lone surrogate (PEP 383), so the original bytes are
always in the text. The JSON writer and the terminal writer each turn such text into something clean;
nothing else needs to know that it can occur.
"""

from __future__ import annotations

import re


def text(data: bytes) -> str:
    """`data` as text, each byte that is not UTF-8 kept as a lone surrogate."""
    return data.decode("utf-8", "surrogateescape")


def original(string: str) -> bytes:
    """The bytes that `string` was made from by `text`."""
    return string.encode("utf-8", "surrogateescape")


def clean(string: str) -> str:
    r"""`string` with U+FFFD for each byte that was not UTF-8: for those who take no lone surrogates.

    >>> clean(text(b"caf\xe9")) == "caf\ufffd"
    True
    """
    return string if is_clean(string) else re.sub("[\ud800-\udfff]", "\ufffd", string)


def is_clean(string: str) -> bool:
    """Whether `string` is valid Unicode, that is, came from valid UTF-8."""
    try:
        string.encode()
    except UnicodeEncodeError:
        return False
    return True
