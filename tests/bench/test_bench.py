"""The load maker holds what it says, fdscope counts the same, and nothing of it is left."""

import collections
import os
import select
import signal
import subprocess
import sys
import time

import msgspec
import pytest
from children import without_others
from load import MIX, Load, counted, mixture

from fdscope import scan
from fdscope.kernel import workers

LOAD = os.path.join(os.path.dirname(__file__), "load.py")


class Witness:
    """Sees a number of processes end."""

    def __init__(self, pids):
        self._pidfds = [os.pidfd_open(pid) for pid in pids]

    def still_there(self, seconds):
        """How many of them live on, after waiting this long for all of them to end."""
        deadline = time.monotonic() + seconds
        living = 0
        for pidfd in self._pidfds:
            waiting = select.poll()
            waiting.register(pidfd, select.POLLIN)
            living += not waiting.poll(max(0, deadline - time.monotonic()) * 1000)
        return living

    def close(self):
        for pidfd in self._pidfds:
            os.close(pidfd)


def kinds_of(process):
    told = collections.Counter(one["kind"] for one in msgspec.to_builtins(process.descriptors))
    return dict(told)


@pytest.mark.parametrize("descriptors", [1, 2, 24, 25, 26, 250, 19_000])
def test_a_mixture_is_as_large_as_was_asked(descriptors):
    assert sum(counted(mixture(descriptors)).values()) == descriptors


def test_every_word_of_the_mix_is_in_a_mixture_of_thirty():
    assert set(mixture(30)) == set(MIX)


def test_fdscope_counts_what_the_load_holds_and_all_of_it_ends():
    with Load(processes=3, descriptors=30, threads=5) as load:
        assert len(load.pids) == 3
        assert sum(load.each.values()) == 30
        assert load.descriptors == 90
        snapshot = scan(map(str, load.pids))
        assert [kinds_of(process) for process in snapshot.processes] == [load.each] * 3
        assert without_others(snapshot.problems) == []
        threads = scan([str(load.threads_pid)]).processes[0]
        assert len(threads.threads) == 5
        assert threads.descriptors == []
        everyone = Witness([load.pid, load.threads_pid, *load.pids])
        assert everyone.still_there(0) == 5
    try:
        assert everyone.still_there(10) == 0
    finally:
        everyone.close()


def test_a_load_whose_starter_is_killed_ends():
    with Load(processes=3, descriptors=30) as load:
        everyone = Witness([load.pid, *load.pids])
        try:
            os.kill(load.pid, signal.SIGKILL)
            assert everyone.still_there(10) == 0
        finally:
            everyone.close()


def test_helpers_tell_the_same_of_many_processes_as_one_reader_alone(monkeypatch):
    def told(helpers):
        monkeypatch.setattr(workers, "helpers", lambda: helpers)
        snapshot = scan(map(str, load.pids))
        assert without_others(snapshot.problems) == []
        return [(one.pid, one.descriptors, one.files) for one in snapshot.processes]

    with Load(processes=20, descriptors=workers.MANY // 20) as load:
        alone = told(0)
        assert [len(descriptors) for _, descriptors, _ in alone] == [workers.MANY // 20] * 20
        assert told(2) == alone


def test_more_descriptors_than_allowed_are_refused_with_the_limit():
    command = [sys.executable, LOAD, "--processes", "1", "--descriptors", "2000000000"]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert run.returncode == 2
    assert "RLIMIT_NOFILE" in run.stderr
