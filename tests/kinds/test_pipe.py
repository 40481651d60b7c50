"""pipe: which end, and its inode."""

import pytest
from reading import HEAD, PLACE, complaint, descriptor, told


def test_a_pipe_is_named_by_its_inode():
    assert told(b"pipe:[123]", HEAD.replace(b"1039", b"123")) == {
        "kind": "pipe",
        "name": "pipe:[123]",
        "inode": 123,
        "mount_id": 17,
        "object": "pipe:[123]",
    }


@pytest.mark.parametrize(
    ("fdinfo", "line"),
    [
        (HEAD.replace(b"02000002", b"02000000"), "pipe:[123], read end"),
        (HEAD.replace(b"02000002", b"02000001"), "pipe:[123], write end"),
        (HEAD, "pipe:[123], both ends"),
        (PLACE, "pipe:[123]"),
        (b"", "pipe:[123]"),
    ],
)
def test_an_end_is_told_by_its_access(fdinfo, line):
    assert descriptor(b"pipe:[123]", fdinfo).describe() == line


def test_lines_of_newer_kernels_are_kept():
    assert told(b"pipe:[123]", HEAD + b"waiting:\t7\n")["details"] == {"waiting": "7"}


def test_a_link_without_a_number_is_a_problem():
    assert complaint(b"pipe:[x]", HEAD).startswith("pipe: ValueError")
