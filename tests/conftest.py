"""Live processes for tests: started here, joined by a pipe, ended here."""

import json
import subprocess
import sys

import pytest


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
