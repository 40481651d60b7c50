"""fdscope shows what stands behind every file descriptor of a live Linux process.

    >>> from fdscope import scan
    >>> snapshot = scan(["self"])
    >>> [process.name for process in snapshot.processes] != []
    True

`scan` gives a `Snapshot`: processes with their descriptors, each an instance of its kind, and the problems
that were met. `who` gives `Holdings`: which processes hold an object. `waits` gives `Waits`: which threads wait on
what; `watch` gives a `Frame` for each interval. The classes are in `fdscope.model` and `fdscope.kinds`.
"""

from __future__ import annotations

from ._version import __version__

__all__ = ["Frame", "Holdings", "Snapshot", "UsageError", "Waits", "__version__", "scan", "waits", "watch", "who"]


def __getattr__(name: str) -> object:
    """Imports the public names when they are first used, so that ``fdscope --version`` need not."""
    if name == "scan":
        from .scanner import scan

        return scan
    if name == "watch":
        from .watcher import watch

        return watch
    if name == "waits":
        from .waiting import waits

        return waits
    if name == "who":
        from .search import who

        return who
    if name in ("Frame", "Holdings", "Snapshot", "Waits"):
        from . import model

        return getattr(model, name)
    if name == "UsageError":
        from .selection import UsageError

        return UsageError
    raise AttributeError(f"module 'fdscope' has no attribute {name!r}")
