"""Tests that are called pure are: what they may not do is refused."""

import os
import socket
import subprocess

import pytest
from purity import HERE, IN_A_CHAIN, NOT_PURE, PURE, WITH_A_PEER, guard, is_enough_once, is_pure

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
    assert [name for name in [*PURE, *WITH_A_PEER, *IN_A_CHAIN, *NOT_PURE] if not (HERE / name).exists()] == []
    files = [
        "report/test_safe.py",
        WITH_A_PEER[0],
        IN_A_CHAIN[0],
        "kinds/test_files.py",
        "live/test_waits.py",
        "a_new_file.py",
    ]
    assert [is_pure(HERE / name) for name in files] == [True, False, False, False, False, False]
    assert [is_enough_once(HERE / name) for name in files] == [True, True, True, False, False, False]
