"""A file that is written whole or not at all."""

import os
import resource
import stat

import pytest

from fdscope.kernel.written import publish, replace, write


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


def test_a_file_that_there_is_no_room_for_leaves_what_was_there_and_nothing_else(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            replace(str(path), b"x" * 2000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["page.html"]


def test_a_file_of_somebody_else_beside_it_is_not_written_to(tmp_path, monkeypatch):
    beside = tmp_path / ".page.html.00000000"
    monkeypatch.setattr(os, "urandom", bytes)
    beside.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        replace(str(tmp_path / "page.html"), b"x")
    assert os.listdir(tmp_path) == [beside.name]


def test_a_file_is_written_for_everybody_to_read_whatever_the_umask(tmp_path):
    path = tmp_path / "a.prom"
    before = os.umask(0o077)
    try:
        publish(str(path), b"one")
        publish(str(path), b"two")
    finally:
        os.umask(before)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(tmp_path) == ["a.prom"]


def test_a_reader_of_the_old_file_keeps_it_whole(tmp_path):
    path = tmp_path / "a.prom"
    publish(str(path), b"old" * 1000)
    with path.open("rb") as reader:
        publish(str(path), b"new")
        assert reader.read() == b"old" * 1000


def test_a_link_is_replaced_and_what_it_leads_to_is_left_alone(tmp_path):
    victim, path = tmp_path / "victim", tmp_path / "a.prom"
    victim.write_text("mine")
    path.symlink_to(victim)
    (tmp_path / ".a.prom.new").symlink_to(victim)
    publish(str(path), b"new")
    assert (victim.read_text(), path.read_text(), path.is_symlink()) == ("mine", "new", False)
    assert sorted(os.listdir(tmp_path)) == ["a.prom", "victim"]


def test_where_it_cannot_be_written_nothing_is_left_behind(tmp_path):
    (tmp_path / "a.prom").mkdir()
    with pytest.raises(IsADirectoryError):
        publish(str(tmp_path / "a.prom"), b"new")
    assert os.listdir(tmp_path) == ["a.prom"]
    with pytest.raises(FileNotFoundError):
        publish(str(tmp_path / "no" / "a.prom"), b"new")
