"""A file that is written whole or not at all."""

import os

import pytest

from fdscope.kernel.written import write


def test_a_file_is_written_and_nothing_beside_it(tmp_path):
    write(str(tmp_path / "a"), [b"1", b"2"])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"12"}


def test_a_file_that_is_there_is_replaced_only_where_that_is_wanted(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        write(str(tmp_path / "a"), [b"new"])
    assert (tmp_path / "a").read_bytes() == b"old"
    write(str(tmp_path / "a"), [b"new"], over=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"new"}


def test_what_fails_half_way_leaves_nothing(tmp_path):
    def pieces():
        yield b"1"
        raise OSError(28, "No space left on device")

    (tmp_path / "old").write_bytes(b"old")
    for name, over in (("a", False), ("old", True)):
        with pytest.raises(OSError, match="No space"):
            write(str(tmp_path / name), pieces(), over=over)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"old": b"old"}


def test_a_link_stays_one_and_what_is_no_file_is_not_replaced(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(FileExistsError):
        write(str(tmp_path / "dangling"), [b"new"])
    write(str(tmp_path / "link"), [b"new"], over=True)
    assert ((tmp_path / "link").is_symlink(), (tmp_path / "a").read_bytes()) == (True, b"new")
    for name in ("fifo", "."):
        with pytest.raises(OSError, match="no regular file"):
            write(str(tmp_path / name), [b"new"], over=True)


def test_a_folder_that_is_missing_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        write(str(tmp_path / "none" / "a"), [b"1"])
