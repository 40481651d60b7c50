"""Live processes for tests: started here, joined by a pipe, ended here."""

import json
import os
import subprocess
import sys

import pytest

from fdscope import scan


class Lab:
    """A running ``fdscope lab`` and what it says of itself."""

    def __init__(self, *names: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fdscope", "lab", "--json", *names],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        line = self.process.stdout.readline()
        assert line, "the lab did not start"
        self.pid = self.process.pid
        told = json.loads(line)
        self.specimens = {one["kind"]: one for one in told["specimens"]}
        self.refused = {one["kind"]: one["reason"] for one in told["refused"]}

    def end(self) -> None:
        self.process.send_signal(2)
        self.process.stdout.close()
        assert self.process.wait(10) == 130


@pytest.fixture(scope="session")
def lab():
    """One lab with everything in it, for all tests that only look."""
    running = Lab()
    try:
        yield running
    finally:
        running.end()


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
        self._told = open(told, "rb")  # noqa: SIM115 - closed in end()
        self.told = self.hear()

    def hear(self) -> dict:
        """What the program tells next."""
        line = self._told.readline()
        if not line:
            error = self.process.stderr.read().decode(errors="replace") if self.process.stderr else ""
            self.end()
            reason = error.strip().rpartition("\n")[2]
            if reason.startswith(("PermissionError", "OSError: [Errno 38]")):
                pytest.skip(f"not allowed here: {reason}")
            raise AssertionError(f"the child ended: {error}")
        return json.loads(line)

    def scan(self, **options):
        """What a scan tells of it: the process, and the problems with it."""
        snapshot = scan([str(self.pid)], **options)
        (process,) = snapshot.processes
        assert process.pid == self.pid
        return process, snapshot.problems

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


@pytest.fixture
def child():
    """Starts a `Child`, as often as it is called; all of them end with the test."""
    children = []

    def start(source: str, *arguments: str, **options) -> Child:
        children.append(Child(source, *arguments, **options))
        return children[-1]

    try:
        yield start
    finally:
        for one in children:
            one.end()


@pytest.fixture(scope="session")
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


@pytest.fixture
def command():
    """Runs ``fdscope`` as a command and gives its exit status, standard output and standard error."""

    def run(*words: str, timeout: float = 60, **options) -> tuple[int, bytes, bytes]:
        done = subprocess.run(
            [sys.executable, "-m", "fdscope", *words],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
            **options,
        )
        return done.returncode, done.stdout, done.stderr

    return run
