"""Files that are asked for by another process: what they are is told, what went away is left out."""

import os
import resource
from errno import EMFILE, ENOENT

import pytest

from fdscope.kernel.patience import Patience
from fdscope.raw import RawDescriptor, RawHeldFile, RawMount, Unread

MOUNT = RawMount(b"0:9", b"/", b"/", b"fuse.x", b"x")


@pytest.fixture
def folder(tmp_path):
    """A directory of links, as fd in /proc is one, open."""
    (tmp_path / "file").write_bytes(b"12345")
    os.symlink(tmp_path / "file", tmp_path / "0")
    os.symlink("/dev/zero", tmp_path / "1")
    os.symlink(tmp_path / "nothing", tmp_path / "2")
    number = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield number
    finally:
        os.close(number)


def of(fd, mount=None):
    return RawDescriptor(42, fd, b"/link", b"", None, mount)


def numbers(status):
    return (*status[:7], status.st_rdev, status.st_blocks)


def test_each_file_is_told_and_its_file_system_if_no_mount_is_known(folder, tmp_path):
    patience = Patience(20)
    patience.ask(of(0), folder, b"0", None)
    patience.ask(of(1, MOUNT), folder, b"1", MOUNT)
    patience.ask(RawHeldFile(42, "cwd", b"/link"), folder, b"0", None)
    first, held, second = patience.answers()
    assert numbers(first.status) == numbers(held.status) == numbers(os.stat(tmp_path / "file"))
    assert numbers(second.status) == numbers(os.stat("/dev/zero"))
    assert (first._replace(status=None, magic=None), second._replace(status=None)) == (of(0), of(1, MOUNT))
    assert (first.magic > 0, second.magic) == (True, None)
    assert held._replace(status=None) == RawHeldFile(42, "cwd", b"/link")
    assert list(patience.answers()) == []


def test_a_descriptor_that_was_closed_is_left_out_and_a_file_that_is_not_found_is_told(folder):
    patience = Patience(20)
    patience.ask(of(7), folder, b"7", None)
    patience.ask(of(2), folder, b"2", None)
    assert list(patience.answers()) == [Unread("status", ENOENT, 42, 2), of(2)]


def test_its_room_is_full_at_128_directories_and_empty_after_the_answers(tmp_path):
    patience, before = Patience(20), os.listdir("/proc/self/fd")
    for number in range(128):
        assert not patience.is_full
        (tmp_path / str(number)).mkdir()
        directory = os.open(tmp_path / str(number), os.O_RDONLY)
        patience.ask(of(number), directory, b".", None)
        patience.ask(of(number), directory, b".", None)
        os.close(directory)
    assert patience.is_full
    assert [one.fd for one in patience.answers()] == sorted([*range(128)] * 2)
    assert not patience.is_full
    assert os.listdir("/proc/self/fd") == before


def test_what_is_forgotten_is_not_answered(folder):
    patience, before = Patience(20), os.listdir("/proc/self/fd")
    patience.ask(of(0), folder, b"0", None)
    patience.forget()
    assert os.listdir("/proc/self/fd") == before
    assert list(patience.answers()) == []


def test_where_no_descriptor_can_be_had_the_file_is_told_without_its_status(folder):
    patience = Patience(20)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(folder)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        patience.ask(of(0), folder, b"0", None)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert list(patience.answers()) == [Unread("status", EMFILE, 42, 0), of(0)]


def test_many_files_are_told_in_their_order(folder):
    """More than a pipe takes in at a time."""
    patience = Patience(20)
    for number in range(3000):
        patience.ask(of(number), folder, b"%d" % (number % 2), None)
    assert [one.fd for one in patience.answers()] == list(range(3000))
