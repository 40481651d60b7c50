"""Live processes for tests: started here, joined by a pipe, ended here."""

import json
import os
import select
import subprocess
import sys
import time

import pytest
from program import PROGRAM

from fdscope import scan, waits
from fdscope.problems import OTHERS

DEADLINE_S = 30  # no measure of speed: only so that a hang fails the test


def until(condition):
    """Waits for a state with a deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "the state was not reached"
        time.sleep(0.002)


def state_of(task):
    """The letter of a process, or of a thread as ``PID/task/TID`` (proc_pid_stat(5))."""
    with open(f"/proc/{task}/stat", "rb") as file:
        return file.read().rpartition(b") ")[2][:1].decode()


def waits_of(pid, **more):
    """What the threads of a process wait in, by thread id."""
    return {one.tid: one for one in waits([str(pid)], **more).waits}


def the_wait(child, tid=None):
    """What is told of a child and of one of its threads, by default the main one, once that sleeps."""
    tid = tid or child.pid
    until(lambda: state_of(f"{child.pid}/task/{tid}") in "SDT")
    (process,) = scan([str(child.pid)]).processes
    return process, next(thread for thread in process.threads if thread.tid == tid)


def without_others(problems):
    """Problems but for that of processes which are none of the test's, and which it may not look into."""
    return [one for one in problems if (one["what"] if isinstance(one, dict) else one.what) != OTHERS]


class Lab:
    """A running ``fdscope lab`` and what it says of itself; without names all of it but its loads."""

    def __init__(self, *names: str, **options) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, "lab", "--json", *(names or ("kinds", "waits"))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            **options,
        )
        line = self.process.stdout.readline()
        assert line, "the lab did not start"
        self.pid = self.process.pid
        told = json.loads(line)
        self.specimens = {one["kind"]: one for one in told["specimens"]}
        self.waits = {one["name"]: one for one in told["waits"]}
        self.loads = {one["name"]: one for one in told["loads"]}
        self.refused = {one["kind"]: one["reason"] for one in told["refused"]}

    def end(self) -> None:
        self.process.send_signal(2)
        self.process.stdout.close()
        try:
            assert self.process.wait(10) == 130
        finally:
            self.process.kill()


PRELUDE = """
import ctypes, json, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
def tell(**facts):
    os.write(PIPE, json.dumps(facts).encode() + b"\\n")
def stay():
    os.read(HOLD, 1)
def ready(**facts):
    tell(**facts)
    stay()
"""


class Child:
    """A small Python program in a process of its own.

    It has `ctypes`, `json`, `os`, `sys`, `libc` and `checked` at hand, says with `tell(name=value)` what the
    test must know, and stays in `stay()` until the test ends; `ready` does both. The two pipes that join it to
    the test are its descriptors PIPE and HOLD; 0, 1 and 2 are free for what the test has in mind.
    """

    def __init__(self, source: str, *arguments: str, **options) -> None:
        told, pipe = os.pipe()
        hold, self._hold = os.pipe()
        self.pipe, self.hold = pipe, hold
        program = f"PIPE, HOLD = {pipe}, {hold}\n{PRELUDE}\n{source}"
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", program, *arguments],
            pass_fds=(pipe, hold),
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, **options},
        )
        os.close(pipe)
        os.close(hold)
        self.pid = self.process.pid
        self._told = open(told, "rb", buffering=0)  # noqa: SIM115 - closed in end()
        self.told = self.hear()

    def hear(self) -> dict:
        """What the program tells next."""
        waiting = select.poll()
        waiting.register(self._told, select.POLLIN)
        line = self._told.readline() if waiting.poll(DEADLINE_S * 1000) else b""
        if not line:
            self.process.kill()
            error = self.process.stderr.read().decode(errors="replace") if self.process.stderr else ""
            self.end()
            reason = error.strip().rpartition("\n")[2]
            if reason.startswith(("PermissionError", "OSError: [Errno 38]")):
                pytest.skip(f"not allowed here: {reason}")
            raise AssertionError(f"the child ended, or had nothing to tell for {DEADLINE_S} s: {error}")
        return json.loads(line)

    def scan(self, **options):
        """What a scan tells of it: the process, and the problems with it."""
        snapshot = scan([str(self.pid)], **options)
        (process,) = snapshot.processes
        assert process.pid == self.pid
        return process, without_others(snapshot.problems)

    def go_on(self) -> None:
        """Lets `stay()` return."""
        os.close(self._hold)
        self._hold = -1

    def end(self) -> None:
        self.process.kill()
        self.process.wait(10)
        self._told.close()
        if self.process.stderr:
            self.process.stderr.close()
        if self._hold >= 0:
            self.go_on()
