"""``fdscope`` and ``python -m fdscope``: where the program begins."""

from __future__ import annotations

# The module behind signal, which would itself take 4 ms to load, in which an interrupt would be told at length.
import _signal as signal  # type: ignore[import-not-found]

from . import stages


def entry() -> None:
    """Loads the program and runs it. An interrupt while it is loaded ends it at once and quietly.

    Its command is part of it: an interrupt that comes while msgspec loads would be lost there, and msgspec would
    crash the program later.
    """
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    stages.begin("imports")
    from .cli import entry as run

    run(lambda: signal.signal(signal.SIGINT, handler))


if __name__ == "__main__":
    entry()
