"""What ends a command that looks again and again in good order: with a summary, and the terminal as it was."""

from __future__ import annotations

import signal

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def in_good_order() -> None:
    """Makes these signals a KeyboardInterrupt."""
    for number in _ENDING:  # a shell's background job starts with SIGINT ignored
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # as nohup(1) wants it
            signal.signal(number, signal.default_int_handler)
