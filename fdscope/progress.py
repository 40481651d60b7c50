"""A line on a terminal that says what takes so long, until there is something else to say.

It is drawn from the handler of a timer: threads would keep a large scan from forking its helpers, and their module
costs more to load than a small scan takes.
"""

from __future__ import annotations

# The module behind signal, which would itself take 4 ms to load.
import _signal as signal  # type: ignore[import-not-found]
from time import monotonic

from . import stages
from .console import Console

SILENT_S = 1.0
"""How long nothing is said."""
_EVERY_S = 0.25

DOING = {
    "imports": "starting",
    "selection": "choosing processes",
    "descriptors": "reading descriptors",
    "sockets": "asking for sockets",
    "linking": "finding other ends",
    "waits": "telling waits apart",
    "drawing": "writing the answer",
    "reading": "reading a snapshot",
    "comparing": "comparing",
}


class Progress:
    """One line, rewritten four times a second, and taken back before the first word of the answer."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began_s = monotonic()
        self._shown = 0
        self._busy = False

    def start(self) -> None:
        """Waits for a second of silence."""
        signal.signal(signal.SIGALRM, self._tick)
        signal.siginterrupt(signal.SIGALRM, False)  # calls of the kernel that it comes in go on
        signal.setitimer(signal.ITIMER_REAL, SILENT_S, _EVERY_S)
        self._console.before_first_word = self.end

    def end(self) -> None:
        """Takes the line back; none comes any more. The handler stays: without it a late signal would kill."""
        self._busy = True
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        if self._shown:
            self._console.draw("\r" + " " * self._shown + "\r")
            self._shown = 0

    def _tick(self, _number: int, _frame: object) -> None:
        if self._busy:
            return
        self._busy = True
        line = text(*stages.now(), monotonic() - self._began_s, unicode=self._console.is_unicode)
        line = line[: max(0, self._console.width_of_messages - 1)]
        self._console.draw("\r" + line + " " * (self._shown - len(line)))
        self._shown = len(line)
        self._busy = False


def text(stage: str, so_far: int, seconds: float, *, unicode: bool = True) -> str:
    """The line: what is done, how much so far, since when, and how to end it."""
    dots = "…" if unicode else "..."
    amount = f"{so_far:,} so far, " if so_far else ""
    return f"fdscope: {DOING.get(stage, stage or 'working')} {dots} {amount}{seconds:.0f} s (Ctrl-C ends it)"
