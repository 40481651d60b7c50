"""Runs the program as people and scripts do."""

import ctypes
import io
import os
import shutil
import subprocess
import sys

import pytest

from fdscope.cli import main
from fdscope.console import Console

PROGRAM = [sys.executable, "-m", "fdscope"]

_WISHES = (
    "COLUMNS FDSCOPE_OPTIONS FORCE_COLOR NO_COLOR PYTHONIOENCODING FORCE_HYPERLINK "
    "DOMTERM KITTY_WINDOW_ID KONSOLE_VERSION STY TERM_PROGRAM TMUX VTE_VERSION WT_SESSION"
).split()
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in _WISHES}
"""Without the wishes, and the terminal, that whoever runs the tests may have."""


def run(*words, **more):
    """Its exit status and what it wrote to its standard streams, in bytes."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.run([*PROGRAM, *words], **{**streams, "env": ENVIRONMENT, "timeout": 60, **more})


_APART = {"watch", "leaks", "lab", "check"}
"""Commands that take signals for themselves."""


def within(*words, **more):
    """As `run`, but within this process, which saves three quarters of the time where nothing is asked of how it
    is run: its start, its streams and its end are what others test.
    """
    if (
        more
        or not all(isinstance(word, str) for word in words)
        or not _APART.isdisjoint(words)
        or "--debug" in words
    ):
        return run(*words, **more)
    out, err = io.BytesIO(), io.BytesIO()
    status = main(list(words), Console(out, err, encoding="utf-8", environment=ENVIRONMENT))
    return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())


def text(*words, **more):
    """What it wrote to standard output, where it had nothing to complain of."""
    done = within(*words, **more)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def without_rights():
    """Takes every capability away from the program that is executed next (capabilities(7)): a `preexec_fn`."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(64):
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def found(program):
    """The path of a peer to compare with; without it the test is skipped, or fails where peers are required."""
    path = shutil.which(program)
    if path is None and os.environ.get("FDSCOPE_REQUIRE_PEERS"):
        pytest.fail(f"{program} is not installed")
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path
