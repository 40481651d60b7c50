"""fdscope shows what stands behind every file descriptor of a live Linux process.

    >>> from fdscope import scan
    >>> snapshot = scan(["self"])
    >>> [process.descriptor_count > 0 for process in snapshot.processes]
    [True]

`scan` gives a `Snapshot`: processes with their descriptors, each an instance of its kind, and the problems
that were met. `who` gives `Holdings`: which processes hold an object. `waits` gives `Waits`: which threads wait on
what; `watch` gives a `Frame` for each interval; `diff` the `Difference` of two snapshots, and `leaks` gives
`Leaks`: what grows without shrinking. `fdscope.aio` has four of them for asyncio.

The classes of what is in them are in `fdscope.model`, `fdscope.answers`, `fdscope.changes` and `fdscope.frame`;
each kind of descriptor has its own, in a file of its own:

    >>> from fdscope.kinds.tcp import Tcp
    >>> [one.remote_port for one in snapshot.processes[0].descriptors if isinstance(one, Tcp)]
    []

What is in `__all__` stays, and so do the fields of the JSON documents, whose names those of the classes are
(``fdscope help python``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from .answers import Holdings, Waits
    from .changes import Difference, Leaks
    from .difference import diff
    from .frame import Frame
    from .leaking import leaks
    from .model import Descriptor, HeldFile, Problem, Process, Snapshot, Thread
    from .saved import load
    from .scanner import scan
    from .search import who
    from .selection import UsageError
    from .waiting import waits
    from .watcher import watch

__all__ = [
    "Descriptor",
    "Difference",
    "Frame",
    "HeldFile",
    "Holdings",
    "Leaks",
    "Problem",
    "Process",
    "Snapshot",
    "Thread",
    "UsageError",
    "Waits",
    "__version__",
    "diff",
    "leaks",
    "load",
    "scan",
    "waits",
    "watch",
    "who",
]

_HOMES = {
    **dict.fromkeys(("Descriptor", "HeldFile", "Problem", "Process", "Snapshot", "Thread"), "model"),
    **dict.fromkeys(("Holdings", "Waits"), "answers"),
    **dict.fromkeys(("Difference", "Leaks"), "changes"),
    "Frame": "frame",
    "UsageError": "selection",
    "diff": "difference",
    "leaks": "leaking",
    "load": "saved",
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


def __dir__() -> list[str]:
    return sorted(__all__)
