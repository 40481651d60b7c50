"""Threads that look at the machine, so that the screen never waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NamedTuple, TypeVar

from ..frame import Frame, Outline
from ..watcher import Watch

Answer = TypeVar("Answer")
_Work = Callable[[], None]


class Seen(NamedTuple):
    """What came of one interval."""

    frame: Frame | None
    """None: of the first look, before there is an interval."""
    outlines: list[Outline]
    cost_s: float


class Reader:
    """A thread that does what it is asked to, one after another."""

    def __init__(self) -> None:
        self._asked: SimpleQueue[_Work | None] = SimpleQueue()
        self._thread = Thread(target=self._run, daemon=True)  # a look that hangs must not keep the program alive
        self.since: float | None = None
        """When what it does now was begun, by the monotonic clock; None: it does nothing."""

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def ask(self, work: Callable[[], Answer], tell: Callable[[Answer | Exception], None]) -> None:
        """Does `work` when its turn comes, and tells what came of it, from this thread."""

        def do() -> None:
            try:
                answer: Answer | Exception = work()
            except Exception as error:  # told on the screen: a thread that dies says nothing
                answer = error
            tell(answer)

        self._asked.put(do)

    def close(self, seconds: float = 2.0) -> None:
        """Ends it when what it does now is done, and waits for that so long."""
        self._asked.put(None)
        self._thread.join(seconds)

    def _run(self) -> None:
        while (work := self._asked.get()) is not None:
            self.since = time.monotonic()
            work()
            self.since = None


class Counter(Reader):
    """A watch that goes on and on, and does between its looks what it is asked to."""

    def __init__(self, watch: Watch, tell: Callable[[Seen | Exception], None]) -> None:
        super().__init__()
        self._watch = watch
        self._tell = tell
        self._over = False
        self._again = False
        self.paused = False
        self.last: Frame | None = None
        """The last frame; for this thread."""

    def pause(self, paused: bool) -> None:
        """Looks no more until it is called with False; the next interval is then as long as that took."""
        self.paused = paused
        self._asked.put(self._begin_again)

    def every(self, seconds: float) -> None:
        """Changes the interval."""
        self._watch.interval_s = seconds
        self._asked.put(self._begin_again)

    def _begin_again(self) -> None:
        self._again = True

    def _run(self) -> None:
        with self._watch as watch:
            try:
                self._tell(Seen(None, watch.outlines(), 0.0))
                while not self._over:
                    self._go_on(watch)
            except Exception as error:  # bpf has stopped, or worse
                self.since = None
                self._tell(error)

    def _go_on(self, watch: Watch) -> None:
        """Frames until the interval changes, it pauses or ends; and if nothing is left to watch, only answers."""
        self._again = False
        if not self.paused:
            steps = watch.steps()
            while not (self._again or self._over):
                self.since = time.monotonic()
                step = next(steps, None)
                if step is None:
                    break
                if isinstance(step, Frame):
                    self.last, outlines = step, watch.outlines()
                    self._tell(Seen(step, outlines, time.monotonic() - self.since))
                else:
                    self.since = None
                    self._serve(step)
        self.since = None
        while not (self._again or self._over):
            self._serve(None)

    def _serve(self, seconds: float | None) -> None:
        """Waits so long, and does what it is asked to meanwhile."""
        end = None if seconds is None else time.monotonic() + seconds
        while not (self._again or self._over):
            try:
                work = self._asked.get(timeout=None if end is None else max(end - time.monotonic(), 0.0))
            except Empty:
                return
            if work is None:
                self._over = True
            else:
                work()
