"""Who faces whom, who shares an open file description, who watches: from descriptors alone."""

from hypothesis import given
from hypothesis import strategies as st

from fdscope.kinds import KINDS
from fdscope.kinds.epoll import Target
from fdscope.links import UNKNOWN, Held, Links, Same, held_by
from fdscope.model import Holder, Object, Peer, Process, Watcher, kind_name

KIND = {kind_name(kind): kind for kind in KINDS}


def pipe(fd, number, access="r", **more):
    return KIND["pipe"](fd=fd, object=f"pipe:[{number}]", inode=number, access=access, **more)


def eventfd(fd, number):
    return KIND["eventfd"](fd=fd, object=f"eventfd:[{number}]")


def file(fd, inode, **more):
    return KIND["regular"](fd=fd, name="/f", object=f"inode:8:1:{inode}", inode=inode, **more)


def same(files, watched=()):
    """Answers as of a machine where `files` is the description at each place, and `watched` who watches."""

    def order(task, fd, other_task, other_fd):
        one, other = (task, fd), (other_task, other_fd)
        if one not in files or other not in files:
            return None
        return 0 if files[one] == files[other] else 1 if files[one] < files[other] else 2

    def among(place, places):
        alike = [number for number, other in enumerate(places) if order(*place, *other) == 0]
        return alike[0] if alike else None

    def watches(place, epoll, target):
        return (files[place], epoll, target) in watched

    return Same(order, watches, lambda *_: None, among)


def linked(processes, others=(), asking=UNKNOWN, *, complete=True, unread=False):
    held = held_by(processes)
    ends = [one for one in others if one.descriptor.ends() or one.descriptor.one_open_file]
    alike = [(it.pid, it.descriptor.fd, None) for it in others]
    names = {it.pid: it.process for it in others}
    strangers = {one.place: alike for one in held}
    links = Links(held, ends, strangers, names.get, asking, complete=complete, unread=unread)
    links.watch(())
    links.tell()
    return links


def other(pid, descriptor, name=None):
    return Held(pid, name, descriptor)


def test_readers_of_a_pipe_face_its_writers_and_not_each_other():
    reader, twin = pipe(3, 7), pipe(4, 7)
    linked([Process(pid=1, name="a", descriptors=[reader, twin])], [other(2, pipe(5, 7, "w"), "b")])
    assert reader.peers == twin.peers == [Peer(pid=2, fd=5, process="b", kind="pipe")]
    assert (reader.peers_total, reader.other_end) == (1, None)


def test_who_holds_both_ends_of_a_pipe_lacks_nobody():
    both, writer = pipe(3, 7, "rw"), pipe(4, 7, "w")
    linked([Process(pid=1, descriptors=[both])])
    assert (both.peers, both.other_end) == (None, None)
    linked([Process(pid=1, descriptors=[both, writer])])
    assert writer.peers == [Peer(pid=1, fd=3, kind="pipe")]
    assert both.peers == [Peer(pid=1, fd=4, kind="pipe")]


def test_an_end_that_nobody_holds_is_told_as_far_as_it_is_known():
    def told(access, **how):
        end = pipe(3, 7, access)
        linked([Process(pid=1, descriptors=[end])], **how)
        return end.other_end

    assert [told("r"), told("w"), told("path")] == ["no-writer", "no-reader", None]
    assert [told("r", unread=True), told("w", unread=True)] == ["unread", "unread"]
    assert [told("r", complete=False), told("w", complete=False)] == [None, None]


def test_all_who_hold_one_counter_face_each_other():
    first, second, alone = eventfd(3, 7), eventfd(4, 7), eventfd(5, 8)
    linked([Process(pid=1, descriptors=[first, second, alone])], [other(2, eventfd(9, 7))])
    assert [one.fd for one in first.peers] == [4, 9]
    assert [one.fd for one in second.peers] == [3, 9]
    assert (alone.peers, alone.other_end) == (None, None)


def test_eight_peers_are_named_and_all_are_counted():
    reader = pipe(3, 7)
    linked([Process(pid=1, descriptors=[reader])], [other(pid, pipe(5, 7, "w")) for pid in range(2, 1002)])
    assert [one.pid for one in reader.peers] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert reader.peers_total == 1000


def test_descriptors_of_one_open_file_description_name_each_other():
    one, dup, own, theirs = file(3, 7), file(4, 7), file(5, 7), file(3, 7)
    files = {(1, 3): 50, (1, 4): 50, (1, 5): 40, (2, 3): 50, (3, 3): 60}
    held = [other(2, theirs, "b"), other(3, file(3, 7))]
    linked([Process(pid=1, descriptors=[one, dup, own])], held, same(files))
    assert (one.open_file, dup.open_file, own.open_file) == ("1:3", "1:3", "1:5")
    assert one.shared_with == [Holder(pid=1, fd=4), Holder(pid=2, fd=3, process="b")]
    assert dup.shared_with == [Holder(pid=1, fd=3), Holder(pid=2, fd=3, process="b")]
    assert (one.shared_total, own.shared_with, own.shared_total) == (2, None, None)


def test_what_cannot_be_compared_is_not_told_as_shared_or_as_alone():
    one, dup, different = file(3, 7), file(4, 7), file(5, 8)
    linked([Process(pid=1, descriptors=[one, dup, different])])
    assert (one.open_file, dup.open_file, one.shared_with) == (None, None, None)
    assert different.open_file == "1:5"  # nothing looks like it


def test_what_was_closed_meanwhile_leaves_no_doubt_about_the_others():
    one, dup, closed, doubtful = file(3, 7), file(4, 7), file(5, 7), file(6, 7)
    asking = same({(1, 3): 50, (1, 4): 50, (1, 6): 60})
    gone = asking._replace(gone=lambda place: place == (1, 5))
    linked([Process(pid=1, descriptors=[one, dup, closed, doubtful])], asking=gone)
    assert [it.open_file for it in (one, dup, closed, doubtful)] == ["1:3", "1:3", None, "1:6"]
    for it in (one, dup, doubtful):
        it.open_file = None
    linked([Process(pid=1, descriptors=[one, dup, closed, doubtful])], asking=asking)  # it may be refused
    assert [it.open_file for it in (one, dup, closed, doubtful)] == [None, None, None, None]


def test_of_very_many_that_look_alike_heirs_and_dups_are_found_and_nobody_is_called_alone(monkeypatch):
    monkeypatch.setattr("fdscope.links.CALLS", 1000)
    processes = [Process(pid=pid, descriptors=[file(3, 7), file(4, 7), file(9, 7)]) for pid in range(1, 401)]
    inherited = {(pid, 3): 1 for pid in range(1, 401)}
    dups = {(pid, fd): 1000 + pid // 3 * 3 for pid in range(1, 401) for fd in (4, 9)}
    own = {(400, 9): 5000}
    linked(processes, asking=same({**inherited, **dups, **own}))
    assert {process.descriptors[0].open_file for process in processes} == {"1:3"}
    assert {process.descriptors[0].shared_total for process in processes} == {399}
    assert processes[2].descriptors[2].open_file == processes[3].descriptors[1].open_file == "3:4"
    assert processes[2].descriptors[1].shared_total == 5
    assert processes[-1].descriptors[2].open_file is None


def test_what_has_a_name_of_its_own_and_one_description_is_not_compared():
    first, second = eventfd(3, 7), eventfd(4, 7)
    linked([Process(pid=1, descriptors=[first, second])])
    assert (first.open_file, first.shared_with) == ("1:3", [Holder(pid=1, fd=4)])


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 5)), max_size=30), st.integers(1, 4))
def test_sharing_is_told_as_the_kernel_has_it(places, shown_pids):
    files, held = {}, []
    for fd, (pid, description) in enumerate(places):
        files[pid, fd] = description
        held.append(Held(pid, None, file(fd, 7)))
    shown = [
        Process(pid=pid, descriptors=[one.descriptor for one in held if one.pid == pid])
        for pid in range(1, shown_pids + 1)
    ]
    linked(shown, [one for one in held if one.pid > shown_pids], same(files))
    for process in shown:
        for one in process.descriptors:
            wanted = [place for place, description in files.items() if description == files[process.pid, one.fd]]
            assert one.open_file == "{}:{}".format(*min(wanted))
            assert one.shared_total == (len(wanted) - 1 or None)
            others = sorted(place for place in wanted if place != (process.pid, one.fd))
            assert [(it.pid, it.fd) for it in one.shared_with or ()] == others[:8]


def epoll(fd, *targets):
    made = [Target(fd=number, events=["in"], data="0x0", inode=inode) for number, inode in targets]
    return KIND["epoll"](fd=fd, targets=made)


def test_what_an_epoll_watches_knows_it_and_so_do_its_dups():
    end, dup, watching = pipe(3, 7), pipe(4, 7), epoll(5, (3, 7))
    files = {(1, 3): 50, (1, 4): 50, (1, 5): 60}
    linked(
        [Process(pid=1, name="a", descriptors=[end, dup, watching])],
        asking=same(files, [(50, (1, 5), (3, 0))]),
    )
    assert end.watched_by == dup.watched_by == [Watcher(pid=1, fd=5, process="a", events=["in"])]
    assert (watching.targets[0].stale, watching.targets[0].held_as) == (None, None)


def test_a_number_that_was_closed_and_used_again_is_a_stale_registration():
    reused, survivor, watching = file(3, 9), pipe(4, 7), epoll(5, (3, 7), (8, 7))
    files = {(1, 3): 40, (1, 4): 50, (1, 5): 60}
    watched = [(50, (1, 5), (3, 0)), (50, (1, 5), (8, 0))]
    linked([Process(pid=1, descriptors=[reused, survivor, watching])], asking=same(files, watched))
    assert [(one.fd, one.stale, one.held_as) for one in watching.targets] == [(3, True, [4]), (8, True, [4])]
    assert reused.watched_by is None
    assert [one.fd for one in survivor.watched_by] == [5]


def test_of_two_files_under_one_number_each_is_found():
    now, before, watching = pipe(3, 7), pipe(4, 6), epoll(5, (3, 6), (3, 7))
    files = {(1, 3): 70, (1, 4): 60, (1, 5): 80}
    watched = [(60, (1, 5), (3, 0)), (70, (1, 5), (3, 1))]
    linked([Process(pid=1, descriptors=[now, before, watching])], asking=same(files, watched))
    assert [(one.stale, one.held_as) for one in watching.targets] == [(True, [4]), (None, None)]
    assert len(now.watched_by) == len(before.watched_by) == 1


def test_before_4_13_an_epoll_is_believed():
    end, watching = pipe(3, 7), epoll(5, (3, None), (9, None))
    linked([Process(pid=1, descriptors=[end, watching])])
    assert [one.fd for one in end.watched_by] == [5]
    assert [one.stale for one in watching.targets] == [None, None]


def test_an_object_that_several_hold_or_that_faces_another_is_told_once():
    program, link = (
        KIND["bpf-prog"](fd=3, object="bpf-prog:[5]"),
        KIND["bpf-link"](fd=4, object="bpf-link:[6]", prog_id=5),
    )
    found = linked(
        [Process(pid=1, name="a", descriptors=[program, link, pipe(5, 7), pipe(6, 8)])],
        [other(2, pipe(1, 7, "w"))],
    ).objects()
    assert found == [
        Object(
            id="bpf-prog:[5]", kind="bpf-prog", holders=[Holder(pid=1, fd=3, process="a")], faces=["bpf-link:[6]"]
        ),
        Object(
            id="bpf-link:[6]", kind="bpf-link", holders=[Holder(pid=1, fd=4, process="a")], faces=["bpf-prog:[5]"]
        ),
        Object(id="pipe:[7]", kind="pipe", holders=[Holder(pid=1, fd=5, process="a"), Holder(pid=2, fd=1)]),
    ]


def test_a_table_that_two_processes_share_is_looked_at_once():
    first = Process(pid=1, descriptors=[pipe(3, 7)], shares_table_with=[2])
    second = Process(pid=2, descriptors=[pipe(3, 7)], shares_table_with=[1])
    assert [one.pid for one in held_by([first, second])] == [1]


def test_a_terminal_and_its_master_meet_in_their_file_system_or_by_path():
    slave = KIND["tty"](fd=0, name="/dev/pts/4", device="0:22", pty_index=4)
    inside = KIND["pty-master"](fd=5, slave="/dev/pts/4", slave_device="0:22", pty_index=4)
    node = KIND["pty-master"](fd=6, slave="/dev/pts/4", pty_index=4)
    foreign = KIND["pty-master"](fd=7, slave="/dev/pts/4", slave_device="0:99", pty_index=4)
    linked([Process(pid=1, descriptors=[slave, inside, node, foreign])])
    assert [one.fd for one in slave.peers] == [5, 6]
    assert [one.fd for one in inside.peers] == [0] == [one.fd for one in node.peers]
    assert (foreign.peers, foreign.other_end) == (None, "unclaimed")


def test_who_holds_both_ends_of_a_fifo_is_one_peer():
    both, again = pipe(3, 7, "rw"), pipe(4, 7, "rw")
    linked([Process(pid=1, name="a", descriptors=[both, again])])
    assert both.peers == [Peer(pid=1, fd=4, process="a", kind="pipe")]
    assert again.peers == [Peer(pid=1, fd=3, process="a", kind="pipe")]
    assert (both.peers_total, both.other_end) == (1, None)


def test_a_fifo_that_one_descriptor_alone_reads_and_writes_lacks_nobody():
    alone = pipe(3, 7, "rw")
    linked([Process(pid=1, name="a", descriptors=[alone])])
    assert (alone.peers, alone.peers_total, alone.other_end) == (None, None, None)


def test_an_epoll_that_watches_a_file_under_two_numbers_is_one_watcher():
    end, dup, watching = pipe(3, 7), pipe(4, 7), epoll(5, (3, 7), (4, 7))
    watching.targets[1].events = ["in", "et"]
    files = {(1, 3): 50, (1, 4): 50, (1, 5): 60}
    watched = [(50, (1, 5), (3, 0)), (50, (1, 5), (4, 0))]
    linked([Process(pid=1, name="a", descriptors=[end, dup, watching])], asking=same(files, watched))
    assert end.watched_by == dup.watched_by == [Watcher(pid=1, fd=5, process="a", events=["in", "et"])]
    assert end.watched_total == 1


def test_a_mere_place_is_not_what_an_epoll_watches():
    place, watching = pipe(3, 7, "path"), epoll(5, (3, 7))
    linked([Process(pid=1, name="a", descriptors=[place, watching])])
    assert place.watched_by is None
