"""A proc root: what is one, and how failures are told."""

import ctypes
import os
import struct
import tempfile
from errno import ENOENT, ENOSYS, ENOTDIR

import pytest

from fdscope.kernel.handles import leads_to, path_of_handle
from fdscope.kernel.root import Proc
from fdscope.raw import Unread


def test_only_the_root_of_a_live_proc_file_system_is_one(tmp_path):
    (tmp_path / "self").symlink_to(str(os.getpid()))
    with Proc() as proc:
        assert (proc.recorded, proc.live, proc.own_pid()) == (False, True, os.getpid())
    for other in ("/proc/self", "/proc/sys", "/dev", "/"):
        with Proc(other) as proc:
            assert (other, proc.recorded) == (other, True)
    (tmp_path / "self").unlink()
    with Proc(str(tmp_path)) as proc:
        assert (proc.recorded, proc.live, proc.own_pid()) == (True, False, None)


def test_a_failure_is_told_by_what_was_asked_for(tmp_path):
    (tmp_path / "file").write_text("")
    with Proc() as proc, proc.process(os.getpid()) as task, task.open(b"fdinfo") as infos:
        assert task.read(b"none") == Unread("none", ENOENT, os.getpid())
        assert task.open(b"stat") == Unread("stat", ENOTDIR, os.getpid())
        assert infos.read(b"999999", 7) == Unread("fdinfo", ENOENT, os.getpid(), 7)
        assert infos.link(b"999999", 7) == Unread("fdinfo", ENOENT, os.getpid(), 7)
        assert infos.status(b"999999", 7) == Unread("status", ENOENT, os.getpid(), 7)
    with Proc(str(tmp_path)) as tree:
        assert tree.status(b"file", 7) == Unread("status", ENOSYS, None, 7)


@pytest.mark.parametrize("length", [0, 1, 4095, 4096, 4097, 65536, 70000, 200000])
def test_a_file_of_any_length_is_read_whole(length, tmp_path):
    content = bytes(number % 251 for number in range(length))
    (tmp_path / "file").write_bytes(content)
    with Proc(str(tmp_path)) as tree:
        assert tree.read(b"file") == tree.read_all(b"file") == content


def test_a_path_leads_to_one_inode_and_to_no_other(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    status = os.stat(tmp_path / "file")
    device = os.major(status.st_dev) << 20 | os.minor(status.st_dev)

    def told(name, device=device, inode=status.st_ino):
        return leads_to(os.fsencode(tmp_path / name), device, inode)

    assert told("file") is True
    assert [told("file", device + 1), told("file", inode=1), told("link"), told("none"), told("file/x")] == [
        False
    ] * 5
    assert leads_to(b"/" + b"x" * 300, device, 1) is None


def test_a_handle_that_is_none_has_no_path():
    before = os.listdir("/proc/self/fd")
    assert [
        path_of_handle(b"/", 1, bytes(8)),
        path_of_handle(b"/none", 1, bytes(8)),
        path_of_handle(b"/", 1, b"x" * 129),
    ] == [None] * 3
    assert os.listdir("/proc/self/fd") == before


def handle_of(path):
    """Type and bytes, as name_to_handle_at(2) tells them."""
    buffer = ctypes.create_string_buffer(struct.pack("=Ii", 128, 0), 136)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.name_to_handle_at(-100, os.fsencode(path), buffer, ctypes.byref(ctypes.c_int()), 0):
        raise OSError(ctypes.get_errno(), "name_to_handle_at")
    length, kind = struct.unpack_from("=Ii", buffer)
    return kind, buffer.raw[8 : 8 + length]


def test_a_handle_may_hold_zeros():
    """On tmpfs it begins with four random bytes, of which one is zero in one handle of 64."""
    if os.geteuid():
        pytest.skip("to find a file by its handle takes CAP_DAC_READ_SEARCH")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        for number in range(3000):
            path = f"{folder}/{number}"
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
            try:
                kind, handle = handle_of(path)
            except OSError as error:
                pytest.skip(f"no handles here: {error}")
            assert path_of_handle(b"/dev/shm", kind, handle) == path.encode()
            if b"\0" in handle[:4].rstrip(b"\0") or handle[:1] == b"\0":
                return
            os.unlink(path)
        pytest.skip("the file system in /dev/shm is no tmpfs")
