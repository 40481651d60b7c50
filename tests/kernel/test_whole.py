"""Small files are read at once."""

import os

import pytest

from fdscope.kernel.whole import content


def test_a_file_that_is_too_large_or_never_ends_is_refused(tmp_path):
    (tmp_path / "map").write_bytes(b"x" * 10)
    assert content(str(tmp_path / "map")) == b"x" * 10
    (tmp_path / "map").write_bytes(b"x" * ((1 << 20) + 1))
    for path in (str(tmp_path / "map"), "/dev/zero"):
        with pytest.raises(OSError, match="File too large"):
            content(path)
    os.mkfifo(tmp_path / "fifo")
    assert content(str(tmp_path / "fifo")) == b""
