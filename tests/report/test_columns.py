"""Columns by name, and rows in order."""

import pytest
from made import KIND, process

from fdscope.report.columns import USUAL, chosen, column, described, sorted_rows
from fdscope.selection import UsageError


def values(name, **more):
    one = process(**more)
    return [column(name).value(one, descriptor) for descriptor in one.descriptors]


def test_a_column_is_a_fact_of_the_process_or_of_the_descriptor():
    assert {name: values(name) for name in ("pid", "user", "command", "kind", "size_bytes", "flags", "what")} == {
        "pid": [42, 42],
        "user": ["ann", "ann"],
        "command": ["/bin/web\n -x "] * 2,
        "kind": ["pipe", "regular"],
        "size_bytes": [None, 2000],
        "flags": [["cloexec"], ["append"]],  # largefile, which nearly all have, is left out
        "what": ["pipe:[5], read end", "/a, 2.0 KiB, at 7"],
    }
    assert values("user", user=None) == [1000, 1000]


def names(wish):
    return [one.name for one in chosen(wish, USUAL)]


def test_columns_are_chosen_or_added_before_the_last():
    assert names(None) == list(USUAL)
    assert names(" fd, name,") == ["fd", "name"]
    assert names("+inode,fd,name") == ["fd", "kind", "access", "flags", "inode", "name", "what"]
    for wish in ("", "+", ","):
        with pytest.raises(UsageError):
            names(wish)


def fds(descriptors, keys):
    one = process(descriptors=descriptors)
    return [row.fd for _, row in sorted_rows([(one, descriptor) for descriptor in descriptors], keys)]


def test_rows_are_sorted_by_the_first_key_and_then_by_the_next():
    rows = [
        KIND["regular"](fd=3, size_bytes=9, name="b"),
        KIND["regular"](fd=20, size_bytes=10, name="a"),
        KIND["regular"](fd=5, size_bytes=9, name="a"),
        KIND["pipe"](fd=1),
    ]
    assert fds(rows, None) == [3, 20, 5, 1]
    assert fds(rows, "fd") == [1, 3, 5, 20]
    assert fds(rows, "size_bytes,fd") == [3, 5, 20, 1]
    assert fds(rows, "-size_bytes, -fd") == [20, 5, 3, 1]
    assert fds(rows, "name,size_bytes") == [5, 20, 3, 1]
    assert fds(rows, "-kind,fd") == [3, 5, 20, 1]


def test_a_column_of_different_things_can_be_sorted():
    rows = [KIND["regular"](fd=1, flags=["sync"]), KIND["regular"](fd=2, flags=["append", "sync"])]
    assert fds(rows, "flags") == [2, 1]


def test_a_field_is_described_once_with_the_kinds_that_have_it():
    found = described()
    assert len({one.name for one in found}) == len(found)
    by_name = {one.name: one for one in found}
    assert by_name["fd"].kinds == []
    assert by_name["size_bytes"].kinds == ["dma-buf", "memfd", "regular", "secretmem", "symlink"]
    assert by_name["count"] == ("count", "the counter's value now", ["eventfd"])
    assert [one.name for one in found if not one.help] == []
