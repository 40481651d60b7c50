"""fdscope top on a terminal: the real program in a pseudoterminal, and how it leaves that."""

import json
import re
import signal
import subprocess
import sys
import termios

import pytest
from program import ENVIRONMENT, within
from test_screen import RESTORED, Terminal

PAIR = """
import socket
one, other = socket.socketpair()
ready(one=one.fileno())
"""


@pytest.fixture
def terminal():
    terminals = []

    def start(*words, **more):
        terminals.append(Terminal("top", *words, **{"TERM": "xterm-256color", **more}))
        return terminals[-1]

    yield start
    for one in terminals:
        one.close()


def modes(shown):
    """How the terminal treats what is typed: whether it echoes it, and waits for the end of the line."""
    return termios.tcgetattr(shown._program.child_fd)[3] & (termios.ECHO | termios.ICANON | termios.ISIG)


def test_a_journey_from_the_table_to_a_descriptor_and_back(terminal, child, tmp_path):
    one, other = child(PAIR), child("ready()")
    shown = terminal("--interval", "0.2", "--source", "proc", str(one.pid), str(other.pid))
    before = modes(shown)
    shown.until(lambda text: re.search(rf"^ *{one.pid} .* blk 1", text, re.M))
    assert modes(shown) != before
    assert max(map(len, shown.lines)) <= 80
    assert shown.lines[-1] == "enter open  / filter  s sort  e export  space pause  ? help  q quit"
    shown.press("/kind == 'unix'\r")
    shown.until(lambda text: re.search("^1 of 2 processes", text, re.M))
    shown.press("\r")
    shown.until(lambda text: re.search(rf"^ *{one.told['one']}  unix ", text, re.M))
    shown.press("x")
    shown.until(
        lambda text: f"explain {one.told['one']} of python" in text and "the open file description" in text
    )
    shown.press("e")
    shown.until(lambda text: "to this file" in text)
    shown.press("\x15")  # Ctrl-U deletes what was proposed
    shown.until(lambda text: "to this file" in text and not shown.lines[-1])
    shown.press(f"{tmp_path}/told\r")
    shown.until(lambda text: "written to" in text)
    shown.press("qq")
    shown.until(lambda text: "1 of 2 processes" in text)
    shown.press("q")
    shown.until(lambda _: RESTORED[0] in shown.bytes and modes(shown) == before)
    assert shown.end() == 0
    for code in RESTORED:
        assert code in shown.bytes
    assert b"Traceback" not in shown.bytes
    told = json.loads((tmp_path / "told").read_text())
    assert (told["schema"], told["descriptor"]["fd"]) == ("fdscope.explain/1", one.told["one"])


def test_a_terminal_of_another_encoding_gets_ascii_and_is_given_back_after_a_signal(terminal, child):
    one = child("libc.prctl(15, '\u65e5\u672c'.encode(), 0, 0, 0)\nready()")
    shown = terminal(
        "--source",
        "proc",
        str(one.pid),
        rows=12,
        columns=60,
        PYTHONIOENCODING="ascii:backslashreplace",
        LINES="24",
        NO_COLOR="1",
    )
    shown.until(lambda text: r"\u65e5" in text and text.splitlines()[-1].startswith("enter / s e space"))
    shown.send(signal.SIGTERM)
    assert shown.end() == 130
    for code in RESTORED:
        assert code in shown.bytes
    assert shown.bytes.isascii()
    assert re.search(rb"\x1b\[[0-9;]*3[0-8][;m]", shown.bytes) is None  # no colour


LINE = "fdscope: top takes a terminal that can move its cursor; fdscope watch writes lines anywhere"


def test_where_there_is_no_screen_it_says_what_does_without(terminal):
    done = within("top")
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", LINE + "\n")
    shown = terminal(TERM="dumb", columns=120)
    assert shown.end() == 2
    assert shown.text.strip() == LINE
    assert b"\x1b" not in shown.bytes


WITHOUT = """
import sys
sys.modules["textual"] = None
from fdscope.cli import main
sys.exit(main(["top"]))
"""


def test_where_textual_is_missing_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("test_screen.PROGRAM", [sys.executable, "-c", WITHOUT])
    shown = Terminal(columns=120)
    try:
        assert shown.end() == 2
        assert shown.text.strip() == (
            "fdscope: top takes textual: pip install 'fdscope[top]'; fdscope watch works without it"
        )
    finally:
        shown.close()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--sort", "shares"], "fdscope: top is not sorted by 'shares': did you mean 'share'?\n"),
        (
            ["--where", "knid"],
            "fdscope: --where: there is no field 'knid': did you mean 'kind'?, at character 1 of: knid\n",
        ),
    ],
)
def test_a_mistake_is_told(words, line):
    done = within("top", *words)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", line)


def test_a_process_that_is_not_there_is_told_before_there_is_a_screen(terminal):
    shown = terminal("nobody-has-this-name")
    assert shown.end() == 1
    assert shown.text.strip() == "fdscope: no process is called 'nobody-has-this-name'"
    assert b"\x1b[?1049h" not in shown.bytes


LOADED = """
import sys
from fdscope.cli import main
main(["self", "--no-peers"])
print([name for name in ("textual", "rich", "fdscope.top") if name in sys.modules])
"""


def test_no_other_command_loads_textual():
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, env=ENVIRONMENT, timeout=60
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "[]")
