"""Numbers as people read them."""

from __future__ import annotations

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def size(count: int) -> str:
    """Bytes with a binary unit and about three digits.

    >>> size(512), size(1536), size(20 << 20)
    ('512 B', '1.5 KiB', '20 MiB')
    """
    if count >> 80:  # no size of anything: a number from a text that was not understood
        return f"{count} B"
    amount = float(count)
    for unit in _UNITS:
        if amount < 1024 or unit == _UNITS[-1]:
            break
        amount /= 1024
    if unit == "B":
        return f"{count} B"
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"


def duration(seconds: float) -> str:
    """Seconds as a span, in at most two units.

    >>> duration(0.0025), duration(0.25), duration(42), duration(200), duration(18720), duration(273600)
    ('2.5 ms', '0.25 s', '42 s', '3 min 20 s', '5 h 12 min', '3 d 4 h')
    """
    if seconds < 10:
        for least, amount, unit in (
            (0.01, seconds, "s"),
            (1e-3, seconds * 1e3, "ms"),
            (1e-6, seconds * 1e6, "µs"),
            (1e-9, seconds * 1e9, "ns"),
        ):
            if seconds >= least:
                return f"{amount:.2f}".rstrip("0").rstrip(".") + f" {unit}"
        return "0 s"
    whole = int(seconds)
    for length, name, smaller, smaller_name in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= length:
            rest = whole % length // smaller
            return f"{whole // length} {name}" + (f" {rest} {smaller_name}" if rest else "")
    return f"{whole} s"


def percent(share: float) -> str:
    """A share in whole percent; of what would round to nothing, that it is little.

    >>> percent(0.5), percent(0.001), percent(0)
    ('50 %', '<1 %', '0 %')
    """
    return "<1 %" if 0 < share < 0.005 else f"{share * 100:.0f} %"


def rate(per_s: float) -> str:
    """A rate in the unit of time in which there is at least one.

    >>> rate(12), rate(3.5 / 60), rate(2 / 3600)
    ('12/s', '3.5/min', '2/h')
    """
    for amount, unit in ((per_s, "s"), (per_s * 60, "min"), (per_s * 3600, "h")):
        if amount >= 1 or unit == "h":
            break
    return f"{amount:,.0f}/{unit}" if amount >= 9.95 else f"{amount:.1f}".removesuffix(".0") + f"/{unit}"


def many(number: int, noun: str, plural: str = "") -> str:
    """A number and what it counts; digits are grouped.

    >>> many(1, "descriptor"), many(12345, "descriptor"), many(2, "process", "processes")
    ('1 descriptor', '12,345 descriptors', '2 processes')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
