"""A line of progress: on a terminal alone, after a silence alone, and gone before the answer comes."""

import json
import re
import subprocess
import sys

import pexpect
import pyte
import pytest
from program import ENVIRONMENT, run

from fdscope.progress import SILENT_S, text
from fdscope.stages import begin, now, spent_s, told

IMPATIENT = """
import fdscope.progress as progress
progress.SILENT_S, progress._EVERY_S = 0.001, 0.001
from fdscope.__main__ import entry
entry()
"""
LINE = re.compile(r"\rfdscope: (starting|choosing processes|reading descriptors|finding other ends|\w[\w ]+) … ")


def on_a_terminal(code, *words, columns=200, **environment):
    """All that the program writes to a terminal."""
    spawned = pexpect.spawn(
        sys.executable,
        ["-c", code, *words],
        env={**ENVIRONMENT, "TERM": "xterm", "LC_ALL": "C.UTF-8", **environment},
        encoding="utf-8",
        timeout=60,
        dimensions=(2000, columns),
    )
    try:
        spawned.expect(pexpect.EOF)
        return spawned.before
    finally:
        spawned.close(force=True)


def screen(written):
    shown = pyte.Screen(200, 2000)
    pyte.Stream(shown).feed(written)
    return [line.rstrip() for line in shown.display if line.strip()]


def test_who_waits_on_a_terminal_is_told_what_takes_so_long_and_then_sees_the_answer_alone():
    written = on_a_terminal(IMPATIENT, "--all", "--no-peers", "self")
    assert LINE.search(written)
    lines = screen(written)
    assert lines[0].split()[:3] == ["PID", "PROCESS", "FD"]
    assert [line for line in lines if "Ctrl-C" in line] == []


def test_the_line_is_no_longer_than_the_terminal_is_wide():
    written = on_a_terminal(IMPATIENT, "--pids", "self", columns=30)
    shown = [part for part in written.split("\r") if part.startswith("fdscope: ")]
    assert shown
    assert [part for part in shown if len(part.rstrip()) > 29] == []


def test_the_line_is_gone_before_an_error_is_told():
    written = on_a_terminal(IMPATIENT, "no-process-has-this-name")
    assert LINE.search(written)
    assert screen(written) == ["fdscope: no process is called 'no-process-has-this-name'"]


def test_who_does_not_wait_for_a_second_is_told_nothing():
    assert SILENT_S == 1.0
    patient = IMPATIENT.replace(
        "progress.SILENT_S, progress._EVERY_S = 0.001", "progress.SILENT_S, progress._EVERY_S = 3600.0"
    )
    written = on_a_terminal(patient, "--all", "--no-peers", "--columns", "fd", "self")
    assert screen(written)[0] == "FD"
    assert not LINE.search(written)


def test_with_debug_there_is_no_line():
    assert not LINE.search(on_a_terminal(IMPATIENT, "--debug", "self"))


def test_elsewhere_than_on_a_terminal_there_is_no_line():
    done = subprocess.run(
        [sys.executable, "-c", IMPATIENT, "--json", "--no-peers", "self"],
        env=ENVIRONMENT,
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["processes"]


def test_the_line_says_what_is_done_how_much_and_how_to_end_it():
    assert text("descriptors", 12345, 3.2) == "fdscope: reading descriptors … 12,345 so far, 3 s (Ctrl-C ends it)"
    assert text("", 0, 1.0, unicode=False) == "fdscope: working ... 1 s (Ctrl-C ends it)"


SNAPSHOT = "a snapshot"


@pytest.mark.parametrize(
    "words",
    [
        ["self"],
        ["explain", "self", "0"],
        ["who", "/"],
        ["waits", "self"],
        ["doctor"],
        ["leaks", "self", "--for", "0.1"],
        ["diff", SNAPSHOT, SNAPSHOT],
        ["--from", SNAPSHOT],
    ],
)
def test_debug_tells_how_long_each_stage_took(words, tmp_path):
    kept = tmp_path / "kept.json"
    kept.write_bytes(run("--json", "self").stdout)
    words = [str(kept) if word == SNAPSHOT else word for word in words]
    last = run(*words, "--debug").stderr.decode().splitlines()[-1]
    parts = re.fullmatch(r"fdscope: ((?:[\d,]+\.\d ms \w+, )*[\d,]+\.\d ms \w+); ([\d,]+\.\d) ms in all", last)
    assert parts
    names = re.findall(r"ms (\w+)", parts[1])
    wanted = {
        "doctor": ["imports", "checks"],
        "who": ["imports", "selection", "descriptors", "drawing"],
        "leaks": ["imports", "watching", "drawing"],
        "diff": ["imports", "reading", "drawing", "comparing"],
        "--from": ["imports", "reading", "drawing"],
    }
    every = ["imports", "selection", "descriptors", "sockets", "linking", "waits", "drawing"]
    assert names == wanted.get(words[0], every)


def test_a_stage_ends_where_the_next_begins():
    before = dict(spent_s)
    begin("one", lambda: 7)
    assert now() == ("one", 7)
    begin("two")
    assert now() == ("two", 0)
    begin("")
    assert set(spent_s) - set(before) == {"one", "two"}
    assert re.search(r" ms one, [\d.]+ ms two; [\d,.]+ ms in all$", told())
