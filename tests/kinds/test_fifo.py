"""fifo: which end, and its inode."""

import stat

import pytest
from placing import HEAD, PATH_ONLY, placed, told


@pytest.mark.parametrize(
    ("fdinfo", "line"),
    [
        (HEAD, "/f, both ends"),
        (HEAD.replace(b"02100002", b"02100001"), "/f, write end"),
        (HEAD.replace(b"02100002", b"02100000"), "/f, read end"),
        (PATH_ONLY, "/f"),
    ],
)
def test_an_end_is_told_by_its_access(fdinfo, line):
    assert placed(b"/f", fdinfo, file_type=stat.S_IFIFO).describe() == line


def test_a_fifo_has_neither_size_nor_position():
    assert told(b"/f", file_type=stat.S_IFIFO) == {"kind": "fifo", "name": "/f"}
