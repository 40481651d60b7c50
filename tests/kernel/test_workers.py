"""Records that are read side by side are those that are read one after another."""

import fcntl
import os
import resource
import signal
import sys
import termios
import threading
from errno import ECHILD

import psutil
import pytest
from children import until
from hypothesis import given
from hypothesis import strategies as st

from fdscope import scan
from fdscope.kernel import workers
from fdscope.kernel.workers import _packed, _unpacked, side_by_side
from fdscope.raw import RawDescriptor, RawHeldFile, RawMount, RawProcess, RawThread, Unread

SHARES = [range(number, number + 10) for number in range(0, 200, 10)]


def nothing():
    return ()


def record(number):
    return RawThread(os.getpid(), number, b"stat", b"status")


def tids(records):
    return sorted(one.tid for one in records if isinstance(one, RawThread))


class Turns:
    """Has nothing read before each of the helpers has begun to read a share."""

    def __init__(self, helpers):
        self._own, self._helpers = os.getpid(), helpers
        self._reader, self._writer = os.pipe()
        self._said = False

    def taken(self):
        """Whether a helper is reading; everyone waits here for all of them."""
        helps = os.getpid() != self._own
        if helps and not self._said:
            os.write(self._writer, b".")
            self._said = True
        until(lambda: self._begun() >= self._helpers)
        return helps

    def _begun(self):
        count = fcntl.ioctl(self._reader, termios.FIONREAD, bytes(4))
        return int.from_bytes(count, sys.byteorder)

    def close(self):
        os.close(self._reader)
        os.close(self._writer)


@pytest.fixture
def turns():
    two = Turns(2)
    try:
        yield two
    finally:
        two.close()


def test_helpers_read_every_share_once_and_end(turns):
    def read(share):
        turns.taken()
        return map(record, share)

    before = psutil.Process().children()
    found = list(side_by_side(SHARES, read, begin=nothing, rest=nothing, most=2))
    assert tids(found) == list(range(200))
    assert len({one.pid for one in found} - {os.getpid()}) == 2
    assert psutil.Process().children() == before


def test_without_helpers_it_is_all_read_here():
    found = list(side_by_side(SHARES, lambda share: map(record, share), begin=nothing, rest=nothing, most=0))
    assert tids(found) == list(range(200))
    assert {one.pid for one in found} == {os.getpid()}


def test_where_no_helper_can_be_had_it_is_all_read_here():
    """No pipe is left for one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    two = os.pipe()
    for number in two:
        os.close(number)
    before = os.listdir("/proc/self/fd")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(two) + 1, hard))
    try:
        found = list(side_by_side(SHARES, lambda share: map(record, share), begin=nothing, rest=nothing, most=2))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert tids(found) == list(range(200))
    assert {one.pid for one in found} == {os.getpid()}
    assert os.listdir("/proc/self/fd") == before


def test_what_a_helper_puts_off_comes_at_its_end(turns):
    late = [1000]

    def read(share):
        if turns.taken():
            late.extend(share)
            return []
        return map(record, share)

    found = list(side_by_side(SHARES, read, begin=late.clear, rest=lambda: map(record, late), most=2))
    assert tids(found) == list(range(200))
    assert len({one.pid for one in found} - {os.getpid()}) == 2


def test_the_share_of_a_helper_that_is_killed_is_read_again_and_told(turns):
    def read(share):
        if turns.taken():
            os.kill(os.getpid(), signal.SIGKILL)
        return map(record, share)

    found = list(side_by_side(SHARES, read, begin=nothing, rest=nothing, most=2))
    assert tids(found) == list(range(200))
    assert {one.pid for one in found if isinstance(one, RawThread)} == {os.getpid()}
    told = [(one.what, one.errno) for one in found if isinstance(one, Unread)]
    assert told == [("descriptors", ECHILD)] * 2


def test_a_process_of_several_threads_has_no_helpers():
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    alone = workers.helpers()
    thread.start()
    try:
        assert workers.helpers() == 0
    finally:
        stop.set()
        thread.join()
    assert alone == workers.helpers() == min(4, len(os.sched_getaffinity(0))) - 1


def test_an_iterator_that_is_given_up_leaves_no_helper_behind():
    before = psutil.Process().children()
    found = side_by_side(SHARES, lambda share: map(record, share), begin=nothing, rest=nothing, most=3)
    next(found)
    found.close()
    assert psutil.Process().children() == before


STATUS = os.stat("/dev/null")
MOUNT = RawMount(b"0:5", b"/", b"/dev", b"devtmpfs", b"udev")


@pytest.mark.parametrize(
    "whole",
    [
        RawDescriptor(1, 2, b"pipe:[3]", b"pos:\t0\n"),
        RawDescriptor(1, 2, b"/dev/null", b"", STATUS, MOUNT, 0x1234, 7),
        RawHeldFile(1, "exe", b"/bin/sh", STATUS, MOUNT, 2, 4096, b"rx"),
        RawProcess(1, b"stat", b"status", namespaces=(("net", b"net:[4]"),), descriptor_count=5),
        RawThread(1, 2, b"stat", b"status", None),
        Unread("fdinfo", 13, 1, 2, "why"),
    ],
)
def test_a_record_is_the_same_after_its_journey(whole):
    arrived = _unpacked(_packed(whole))
    assert type(arrived) is type(whole)
    for name, value in whole._asdict().items():
        told = getattr(arrived, name)
        if isinstance(value, os.stat_result):
            for field in ("mode", "ino", "dev", "nlink", "uid", "gid", "size", "rdev", "blocks", "blksize"):
                assert getattr(told, f"st_{field}") == getattr(value, f"st_{field}")
        else:
            assert told == value
            assert type(told) is type(value)


@given(st.integers(0, 10**9))
def test_there_are_never_more_shares_than_a_small_pipe_holds_tickets_for(descriptors):
    assert descriptors / workers.share_size(descriptors) < 1000


@pytest.fixture
def many():
    """Descriptors of this process, enough to be worth helpers; as many as its limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < workers.MANY + 600:
        pytest.skip(f"RLIMIT_NOFILE is {hard} here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (workers.MANY + 600, hard))
    held = []
    try:
        while len(held) < workers.MANY:
            held += os.pipe()
            held.append(os.open("/dev/null", os.O_RDWR))
        yield held
    finally:
        for number in held:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("targets", [["self"], []], ids=["one process", "the machine"])
def test_a_large_scan_tells_the_same_with_and_without_helpers(targets, many, monkeypatch):
    forked = []
    fork = workers._fork

    def told(helpers):
        monkeypatch.setattr(workers, "helpers", lambda: helpers)
        monkeypatch.setattr(workers, "_fork", lambda: forked.append(helpers) or fork())
        snapshot = scan(targets, peers=False)
        (own,) = [process for process in snapshot.processes if process.pid == os.getpid()]
        return {one.fd: one for one in own.descriptors if one.fd in held}

    held = set(many)
    alone = told(0)
    assert set(alone) == held
    assert told(2) == alone
    assert len(forked) >= 2  # another process of the machine may be as large
    assert set(forked) == {2}


def test_a_small_scan_needs_no_helper(lab, monkeypatch):
    monkeypatch.setattr(workers, "helpers", lambda: 2)
    monkeypatch.setattr(workers, "_fork", lambda: pytest.fail("a process was forked"))
    assert len(scan([str(lab.pid)], peers=False).processes[0].descriptors) > 30
