"""Tests that are called pure are: what they may not do is refused."""

import os
import socket
import subprocess

import pytest
from purity import HERE, NOT_PURE, PURE, guard, is_pure

LOOKS = {
    "a file of a process": lambda: open("/proc/self/stat").close(),
    "a folder of processes": lambda: os.listdir(b"/proc"),
    "a device": lambda: os.close(os.open("/dev/null", os.O_RDONLY)),
    "a program": lambda: subprocess.run(["true"]),
    "a process": lambda: os.fork() or os._exit(0),
    "a socket": lambda: socket.socket().close(),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_who_is_called_pure_may_not_look_at_the_live_system(look):
    guard(True)
    try:
        with pytest.raises(AssertionError, match=r"tests/purity\.py calls pure"):
            look()
    finally:
        guard(False)


def test_what_no_pure_test_does_is_nobodys_business(tmp_path):
    guard(True)
    try:
        (tmp_path / "file").write_text("text")
        assert os.listdir(tmp_path) == ["file"]
    finally:
        guard(False)


def test_files_are_there_that_are_called_pure_and_others_are_not_pure():
    assert [name for name in [*PURE, *NOT_PURE] if not (HERE / name).exists()] == []
    assert is_pure(HERE / "report" / "test_safe.py")
    assert not is_pure(HERE / "kinds" / "test_files.py")
    assert not is_pure(HERE / "live" / "test_waits.py")
    assert not is_pure(HERE / "a_new_file.py")
