"""Where the program speaks: a value that is handed in, so that tests run the real program with another one."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping
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

    @property
    def is_terminal(self) -> bool:
        """Whether the answer goes to a terminal."""
        return self._out.isatty()

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

    def write(self, text: str) -> None:
        """Adds to the answer. The text must have passed report/safe.py where it holds foreign words.

        Raises:
            BrokenPipeError: whoever read the answer has gone.
            NotWrittenError: it could not be written.
        """
        self.write_bytes(text.encode(self._encoding, "backslashreplace"))

    def write_bytes(self, data: bytes) -> None:
        """Adds bytes to the answer, as they are; raises what `write` raises."""
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
        try:
            self._err.write(line.encode(self._encoding, "backslashreplace") + b"\n")
            self._err.flush()
        except (OSError, ValueError):
            pass
