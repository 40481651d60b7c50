"""The parts of the page of a process, and what is exported of it."""

from made import KIND, process, snapshot

from fdscope.model import Holder, Peer, Thread, Wait, WaitOn
from fdscope.report import opened
from fdscope.report.opened import Key
from fdscope.report.spans import ALARM, TITLE, Span
from fdscope.report.style import Style
from fdscope.where import parse

NARROW, WIDE = Style(width=80, unicode=False), Style(width=120, unicode=False)


def texts(lines):
    return ["".join(span.text for span in line) for line in lines]


def drawn(part):
    return [*texts([part.head]), *part.lines]


def test_the_heading_says_who_and_how_near_the_limit():
    one = process(descriptor_count=9)
    lines = opened.heading(one, None, 80, NARROW)
    assert texts(lines) == [r"web\x1b [42]  /bin/web\n -x", "ann, sleeping, 2 threads, 9 descriptors, 90 % of 10"]
    assert Span("9 descriptors, 90 % of 10", ALARM) in lines[1]


def test_descriptors_have_their_flags_where_there_is_room():
    narrow, wide = opened.descriptors(process(), None, NARROW), opened.descriptors(process(), None, WIDE)
    assert drawn(narrow) == [
        "FD  KIND     ACCESS  WHAT",
        " 3  pipe     r       pipe:[5], read end",
        " 4  regular  rw      /a, 2.0 KiB, at 7",
    ]
    assert drawn(wide)[2] == " 4  regular  rw      append   /a, 2.0 KiB, at 7"
    assert list(narrow.keys) == [Key(3), Key(4)]


def test_descriptors_are_those_that_fit():
    assert list(opened.descriptors(process(), parse("kind == 'pipe'"), NARROW).keys) == [Key(3)]
    none = opened.descriptors(process(), parse("kind == 'tcp'"), NARROW)
    assert drawn(none) == ["no descriptor fits kind == 'tcp'"]
    unread = opened.descriptors(process(descriptors=None), None, NARROW)
    assert drawn(unread) == ["its descriptors could not be read"]


def test_peers_stand_before_those_who_watch_and_share():
    pipe = KIND["pipe"](
        fd=3,
        name="pipe:[5]",
        access="r",
        peers=[Peer(pid=7, fd=1, process="cat\x1b", kind="pipe"), Peer(pid=42, fd=9, process="web", kind="pipe")],
        peers_total=5,
        shared_with=[Holder(pid=7, fd=3, process="cat")],
    )
    alone = KIND["pipe"](fd=4, name="pipe:[6]", access="w", other_end="no-reader")
    part = opened.peers(process(descriptors=[pipe, alone]), None, NARROW)
    assert drawn(part) == [
        "FD  KIND  RELATION   PID  PROCESS  ITS FD  WHAT",
        r" 3  pipe  peer         7  cat\x1b       1  pipe:[5], read end",
        " 3  pipe  peer            itself        9  pipe:[5], read end",
        " 3  pipe                                   and 3 more peers",
        " 4  pipe                                   (no reader left)  pipe:[6], write end",
        " 3  pipe  shares it    7  cat           3  pipe:[5], read end",
    ]
    assert list(part.keys) == [Key(3, None, 7, 1), Key(3, None, 42, 9), Key(3), Key(4), Key(3, None, 7, 3)]


def test_two_threads_that_wait_on_one_descriptor_are_two_lines_about_it():
    def thread(tid):
        wait = Wait(waits_for="input", syscall="read", model="blocking", on=[WaitOn(fd=3)])
        return Thread(tid=tid, name="t", state="sleeping", wait=wait)

    one = process(threads=[thread(42), thread(43)])
    part = opened.waits(snapshot(one), one, NARROW)
    assert list(part.keys) == [Key(3), Key(3, again=1)]
    assert part.lines[1].split()[:4] == ["43", "t", "blocking", "read"]


def test_threads_without_rates_are_listed_too():
    part = opened.threads(process(), None, NARROW)
    assert drawn(part)[0].split() == ["TID", "NAME", "STATE", "VOL/S", "INV/S", "CPU", "IN"]
    assert list(part.keys) == [42, 43]
    assert part.lines[0].split() == ["42", "web", "sleeping", "read(3),", "blocking"]


def test_what_is_exported_is_what_is_seen():
    one = process()
    found = opened.chosen(snapshot(one), parse("kind == 'pipe'"))
    assert found.where == "kind == 'pipe'"
    assert [item.fd for item in found.processes[0].descriptors] == [3]
    assert len(one.descriptors) == 2
    assert opened.chosen(found, None) is found


def test_a_line_of_text_is_about_its_own_number():
    part = opened.text("head", ["a\n", "b\n"])
    assert (part.head, list(part.keys), part.lines) == ([Span("head", TITLE)], [0, 1], ["a", "b"])
