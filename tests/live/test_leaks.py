"""fdscope leaks: a process that leaks on purpose, looked at between its steps."""

import contextlib
import json
import os
import signal
import subprocess
import time

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from program import ENVIRONMENT, PROGRAM, run, without_rights

from fdscope import leaks
from fdscope.growth import seconds_to, trend
from fdscope.leaking import Sampler
from fdscope.report.leaks import remarks
from fdscope.report.schema import schema

LEAKER = r"""
import resource, socket, string, random, tempfile
resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 1000))
listener = socket.create_server(("127.0.0.1", 0), backlog=500)
kept = []
def step():
    kept.append(socket.create_connection(listener.getsockname()))
    name = "".join(random.choices(string.ascii_letters, k=12))
    kept.append(os.open(f"{sys.argv[1]}/upload-{name}.tmp", os.O_CREAT | os.O_RDWR))
    kept.extend(os.pipe())
    if len(kept) % 3:
        os.close(os.open("/dev/null", os.O_RDONLY))
tell(port=listener.getsockname()[1])
while True:
    wanted = sys.stdin.buffer.read(1)
    for _ in range(wanted[0] if wanted else 0):
        step()
    tell(steps=wanted[0]) if wanted else sys.exit()
"""


@pytest.fixture
def leaker(child, tmp_path):
    """A process that leaks a socket, a file and a pipe, as often as `grow` says."""
    one = child(LEAKER, str(tmp_path), stdin=subprocess.PIPE)
    try:
        yield one
    finally:
        one.process.stdin.close()


def grow(leaker, steps):
    leaker.process.stdin.write(bytes([steps]))
    leaker.process.stdin.flush()
    assert leaker.hear() == {"steps": steps}


def sampled(leaker, *steps):
    """What is told of a process that takes so many steps between two samples."""
    with Sampler([str(leaker.pid)]) as sampler:
        sampler.sample()
        for number in steps:
            grow(leaker, number)
            sampler.sample()
        return sampler.leaks()


def test_sockets_files_and_pipes_that_leak_are_a_line_each(leaker, tmp_path):
    grow(leaker, 3)
    found = sampled(leaker, 10, 10, 20)
    place = f"-> 127.0.0.1:{leaker.told['port']}"
    told = {one.kind: one for one in found.leaks}
    assert {kind: (one.pattern, one.before, one.count, one.growth) for kind, one in told.items()} == {
        "tcp": (place, 3, 43, 40),
        "regular": (f"{tmp_path}/upload-*.tmp", 3, 43, 40),
        "pipe": (told["pipe"].pattern, told["pipe"].before, told["pipe"].before + 80, 80),
    }
    assert found.leaks[0].kind == "pipe"  # what grew most
    tcp = told["tcp"]
    assert (tcp.grew_in, tcp.shrank_in, tcp.intervals, tcp.descriptor_limit) == (3, 0, 3, 1000)
    assert (tcp.states, tcp.process_ended) == ({"ESTABLISHED": 43}, None)
    assert tcp.example.startswith("ESTABLISHED 127.0.0.1:")
    assert tcp.per_s > 0
    left_s = (1000 - tcp.descriptors) / sum(one.per_s for one in found.leaks)  # all fill one table
    assert tcp.seconds_to_limit == pytest.approx(left_s, abs=0.051 + left_s / 100)  # told in tenths
    process, _ = leaker.scan(peers=False, waits=False)
    sockets = [one.fd for one in process.descriptors if getattr(one, "remote_port", None) == leaker.told["port"]]
    assert (tcp.oldest_fd in sockets[:3], tcp.newest_fd in sockets[-20:]) == (True, True)
    assert tcp.share == pytest.approx(43 / len(process.descriptors), abs=1e-4)
    assert found.problems == []
    assert (found.samples, found.processes, found.leaks_total) == (4, 1, 3)


def test_a_process_that_stays_as_it_is_leaks_nothing(leaker):
    grow(leaker, 5)
    found = sampled(leaker, 0, 0)
    assert (found.leaks, found.samples) == ([], 3)


def test_what_a_process_leaked_that_has_ended_is_still_told(leaker):
    with Sampler([str(leaker.pid)]) as sampler:
        sampler.sample()
        grow(leaker, 10)
        sampler.sample()
        leaker.process.kill()
        leaker.process.wait()
        sampler.sample()
        assert sampler.pids == []
        found = sampler.leaks()
    told = {one.kind: (one.growth, one.process_ended, one.seconds_to_limit) for one in found.leaks}
    assert told == {"tcp": (10, True, None), "regular": (10, True, None), "pipe": (20, True, None)}


def test_a_socket_that_connects_after_it_was_seen_counts_as_what_it_became(child):
    one = child(
        "import socket\nlistener = socket.create_server(('127.0.0.1', 0))\nkept = socket.socket()\n"
        "tell(port=listener.getsockname()[1])\nsys.stdin.buffer.read(1)\n"
        "kept = [socket.socket() for _ in range(4)]\n"
        "tell(made=4)\nsys.stdin.buffer.read(1)\nfor one in kept: one.connect(listener.getsockname())\n"
        "ready(connected=4)",
        stdin=subprocess.PIPE,
    )
    with one.process.stdin as words, Sampler([str(one.pid)]) as sampler:
        for _ in range(2):
            sampler.sample()
            words.write(b"x")
            words.flush()
            one.hear()
        sampler.sample()
        (leak,) = sampler.leaks().leaks
    assert (leak.pattern, leak.growth) == (f"-> 127.0.0.1:{one.told['port']}", 4)


def test_a_process_that_may_not_be_looked_into_is_a_problem(foreign):
    done = run("leaks", "--json", "--for", "200ms", str(foreign.pid), preexec_fn=without_rights)
    found = json.loads(done.stdout)
    assert [(one["pid"], one["what"], one["reason"]) for one in found["problems"]] == [
        (foreign.pid, "descriptors", "permission-denied")
    ]


def test_the_library_watches_for_as_long_as_it_is_told(leaker):
    found = leaks([str(leaker.pid)], seconds=0.3, interval_s=0.1)
    assert found.samples >= 2
    assert found.duration_s >= 0.3


def test_there_are_two_samples_however_long_one_takes(leaker, monkeypatch):
    look = Sampler.sample
    monkeypatch.setattr(Sampler, "sample", lambda self: (look(self), time.sleep(0.3)))
    assert leaks([str(leaker.pid)], seconds=0.1, interval_s=0.1).samples == 2


def test_that_nothing_grew_is_said_only_of_what_could_be_read(leaker):
    done = run("leaks", str(leaker.pid), "--for", "0.2", preexec_fn=without_rights)
    refused = done.returncode == 3
    assert ("nothing could be judged" if refused else "nothing grew (1 process, ") in done.stderr.decode()
    once = structs.replace(leaks([str(leaker.pid)], seconds=0.1), samples=1)
    assert next(remarks(once)).startswith("too short to tell: one sample (1 process, ")


def test_the_program_tells_documents_that_validate_and_exits_with_0(leaker):
    done = run("leaks", "--json", "--for", "300ms", "--interval", "100ms", str(leaker.pid))
    assert (done.returncode, done.stderr) == (0, b"")
    document = json.loads(done.stdout)
    jsonschema.Draft202012Validator(schema()).validate(document)
    assert (document["schema"], document["leaks"], document["processes"]) == ("fdscope.leaks/1", [], 1)
    assert 2 <= document["samples"] <= 4
    done = run("leaks", "--for", "300ms", str(leaker.pid))
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"nothing grew" in done.stderr


@contextlib.contextmanager
def watching(leaker, *words):
    """The program, once it has taken its first sample and says so on its terminal."""
    ours, terminal = os.openpty()
    command = [*PROGRAM, "leaks", "--for", "60s", "--interval", "100ms", *words, str(leaker.pid)]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal, env=ENVIRONMENT)
    os.close(terminal)
    with open(ours, "rb", buffering=0) as said:
        try:
            assert b"watching for 1 min; Ctrl-C ends it" in said.readline()
            yield program
        finally:
            program.kill()
            program.communicate()


def test_an_interrupt_ends_it_early_and_what_was_seen_is_told(leaker):
    with watching(leaker, "--ndjson") as program:
        grow(leaker, 20)
        program.send_signal(signal.SIGINT)
        out, _ = program.communicate(timeout=30)
    assert program.returncode == 130
    told = [json.loads(line) for line in out.splitlines()]
    for line in told:
        jsonschema.Draft202012Validator(schema()).validate(line)
    assert {one["kind"]: one["growth"] for one in told} == {"tcp": 20, "regular": 20, "pipe": 40}


@pytest.mark.parametrize(
    ("words", "status", "named"),
    [
        (["--for", "soon", "self"], 2, b"--for"),
        (["--for", "0", "self"], 2, b"--for"),
        (["--json", "--ndjson", "self"], 2, b"--ndjson"),
        (["no-process-has-this-name"], 1, b"no-process-has-this-name"),
        (["4194999"], 1, b""),
    ],
)
def test_wrong_words_and_nobody_there(words, status, named):
    done = run("leaks", *words)
    assert (done.returncode, done.stdout) == (status, b"")
    assert named in done.stderr


@pytest.mark.parametrize(
    ("counts", "is_leak"),
    [
        ([3], False),
        ([3, 3, 3], False),
        ([3, 4, 4, 5], True),
        ([5, 4, 3], False),
        ([3, 5, 4, 6, 5, 9, 8], False),
        ([3, 5, 4, 6, 5, 7, 6, 9, 8, 10], False),
        ([3, 5, 4, 6, 8, 7, 9], True),
        ([3, 9, 3, 9, 3, 9], False),
    ],
)
def test_what_grows_without_shrinking_or_whose_floor_rises_is_a_leak(counts, is_leak):
    assert trend(counts).is_leak is is_leak


@given(st.lists(st.integers(0, 50), min_size=1))
def test_a_trend_counts_every_interval_and_only_growth_is_a_leak(counts):
    found = trend(counts)
    assert found.grew_in + found.shrank_in <= len(counts) - 1
    assert found.growth == counts[-1] - counts[0]
    assert not (found.is_leak and found.growth <= 0)


@pytest.mark.parametrize(
    ("limit", "held", "growth", "seconds", "wanted"),
    [(1000, 900, 10, 5, 50.0), (None, 1, 1, 1, None), (10, 20, 1, 1, 0.0), (10, 5, 0, 1, None)],
)
def test_the_time_to_a_limit(limit, held, growth, seconds, wanted):
    assert seconds_to(limit, held, growth, seconds) == wanted
