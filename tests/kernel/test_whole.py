"""Small files are read and written as a whole."""

import os
import stat

import pytest

from fdscope.kernel.whole import content, replace


def test_a_file_is_written_for_everybody_to_read_whatever_the_umask(tmp_path):
    path = tmp_path / "a.prom"
    before = os.umask(0o077)
    try:
        replace(str(path), b"one")
        replace(str(path), b"two")
    finally:
        os.umask(before)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(tmp_path) == ["a.prom"]


def test_a_reader_of_the_old_file_keeps_it_whole(tmp_path):
    path = tmp_path / "a.prom"
    replace(str(path), b"old" * 1000)
    with path.open("rb") as reader:
        replace(str(path), b"new")
        assert reader.read() == b"old" * 1000


def test_a_link_is_replaced_and_what_it_leads_to_is_left_alone(tmp_path):
    victim, path = tmp_path / "victim", tmp_path / "a.prom"
    victim.write_text("mine")
    path.symlink_to(victim)
    (tmp_path / ".a.prom.new").symlink_to(victim)
    replace(str(path), b"new")
    assert (victim.read_text(), path.read_text(), path.is_symlink()) == ("mine", "new", False)
    assert sorted(os.listdir(tmp_path)) == ["a.prom", "victim"]


def test_where_it_cannot_be_written_nothing_is_left_behind(tmp_path):
    (tmp_path / "a.prom").mkdir()
    with pytest.raises(IsADirectoryError):
        replace(str(tmp_path / "a.prom"), b"new")
    assert os.listdir(tmp_path) == ["a.prom"]
    with pytest.raises(FileNotFoundError):
        replace(str(tmp_path / "no" / "a.prom"), b"new")


def test_a_file_that_is_too_large_or_never_ends_is_refused(tmp_path):
    (tmp_path / "map").write_bytes(b"x" * 10)
    assert content(str(tmp_path / "map")) == b"x" * 10
    (tmp_path / "map").write_bytes(b"x" * ((1 << 20) + 1))
    for path in (str(tmp_path / "map"), "/dev/zero"):
        with pytest.raises(OSError, match="File too large"):
            content(path)
    os.mkfifo(tmp_path / "fifo")
    assert content(str(tmp_path / "fifo")) == b""
