"""What could not be read, as people know it. Pure."""

from __future__ import annotations

import os
from errno import EACCES, EINVAL, ENAMETOOLONG, ENOENT, ENOSYS, EOPNOTSUPP, EPERM, ESRCH, ETIMEDOUT

from .model import Problem
from .raw import Unread

_REASONS = {
    EACCES: "permission-denied",
    EPERM: "permission-denied",
    ENOENT: "vanished",
    ESRCH: "vanished",
    ETIMEDOUT: "timed-out",
    ENAMETOOLONG: "too-long",
    ENOSYS: "unsupported",
    EOPNOTSUPP: "unsupported",
    EINVAL: "not-understood",
}
OTHERS = "descriptors of others"
"""The problem that the descriptors of other processes could not be read: peers may be missing."""


def problem_of(unread: Unread) -> Problem:
    """An errno of the kernel as a reason that people know."""
    reason = _REASONS.get(unread.errno, "failed")
    return Problem(
        pid=unread.pid,
        fd=unread.fd,
        what=unread.what,
        reason=reason,
        detail=unread.detail or (os.strerror(unread.errno) if reason == "failed" else None),
    )
