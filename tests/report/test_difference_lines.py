"""A Difference as lines for people, which are cut where they are many, and as rows for programs, which are not."""

import re

from made import KIND

from fdscope.difference import Identity, diff
from fdscope.model import Host, Limit, Process, Snapshot
from fdscope.report.difference import difference
from fdscope.report.style import Style


def snapshot(*processes, taken_at="2026-11-23T05:00:00.000Z", hostname="box"):
    facts = {"fdscope": "0", "taken_at": taken_at, "duration_s": 0.1, "sources": ["proc"]}
    return Snapshot(**facts, host=Host(hostname=hostname), processes=list(processes), objects=[], problems=[])


def process(pid, *descriptors, name="web\x1b", **more):
    limit = Limit(soft=1024, hard=1024)
    facts = {"pid": pid, "name": name, "started_at": "2026-11-23T04:00:00Z", "descriptor_limit": limit}
    return Process(**facts | more, descriptors=list(descriptors))


def file(fd, name, inode=None, **more):
    inode = fd if inode is None else inode
    return KIND["regular"](fd=fd, name=name, inode=inode, device="8:1", object=f"inode:8:1:{inode}", **more)


def lines(before, after, **more):
    return "".join(difference(diff(before, after), Style(), **more)).splitlines()


AFTER = "2026-11-23T05:02:00.000Z"


def test_what_was_opened_closed_and_changed_is_told_of_each_process():
    before = snapshot(process(7, file(3, "/a"), file(4, "/b", deleted=False)), process(8, name="gone"))
    after = snapshot(process(7, file(4, "/b", deleted=True), file(5, "/c\n", size_bytes=9)), taken_at=AFTER)
    assert lines(before, after) == [
        "2026-11-23 05:00:00.000 UTC  ->  2026-11-23 05:02:00.000 UTC, 2 min apart",
        "1 process compared, 1 ended",
        "1 opened, 1 closed, 1 changed",
        "",
        "KIND     BEFORE  AFTER  GROWTH  CHANGES",
        "regular       2      2          +1 -1 ~1",
        "",
        r"web\x1b [7]  +1 -1 ~1, 2 -> 2 of 1,024 descriptors",
        "      KIND     FD  WHAT",
        r"  +1  regular  5   /c\n, 9 B",
        "  -1  regular  3   /a",
        "  ~1  regular  4   /b, deleted: deleted false -> true",
        "",
        "PROCESS  ENDED  HELD  STARTED  HOLDS",
        "gone     8         0",
    ]


def test_that_the_second_is_older_or_of_another_machine_is_told():
    told = lines(snapshot(taken_at=AFTER), snapshot(hostname="other\x1b"))
    assert told[0].endswith(", the second one is 2 min older")
    assert told[2:] == ["the same", r"these are two machines: box and other\x1b"]


def test_long_lists_are_cut_and_it_is_said_how_much_is_missing():
    many = [file(fd, f"/{letter}/{letter * 9}") for fd, letter in enumerate("abcdefghijklmno")]
    held = {1: many, **{pid: [file(3, "/a")] for pid in range(2, 25)}}
    before = snapshot(*map(process, held))
    after = snapshot(*(process(pid, *ones) for pid, ones in held.items()), taken_at=AFTER)
    told, whole = lines(before, after), lines(before, after, whole=True)
    assert [sum(r"web\x1b [" in line for line in some) for some in (told, whole)] == [20, 24]
    assert [line for line in told if "--wide" in line] == [
        "  3 more lines, of 3; --wide shows them",
        "4 more processes changed; --wide shows them",
    ]
    assert [line for line in whole if "--wide" in line] == []


def test_kinds_are_cut_too():
    some = [kind(fd=fd) for fd, kind in enumerate(list(KIND.values())[:14])]
    before, after = snapshot(process(7)), snapshot(process(7, *some), taken_at=AFTER)
    assert [line for line in lines(before, after) if line.startswith("2 more")] == [
        "2 more kinds; --wide shows them"
    ]
    assert [line for line in lines(before, after, whole=True) if "--wide" in line] == []


SPARSE = range(3, 43, 2)
NUMBERS = ",".join(map(str, SPARSE))


def test_numbers_are_cut_at_a_comma_for_people_and_never_for_programs():
    before = snapshot(process(7))
    after = snapshot(process(7, *(file(fd, "/a", 1) for fd in SPARSE)), taken_at=AFTER)
    assert lines(before, after)[-1] == "  +20  regular  3,5,7,9,11,13,15,17,19,...  /a"
    assert lines(before, after, form="csv") == [
        "pid,process,change,count,kind,fds,what",
        rf'7,web\x1b,opened,20,regular,"{NUMBERS}",/a',
    ]
    of_a_thread = snapshot(process(7, file(3, "/a", tid=9)), taken_at=AFTER)
    assert lines(before, of_a_thread)[-1] == "  +1  regular  3 (thread 9)  /a"


def test_processes_that_came_and_went_are_a_line_for_each_name_the_largest_first():
    before = snapshot(*(process(pid, file(3, "/a"), name="old") for pid in range(1, 6)), process(8, name="idle"))
    after = snapshot(*(process(pid, *(file(fd, "/a") for fd in range(9)), name="new") for pid in (11, 12)))
    both = snapshot(*after.processes, process(13, file(3, "/a"), name="old"), taken_at=AFTER)
    assert [re.split("  +", line) for line in lines(before, both)[-3:]] == [
        ["new", "11, 12", "18"],
        ["old", "1, 2, 3 and 2 more", "5", "13", "1"],
        ["idle", "8", "0"],
    ]
    rows = lines(before, both, form="csv")[1:]
    assert sorted(rows) == [
        "1,old,ended,1,,,", "11,new,started,9,,,", "12,new,started,9,,,", "13,old,started,1,,,",
        "2,old,ended,1,,,", "3,old,ended,1,,,", "4,old,ended,1,,,", "5,old,ended,1,,,", "8,idle,ended,0,,,",
    ]  # fmt: skip


def test_a_process_that_holds_nothing_any_more_of_what_was_asked_about_has_not_ended():
    there = [Identity(7, "2026-11-23T04:00:00Z")]
    found = diff(snapshot(process(7, file(3, "/a"))), snapshot(), there_after=there)
    assert "".join(difference(found, Style(), form="csv")).splitlines()[1:] == [r"7,web\x1b,closed,1,regular,3,/a"]
