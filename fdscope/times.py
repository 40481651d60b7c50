"""Points in time as text (RFC 3339, UTC)."""

from __future__ import annotations

import time


def rfc3339(seconds: float, *, digits: int = 0) -> str:
    """Seconds since 1970 as ``2026-11-23T04:43:05Z``, with `digits` of a second's fraction.

    Raises:
        ValueError: that is no year of this calendar.
    """
    whole = int(seconds // 1)
    fraction = f".{int((seconds - whole) * 10**digits):0{digits}d}" if digits else ""
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + fraction + "Z"
    except (OverflowError, OSError):
        raise ValueError(f"{whole} seconds since 1970 is no date") from None
