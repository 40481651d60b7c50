"""Runs the program as people and scripts do."""

import subprocess
import sys

PROGRAM = [sys.executable, "-m", "fdscope"]


def run(*words, **more):
    return subprocess.run([*PROGRAM, *words], capture_output=True, timeout=60, **more)


def text(*words, **more):
    done = run(*words, **more)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()
