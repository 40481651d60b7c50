"""Graphviz as a child process: DOT in, a drawing out (dot(1))."""

from __future__ import annotations

import shutil
import subprocess


class NotDrawnError(Exception):
    """There is no drawing; the message says why."""


class NotInstalledError(NotDrawnError):
    """The program is not there."""


def drawn(text: bytes, *, program: str, form: str = "svg", timeout_s: float = 60.0) -> bytes:
    """What a program of Graphviz (``dot``, ``sfdp``) makes of a text in DOT.

    Raises:
        NotInstalledError: the program is not there.
        NotDrawnError: it failed, or took longer than `timeout_s`, and was ended.
    """
    path = shutil.which(program)
    if path is None:
        raise NotInstalledError(f"{program} of Graphviz is not installed")
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and no word of it is foreign
            [path, f"-T{form}"], input=text, capture_output=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotDrawnError(f"{program} took longer than {timeout_s:g} s") from None
    except OSError as error:
        raise NotDrawnError(f"{program} could not be run: {error.strerror}") from None
    if done.returncode or not done.stdout:
        told = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise NotDrawnError(f"{program} ended with {done.returncode}: {told[:200]}")
    return done.stdout
