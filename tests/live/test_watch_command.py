"""A command and its descendants, watched from their first instant to their end."""

import json
import signal
import subprocess

import pytest
from program import ENVIRONMENT, PROGRAM, run

from fdscope.watcher import Watch


def test_a_family_is_watched_from_its_first_instant():
    script = "for i in 1 2 3; do sleep 0.15; done; (sleep 0.2 & wait); exit 7"
    done = run("watch", "--ndjson", "--interval", "0.1", "--", "sh", "-c", script)
    assert (done.returncode, done.stdout) == (7, b"")
    told = [json.loads(line) for line in done.stderr.splitlines()]
    summary = told[-1]["summary"]
    assert (summary["command"]["status"], summary["command"]["exited_threads_included"]) == (7, True)
    names = {one["name"] for one in summary["processes"]}
    assert {"sh", "sleep"} <= names
    assert summary["command"]["voluntary"] >= 4
    seen = sum(one["voluntary"]["total"] for one in summary["processes"])
    assert seen <= summary["command"]["voluntary"]


def test_the_output_of_a_command_is_its_own_and_its_counts_begin_at_nothing():
    done = run(
        "watch",
        "--interval",
        "0.1",
        "--",
        "sh",
        "-c",
        "cat; sleep 0.25; echo out; echo err >&2",
        input=b"in\n",
        stdin=None,
    )
    assert (done.returncode, done.stdout) == (0, b"in\nout\n")
    assert b"\nerr\n" in b"\n" + done.stderr
    assert b"the command, with all that it waited for: " in done.stderr


def test_a_command_that_a_signal_ends_has_the_status_that_shells_give_it():
    done = run("watch", "--", "sh", "-c", "kill -TERM $$")
    assert done.returncode == 128 + signal.SIGTERM


def test_a_command_has_the_signals_and_limits_that_it_would_have_without():
    script = "ulimit -n; grep -E 'SigIgn|SigBlk' /proc/self/status"
    plain = subprocess.run(["sh", "-c", script], capture_output=True, env=ENVIRONMENT).stdout
    assert run("watch", "--", "sh", "-c", script).stdout == plain


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_termination_is_handed_on_to_the_command(number):
    watching = subprocess.Popen(
        [*PROGRAM, "watch", "--interval", "0.1", "--", "sleep", "1000"], stderr=subprocess.PIPE, env=ENVIRONMENT
    )
    assert b"sleep" in watching.stderr.readline()
    watching.send_signal(number)
    watching.communicate(timeout=30)
    assert watching.returncode == 128 + number


def test_what_a_new_process_has_inherited_is_no_growth(child):
    one = child(
        """
import time
files = [os.open("/dev/null", os.O_RDONLY) for _ in range(20)]
tell()
while True:
    other = os.fork()
    if not other:
        time.sleep(0.3)
        os._exit(0)
    os.waitpid(other, 0)
"""
    )
    with Watch(family_of=one.pid, interval_s=0.1) as watch:
        frames = list(watch.frames(8))
    others = [process for frame in frames for process in frame.processes if process.pid != one.pid]
    assert any((process.descriptors or 0) > 20 for process in others)
    assert max(process.descriptors_growth or 0 for process in others) == 0  # at its end it lets them go
