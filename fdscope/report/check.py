"""A Check as the lines of a monitoring plugin: a status, a sentence, performance data; then what else there is.

The form is that of the Monitoring Plugins Development Guidelines: performance data begins at the first ``|``, so
there is none in any name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..answers import Check, Limits, Metric
from ..quantity import many
from .safe import printable

_MOST_LINES = 20
_LONGEST = 400
"""Characters of a line: what collects the answers of plugins cuts them at 1 to 8 KiB."""


def lines(found: Check) -> Iterator[str]:
    """The whole answer, line by line."""
    numbers = f" | {performance(found.metrics)}" if found.metrics else ""
    yield f"FDSCOPE {found.status.upper()} - {plain(found.summary)}{numbers}\n"
    shown = found.findings if len(found.findings) > 1 else []
    for one in shown[:_MOST_LINES]:
        yield f"{one.level.upper()}: {plain(one.text)}\n"
    if len(shown) > _MOST_LINES:
        yield f"and {many(len(shown) - _MOST_LINES, 'more finding')}; --json has them all\n"
    if found.by_default:
        yield f"no limit was given; checked were {' '.join(map(_option, found.limits))}\n"


def misused(why: str) -> str:
    """What a plugin says that was not understood."""
    return f"FDSCOPE UNKNOWN - {plain(why)}\n"


def plain(text: str) -> str:
    """Foreign text in one line that holds no ``|``: that is an escape, too."""
    found = "\\x7c".join(map(printable, text.split("|")))
    return found if len(found) <= _LONGEST else found[: _LONGEST - 3] + "..."


def performance(metrics: Sequence[Metric]) -> str:
    """``'share'=12.5%;80;95;0;100 'processes'=83;;;0``; each label once."""
    told: dict[str, str] = {}
    for one in metrics:
        label = re.sub(r"[^A-Za-z0-9_.:/@+-]", "_", one.label)
        numbers = [one.warn, one.crit, one.min, one.max]
        rest = ";".join("" if number is None else _number(number) for number in numbers).rstrip(";")
        told.setdefault(label, f"'{label}'={_number(one.value)}{one.unit or ''}{';' if rest else ''}{rest}")
    return " ".join(told.values())


def _number(value: float) -> str:
    """Without exponent and separators; two digits after the point, or of a small number the first two."""
    digits = 2 if abs(value) >= 0.1 or not value else min(-int(f"{value:e}".partition("e")[2]) + 1, 12)
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def _option(limits: Limits) -> str:
    given = [_number(one) for one in (limits.warn, limits.crit) if one is not None]
    return f"--{limits.check} {','.join(given)}"
