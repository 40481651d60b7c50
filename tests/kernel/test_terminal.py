"""A terminal that nobody reads, or that is gone: the process ends, and leaves it as it was."""

import os
import subprocess
import sys
import termios

from program import ENVIRONMENT

HELD_UP = """
import os, termios, tty
from fdscope.kernel.terminal import Terminal
terminal = Terminal(0)
tty.setraw(0)
os.set_blocking(1, False)
try:
    while True:
        os.write(1, b"x" * 4096)
except BlockingIOError:
    os.set_blocking(1, True)
terminal.end_within(0.05, 130)
os.write(1, bytes(1 << 20))
"""


def left(number):
    """All that can be read of it now."""
    os.set_blocking(number, False)
    found = b""
    try:
        while True:
            found += os.read(number, 1 << 16)
    except BlockingIOError:
        return found


def test_whoever_is_held_up_by_a_terminal_that_nobody_reads_ends_and_gives_it_back():
    ours, its = os.openpty()
    try:
        before = termios.tcgetattr(its)
        begun = subprocess.Popen(
            [sys.executable, "-c", f"import fcntl; fcntl.ioctl(0, {termios.TIOCSCTTY}, 0)\n{HELD_UP}"],
            stdin=its,
            stdout=its,
            env=ENVIRONMENT,
            start_new_session=True,
        )
        assert begun.wait(30) == 130
        assert termios.tcgetattr(its) == before
        assert left(ours).endswith(b"\x1b[?1049l\x1b[?25h")
    finally:
        os.close(ours)
        os.close(its)


ELSEWHERE = """
import os
from fdscope.kernel.terminal import Terminal
Terminal(0).end_within(60, 130)
"""


def test_whoever_does_not_have_the_terminal_ends_at_once():
    ours, its = os.openpty()
    try:
        done = subprocess.run([sys.executable, "-c", ELSEWHERE], stdin=its, env=ENVIRONMENT, timeout=30)
        assert done.returncode == 130
    finally:
        os.close(ours)
        os.close(its)


GONE = """
import os, time
from fdscope.kernel.terminal import Terminal
Terminal(0).on_hangup(lambda: os._exit(7))
os.write(1, b"ready")
time.sleep(30)
"""


def test_a_terminal_that_is_gone_is_noticed():
    ours, its = os.openpty()
    with open(os.devnull, "wb") as nothing:
        begun = subprocess.Popen(
            [sys.executable, "-c", GONE],
            stdin=its,
            stdout=its,
            stderr=nothing,
            env=ENVIRONMENT,
        )
    os.close(its)
    assert os.read(ours, 5) == b"ready"
    os.close(ours)
    assert begun.wait(30) == 7
