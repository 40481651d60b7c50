"""The live screen, as a terminal has it: the real program in a pseudoterminal, and what stands on the screen."""

import os
import re
import signal
import time

import pexpect
import pyte
import pytest
from bpf_here import needs_bpf
from children import DEADLINE_S
from program import ENVIRONMENT, PROGRAM

BUSY = """
import threading, time
def work():
    while True:
        time.sleep(0.002)
threading.Thread(target=work, daemon=True, name="worker").start()
ready()
"""


class Terminal:
    """The program on a terminal of its own, with what a person would see."""

    def __init__(self, *words, rows=24, columns=80, **environment):
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.bytes = b""
        self._program = pexpect.spawn(
            PROGRAM[0],
            [*PROGRAM[1:], *words],
            dimensions=(rows, columns),
            # of the codes of newer terminals pyte does not know all: to scroll by lines, to repeat a character
            env={**ENVIRONMENT, "TERM": "xterm-r6", "LC_ALL": "C.UTF-8", **environment},
            timeout=DEADLINE_S,
        )

    @property
    def lines(self):
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self):
        return "\n".join(self.lines)

    def until(self, condition):
        """Lets time pass until the screen fulfils a condition."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition(self.text):
            assert time.monotonic() < deadline, self.text
            self._feed()

    def _feed(self):
        try:
            data = self._program.read_nonblocking(65536, 0.1)
        except pexpect.TIMEOUT:
            return
        except pexpect.EOF:
            time.sleep(0.01)
            return
        self.bytes += data
        self._stream.feed(data)

    def press(self, keys):
        self._program.send(keys)

    def resize(self, rows, columns):
        self._screen.resize(rows, columns)
        self._program.setwinsize(rows, columns)

    def send(self, number):
        self._program.kill(number)

    def end(self):
        """Its exit status, when it has ended by itself."""
        while self._program.isalive():
            self._feed()
        try:
            while True:
                data = self._program.read_nonblocking(65536, 0.1)
                self.bytes += data
                self._stream.feed(data)
        except (pexpect.EOF, pexpect.TIMEOUT):
            pass
        self._program.close()
        return self._program.exitstatus

    def close(self):
        self._program.close(force=True)


@pytest.fixture
def terminal():
    terminals = []

    def start(*words, **more):
        terminals.append(Terminal(*words, **more))
        return terminals[-1]

    yield start
    for one in terminals:
        one.close()


def watched(terminal, child, *words, **more):
    one = child(BUSY)
    shown = terminal("watch", "--interval", "0.2", *words, str(one.pid), **more)
    shown.until(lambda text: re.search(rf"^ *{one.pid} python\S* +\d", text, re.M) and "waits" in text)
    return one, shown


RESTORED = (b"\x1b[?1049l", b"\x1b[?25h")
"""The other screen is left, and the cursor is seen again."""


@pytest.mark.parametrize(
    ("source", "how"),
    [("proc", r"[\d,]+ looks at threads a second"), pytest.param("bpf", "every switch counted", marks=needs_bpf)],
)
def test_a_screen_of_80_by_24_has_it_all(terminal, child, source, how):
    one, shown = watched(terminal, child, "--source", source)
    whole = [
        rf"fdscope watch {one.pid} +\d+ s, every 0.2 s",
        r"machine  [\d,]+ switches/s · \d+ running on \d+ CPUs?.*",
        rf"fdscope itself \d+\.\d % CPU · {how} · sorted by switches",
        r" *PID +NAME +VOL/S +INVOL/S +CPU +NOCPU\b.*",
        r"descriptors  \d+ fds.*",
        r".*clock_nanosleep.*",
        r"threads 2 .*",
        r"q quit  space pause  s sort  t threads  arrows choose  h help",
    ]
    for line in whole:
        shown.until(lambda text, line=line: re.search(f"^{line}$", text, re.M))
    assert max(map(len, shown.lines)) <= 80


def test_the_screen_is_left_by_q_with_a_summary(terminal, child):
    one, shown = watched(terminal, child, TERM="xterm-256color")
    shown.press("q")
    assert shown.end() == 0
    for code in RESTORED:
        assert code in shown.bytes
    assert re.search(r"\d+ intervals? in [\d.]+ s; fdscope itself took [\d.]+ s of CPU", shown.text)
    assert re.search(rf"^{one.pid} +python", shown.text, re.M)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_the_terminal_is_given_back_after_a_signal(terminal, child, number):
    _, shown = watched(terminal, child, TERM="xterm-256color")
    shown.send(number)
    assert shown.end() == 130
    for code in RESTORED:
        assert code in shown.bytes
    assert "fdscope itself took" in shown.text
    assert "Traceback" not in shown.text


def test_the_terminal_is_given_back_when_the_process_ends(terminal, child):
    one, shown = watched(terminal, child, TERM="xterm-256color")
    os.kill(one.pid, signal.SIGKILL)
    one.process.wait()
    assert shown.end() == 0
    for code in RESTORED:
        assert code in shown.bytes


def test_keys_sort_pause_choose_and_help(terminal, child):
    one, other = child(BUSY), child("ready()")
    shown = terminal("watch", "--interval", "0.2", str(one.pid), str(other.pid))
    shown.until(lambda text: str(other.pid) in text and "waits" in text)
    shown.press("s")
    shown.until(lambda text: "sorted by voluntary" in text)
    shown.press("\x1bOB")
    shown.until(lambda text: re.search(rf"^\S+\[{other.pid}\]: ", text, re.M))
    shown.press("\x1bOA")
    shown.until(lambda text: re.search(rf"^\S+\[{one.pid}\]: ", text, re.M))
    shown.press("t")
    shown.until(lambda text: re.search(r"^threads 2 .*^waits", text, re.M | re.S))
    shown.press(" ")
    shown.until(lambda text: "PAUSED" in text)
    shown.press(" ")
    shown.until(lambda text: "PAUSED" not in text)
    shown.press("h")
    shown.until(lambda text: "time in which threads were ready, but waited for a CPU" in text)
    shown.press("h")
    shown.until(lambda text: "VOL/S" in text and "time in which" not in text)
    shown.press("q")
    assert shown.end() == 0


def test_it_fits_a_small_and_a_changed_terminal(terminal, child):
    _, shown = watched(terminal, child, rows=40, columns=150)
    shown.resize(10, 40)
    shown.until(lambda text: text.splitlines()[-1].startswith("q quit") and len(text.splitlines()) == 10)
    shown.press("q")
    assert shown.end() == 0


def test_a_hostile_name_stays_text(terminal, child):
    one = child("libc.prctl(15, b'\\x1b[31mred\\x9b', 0, 0, 0)\nready()")
    shown = terminal("watch", "--interval", "0.2", str(one.pid))
    shown.until(lambda text: r"\x1b[31mred\x9b" in text or r"\x1b[31mred" in text)
    shown.press("q")
    assert shown.end() == 0
    assert b"\x1b[31mred" not in shown.bytes


def test_a_terminal_that_cannot_move_its_cursor_gets_lines(terminal, child):
    one = child("ready()")
    shown = terminal("watch", "--interval", "0.1", "--count", "2", str(one.pid), TERM="dumb")
    assert shown.end() == 0
    assert b"\x1b" not in shown.bytes
    assert re.search(rf"^\d\d:\d\d:\d\d  python\S*\[{one.pid}\]  ", shown.text, re.M)


def test_lines_are_written_on_a_terminal_that_is_asked_for_them(terminal, child):
    one = child("ready()")
    shown = terminal("watch", "--lines", "--interval", "0.1", "--count", "1", str(one.pid))
    assert shown.end() == 0
    assert re.search(rf"python\S*\[{one.pid}\]  0 vol/s 0 invol/s", shown.text)


def test_waits_fit_a_terminal(terminal, child):
    one = child("ready()")
    shown = terminal("waits", str(one.pid))
    assert shown.end() == 0
    assert re.search(rf"^ *{one.pid}  python\S* +blocking +read .*{one.hold} pipe:", shown.text, re.M)
    assert "FUNCTION" not in shown.text
    assert max(map(len, shown.lines)) <= 80
