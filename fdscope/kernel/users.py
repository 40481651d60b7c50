"""Names of users, from the machine's own account database (getpwuid(3))."""

from __future__ import annotations

import functools
import pwd


@functools.lru_cache(maxsize=1024)
def user_name(uid: int) -> str | None:
    """The account with this user id; None: there is none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def is_user(name: str) -> bool:
    """Whether there is an account of this name."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def names() -> list[str]:
    """Every account, by name."""
    return sorted({one.pw_name for one in pwd.getpwall()})
