"""Processes that wait for each other, and those that only seem to."""

from fdscope.deadlocks import cycles
from fdscope.kinds import KINDS
from fdscope.model import Peer, Process, Thread, Wait, WaitOn, kind_name

KIND = {kind_name(kind): kind for kind in KINDS}


def held(fd, *peers, kind="pipe", total=None, **more):
    found = [Peer(pid=pid, fd=fd, kind=kind) for pid in peers]
    return KIND[kind](fd=fd, peers=found or None, peers_total=(total or len(found)) if found else None, **more)


def blocked(tid, fd, **more):
    return Thread(
        tid=tid,
        state="sleeping",
        wait=Wait(
            **{
                "waits_for": "input",
                "syscall": "read",
                "model": "blocking",
                "phase": "waiting",
                "on": [WaitOn(fd=fd)],
                "timed": False,
            }
            | more
        ),
    )


def process(pid, *descriptors, threads=None):
    return Process(
        pid=pid,
        name=f"p{pid}",
        threads=threads or [blocked(pid, descriptors[0].fd)],
        descriptors=list(descriptors),
    )


def told(*processes):
    return [
        ([(link.pid, link.fd, link.waits_for) for link in one.links], one.deadlock) for one in cycles(processes)
    ]


def test_two_that_read_from_each_other_are_a_deadlock():
    assert told(process(1, held(3, 2)), process(2, held(4, 1))) == [([(1, 3, 2), (2, 4, 1)], True)]


def test_a_chain_is_no_cycle():
    assert told(process(1, held(3, 2)), process(2, held(4, 3)), process(3, held(5))) == []


def test_a_cycle_of_three_begins_with_the_lowest_pid():
    found = told(process(7, held(3, 9)), process(9, held(3, 8)), process(8, held(3, 7)))
    assert found == [([(7, 3, 9), (9, 3, 8), (8, 3, 7)], True)]


def test_another_process_at_an_end_makes_it_a_cycle_only():
    assert told(process(1, held(3, 2, 99)), process(2, held(4, 1))) == [([(1, 3, 2), (2, 4, 1)], False)]


def test_peers_that_are_not_named_may_be_anybody():
    assert told(process(1, held(3, 2, total=9)), process(2, held(4, 1))) == [([(1, 3, 2), (2, 4, 1)], False)]


def test_a_thread_that_can_go_on_makes_it_a_cycle_only():
    busy = Thread(tid=10, state="running")
    two = process(2, held(4, 1), threads=[blocked(2, 4), busy])
    assert told(process(1, held(3, 2)), two) == [([(1, 3, 2), (2, 4, 1)], False)]


def test_a_thread_that_waits_for_its_own_process_cannot_go_on():
    lock = Thread(tid=10, state="sleeping", wait=Wait(waits_for="lock", syscall="futex", timed=False))
    ended = Thread(tid=11, state="zombie")
    two = process(2, held(4, 1), threads=[lock, ended, blocked(12, 4)])
    assert told(process(1, held(3, 2)), two) == [([(1, 3, 2), (2, 4, 1)], True)]
    lock.wait.shared_futex = True
    assert told(process(1, held(3, 2)), two)[0][1] is False
    lock.wait.shared_futex = None
    for timed in (True, None):  # until a date; or the kernel does not tell
        lock.wait.timed = timed
        assert told(process(1, held(3, 2)), two)[0][1] is False


def test_a_timeout_ends_a_wait_so_it_is_no_cycle():
    assert told(process(1, held(3, 2), threads=[blocked(1, 3, timed=True)]), process(2, held(4, 1))) == []
    assert told(process(1, held(3, 2), threads=[blocked(1, 3, timed=None)]), process(2, held(4, 1))) == []


def test_of_two_descriptors_it_is_not_known_which_one_is_waited_for():
    both = blocked(1, 3, on=[WaitOn(fd=3), WaitOn(fd=4)])
    assert told(process(1, held(3, 2), held(4, 2), threads=[both]), process(2, held(4, 1))) == []


def test_work_that_the_kernel_does_alone_may_end_it():
    ring = KIND["io_uring"](fd=9)
    assert told(process(1, held(3, 2), ring), process(2, held(4, 1)))[0][1] is False


def test_data_that_is_being_copied_and_nonblocking_calls_are_no_waits_for_others():
    for more in ({"phase": "copying"}, {"model": "nonblocking"}, {"model": "multiplexed"}):
        assert told(process(1, held(3, 2), threads=[blocked(1, 3, **more)]), process(2, held(4, 1))) == []


def test_who_holds_both_ends_alone_waits_for_itself():
    assert told(process(1, held(3, 1))) == [([(1, 3, 1)], True)]


def test_one_thread_that_waits_for_another_is_no_deadlock():
    two = process(1, held(3, 1), threads=[blocked(1, 3), Thread(tid=2, state="running")])
    assert told(two) == []


def test_an_end_that_anybody_can_come_to_is_no_deadlock():
    fifo = held(3, 2, kind="fifo")
    assert told(process(1, fifo), process(2, held(4, 1))) == [([(1, 3, 2), (2, 4, 1)], False)]
    connected = {"kind": "tcp", "state": "ESTABLISHED", "socket_type": "stream"}
    assert told(process(1, held(3, 2, **connected)), process(2, held(4, 1, **connected)))[0][1] is True


def test_two_cycles_are_told_apart_and_a_process_without_descriptors_is_no_trouble():
    found = told(
        process(1, held(3, 2)),
        process(2, held(4, 1)),
        process(5, held(3, 6)),
        process(6, held(4, 5)),
        Process(pid=9, threads=[blocked(9, 3)]),
    )
    assert [links for links, _ in found] == [[(1, 3, 2), (2, 4, 1)], [(5, 3, 6), (6, 4, 5)]]


def test_a_way_into_a_cycle_is_not_part_of_it():
    found = told(process(1, held(3, 2)), process(2, held(3, 4)), process(4, held(3, 2)))
    assert found == [([(2, 3, 4), (4, 3, 2)], True)]
