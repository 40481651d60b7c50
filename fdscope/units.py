"""Numbers with units, as people write them: sizes, times, counts, rates. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

SIZES: dict[str, int] = {"B": 1} | {
    unit + end: base**power
    for power, unit in enumerate("KMGTPE", 1)
    for end, base in (("", 1024), ("iB", 1024), ("B", 1000))
}
"""Units of bytes: K and KiB are 1024 of them, KB is 1000."""
COUNTS: dict[str, int] = {"k": 1000, "K": 1000, "M": 10**6, "G": 10**9, "T": 10**12}
"""Units of plain numbers."""
TIMES: dict[str, float] = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0
}  # fmt: skip
"""Units of time, in seconds."""

_NUMBER = re.compile(r"([0-9]{1,30}(?:\.[0-9]{1,30})?)([A-Za-zµ]*)", re.ASCII)


def _number(word: str, units: Mapping[str, float], what: str, examples: str) -> float:
    match = _NUMBER.fullmatch(word)
    if not match or (match[2] and match[2] not in units):
        raise ValueError(f"'{word[:60]}' is no {what}, as {examples} are")
    return float(match[1]) * units.get(match[2], 1)


def seconds(word: str) -> float:
    """``2s``, ``1.5min``, ``500ms`` in seconds, which a bare number is.

    Raises:
        ValueError: it is no time.
    """
    return _number(word, TIMES, "time", "2s, 500ms and 1.5h")


def number_of_bytes(word: str) -> int:
    """``10M``, ``1.5GiB``, ``10MB`` in bytes.

    Raises:
        ValueError: it is no size.
    """
    return int(_number(word, SIZES, "size", "512, 10M and 1.5GiB"))


def count(word: str) -> int:
    """``50k`` is 50,000.

    Raises:
        ValueError: it is no count.
    """
    return int(_number(word, COUNTS, "number", "500, 50k and 2M"))


def rate(word: str) -> float:
    """``10/s``, ``50k/s``, ``3/min`` a second, which a bare number is.

    Raises:
        ValueError: it is no rate.
    """
    amount, slash, unit = word.partition("/")
    if slash and unit not in TIMES:
        raise ValueError(f"'{word[:60]}' is no rate, as 10/s, 50k/s and 3/min are")
    return _number(amount, COUNTS, "rate", "10/s, 50k/s and 3/min") / TIMES.get(unit, 1.0)
