"""Formats, columns, order; width and colours of a terminal."""

import csv
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import termios
import xml.etree.ElementTree

from program import ENVIRONMENT, PROGRAM, text
from program import within as run


def rows_of(holder):
    return [
        [str(holder.pid), str(one["fd"]), one["kind"]]
        for one in json.loads(text("--json", str(holder.pid)))["processes"][0]["descriptors"]
    ]


def test_every_format_holds_the_same_rows(holder):
    words = ["--columns", "pid,fd,kind", str(holder.pid), "--format"]
    wanted = rows_of(holder)
    assert list(csv.reader(io.StringIO(text(*words, "csv")))) == [["pid", "fd", "kind"], *wanted]
    assert [line.split("\t") for line in text(*words, "tsv").splitlines()] == [["pid", "fd", "kind"], *wanted]
    assert [line.split() for line in text(*words, "plain").splitlines()] == [["PID", "FD", "KIND"], *wanted]
    assert [line.split() for line in text(*words, "table").splitlines()] == [["PID", "FD", "KIND"], *wanted]
    markdown = [line.strip("|").split("|") for line in text(*words, "markdown").splitlines()]
    assert [[cell.strip() for cell in row] for row in markdown[2:]] == wanted
    html = xml.etree.ElementTree.fromstring(text(*words, "html"))
    assert [[cell.text.strip() for cell in row] for row in html.findall(".//tbody/tr")] == wanted


def test_no_headers_leaves_only_rows(holder):
    words = ["--columns", "pid,fd,kind", "--no-headers", str(holder.pid)]
    assert [line.split() for line in text(*words).splitlines()] == rows_of(holder)
    assert len(text("--no-headers", str(holder.pid)).splitlines()) == len(rows_of(holder))


def test_plus_adds_columns_to_the_report(holder):
    told = text("--columns", "+inode", str(holder.pid))
    assert re.search(r"^ +FD +KIND +ACCESS +FLAGS +INODE +WHAT$", told, re.M)
    assert "everything is a file?" in told


def test_sort_goes_both_ways_and_puts_what_has_no_value_last(holder):
    words = ["--columns", "fd,position", "--no-headers", str(holder.pid)]
    up = [line.split() for line in text(*words, "--sort", "fd").splitlines()]
    down = [line.split() for line in text(*words, "--sort=-fd").splitlines()]
    assert [row[0] for row in up] == sorted((row[0] for row in up), key=int)
    assert down == up[::-1]
    for key in ("--sort=position,-fd", "--sort=-position,-fd"):
        by_position = [line.split() for line in text(*words, key).splitlines()]
        assert [len(row) for row in by_position] == [2] + [1] * (len(up) - 1)
        assert [row[0] for row in by_position[1:]] == [
            row[0] for row in down if row != by_position[0][:1] and len(row) == 1
        ]


def test_columns_help_names_every_field_of_the_documents(lab):
    told = text("--columns", "help")
    names = {line.split()[0] for line in told.splitlines()}
    document = json.loads(text("--json", str(lab.pid)))
    used = {name for one in document["processes"][0]["descriptors"] for name in one}
    assert used - names == set()
    assert {one["name"] for one in json.loads(text("--columns", "help", "--json"))} == names


def test_a_process_of_many_descriptors_has_a_row_for_each(child):
    one = child(
        "import resource\n_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))\n"
        "ready(held=[os.dup(0) for _ in range(1100)])"
    )
    lines = text("--columns", "fd,kind,name", str(one.pid)).splitlines()
    assert lines[0].split() == ["FD", "KIND", "NAME"]
    held = [0, 1, 2, one.pipe, one.hold, *one.told["held"]]
    assert [int(line.split()[0]) for line in lines[1:]] == sorted(held)
    assert lines[-1] == "1104  char-device  /dev/null"


def on_a_terminal(*words, columns=60, **environment):
    """What the program writes to a terminal of so many columns."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [*PROGRAM, *words], stdout=terminal, env={**ENVIRONMENT, "TERM": "xterm", **environment}
    )
    os.close(terminal)
    parts = []
    while True:
        try:
            part = os.read(controller, 65536)
        except OSError:  # EIO: the other side is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(controller)
    assert process.wait(10) == 0
    return b"".join(parts).decode().replace("\r\n", "\n")


def test_on_a_terminal_the_last_column_is_cut_to_its_width(holder):
    told = on_a_terminal("--columns", "fd,kind,what", str(holder.pid), columns=48)
    assert max(map(len, told.splitlines())) == 48
    assert "…" in told
    wide = on_a_terminal("--columns", "fd,kind,what", "--wide", str(holder.pid), columns=48)
    assert "…" not in wide
    assert wide == text("--columns", "fd,kind,what", str(holder.pid))


def test_colours_are_for_terminals_and_for_those_who_ask(holder):
    pid = str(holder.pid)
    assert "\x1b[" in on_a_terminal(pid)
    assert "\x1b[" not in on_a_terminal(pid, NO_COLOR="1")
    assert "\x1b[" not in on_a_terminal(pid, TERM="dumb")
    assert "\x1b[" not in on_a_terminal("--color", "never", pid)
    assert "\x1b[" not in text(pid)
    assert "\x1b[1m" in text("--color", "always", pid)
    assert "\x1b[1m" in text(pid, env={**ENVIRONMENT, "FORCE_COLOR": "1"})
    assert "\x1b[" not in text(pid, env={**ENVIRONMENT, "FORCE_COLOR": ""})


def test_json_is_for_people_on_a_terminal_and_compact_elsewhere(holder):
    assert text("--json", str(holder.pid)).count("\n") == 1
    assert json.loads(on_a_terminal("--json", str(holder.pid)))["processes"][0]["pid"] == holder.pid
    assert on_a_terminal("--json", str(holder.pid)).count("\n") > 50


def test_a_console_that_is_not_utf8_gets_escapes(holder):
    environment = {**ENVIRONMENT, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    told = text(str(holder.pid), env=environment)
    assert told.isascii()
    assert re.search(r"^  descriptors +7 of .* #*\.+ ", told, re.M)  # a bar, without blocks


def test_pids_alone_of_all_that_the_options_choose(holder):
    assert text("--pids", str(holder.pid)) == f"{holder.pid}\n"
    assert text("--pids", "--pid", str(holder.pid), "--kind", "pipe") == f"{holder.pid}\n"
    nothing = run("--pids", "--pid", str(holder.pid), "--kind", "epoll")
    assert (nothing.returncode, nothing.stdout) == (1, b"")
    both = run("--pids", "--json", str(holder.pid))
    assert (both.returncode, both.stderr.startswith(b"fdscope: --json, --ndjson and --pids are forms")) == (
        2,
        True,
    )
