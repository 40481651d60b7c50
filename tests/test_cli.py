"""The program as people and scripts meet it: words in, text and an exit status out."""

import csv
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import xml.etree.ElementTree

import jsonschema
import pytest

import fdscope

PROGRAM = [sys.executable, "-m", "fdscope"]


def run(*words, **more):
    return subprocess.run([*PROGRAM, *words], capture_output=True, timeout=60, **more)


def text(*words, **more):
    done = run(*words, **more)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


@pytest.fixture(scope="module")
def holder():
    """A process that holds two pipes, one of them twice, and a deleted file with a hostile name."""
    source = (
        "import os, sys, tempfile\n"
        "folder = tempfile.mkdtemp()\n"
        "path = os.path.join(os.fsencode(folder), b'a\\n\\x1b[31mb\\xff\\xe2\\x80\\xaec\\xc2\\x9bd')\n"
        "os.open(path, os.O_RDWR | os.O_CREAT)\n"
        "os.unlink(path); os.rmdir(folder)\n"
        "os.close(2); os.dup(0)\n"
        "print(path.hex(), flush=True)\n"
        "sys.stdin.read()\n"
    )
    process = subprocess.Popen([sys.executable, "-I", "-c", source], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        process.path = bytes.fromhex(process.stdout.readline().decode())
        yield process
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(10)


@pytest.fixture(scope="module")
def schema():
    return json.loads(text("--json-schema"))


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--nonsense"], "--nonsense"),
        (["--format", "pdf", "self"], "pdf"),
        (["--timeout", "soon", "self"], "soon"),
        (["--timeout", "0", "self"], "--timeout"),
        (["--columns", "fdd", "self"], "did you mean 'fd'"),
        (["--columns", "", "self"], "--columns"),
        (["--sort", "sise_bytes", "self"], "did you mean 'size_bytes'"),
        (["--json", "--ndjson", "self"], "--ndjson"),
        (["--json", "--format", "csv", "self"], "--format"),
        (["--proc", "/nowhere", "1"], "/nowhere"),
        (["--source", "bpf", "self"], "bpf"),
        (["a(b"], "a(b"),
        ([""], "empty"),
        (["lab", "unicorn"], "unicorn"),
        (["doctor", "extra"], "extra"),
        (["\x1b]0;title\x07("], r"\x1b]0;title\x07"),
    ],
)
def test_wrong_usage_is_told_in_one_line_and_exits_with_2(words, named):
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, b"")
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("fdscope: ")
    assert named in line
    assert line.isprintable()


@pytest.mark.parametrize("target", ["4194999", "no-process-has-this-name"])
def test_a_target_that_is_not_there_exits_with_1(target):
    done = run(target)
    assert (done.returncode, done.stdout) == (1, b"")
    assert len(done.stderr.splitlines()) == 1
    done = run("--json", target)
    assert done.returncode == 1
    assert [problem["reason"] for problem in json.loads(done.stdout)["problems"]] == ["no-such-process"]


def test_one_target_that_is_there_is_enough(holder):
    done = run(str(holder.pid), "4194999")
    assert done.returncode == 0
    assert done.stderr.decode() == "fdscope: process 4194999: no process has this pid\n"


def test_a_full_disk_exits_with_4():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*PROGRAM, "self"], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 4
    assert done.stderr == b"fdscope: the answer could not be written: No space left on device\n"


def test_a_closed_standard_output_exits_with_4():
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *PROGRAM, "self"], stderr=subprocess.PIPE, timeout=60
    )
    assert done.returncode == 4
    assert done.stderr == b"fdscope: the answer could not be written: Bad file descriptor\n"


@pytest.mark.parametrize("words", [["self"], ["--json"], ["--all"], ["--help"]])
def test_a_closed_pipe_ends_quietly_with_0(words):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*PROGRAM, *words], stdout=writer, stderr=subprocess.PIPE, timeout=60)
    os.close(writer)
    assert done.returncode == 0
    # what could not be read is said all the same; nothing is said of the pipe
    unread = re.compile(rb"fdscope: .*: (permission denied|vanished|timed out) \(.*\)")
    assert [line for line in done.stderr.splitlines() if not unread.fullmatch(line)] == []


def test_an_interrupt_exits_with_130_and_says_nothing():
    process = subprocess.Popen(
        [*PROGRAM, "lab", "eventfd"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout.readline() == b"%d\n" % process.pid
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=10)
    assert process.returncode == 130
    assert b"Traceback" not in told


@pytest.mark.parametrize("delay_s", [0.015, 0.03, 0.045])
def test_an_interrupt_at_any_moment_leaves_no_traceback(delay_s):
    script = [sys.executable, "-c", "from fdscope.__main__ import entry; entry()", "--json"]
    process = subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    threading.Event().wait(delay_s)  # a moment, not a state: where it falls does not matter
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert b"fdscope/" not in told  # Python itself, before it comes to us, may still tell of an interrupt
    assert process.returncode in (130, -signal.SIGINT, 0)  # 0: it was done before


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["show", "--help"], ["lab", "-h"]])
def test_help_names_every_option_and_status(words):
    told = text(*words)
    for wanted in ("--json-schema", "--timeout", "--mapped", "  130", "doctor", "lab"):
        assert wanted in told
    assert max(map(len, told.splitlines())) <= 100


def test_the_version_is_the_packages():
    assert text("--version") == f"fdscope {fdscope.__version__}\n"


def test_documents_of_a_process_validate_against_the_printed_schema(holder, schema):
    document = json.loads(text("--json", "--mapped", str(holder.pid)))
    jsonschema.validate(document, schema)
    assert [process["pid"] for process in document["processes"]] == [holder.pid]
    for line in text("--ndjson", str(holder.pid)).splitlines():
        jsonschema.validate(json.loads(line), schema)


def test_the_document_of_the_lab_validates_and_so_does_each_of_its_lines(lab, schema):
    jsonschema.validate(json.loads(text("--json", str(lab.pid))), schema)
    validator = jsonschema.Draft202012Validator(schema)
    lines = [json.loads(line) for line in text("--ndjson", str(lab.pid)).splitlines()]
    assert len(lines) >= len(lab.specimens)
    for line in lines:
        validator.validate(line)


def test_the_document_of_the_machine_validates(schema):
    done = run("--json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    jsonschema.validate(document, schema)
    assert os.getpid() in [process["pid"] for process in document["processes"]]


def test_the_schema_refuses_a_field_that_it_does_not_know(holder, schema):
    document = json.loads(text("--json", str(holder.pid)))
    document["processes"][0]["descriptors"][0]["unheard_of"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


def test_hostile_names_never_reach_the_terminal_and_can_be_recovered(holder):
    escaped = r"a\n\x1b[31mb\xff\u202ec\u009bd"
    told = text(str(holder.pid))
    assert f"{escaped}, 0 B, deleted" in told
    assert [character for character in told if not character.isprintable() and character != "\n"] == []
    raw = run("--json", str(holder.pid)).stdout
    assert re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae", raw) is None
    (found,) = [
        one for one in json.loads(raw)["processes"][0]["descriptors"] if one.get("deleted") and "\n" in one["name"]
    ]
    import base64

    assert base64.b64decode(found["name_base64"]) == holder.path
    assert found["name"] == holder.path.decode(errors="replace")


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
    by_position = [line.split() for line in text(*words, "--sort", "position").splitlines()]
    assert sorted(len(row) for row in by_position)[::-1] == [len(row) for row in by_position]


def test_columns_help_names_every_field_of_the_documents(lab):
    told = text("--columns", "help")
    names = {line.split()[0] for line in told.splitlines()}
    document = json.loads(text("--json", str(lab.pid)))
    used = {name for one in document["processes"][0]["descriptors"] for name in one}
    assert used - names == set()
    assert {one["name"] for one in json.loads(text("--columns", "help", "--json"))} == names


def test_many_rows_are_laid_out_as_few_are(holder):
    source = "import os, sys; [os.dup(0) for _ in range(1100)]; print('ready', flush=True); sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-I", "-c", source], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        lines = text("--columns", "fd,kind,what", str(process.pid)).splitlines()
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(10)
    assert len(lines) == 1 + 1103
    kind_at = lines[0].index("KIND")
    assert {line[kind_at : kind_at + 4] for line in lines[1:]} == {"pipe"} | {lines[3][kind_at : kind_at + 4]}


def on_a_terminal(*words, columns=60, **environment):
    """What the program writes to a terminal of so many columns."""
    controller, terminal = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    clean = {
        name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")
    }
    process = subprocess.Popen([*PROGRAM, *words], stdout=terminal, env={**clean, "TERM": "xterm", **environment})
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
    assert "\x1b[1m" in text(pid, env={**os.environ, "FORCE_COLOR": "1"})
    assert "\x1b[" not in text(pid, env={**os.environ, "FORCE_COLOR": ""})


def test_json_is_for_people_on_a_terminal_and_compact_elsewhere(holder):
    assert text("--json", str(holder.pid)).count("\n") == 1
    assert json.loads(on_a_terminal("--json", str(holder.pid)))["processes"][0]["pid"] == holder.pid
    assert on_a_terminal("--json", str(holder.pid)).count("\n") > 50


def test_a_console_that_is_not_utf8_gets_escapes(holder):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    told = subprocess.run([*PROGRAM, str(holder.pid)], capture_output=True, env=environment, timeout=60)
    assert (told.returncode, told.stderr) == (0, b"")
    assert told.stdout.isascii()
    assert b"#" in told.stdout or b"..." in told.stdout


def test_the_overview_has_its_parts():
    done = run()
    assert done.returncode == 0
    told = done.stdout.decode()
    for part in (
        "descriptors by kind",
        "most descriptors",
        "nearest to their limit",
        "most context switches",
        "context switches since boot",
        "open file descriptions in the kernel",
    ):
        assert part in told


def test_the_report_warns_above_80_percent_of_the_soft_limit():
    source = (
        "import os, resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))\n"
        "[os.dup(0) for _ in range(15)]\n"
        "print('ready', flush=True); sys.stdin.read()\n"
    )
    process = subprocess.Popen([sys.executable, "-I", "-c", source], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        told = text(str(process.pid))
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(10)
    assert re.search(r"18 of 20 \(hard limit 20\) .* 90 %  above 80 %: .*Too many open files", told)


def test_doctor_tells_what_it_found_and_what_it_would_give():
    findings = json.loads(text("doctor", "--json"))["findings"]
    assert [one["name"] for one in findings][:2] == ["proc", "bpf"]
    assert all(one["found"] and one["gives"] for one in findings)
    (ptrace,) = [one for one in findings if one["name"] == "CAP_SYS_PTRACE"]
    with open("/proc/self/status") as status:
        (effective,) = [int(line.split()[1], 16) for line in status if line.startswith("CapEff")]
    assert ptrace["available"] == bool(effective >> 19 & 1)
    assert all(one["name"] in text("doctor") for one in findings)


WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]


@pytest.fixture
def strangers_process():
    """A process of user 65534, which a process without capabilities may not look into."""
    if os.geteuid() != 0:
        pytest.skip("needs root to start a process of another user")
    source = (
        "import os, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534);"
        "print('ready', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen([sys.executable, "-I", "-c", source], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        yield process
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(10)


def test_another_users_process_is_shown_as_far_as_it_may_be_and_exits_with_3(strangers_process):
    pid = str(strangers_process.pid)
    done = subprocess.run([*WITHOUT_RIGHTS, *PROGRAM, pid], capture_output=True, timeout=60)
    told = done.stdout.decode()
    assert (done.returncode, done.stderr) == (3, b"")
    assert f"[{pid}]" in told
    assert re.search(r"\d+ voluntary, \d+ involuntary \(sum over 1 thread;", told)
    assert re.search(r"descriptors +3 of [\d,]+ \(hard limit", told)
    assert re.search(r"descriptors, .*: permission denied", told)
    both = subprocess.run([*WITHOUT_RIGHTS, *PROGRAM, pid, "self"], capture_output=True, timeout=60)
    assert both.returncode == 0
    document = subprocess.run([*WITHOUT_RIGHTS, *PROGRAM, "--json", pid], capture_output=True, timeout=60)
    assert document.returncode == 3
    (process,) = json.loads(document.stdout)["processes"]
    assert "descriptors" not in process
    assert (process["uid"], process["descriptor_count"]) == (65534, 3)
