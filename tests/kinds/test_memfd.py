"""memfd: its name, whatever that is."""

import pytest
from bpf_here import needs_bpf
from placing import HEAD, placed, told


@pytest.mark.parametrize("name", [b"", b"a", b"a (deleted)", b"/a:b", b"\xff\n", b"n" * 249])
def test_the_name_is_the_one_that_was_given(name):
    found = placed(b"/memfd:" + name + b" (deleted)", mount=None, links=0)
    assert (type(found).__name__, found.name) == ("MemFd", name.decode("utf-8", "surrogateescape"))


def test_memory_is_told_like_a_file_that_never_had_a_name():
    fdinfo = HEAD.replace(b"pos:\t0", b"pos:\t5")
    assert told(b"/memfd:a (deleted)", fdinfo, mount=None, links=0, size=5, blocks=8, mode=0o777) == {
        "kind": "memfd",
        "name": "a",
        "position": 5,
        "size_bytes": 5,
        "allocated_bytes": 4096,
        "permissions": "rwxrwxrwx",
        "deleted": None,
        "links": None,
        "filesystem": None,
        "source": None,
        "mount_point": None,
    }


def test_huge_pages_are_told():
    assert placed(b"/memfd: (deleted)", mount=None, links=0, page=1 << 16).huge_page_bytes is None  # Arm, PowerPC
    assert placed(b"/memfd: (deleted)", mount=None, links=0).describe() == "memory without a name, 0 B"
    found = placed(b"/memfd:a (deleted)", mount=None, links=0, page=1 << 21)
    assert (found.huge_page_bytes, found.describe()) == (1 << 21, "memory a, huge pages, 0 B")


@pytest.mark.parametrize("source", ["proc", pytest.param("bpf", marks=needs_bpf)])
def test_live_memory_of_huge_pages(child, source):
    one = child("fd = os.memfd_create('big', os.MFD_HUGETLB)\nready(fd=fd, page=os.fstat(fd).st_blksize)")
    process, _ = one.scan(source=source)
    (row,) = [row for row in process.descriptors if row.fd == one.told["fd"]]
    assert (row.name, row.huge_page_bytes, row.size_bytes) == ("big", one.told["page"], 0)
