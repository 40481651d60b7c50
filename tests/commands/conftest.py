"""A process that these tests look at."""

import subprocess
import sys

import pytest


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
