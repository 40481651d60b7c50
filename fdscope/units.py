"""Numbers with units, as people write them: ``5min``, ``1G``, ``50k``, ``10/s``. Pure.

The language of ``--where`` and the options take the same units, from these tables.
"""

from __future__ import annotations

from collections.abc import Mapping

SIZES: dict[str, int] = {"B": 1} | {
    unit + end: base**power
    for power, unit in enumerate("KMGTPE", 1)
    for end, base in (("", 1024), ("iB", 1024), ("B", 1000))
}
"""Bytes: ``K`` and ``KiB`` are 1024, ``KB`` is 1000."""
COUNTS: dict[str, int] = {"k": 1000, "K": 1000, "M": 10**6, "G": 10**9, "T": 10**12}
TIMES: dict[str, float] = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
}
_LONGEST = 30


def seconds(word: str) -> float:
    """Seconds of ``60s``, ``5min``, ``2h``, ``1.5d``; a number alone is in seconds.

    Raises:
        ValueError: it is no such number.
    """
    return _with_unit(word, TIMES, "a time, as 30s, 5min or 2h is one")


def number_of_bytes(word: str) -> int:
    """Bytes of ``512``, ``1G`` and ``1GiB``, which are 2^30, and ``1GB``, which is 10^9.

    Raises:
        ValueError: it is no such number, or no whole number of bytes.
    """
    return _whole(word, SIZES, "a size, as 512, 10M, 1GiB or 1GB is one")


def count(word: str) -> int:
    """How many ``1000``, ``50k`` and ``2M`` are.

    Raises:
        ValueError: it is no such number, or not a whole one.
    """
    return _whole(word, COUNTS, "a number, as 1000, 50k or 2M is one")


def rate(word: str) -> float:
    """How many a second ``10/s``, ``50k/s`` and ``3/min`` are; a number alone is of a second.

    Raises:
        ValueError: it is no such number.
    """
    what = "a rate, as 10/s, 50k/s or 3/min is one"
    number, slash, unit = word.partition("/")
    if slash and unit.strip() not in TIMES:
        raise ValueError(f"'{word[:60]}' is not {what}")
    return _with_unit(number, COUNTS, what, word) / (TIMES[unit.strip()] if slash else 1.0)


def _whole(word: str, units: Mapping[str, int], what: str) -> int:
    found = _with_unit(word, units, what)
    if found != int(found):
        raise ValueError(f"'{word[:60]}' is not a whole number")
    return int(found)


def _with_unit(word: str, units: Mapping[str, float], what: str, whole_word: str | None = None) -> float:
    text = word.strip()
    unit = text.lstrip("0123456789.")
    digits = text[: len(text) - len(unit)]
    unit = unit.strip()
    whole, point, rest = digits.partition(".")
    good = (whole or rest) and "." not in rest and text.isascii() | ("µ" in unit)
    if not good or len(digits) > _LONGEST or (unit and unit not in units):
        told = word if whole_word is None else whole_word
        raise ValueError(f"'{told[:60]}' is not {what}")
    # whole numbers stay exact: 1T is not a float
    amount = float(digits) if point else int(digits)
    return amount * units[unit] if unit else amount
