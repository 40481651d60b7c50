"""Groups as a table, for people and for programs, and their order."""

import pytest
from made import KIND, process

from fdscope.groups import groups, words_of
from fdscope.report.groups import check, in_order, table
from fdscope.report.style import Style
from fdscope.selection import UsageError

ONE, TWO = process(pid=1, name="a"), process(pid=2, name="b")
GONE = {"deleted": True, "filesystem": "ext4"}
ROWS = [
    (ONE, KIND["regular"](fd=3, object="x", size_bytes=4096, allocated_bytes=4096, **GONE)),
    (ONE, KIND["regular"](fd=4, object="x", size_bytes=4096, allocated_bytes=4096, **GONE)),
    (TWO, KIND["regular"](fd=4, object="y", size_bytes=0, allocated_bytes=0)),
    (TWO, KIND["pipe"](fd=5, object="z", capacity_bytes=65536, flags=["nonblock", "cloexec"])),
]


def drawn(wish, sort=None, rows=ROWS, **more):
    words = words_of(wish)
    return "".join(table(in_order(groups(rows, words), words, sort), words, Style(), **more)).splitlines()


def test_for_people_a_group_has_sizes_with_units_and_its_share():
    assert drawn("kind") == [
        "KIND     COUNT  PROCESSES  OBJECTS     SIZE  ALLOCATED  RECLAIMABLE  SHARE",
        "regular      3          2        2  4.0 KiB    4.0 KiB      4.0 KiB  █████████··· 75 %",
        "pipe         1          1        1                                   ███········· 25 %",
    ]


def test_sums_that_are_nothing_throughout_or_only_say_for_what_there_is_room_are_left_out_for_people():
    assert drawn("kind", rows=ROWS[2:])[0].split() == "KIND COUNT PROCESSES OBJECTS SHARE".split()
    assert drawn("kind", rows=ROWS[2:], form="csv") == [
        "kind,count,processes,objects,capacity_bytes,size_bytes,allocated_bytes",
        "pipe,1,1,1,65536,,",
        "regular,1,1,1,,0,0",
    ]


def test_where_a_descriptor_is_in_several_groups_none_has_a_share():
    assert [line.split() for line in drawn("flags")] == [
        "FLAGS COUNT PROCESSES OBJECTS SIZE ALLOCATED RECLAIMABLE".split(),
        ["-", "3", "2", "2", "4.0", "KiB", "4.0", "KiB", "4.0", "KiB"],
        ["cloexec", "1", "1", "1"],
        ["nonblock", "1", "1", "1"],
    ]


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        (None, ["regular", "pipe"]),
        ("kind", ["pipe", "regular"]),
        ("count", ["pipe", "regular"]),
        ("-count", ["regular", "pipe"]),
        ("objects,kind", ["pipe", "regular"]),
        ("-processes", ["regular", "pipe"]),
        ("capacity_bytes", ["pipe", "regular"]),
        ("reclaimable_bytes", ["regular", "pipe"]),
        ("-size_bytes", ["regular", "pipe"]),
    ],
)
def test_groups_are_in_the_order_that_was_asked_for(sort, names):
    assert [line.split()[0] for line in drawn("kind", sort, show_headers=False)] == names


def test_groups_are_sorted_by_their_sums_and_what_has_none_comes_last():
    rows = [(ONE, KIND["regular"](fd=fd, object=str(fd), size_bytes=size)) for fd, size in ((3, 9), (4, 10))]
    rows.append((ONE, KIND["regular"](fd=5)))
    assert [line.split(",")[0] for line in drawn("fd", "size_bytes", rows, form="csv")[1:]] == ["3", "4", "5"]
    assert [line.split(",")[0] for line in drawn("fd", "-size_bytes", rows, form="csv")[1:]] == ["4", "3", "5"]


def test_an_order_by_what_groups_have_not_is_refused_with_what_they_have():
    with pytest.raises(UsageError, match=r"^groups have no column 'coutn': did you mean 'count'"):
        check("coutn", words_of("kind"))
    with pytest.raises(UsageError, match=r"they have kind, count, processes, objects, and sums in bytes$"):
        check("zzz", words_of("kind"))
