"""What became different from one snapshot to another."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope.changes import ChangeGroup, Fact, KindChange
from fdscope.difference import Identity, diff, is_same, ranges
from fdscope.kinds import KINDS
from fdscope.model import Host, Limit, Peer, Problem, Process, Snapshot, kind_name

KIND = {kind_name(kind): kind for kind in KINDS}
STARTED = "2026-11-23T04:00:00Z"


def snapshot(*processes, **more):
    facts = {"fdscope": "0", "taken_at": "2026-11-23T05:00:00.000Z", "duration_s": 0.1, "sources": ["proc"]}
    return Snapshot(**facts, host=Host(), processes=list(processes), objects=[], problems=[], **more)


def process(*descriptors, **more):
    return Process(**{"pid": 42, "name": "web", "started_at": STARTED, "descriptors": list(descriptors)} | more)


def socket(fd, inode, **more):
    name = f"socket:[{inode}]"
    facts = {"state": "ESTABLISHED", "local_address": "10.0.0.9", "local_port": 40000 + fd}
    facts |= {"remote_address": "10.0.0.1", "remote_port": 443, "name": name, "object": name, "inode": inode}
    return KIND["tcp"](fd=fd, **facts | more)


def file(fd, name="/a", inode=1, **more):
    return KIND["regular"](fd=fd, name=name, inode=inode, device="8:1", object=f"inode:8:1:{inode}", **more)


def of_one(before, after):
    """What became of the one process that holds these."""
    found = diff(snapshot(process(*before)), snapshot(process(*after)))
    assert found.compared == 1
    return found.processes[0] if found.processes else None


def test_three_thousand_sockets_to_one_address_are_one_line_with_a_count():
    new = [socket(fd, 1000 + fd) for fd in range(4, 3004)]
    found = diff(snapshot(process(socket(3, 7))), snapshot(process(socket(3, 7), *new)))
    assert (found.same, found.opened, found.closed, found.changed) == (False, 3000, 0, 0)
    assert found.kinds == [
        KindChange(kind="tcp", before=1, after=3001, growth=3000, opened=3000, closed=0, changed=0)
    ]
    (change,) = found.processes
    assert (change.pid, change.process, change.became, change.before, change.after) == (
        42,
        "web",
        "stayed",
        1,
        3001,
    )
    assert change.groups == [
        ChangeGroup(
            change="opened",
            count=3000,
            kind="tcp",
            pattern="-> 10.0.0.1:443",
            state="ESTABLISHED",
            fds="4-3003",
            example="ESTABLISHED 10.0.0.9:40004 -> 10.0.0.1:443",
        )
    ]


def test_a_snapshot_is_the_same_as_itself():
    one = snapshot(process(socket(3, 7), file(4)), process(file(1), pid=43))
    found = diff(one, one)
    assert (found.same, found.compared, found.processes, found.kinds, found.problems) == (True, 2, [], [], [])


def test_a_number_that_stands_for_another_object_was_closed_and_opened():
    change = of_one([file(3, "/a", 1), file(4, "/b", 2)], [file(3, "/c", 3), socket(4, 9)])
    assert (change.opened, change.closed, change.changed) == (2, 2, 0)
    assert [(one.change, one.kind, one.pattern, one.fds) for one in change.groups] == [
        ("opened", "regular", "/c", "3"),
        ("opened", "tcp", "-> 10.0.0.1:443", "4"),
        ("closed", "regular", "/a", "3"),
        ("closed", "regular", "/b", "4"),
    ]


def test_a_file_that_was_opened_anew_in_another_way_is_another_one():
    change = of_one([file(3, access="r")], [file(3, access="rw")])
    assert (change.opened, change.closed, change.changed) == (1, 1, 0)


@pytest.mark.parametrize(
    ("before", "after", "facts"),
    [
        (
            socket(3, 7),
            socket(3, 7, state="CLOSE-WAIT"),
            [Fact(field="state", before="ESTABLISHED", after="CLOSE-WAIT")],
        ),
        (socket(3, 7), socket(3, 7, remote_port=444), [Fact(field="remote_port", before="443", after="444")]),
        (file(3, deleted=False), file(3, deleted=True), [Fact(field="deleted", before="false", after="true")]),
        (file(3, "/a"), file(3, "/b"), [Fact(field="name", before="/a", after="/b")]),
        (
            file(3, flags=["cloexec"]),
            file(3, flags=["nonblock", "append"]),
            [Fact(field="flags", before="cloexec", after="nonblock append")],
        ),
        (socket(3, 7), socket(3, 7, shutdown=["send"]), [Fact(field="shutdown", after="send")]),
        (
            socket(3, 7, peers=[Peer(pid=1, fd=3, process="a", kind="tcp")], peers_total=12),
            socket(3, 7, peers=[Peer(pid=2, fd=3, kind="tcp")], peers_total=1),
            [Fact(field="peers", before="a[1] and 11 more", after="?[2]")],
        ),
        (
            socket(3, 7, peers=[Peer(pid=1, fd=3, process="a", kind="tcp")], peers_total=1),
            socket(3, 7, other_end="closed"),
            [Fact(field="peers", before="a[1]", after="closed")],
        ),
    ],
)
def test_a_change_of_words_and_truths_is_told(before, after, facts):
    change = of_one([before], [after])
    assert (change.opened, change.closed, change.changed) == (0, 0, 1)
    assert [(one.change, one.fds, one.facts) for one in change.groups] == [("changed", "3", facts)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (file(3, position=1, size_bytes=10, links=1), file(3, position=2, size_bytes=20, links=2)),
        (socket(3, 7, receive_queue_bytes=0, dropped=1), socket(3, 7, receive_queue_bytes=9, dropped=2)),
        (socket(3, 7, facing_inodes=[1], open_file="1"), socket(3, 7, facing_inodes=[2], open_file="2")),
        (KIND["eventfd"](fd=3, count=1, eventfd_id=5), KIND["eventfd"](fd=3, count=2, eventfd_id=5)),
        (KIND["timerfd"](fd=3, remaining_s=1.5), KIND["timerfd"](fd=3, remaining_s=0.5)),
        (
            KIND["anonymous"](fd=3, name="[x]", details={"a": "1"}),
            KIND["anonymous"](fd=3, name="[x]", details={"a": "2"}),
        ),
        (
            socket(3, 7, peers=[Peer(pid=1, fd=3, process="a", kind="tcp")], peers_total=1),
            socket(3, 7, peers=[Peer(pid=one, fd=3, process="a", kind="tcp") for one in (1, 2)], peers_total=2),
        ),
        (socket(3, 7, peers=[Peer(pid=1, fd=3, process="a", kind="tcp")], peers_total=1), socket(3, 7)),
        (
            socket(3, 7, peers=[Peer(pid=1, fd=3, process="a", kind="tcp")], peers_total=1),
            socket(3, 7, other_end="unread"),
        ),
        (socket(3, 7, flags=[]), socket(3, 7, flags=None)),
    ],
)
def test_measures_and_what_was_not_looked_for_are_no_change(before, after):
    assert of_one([before], [after]) is None


def test_alike_changes_are_one_line():
    fds = range(3, 13)
    change = of_one([socket(fd, fd) for fd in fds], [socket(fd, fd, state="CLOSE-WAIT") for fd in fds])
    assert [(one.count, one.pattern, one.state, one.fds) for one in change.groups] == [
        (10, "-> 10.0.0.1:443", "CLOSE-WAIT", "3-12")
    ]


def test_alike_changes_of_different_words_are_one_line_with_the_words_of_the_first():
    before = [socket(fd, fd, remote_port=1000) for fd in range(3, 8)]
    change = of_one(before, [socket(fd, fd, remote_port=1000 + fd) for fd in range(3, 8)])
    assert [(one.count, one.pattern, one.facts) for one in change.groups] == [
        (5, "-> 10.0.0.1:100*", [Fact(field="remote_port", before="1000", after="1003")])
    ]


def test_what_is_alone_of_its_sort_is_told_as_it_is_and_what_has_company_with_stars():
    alone = of_one([], [file(3, "/tmp/upload-17.tmp")])
    assert [one.pattern for one in alone.groups] == ["/tmp/upload-17.tmp"]
    two = of_one([], [file(3, "/tmp/upload-17.tmp"), file(4, "/tmp/upload-18.tmp", 2)])
    assert [(one.count, one.pattern) for one in two.groups] == [(2, "/tmp/upload-*.tmp")]
    apart = of_one([file(3, "/tmp/upload-17.tmp")], [file(4, "/tmp/upload-18.tmp", 2)])
    assert [one.pattern for one in apart.groups] == ["/tmp/upload-18.tmp", "/tmp/upload-17.tmp"]


def test_without_a_name_of_its_own_an_object_is_known_by_kind_name_inode_and_device():
    def file(**more):
        return KIND["regular"](**{"fd": 3, "name": "/a", "inode": 1, "device": "8:1"} | more)

    assert of_one([file()], [file()]) is None
    assert of_one([KIND["epoll"](fd=3)], [KIND["epoll"](fd=3)]) is None
    for other in (file(name="/b"), file(inode=2), file(device="8:2")):
        assert (of_one([file()], [other]).opened, of_one([file()], [other]).closed) == (1, 1)
    change = of_one([KIND["epoll"](fd=3)], [KIND["inotify"](fd=3)])
    assert [(one.change, one.kind) for one in change.groups] == [("opened", "inotify"), ("closed", "epoll")]


def test_kinds_of_which_others_are_there_now_are_told_though_they_are_as_many():
    found = diff(snapshot(process(file(3), socket(4, 7))), snapshot(process(file(3, "/b", 2), socket(4, 7))))
    assert found.kinds == [KindChange(kind="regular", before=1, after=1, growth=0, opened=1, closed=1, changed=0)]
    found = diff(snapshot(process(socket(4, 7))), snapshot(process(socket(4, 7, state="CLOSE-WAIT"))))
    assert found.kinds == [KindChange(kind="tcp", before=1, after=1, growth=0, opened=0, closed=0, changed=1)]


def test_processes_that_stayed_come_first_and_of_them_those_with_most_changes():
    before = snapshot(process(pid=1), process(pid=2), process(file(1), pid=3))
    after = snapshot(process(file(1), pid=1), process(file(1), file(2, "/b", 2), pid=2))
    after.processes.append(process(*(file(fd, f"/{fd}", fd) for fd in range(9)), pid=4))
    found = diff(before, after, there_before=[Identity(4, STARTED)])
    assert [(one.pid, one.became) for one in found.processes] == [
        (2, "stayed"), (1, "stayed"), (4, "filled"), (3, "ended")
    ]  # fmt: skip


def test_tables_of_threads_are_compared_apart():
    change = of_one([file(3), file(3, "/t", 2, tid=43)], [file(3)])
    assert [(one.change, one.pattern, one.fds, one.tid) for one in change.groups] == [("closed", "/t", "3", 43)]


def test_a_restarted_service_is_told_as_ended_and_started_with_what_it_held():
    later = process(file(3), file(4, "/b", 2), pid=50, started_at="2026-11-23T04:30:00Z")
    found = diff(snapshot(process(file(3))), snapshot(later))
    assert (found.same, found.compared, found.ended, found.started, found.opened) == (False, 0, 1, 1, 0)
    told = [(one.pid, one.process, one.became, one.before, one.after) for one in found.processes]
    assert told == [(42, "web", "ended", 1, None), (50, "web", "started", None, 2)]
    assert [(one.kind, one.growth) for one in found.kinds] == [("regular", 1)]
    limit = Limit(soft=9, hard=9)
    found = diff(snapshot(process(descriptor_limit=limit)), snapshot())
    assert [one.descriptor_limit for one in found.processes] == [limit]


def test_a_pid_that_was_given_again_is_another_process():
    found = diff(snapshot(process()), snapshot(process(started_at="2026-11-23T04:00:03Z")))
    assert [(one.pid, one.became) for one in found.processes] == [(42, "ended"), (42, "started")]


def test_a_process_that_only_holds_nothing_of_what_is_meant_has_not_ended():
    there = [Identity(42, STARTED)]
    found = diff(snapshot(process(file(3))), snapshot(), there_after=there)
    assert [(one.became, one.before, one.after, one.closed) for one in found.processes] == [("emptied", 1, 0, 1)]
    assert [(one.kind, one.growth, one.closed) for one in found.kinds] == [("regular", -1, 1)]
    found = diff(snapshot(), snapshot(process(file(3))), there_before=there)
    assert [(one.kind, one.growth, one.opened) for one in found.kinds] == [("regular", 1, 1)]
    assert [(one.became, one.before, one.after, one.opened) for one in found.processes] == [("filled", 0, 1, 1)]
    assert (found.started, found.opened, found.same) == (0, 1, False)


def test_what_could_not_be_read_is_not_compared_and_said():
    unread, read = snapshot(process(descriptors=None)), snapshot(process(file(3)))
    refused = Problem(pid=42, what="descriptors", reason="permission-denied")
    left_out = msgspec.structs.replace(snapshot(), problems=[refused])
    for before, after, when in (
        (unread, read, "before"),
        (read, unread, "now"),
        (left_out, read, "before"),
        (read, left_out, "now"),
    ):
        found = diff(before, after)
        assert (found.same, found.compared, found.processes) == (False, 0, [])
        assert [(one.pid, one.reason) for one in found.problems] == [(42, "permission-denied")]
        assert f"could not be read {when}:" in found.problems[0].detail
    other = Problem(pid=42, what="threads", reason="permission-denied")
    found = diff(read, msgspec.structs.replace(snapshot(), problems=[other]))
    assert [one.became for one in found.processes] == ["ended"]


def test_neither_threads_of_the_kernel_nor_the_fdscope_that_looked_count():
    before = snapshot(process(pid=7, kernel_thread=True), process(file(1), pid=100), own_pid=100)
    after = snapshot(process(file(1), pid=200), own_pid=200)
    assert diff(before, after).same
    itself = snapshot(process(file(1), file(2, "/b", 2), pid=100), own_pid=100)
    assert diff(before, itself).opened == 1  # a program that takes both is a process like others


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (STARTED, STARTED, True),
        (STARTED, "2026-11-23T04:00:02Z", True),
        (STARTED, "2026-11-23T04:00:03Z", False),
        (STARTED, "2026-11-23T03:59:58Z", True),
        (STARTED, None, True),
        (None, None, True),
    ],
)
def test_a_process_is_known_by_pid_and_start(one, other, same):
    assert is_same(Identity(1, one), Identity(1, other)) is same
    assert not is_same(Identity(1, one), Identity(2, other))


@given(st.lists(st.integers(0, 60)))
def test_ranges_mean_the_numbers_that_they_were_made_of(numbers):
    meant = []
    for part in filter(None, ranges(numbers).split(",")):
        first, _, last = part.partition("-")
        meant += range(int(first), int(last or first) + 1)
    assert meant == sorted(set(numbers))


HELD = st.dictionaries(
    st.integers(0, 5), st.sampled_from([socket(0, 7), file(0), file(0, "/b", 2), KIND["epoll"](fd=0)])
)


def numbered(held):
    import copy

    found = []
    for fd, one in held.items():
        one = copy.copy(one)
        one.fd = fd
        found.append(one)
    return found


@given(HELD, HELD)
def test_what_was_opened_one_way_was_closed_the_other_way(one, other):
    there = diff(snapshot(process(*numbered(one))), snapshot(process(*numbered(other))))
    back = diff(snapshot(process(*numbered(other))), snapshot(process(*numbered(one))))
    assert (there.opened, there.closed, there.changed) == (back.closed, back.opened, back.changed)
    assert there.opened - there.closed == len(other) - len(one)
    assert [one.growth for one in there.kinds] == [-one.growth for one in back.kinds]
