"""The bytes of a file or of standard input, decompressed by what they begin with."""

import gzip
import os
import shutil
import subprocess
import sys
import threading

import pytest

from fdscope.kernel import kept

TEXT = b'{"a": "' + bytes(range(48, 58)) * 300_000 + b'"}\n'


def whole(path, **more):
    return b"".join(kept.kept(str(path), **more))


def zstd(data):
    if shutil.which("zstd") is None:
        pytest.skip("zstd is not installed")
    return subprocess.run(["zstd", "-q"], input=data, stdout=subprocess.PIPE, check=True).stdout


def without_library(monkeypatch):
    """As if neither Python nor a package could take zstd off."""
    monkeypatch.setitem(sys.modules, "compression", None)
    monkeypatch.setitem(sys.modules, "zstandard", None)


def test_a_plain_file_is_read_as_it_is_and_an_empty_one_gives_nothing(tmp_path):
    (tmp_path / "a").write_bytes(TEXT)
    (tmp_path / "empty").write_bytes(b"")
    assert whole(tmp_path / "a") == TEXT
    assert whole(tmp_path / "empty") == b""


def test_a_compressed_file_is_known_by_its_first_bytes_and_not_by_its_name(tmp_path):
    (tmp_path / "a.json").write_bytes(gzip.compress(TEXT))
    (tmp_path / "b.gz").write_bytes(zstd(TEXT))
    assert whole(tmp_path / "a.json") == TEXT
    assert whole(tmp_path / "b.gz") == TEXT


def test_several_compressed_parts_are_one_text(tmp_path):
    half = len(TEXT) // 2
    (tmp_path / "a").write_bytes(gzip.compress(TEXT[:half]) + gzip.compress(TEXT[half:]))
    skipped = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
    (tmp_path / "b").write_bytes(skipped + zstd(TEXT[:half]) + zstd(TEXT[half:]))
    assert whole(tmp_path / "a") == TEXT
    assert whole(tmp_path / "b") == TEXT


def test_where_no_library_knows_zstd_its_program_does_it(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(zstd(TEXT))
    (tmp_path / "cut").write_bytes(zstd(os.urandom(1 << 20))[:-1000])
    without_library(monkeypatch)
    assert whole(tmp_path / "a") == TEXT
    with pytest.raises(kept.Unusable, match="damaged, or cut short"):
        whole(tmp_path / "cut")


def test_where_nothing_knows_zstd_it_is_said_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(zstd(TEXT))
    without_library(monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(kept.Unusable, match=r"pip install 'fdscope\[zstd\]'"):
        whole(tmp_path / "a")


@pytest.mark.parametrize("damaged", [b"\x1f\x8b\x08\x00", b"\x1f\x8babcdefghijkl", gzip.compress(TEXT)[:-9]])
def test_a_damaged_file_is_said_to_be_damaged(damaged, tmp_path):
    (tmp_path / "a").write_bytes(damaged)
    with pytest.raises(kept.Unusable, match="damaged, or cut short"):
        whole(tmp_path / "a")


@pytest.mark.parametrize("damaged", [b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfd" + b"\xff" * 100])
def test_a_damaged_file_of_zstd_is_said_to_be_damaged(damaged, tmp_path):
    (tmp_path / "a").write_bytes(damaged)
    with pytest.raises(kept.Unusable, match=r"damaged, or cut short|nothing comes out"):
        whole(tmp_path / "a")


def test_what_is_compressed_otherwise_is_told_with_what_takes_that_off(tmp_path):
    (tmp_path / "a").write_bytes(b"\xfd7zXZ\x00 and so on")
    with pytest.raises(kept.Unusable, match=rf"xz -dc {tmp_path}/a \| fdscope --from -$"):
        whole(tmp_path / "a")


def test_no_more_is_read_than_a_snapshot_can_have(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(gzip.compress(b"0" * (5 << 20)))
    monkeypatch.setattr(kept, "LARGEST", 4 << 20)
    with pytest.raises(kept.Unusable, match="larger than"):
        whole(tmp_path / "a")
    monkeypatch.setattr(kept, "LARGEST", 5 << 20)
    assert max(map(len, kept.kept(str(tmp_path / "a")))) <= 1 << 20


def test_a_directory_and_a_missing_file_are_told_as_the_kernel_tells_them(tmp_path):
    with pytest.raises(kept.Unusable, match="Is a directory"):
        whole(tmp_path)
    with pytest.raises(kept.Unusable, match="No such file or directory"):
        whole(tmp_path / "a")


def test_a_terminal_is_refused():
    master, terminal = os.openpty()
    try:
        with pytest.raises(kept.Unusable, match="it is a terminal"):
            whole(f"/proc/self/fd/{terminal}")
    finally:
        os.close(master)
        os.close(terminal)


def test_a_fifo_that_nobody_has_opened_yet_is_waited_for_and_not_in_silence(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "_SOON_S", 0.01)
    os.mkfifo(tmp_path / "a")
    said = threading.Event()

    def write():
        if said.wait(30):
            (tmp_path / "a").write_bytes(gzip.compress(TEXT))

    writer = threading.Thread(target=write)
    writer.start()
    assert whole(tmp_path / "a", waits=said.set) == TEXT
    writer.join(30)
    assert said.is_set()


def test_a_pipe_is_decompressed_too_though_its_bytes_come_one_by_one():
    told, pipe = os.pipe()
    data = zstd(b"{}") + zstd(b" ")

    def write():
        for byte in data:
            os.write(pipe, bytes([byte]))
        os.close(pipe)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert whole(f"/proc/self/fd/{told}") == b"{} "
    finally:
        writer.join(30)
        os.close(told)
