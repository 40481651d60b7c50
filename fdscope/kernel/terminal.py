"""The terminal of a screen: whether anybody is at it still, and its state, which is given back in any case."""

from __future__ import annotations

import os
import select
import signal
import termios
import threading
from collections.abc import Callable

_OVER = (
    b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"  # no mouse
    b"\x1b[?2004l\x1b[?1004l\x1b[<u"  # neither pasted text, nor focus, nor keys of its own form
    b"\x1b[?7h\x1b[0m\x1b[?1049l\x1b[?25h"  # lines wrap, the screen before, and its cursor
)


class Terminal:
    """A terminal as it is now, before there is a screen on it."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._before = termios.tcgetattr(number)

    def on_hangup(self, then: Callable[[], object]) -> None:
        """Calls `then` from a thread when nobody is at it any more: SIGHUP, which tells it too, may be ignored."""

        def wait() -> None:
            poller = select.poll()
            poller.register(self._number, 0)  # a hangup is told unasked
            poller.poll()
            then()

        threading.Thread(target=wait, daemon=True).start()

    def end_within(self, seconds: float, status: int) -> None:
        """Ends the process after so long, unless it has ended: to write where nobody reads takes for ever."""
        if not self._is_ours:
            os._exit(status)  # it was given back when this process was stopped, and to go on would stop it again
        signal.signal(signal.SIGALRM, lambda *_: self._end(status))
        signal.setitimer(signal.ITIMER_REAL, seconds)

    @property
    def _is_ours(self) -> bool:
        """Whether this process may draw on it; not so in the background, or where it is gone."""
        try:
            return os.tcgetpgrp(self._number) == os.getpgrp()
        except OSError:
            return False

    def _end(self, status: int) -> None:
        try:
            if self._is_ours:
                termios.tcflush(self._number, termios.TCOFLUSH)
                termios.tcsetattr(self._number, termios.TCSANOW, self._before)
                os.write(os.open(os.ttyname(self._number), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK), _OVER)
        except (OSError, termios.error):  # it is gone, or takes nothing
            pass
        finally:
            os._exit(status)
