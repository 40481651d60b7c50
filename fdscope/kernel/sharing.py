"""One piece of work at a time, whose result is shared by all who asked for it meanwhile; nobody waits too long."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
_FRESH_S = 1.0


class Shared(Generic[T]):
    """A thread that works when somebody asks, and keeps what came of it last."""

    def __init__(self, work: Callable[[], T | None]) -> None:
        """`work`: gives what is to be kept; None: it failed, and what is kept stays."""
        self._work = work
        self._last: T | None = None
        self._changed = threading.Condition()
        self._begun = self._ended = self._wanted = 0
        self._closed = False
        self._fresh_until = 0.0
        self._thread = threading.Thread(target=self._run, name="scans", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread, once the work that it does has ended; if that takes long, nobody waits for it."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(_FRESH_S)

    def get(self, seconds: float) -> tuple[T | None, bool]:
        """What comes of work that is being done, or is begun now; what is kept, if that takes too long.

        What has just come of it serves for as long as it took, at most a second: so a crowd that asks all the time
        does not have it done all the time.

        Args:
            seconds: how long to wait at most.

        Returns:
            The result, None if there never was one; and whether the work ended in time.
        """
        with self._changed:
            if self._begun == self._ended:
                if time.monotonic() < self._fresh_until:
                    return self._last, True
                self._wanted = self._begun + 1
                self._changed.notify_all()
            number = max(self._begun, self._wanted)
            in_time = self._changed.wait_for(lambda: self._ended >= number, max(seconds, 0.0))
            return self._last, in_time

    def _run(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # they are for the main thread
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._wanted > self._begun)
                if self._closed:
                    return
                self._begun += 1
            began = time.monotonic()
            found = self._work()
            now = time.monotonic()
            with self._changed:
                self._last = self._last if found is None else found
                self._ended = self._begun
                self._fresh_until = now + min(now - began, _FRESH_S)
                self._changed.notify_all()
