"""fdscope shows what stands behind every file descriptor of a live Linux process.

    >>> from fdscope import scan
    >>> snapshot = scan(["self"])
    >>> [process.name for process in snapshot.processes] != []
    True

`scan` gives a `Snapshot`: processes with their descriptors, each an instance of its kind, and the problems
that were met. `who` gives `Holdings`: which processes hold an object. `waits` gives `Waits`: which threads wait on
what; `watch` gives a `Frame` for each interval. The classes are in `fdscope.model`, `fdscope.answers`,
`fdscope.frame` and `fdscope.kinds`.
"""

from __future__ import annotations

from ._version import __version__

__all__ = ["Frame", "Holdings", "Snapshot", "UsageError", "Waits", "__version__", "scan", "waits", "watch", "who"]

_HOMES = {
    "Frame": "frame",
    "Holdings": "answers",
    "Snapshot": "model",
    "UsageError": "selection",
    "Waits": "answers",
    "scan": "scanner",
    "waits": "waiting",
    "watch": "watcher",
    "who": "search",
}


def __getattr__(name: str) -> object:
    """Imports the public names when they are first used, so that ``fdscope --version`` need not."""
    if name not in _HOMES:
        raise AttributeError(f"module 'fdscope' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
