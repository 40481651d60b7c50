"""What ends a command that looks again and again in good order: with a summary, and the terminal as it was."""

from __future__ import annotations

import signal

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def in_good_order() -> None:
    """Makes these signals a KeyboardInterrupt."""
    for number in _ENDING:  # a shell's background job starts with SIGINT ignored
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # as nohup(1) wants it
            signal.signal(number, signal.default_int_handler)


def held_back() -> None:
    """Holds these signals back, and that of a child that ends, here and in threads begun later.

    `heard_within` tells of them. An exception, which a signal would raise anywhere, can be lost in a callback.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _held())


def heard_within(seconds: float) -> int | None:
    """The signal that comes within so many seconds; None: none does."""
    found = signal.sigtimedwait(_held(), max(seconds, 0.0))
    return None if found is None else found.si_signo


def _held() -> list[int]:
    ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    return [signal.SIGCHLD, *(one for one in _ENDING if one != signal.SIGHUP or not ignored)]
