"""Which values are too high, and which listeners are not expected? Limits from words, and judgement. Pure.

Limits are those of the Monitoring Plugins Development Guidelines: a value that is above one is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from . import units
from .answers import Finding, Limits
from .quantity import percent, rate, size
from .selection import UsageError

RANKS = ("ok", "unknown", "warning", "critical")
"""Levels, the worst last: what could not be judged weighs less than what is known to be wrong."""


class Measure(NamedTuple):
    """Something that may be too high."""

    name: str
    """As its option has it."""
    reads: Callable[[str], float]
    shows: Callable[[float], str]
    examples: str
    unit: str = ""
    """In performance data; shares are given in percent there."""


def _share(word: str) -> float:
    digits = word.removesuffix("%").rstrip()
    found = float(digits) if digits.isascii() and digits[:1].isdigit() and "_" not in digits else -1.0
    found = found / 100 if word.endswith("%") else found
    if not 0 <= found <= 1:
        raise ValueError(f"'{word[:60]}' is no share, as 0.8 and 80% are")
    return found


def _per_second(amount: float) -> str:
    return rate(amount) if amount < 1 or amount >= 100 or amount == int(amount) else f"{amount:.1f}/s"


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _bytes(value: float) -> str:
    return size(int(value))


_SHARE, _COUNT, _RATE = "a share, as 0.8 or 80%", "a number, as 500 or 10k", "a rate, as 10/s or 50k/s"
MEASURES = {
    one.name: one
    for one in (
        Measure("max-share", _share, percent, _SHARE, "%"),
        Measure("max-descriptors", units.count, _number, _COUNT),
        Measure("max-system-share", _share, percent, _SHARE, "%"),
        Measure("max-growth", units.rate, _per_second, _RATE),
        Measure("max-switches", units.rate, _per_second, _RATE),
        Measure("max-involuntary", units.rate, _per_second, _RATE),
        Measure("max-backlog-share", _share, percent, _SHARE, "%"),
        Measure("no-deleted-over", units.number_of_bytes, _bytes, "a size, as 500M or 1G", "B"),
    )
}
LISTENERS = "no-listener-except"
GONE = "process"
"""The check that a process which was asked about is there at all."""
UNREAD = "unread"
"""The check that all that matters could be read."""

OF_RATES = ("max-growth", "max-switches", "max-involuntary")
OF_PROCESSES = ("max-share", "max-descriptors", *OF_RATES)
OF_HELD = ("max-backlog-share", "no-deleted-over", LISTENERS)
"""What is judged by single descriptors."""


def limits(name: str, word: str) -> Limits:
    """What ``CRIT``, ``WARN,CRIT`` or ``WARN,`` says of a measure.

    Raises:
        UsageError: it says nothing, or warns only after it is critical.
    """
    measure = MEASURES[name]
    first, comma, second = (part.strip() for part in word.partition(","))
    warn, crit = (first, second) if comma else ("", first)
    try:
        found = Limits(
            check=name,
            warn=measure.reads(warn) if warn else None,
            crit=measure.reads(crit) if crit else None,
        )
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--{name} takes {measure.examples}, or two: WARN,CRIT; {error}") from None
    if found.warn is None and found.crit is None:
        raise UsageError(f"--{name} takes {measure.examples}, or two: WARN,CRIT; not '{word[:60]}'")
    if found.warn is not None and found.crit is not None and found.warn > found.crit:
        raise UsageError(f"--{name} WARN,CRIT: it would be critical at {crit}, before it warns at {warn}")
    return found


def level(value: float, allowed: Limits) -> str:
    """``critical``, ``warning`` or ``ok``."""
    if allowed.crit is not None and value > allowed.crit:
        return "critical"
    return "warning" if allowed.warn is not None and value > allowed.warn else "ok"


class Value(NamedTuple):
    """Something that was measured."""

    value: float
    text: str
    """In a sentence without its full stop."""
    pid: int | None = None
    process: str | None = None


def judged(values: Iterable[Value], allowed: Limits) -> list[Finding]:
    """Those that are too high, the worst first."""
    shows = MEASURES[allowed.check].shows
    found = []
    for one in values:
        how = level(one.value, allowed)
        if how != "ok":
            limit = allowed.crit if how == "critical" else allowed.warn
            found.append(
                Finding(
                    check=allowed.check,
                    level=how,  # type: ignore[arg-type]  # one of RANKS
                    pid=one.pid,
                    process=one.process,
                    value=round(one.value, 4),
                    warn=allowed.warn,
                    crit=allowed.crit,
                    text=f"{one.text}; {how} above {shows(limit or 0.0)}",
                )
            )
    return sorted(found, key=lambda one: (-RANKS.index(one.level), -(one.value or 0.0), one.pid or 0))


def worst(found: Iterable[Finding]) -> str:
    """The worst level there is."""
    return max((one.level for one in found), key=RANKS.index, default="ok")


# listeners


class Listener(NamedTuple):
    """A socket that others can reach without having been asked."""

    protocol: str
    """``tcp``, ``udp``, ``vsock`` or ``unix``."""
    address: str | None = None
    port: int | None = None
    path: str | None = None
    """Of unix sockets; of an abstract one with @ before it."""


class Expected(NamedTuple):
    """Listeners that are in order."""

    protocols: tuple[str, ...]
    networks: tuple[Any, ...] = ()
    """IP networks that the local address must be in; none: any address will do."""
    first: int = 0
    last: int = 65535
    path: str = ""
    """Of unix sockets, a regular expression."""


_PROTOCOLS = ("tcp", "udp", "vsock")
_LOCALHOST = ("127.0.0.0/8", "::1/128")
_FORMS = "PORT, FIRST-LAST, ADDRESS:PORT, ADDRESS:*, localhost:*, tcp:…, udp:…, vsock:…, unix:PATH, or none"


def expected(word: str) -> list[Expected]:
    """What ``22,8000-8010,127.0.0.1:*,udp:*,unix:/run/**`` allows; of ``none``, nothing.

    Raises:
        UsageError: a part of it means nothing.
    """
    parts = [part.strip() for part in word.split(",") if part.strip()]
    if not parts:
        raise UsageError(f"--{LISTENERS} takes a list of {_FORMS}")
    return [] if parts == ["none"] else [_expected(part) for part in parts]


def _expected(part: str) -> Expected:
    scheme, colon, rest = part.partition(":")
    if colon and scheme == "unix" and rest:
        from .asking import glob

        return Expected(("unix",), path="(?s:.*)" if rest == "*" else glob(rest))
    protocols = (scheme,) if colon and scheme in _PROTOCOLS else _PROTOCOLS
    place = rest if len(protocols) == 1 else part
    address, colon, ports = place.rpartition(":")
    numbers = _ports(ports)
    if numbers is None or (colon and not address):
        raise UsageError(f"--{LISTENERS}: '{part[:60]}' is no listener; the forms are {_FORMS}")
    return Expected(protocols, _networks(address, part) if colon else (), *numbers)


def _ports(word: str) -> tuple[int, int] | None:
    """``*``, ``80``, ``8000-8010``; None: it is none of them."""
    if word == "*":
        return 0, 1 << 32
    first, dash, last = word.partition("-")
    for one in (first, last if dash else first):
        if not (one.isascii() and one.isdigit() and len(one) <= 10):
            return None
    found = int(first), int(last if dash else first)
    return found if found[0] <= found[1] else None


def _networks(word: str, part: str) -> tuple[Any, ...]:
    if word == "*":
        return ()
    import ipaddress  # costs 5 ms, which only an address pays

    bare = word
    if word.startswith("["):
        inner, _, length = word[1:].partition("]")
        bare = inner + length
    try:
        return tuple(
            ipaddress.ip_network(one, strict=False) for one in (_LOCALHOST if word == "localhost" else (bare,))
        )
    except ValueError:
        raise UsageError(
            f"--{LISTENERS}: '{word[:60]}' in '{part[:60]}' is no address, as 127.0.0.1, 10.0.0.0/8, [::1] and "
            "localhost are"
        ) from None


def is_expected(listener: Listener, allowed: Sequence[Expected]) -> bool:
    """Whether a listener is in order. Of unix sockets all are, where none is named."""
    if listener.protocol == "unix":
        import re

        named = [one.path for one in allowed if "unix" in one.protocols]
        return not named or any(re.search(path, listener.path or "") for path in named)
    return any(
        listener.protocol in one.protocols
        and one.first <= (listener.port or 0) <= one.last
        and (not one.networks or _is_in(listener.address, one.networks))
        for one in allowed
    )


def _is_in(word: str | None, networks: Iterable[Any]) -> bool:
    import ipaddress

    try:
        address: Any = ipaddress.ip_address(word or "")
    except ValueError:  # a CID of vsock
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in networks)
