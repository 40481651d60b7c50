"""Where the program speaks: a value that is handed in, so that tests run the real program with another one."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Mapping
from typing import BinaryIO


class NotWrittenError(Exception):
    """The answer could not be written; the text says why."""


class _Closed:
    """Stands for a standard stream that the program was started without."""

    def isatty(self) -> bool:
        return False

    def write(self, _: bytes) -> int:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    def flush(self) -> None:
        return None


class Console:
    """Standard output for the answer, standard error for everything else.

    Text is written in the encoding of the terminal; what that cannot express becomes an escape.
    """

    def __init__(
        self,
        out: BinaryIO | None = None,
        err: BinaryIO | None = None,
        *,
        encoding: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._out = out or (sys.stdout.buffer if sys.stdout else _Closed())
        self._err = err or (sys.stderr.buffer if sys.stderr else _Closed())
        self._encoding = encoding or (sys.stdout.encoding if sys.stdout and out is None else "utf-8")
        self.environment = os.environ if environment is None else environment
        self.before_first_word: Callable[[], None] | None = None
        """Called once, before anything is written or said: a line of progress is taken back."""

    @property
    def is_terminal(self) -> bool:
        """Whether the answer goes to a terminal."""
        return self._out.isatty()

    @property
    def is_attended(self) -> bool:
        """Whether somebody reads what is said beside the answer: standard error is a terminal."""
        return self._err.isatty()

    @property
    def is_unicode(self) -> bool:
        """Whether bars and ellipses can be written as they are."""
        return self._encoding.lower().replace("-", "") in ("utf8", "utf16", "utf32")

    @property
    def width(self) -> int | None:
        """Columns of the terminal; None where the answer goes elsewhere, and nothing must be cut."""
        if not self.is_terminal:
            return None
        columns = self.environment.get("COLUMNS", "")
        if columns.isdigit() and int(columns) > 0:
            return int(columns)
        try:
            return os.get_terminal_size(1).columns or 80
        except OSError:
            return 80

    @property
    def may_draw(self) -> bool:
        """Whether whoever waits looks at standard error: a terminal, and this is what runs in front on it."""
        try:
            return self._err.isatty() and os.tcgetpgrp(2) == os.getpgrp()
        except (OSError, ValueError):
            return False

    @property
    def width_of_messages(self) -> int:
        """Columns of the terminal that messages go to."""
        try:
            return os.get_terminal_size(2).columns or 80
        except OSError:
            return 80

    def colour(self, wish: str = "auto") -> bool:
        """Whether to use colours: ``always``, ``never``, or as the terminal and environment have it.

        NO_COLOR and FORCE_COLOR count when they are set and not empty (no-color.org, force-color.org).
        """
        if wish != "auto":
            return wish == "always"
        if self.environment.get("NO_COLOR"):
            return False
        if self.environment.get("FORCE_COLOR"):
            return True
        return self.is_terminal and self.environment.get("TERM") != "dumb"

    def hyperlinks(self, wish: str = "auto") -> bool:
        """Whether to write paths as links: ``always``, ``never``, or as the terminal is known to take them.

        FORCE_HYPERLINK counts when it is set: 0 is never, all else always (as with npm's supports-hyperlinks).
        """
        if wish != "auto":
            return wish == "always"
        forced = self.environment.get("FORCE_HYPERLINK")
        if forced is not None:
            return forced != "0"
        return self.is_terminal and takes_hyperlinks(self.environment)

    def write(self, text: str) -> None:
        """Adds to the answer. The text must have passed report/safe.py where it holds foreign words.

        Raises:
            BrokenPipeError: whoever read the answer has gone.
            NotWrittenError: it could not be written.
        """
        self.write_bytes(text.encode(self._encoding, "backslashreplace"))

    def write_bytes(self, data: bytes) -> None:
        """Adds bytes to the answer, as they are; raises what `write` raises."""
        self._begin()
        try:
            self._out.write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise NotWrittenError(error.strerror) from error

    def flush(self) -> None:
        """Hands over what was written; raises what `write` raises."""
        try:
            self._out.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise NotWrittenError(error.strerror) from error

    def say(self, line: str) -> None:
        """A line for people, on standard error; if that is closed or full, nobody hears it."""
        self._begin()
        self.draw(line + "\n")

    def draw(self, text: str) -> None:
        """Something for people, on standard error, as it is: also half a line."""
        try:
            self._err.write(text.encode(self._encoding, "backslashreplace"))
            self._err.flush()
        except (OSError, ValueError):
            pass

    def _begin(self) -> None:
        if self.before_first_word is not None:
            first, self.before_first_word = self.before_first_word, None
            first()


_PROGRAMS = {"WezTerm": (), "ghostty": (), "mintty": (), "iTerm.app": (3, 1), "vscode": (1, 72), "tmux": (3, 4)}
"""Values of TERM_PROGRAM, and the version from which on they take links."""
_TERMINALS = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour")


def takes_hyperlinks(environment: Mapping[str, str]) -> bool:
    """Whether the terminal that the environment tells of is one that is known to take links (OSC 8).

    Under tmux and screen only what they say of themselves counts: the rest tells of the terminal around them.
    """
    known = environment.get
    term, program = known("TERM", ""), known("TERM_PROGRAM", "")
    if term == "dumb":
        return False
    inside = "TMUX" in environment or "STY" in environment or term.startswith(("screen", "tmux"))
    if inside and program != "tmux":
        return False
    if program in _PROGRAMS:
        return _version(known("TERM_PROGRAM_VERSION", "")) >= _PROGRAMS[program]
    if any(name in environment for name in ("KITTY_WINDOW_ID", "WT_SESSION", "DOMTERM")):
        return True
    # VTE 0.50.0 crashes on a link
    if _number(known("VTE_VERSION", "")) > 5000 or _number(known("KONSOLE_VERSION", "")) >= 201200:
        return True
    return term.removesuffix("-direct").removesuffix("-extra") in _TERMINALS


def _version(text: str) -> tuple[int, ...]:
    """``3.4a`` as (3, 4): as far as it is made of numbers."""
    found = []
    for part in text.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        found.append(int(digits[:9]))
    return tuple(found)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
