"""Wrong words, what is not there, a full disk, closed pipes, interrupts: one line and an exit status."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading

import pytest
from program import PROGRAM, run, without_rights


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--nonsense"], "--nonsense"),
        (["--colum", "fd", "self"], "--colum"),
        (["--", "--help("], "--help("),
        (["--timeout", "86401", "self"], "--timeout"),
        (["--format", "pdf", "self"], "pdf"),
        (["--timeout", "soon", "self"], "soon"),
        (["--timeout", "0", "self"], "--timeout"),
        (["--columns", "fdd", "self"], "did you mean 'fd'"),
        (["--columns", "", "self"], "--columns"),
        (["--sort", "sise_bytes", "self"], "did you mean 'size_bytes'"),
        (["--json", "--ndjson", "self"], "--ndjson"),
        (["--json", "--format", "csv", "self"], "--format"),
        (["--proc", "/nowhere", "1"], "/nowhere"),
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


@pytest.mark.parametrize("form", [[], ["--format", "csv"]])
def test_one_target_that_is_there_is_enough(form, holder):
    done = run(*form, str(holder.pid), "4194999", "no-process-has-this-name")
    assert done.returncode == 0
    assert done.stderr.decode().splitlines() == [
        "fdscope: no process is called 'no-process-has-this-name'",
        "fdscope: process 4194999: no process has this pid",
    ]


def test_a_full_disk_exits_with_4():
    with open("/dev/full", "wb") as full:
        done = run("self", stdout=full)
    assert done.returncode == 4
    assert done.stderr == b"fdscope: the answer could not be written: No space left on device\n"


def test_a_closed_standard_output_exits_with_4():
    done = run("self", stdout=None, preexec_fn=lambda: os.close(1))
    assert done.returncode == 4
    assert done.stderr == b"fdscope: the answer could not be written: Bad file descriptor\n"


@pytest.mark.parametrize("words", [["self"], ["--json"], ["--all"], ["--help"]])
def test_a_closed_pipe_ends_quietly_with_0(words):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = run(*words, stdout=writer)
    finally:
        os.close(writer)
    assert done.returncode == 0
    # what could not be read is said all the same; nothing is said of the pipe
    unread = re.compile(rb"fdscope: .*: (permission denied|vanished|timed out) \(.*\)")
    assert [line for line in done.stderr.splitlines() if not unread.fullmatch(line)] == []


@contextlib.contextmanager
def started(command, **options):
    """A command that runs in a session of its own, as an interrupt goes to all of them."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, **options
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_an_interrupt_exits_with_130_and_says_nothing():
    with started([*PROGRAM, "lab", "eventfd"]) as process:
        assert process.stdout.readline() == b"%d\n" % process.pid
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, b"")
    assert [line for line in err.splitlines() if not line.startswith(b"lab: ")] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_lab_in_the_background_of_a_shell_can_be_ended(number):
    """Where SIGINT is ignored, as a shell has it for what it starts with an ampersand."""
    background = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)  # noqa: E731 - a preexec_fn
    with started([*PROGRAM, "lab", "--json", "fifo", "sync-file"], preexec_fn=background) as process:
        told = json.loads(process.stdout.readline())
        folder = os.path.dirname(told["specimens"][0]["says"]["name"])
        assert os.path.isdir(folder)
        process.send_signal(number)
        assert process.wait(30) == 130
    assert not os.path.exists(folder)
    assert (told["pid"], [one["kind"] for one in told["specimens"]]) == (process.pid, ["fifo"])
    assert [one["kind"] for one in told["refused"]] == ["sync-file"]  # nobody can make one; the reason is told


def test_an_interrupt_that_was_ignored_when_it_began_stays_ignored():
    def background():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    script = [sys.executable, "-c", INTERRUPTED_BY_ITSELF, "--json", "self"]
    done = subprocess.run(script, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, preexec_fn=background)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("delay_s", [0.01, 0.03, 0.06, 0.1])
def test_an_interrupt_at_any_moment_leaves_no_traceback(delay_s):
    code = "from fdscope.__main__ import entry; import os; os.write(1, b'.'); entry()"
    with started([sys.executable, "-c", code, "--json"]) as process:
        assert process.stdout.read(1) == b"."
        threading.Event().wait(delay_s)  # a moment, not a state: where it falls does not matter
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert b"fdscope/" not in told  # Python itself, before it comes to us, may still tell of an interrupt
    assert process.returncode in (130, -signal.SIGINT, 0)  # 0: it was done before


INTERRUPTED_BY_ITSELF = """
import os, sys
def hook(event, arguments):
    if event == "import" and arguments[0] == "datetime":
        os.write(1, b".")
        os.kill(os.getpid(), 2)
sys.addaudithook(hook)
from fdscope.__main__ import entry
entry()
"""


def test_an_interrupt_while_the_program_loads_is_not_lost():
    """msgspec loads datetime from C, and would go on without it."""
    script = [sys.executable, "-c", INTERRUPTED_BY_ITSELF, "--json", "self"]
    done = subprocess.run(script, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b".", b"")


def test_another_users_process_is_shown_as_far_as_it_may_be_and_exits_with_3(foreign):
    done = run(str(foreign.pid), preexec_fn=without_rights)
    told = done.stdout.decode()
    assert (done.returncode, done.stderr) == (3, b"")
    assert f"[{foreign.pid}]" in told
    assert re.search(r"\d+ voluntary, \d+ involuntary \(sum over 2 threads;", told)
    assert re.search(rf"descriptors +{foreign.told['descriptors']} of [\d,]+ \(hard limit", told)
    assert "everything is a file?" not in told
    assert (
        "could not be read\n  namespaces, maps, syscall, descriptors, cwd, root, exe: permission denied (" in told
    )
