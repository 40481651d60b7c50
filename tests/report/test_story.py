"""One descriptor told whole: word for word where it matters, and never more than a terminal may be shown."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import KIND, process, snapshot

from fdscope.kinds._file import Lock
from fdscope.kinds.epoll import Target
from fdscope.model import OTHER_ENDS, OUTCOMES, Holder, Peer, Problem, Process, Prospect, Watcher
from fdscope.prospects import explanation
from fdscope.report.story import story
from fdscope.report.style import Style, columns

HOLDER = process(name="web", command=["/bin/web", "-x"])


def told(kind, *, width=80, unicode=True, colour=False, holder=HOLDER, problems=(), **fields):
    """The lines of the story of a descriptor with these fields."""
    descriptor = KIND[kind](**{"fd": 7, "access": "rw", "flags": []} | fields)
    holder = msgspec.structs.replace(holder, descriptors=[descriptor])
    whole = explanation(snapshot(holder, problems=problems), holder, descriptor.fd, f"{descriptor.tid}")
    return "".join(story(whole, Style(colour=colour, unicode=unicode, width=width))).splitlines()


def part(number, lines):
    """The lines of one part, without its heading, blanks as one."""
    begin = next(at for at, line in enumerate(lines) if line.startswith(f"{number}  "))
    end = next((at for at in range(begin, len(lines)) if lines[at] == ""), len(lines))
    return [" ".join(line.split()) for line in lines[begin + 1 : end]]


FILE = {
    "name": "/var/log/a\x1blog",
    "flags": ["append", "nonblock", "cloexec"],
    "position": 7,
    "inode": 99,
    "size_bytes": 2000,
    "deleted": True,
    "filesystem": "ext4",
    "open_file": "42:7",
    "shared_with": [Holder(pid=42, fd=9, process="web"), Holder(pid=43, fd=7, process="wor\x1bker")],
    "shared_total": 11,
    "watched_by": [Watcher(pid=42, fd=5, process="web", events=["in", "et"])],
    "watched_total": 1,
    "locks": [Lock(type="posix", mode="write", pid=42, start=0, end=99, waiters=[77])],
}

WHOLE = r"""
  web [42]            open file description       regular
 ┌───────────────┐   ┌───────────────────────┐   ┌─────────────────────────────┐
 │ fd 7          ├──▶│ rw append nonblock    ├──▶│ /var/log/a\x1blog, 2.0 KiB, │
 │ close-on-exec │   │ position 7            │   │ at 7, deleted, posix write  │
 │               │   │                       │   │ lock, 1 waiting             │
 └───────────────┘   └───────────────────────┘   └─────────────────────────────┘
                       ▲
                       ├─ fd 9
                       ├─ wor\x1bker[43] fd 7
                       ├─ and 9 more
                       └─ epoll fd 5

1  the entry in the descriptor table of web [42]
   number         7
   process        web [42], user ann
   command        /bin/web -x
   close-on-exec  yes  a program that it executes does not get it (execve(2))

2  the open file description
   access       rw        opened for reading and writing
   flags        append    each write goes to the end of the file
                nonblock  a call that would wait fails with EAGAIN instead
   position     7         where the next read or write begins, in bytes
   shared with  fd 9 of this process
                by dup(2), fork(2) or a message (SCM_RIGHTS): one position and
                one set of flags for all
                wor\x1bker[43] fd 7
                and 9 more
   watched by   epoll fd 5 of this process  for in et

3  the object: regular
   A regular file: bytes that stay, at positions that one can seek to.
   verbs       read, write, seek, map; it moves bytes at a position
   name        /var/log/a\x1blog
   inode       99               inode number
   deleted     yes              it has no name left in its file system
   filesystem  ext4             file-system type
   locks       1  locks and leases taken through its open file description
     -         type posix, mode write, pid 42, start 0, end 99, waiters 77
   size_bytes  2,000 (2.0 KiB)  size in bytes

4  the other end
   an object of this kind, held like this, has no other end

5  how it is used
   no model  nobody is seen to wait for it, and it is set to no other than blocking calls

6  what the kernel would do now
   read(2)   gives data  1,993 bytes from its position to the end of the file
   write(2)  takes data
             the bytes go to the end of the file (append), unless the disk, a
             quota or a limit is full
"""


def test_a_file_is_told_whole():
    assert told("regular", **FILE) == WHOLE.strip("\n").splitlines()


def test_without_unicode_the_picture_is_drawn_in_ascii():
    lines = told("regular", unicode=False, **FILE)
    assert "".join(lines).isascii()
    assert lines[:9] == [
        r"  web [42]            open file description       regular",
        r" +---------------+   +-----------------------+   +-----------------------------+",
        r" | fd 7          |-->| rw append nonblock    |-->| /var/log/a\x1blog, 2.0 KiB, |",
        r" | close-on-exec |   | position 7            |   | at 7, deleted, posix write  |",
        r" |               |   |                       |   | lock, 1 waiting             |",
        r" +---------------+   +-----------------------+   +-----------------------------+",
        r"                       ^",
        r"                       |- fd 9",
        r"                       |- wor\x1bker[43] fd 7",
    ]


def test_on_a_narrow_terminal_the_boxes_stand_below_each_other():
    lines = told("regular", width=40, **FILE)
    assert lines[: lines.index("")] == [
        "web [42]",
        "  fd 7",
        "  close-on-exec",
        "  │",
        "  ▼",
        "open file description",
        "  rw append nonblock",
        "  position 7",
        "  ◀─ fd 9",
        r"  ◀─ wor\x1bker[43] fd 7",
        "  ◀─ and 9 more",
        "  ◀─ epoll fd 5",
        "  │",
        "  ▼",
        "regular",
        r"  /var/log/a\x1blog, 2.0 KiB, at 7, del…",
    ]


@pytest.mark.parametrize("width", [1, 10, 40, 63, 64, 65, 80, 120, 300, None])
@pytest.mark.parametrize("unicode", [True, False])
def test_the_picture_fits_every_width(width, unicode):
    lines = told("regular", width=width, unicode=unicode, **{**FILE, "name": "/" + "a long name " * 40})
    drawn = lines[: lines.index("")]
    assert max(columns(line) for line in drawn) <= max(min(width or 100, 100), 5)


def test_colours_change_nothing_but_colours():
    import re

    plain = told("regular", **FILE)
    coloured = told("regular", colour=True, **FILE)
    assert [re.sub("\x1b\\[[0-9]+m", "", line).rstrip() for line in coloured] == plain


def test_a_pipe_that_nobody_reads():
    lines = told("pipe", fd=1, name="pipe:[5]", access="w", other_end="no-reader")
    assert lines[4:6] == [f"{'':46}▲", f"{'':46}└─ (no reader)"]
    assert part(1, lines)[0] == "number 1 standard output, by convention"
    assert part(4, lines) == [
        "peers no reader",
        "no process holds a reading end: unless one is in flight, a write fails",
        "with EPIPE and SIGPIPE",
    ]
    assert part(6, lines) == [
        "read(2) fails with EBADF it was not opened for reading",
        "write(2) fails with EPIPE, with SIGPIPE",
        "no process holds a reading end (unless one is in flight)",
    ]


def test_peers_are_named_and_the_rest_is_counted():
    peers = [Peer(pid=50 + one, fd=3, process="curl", kind="pipe") for one in range(8)]
    lines = told("pipe", name="pipe:[5]", access="r", peers=peers, peers_total=1000)
    drawn = lines[: lines.index("")]
    assert [line.split("─ ")[-1] for line in drawn[5:]] == [
        *(f"curl[{50 + one}] fd 3" for one in range(4)),
        "and 996 more",
    ]
    assert part(4, lines) == [
        "peers curl[50] fd 3 pipe",
        *(f"curl[{50 + one}] fd 3 pipe" for one in range(1, 8)),
        "and 992 more",
    ]


def test_a_counter():
    lines = told("eventfd", count=7, semaphore=True, open_file="42:7")
    assert part(2, lines)[-1] == "shared with nobody no other descriptor that could be read refers to it"
    assert "count 7 the counter's value now" in part(3, lines)
    assert part(6, lines) == [
        "read(2) gives data it takes 1 of the counter, which is 7, as 8 bytes",
        "write(2) takes data 8 bytes are a number that is added to the counter",
    ]


def test_an_epoll_names_what_it_watches_and_alarms_at_what_has_gone_astray():
    targets = [
        Target(fd=4, events=["in"], data="0x4"),
        Target(fd=9, events=["out", "et"], data="0x9", inode=8, stale=True, held_as=[12]),
    ]
    lines = told("epoll", targets=targets)
    assert part(3, lines)[2:] == [
        "targets 2 what it watches, by number",
        "- fd 4, events in, data 0x4",
        "- fd 9, events out et, inode 8, stale, held_as 12, data 0x9",
        "its number stands for another file now, or for none, and the file",
        "that was added is still watched",
    ]
    assert part(4, lines) == ["it faces nobody: it watches what it has as targets"]
    alarms = [line for line in told("epoll", targets=targets, colour=True) if "\x1b[31m" in line]
    assert len(alarms) == 1
    assert "stale" in alarms[0]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("size_bytes", 1023, "1023"),
        ("size_bytes", 20000, "20,000 (20 KiB)"),
        ("pacing_rate_bytes_per_s", 20000, "20,000 (20 KiB a second)"),
        ("run_time_s", 0.25, "0.25 (0.25 s)"),
        ("rtt_us", 1234, "1,234 (1.23 ms)"),
        ("interval_s", 0, "0"),
        ("switches_per_s", 5, "5"),
        ("inode", 1234567, "1234567"),
        ("stale", True, "yes"),
        ("events", ["in", "e\x1bt"], r"in e\x1bt"),
        ("events", [], "none"),
    ],
)
def test_a_value_has_the_unit_that_its_name_tells(name, value, words):
    from fdscope.report.story import _amount

    assert _amount(name, value) == words


def test_a_place_can_neither_be_read_nor_written():
    lines = told("regular", access="path", name="/a")
    assert part(2, lines)[0] == "access path only a place in the file system (O_PATH)"
    assert [line.split("it is")[0] for line in part(6, lines) if "EBADF" in line] == [
        "read(2) fails with EBADF",
        "write(2) fails with EBADF",
    ]


def test_what_could_not_be_read_is_said():
    problem = Problem(what="fdinfo", reason="permission-denied", pid=42, fd=7)
    elsewhere = Problem(what="fdinfo", reason="permission-denied", pid=42, fd=8)
    lines = told("unknown", access=None, flags=None, problems=[problem, elsewhere])
    assert part(1, lines)[-1] == "close-on-exec not known"
    assert part(2, lines) == ["access not known", "shared with not known nobody asked, or kcmp(2) does not answer"]
    assert lines[-2] == "could not be read"
    assert lines[-1].startswith("   fdinfo of descriptor 7: permission denied (")


def test_a_descriptor_in_the_table_of_a_thread():
    lines = told("pipe", name="pipe:[5]", tid=44)
    assert lines[3].startswith(" │ of thread 44 │")
    assert "thread 44 it has a descriptor table of its own" in part(1, lines)


def test_hardly_anything_may_be_known_of_a_process():
    lines = told("pipe", holder=Process(pid=9))
    assert part(1, lines) == [
        "number 7",
        "process ? [9]",
        "close-on-exec no a program that it executes gets it, too (execve(2))",
    ]


@pytest.mark.parametrize("kind", sorted(KIND))
def test_every_kind_can_be_told_with_nothing_known_of_it(kind):
    lines = told(kind, access=None, flags=None)
    assert part(6, lines)[0].startswith("read(2) cannot be known from outside")


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_has_its_words(outcome):
    from fdscope.report.story import _verdict

    assert _verdict(Prospect(outcome=outcome, error="EIO", why="so")).isprintable()


HOSTILE = st.text(st.characters(codec=None) | st.sampled_from("\x1b\n\u202e\udcff\\"), max_size=60)


@given(
    name=HOSTILE,
    other=HOSTILE,
    key=HOSTILE,
    width=st.none() | st.integers(1, 200),
    code=st.sampled_from([*OTHER_ENDS, None]),
)
def test_no_name_brings_a_control_character_to_the_terminal(name, other, key, width, code):
    holder = process(name=other, command=[name, other], user=name)
    lines = told(
        "regular",
        width=width,
        holder=holder,
        problems=[Problem(what=name, reason="failed", pid=42, fd=7, detail=other)],
        name=name,
        filesystem=other,
        flags=[name, "cloexec"],
        size_bytes=1,
        position=0,
        details={key: name},
        locks=[Lock(type=name, mode=other, start=0)],
        shared_with=[Holder(pid=1, fd=1, process=other)],
        peers=[Peer(pid=1, fd=1, process=other, kind=name)],
        other_end=code,
        watched_by=[Watcher(pid=1, fd=2, process=name, events=[other])],
    )
    assert [line for line in lines if not line.isprintable()] == []
    "".join(lines).encode()
