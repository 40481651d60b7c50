"""Processes that wait for each other: which are deadlocks, and what may still end them."""

import json
import re

from children import state_of, until, waits_of
from program import run, text

from fdscope import waits

DEADLOCK = """
ones, others = os.pipe(), os.pipe()
child = os.fork()
mine, theirs = (ones, others) if child else (others, ones)
os.close(mine[1])
os.close(theirs[0])
if child:
    tell(child=child)
else:
    libc.prctl(1, 9, 0, 0, 0)
os.read(mine[0], 1)
"""


def test_two_that_read_from_each_other_are_found_from_either_side(child):
    one = child(DEADLOCK)
    other = one.told["child"]
    until(lambda: state_of(one.pid) == state_of(other) == "S")
    for asked in (one.pid, other):
        (cycle,) = waits([str(asked)]).cycles
        assert [(link.pid, link.waits_for) for link in cycle.links] == sorted([(one.pid, other), (other, one.pid)])
        assert cycle.deadlock is True
    told = text("waits", str(one.pid))
    assert "deadlock: 2 processes wait for each other, and no other thread that is seen can end it" in told
    document = json.loads(run("waits", "--json", str(one.pid)).stdout)
    assert document["cycles"][0]["deadlock"] is True


SELF = "reader, writer = os.pipe()\ntell()\nos.read(reader, 1)"


def test_who_forgot_to_close_the_writing_end_waits_for_itself(child):
    one = child(SELF)
    until(lambda: state_of(one.pid) == "S")
    assert "deadlock: waits for itself" in text("waits", str(one.pid))


RESCUED = (
    DEADLOCK.replace("os.read(mine[0], 1)", "")
    + """
import threading
if child:
    threading.Thread(target=lambda: threading.Event().wait(3600), daemon=True).start()
os.read(mine[0], 1)
"""
)


def test_a_thread_that_waits_until_a_date_may_end_what_looks_like_a_deadlock(child):
    one = child(RESCUED)
    until(lambda: [one.wait.timed for one in waits_of(one.pid).values()] == [False, True])
    (cycle,) = waits([str(one.pid)]).cycles
    assert (cycle.deadlock, cycle.unsure) == (False, None)
    assert re.search(r"\(lock\) +futex +until a date ", text("waits", "--wide", str(one.pid)))


IN_FLIGHT = DEADLOCK.replace(
    "os.close(mine[1])",
    """
if child:
    import socket
    left, right = socket.socketpair()
    socket.send_fds(left, [b"x"], [mine[1]])
os.close(mine[1])
""",
)


def test_an_end_that_is_in_flight_may_end_a_deadlock(child):
    one = child(IN_FLIGHT)
    until(lambda: state_of(one.pid) == state_of(one.told["child"]) == "S")
    (cycle,) = waits([str(one.pid)]).cycles
    assert cycle.deadlock
    assert any(
        re.fullmatch(r"[\d,]+ descriptors? (is|are) in flight between processes", why) for why in cycle.unsure
    )


def test_a_handler_that_may_write_is_told_with_a_deadlock(child):
    one = child("import signal\nsignal.signal(signal.SIGALRM, lambda *_: None)\n" + SELF)
    until(lambda: state_of(one.pid) == "S")
    (cycle,) = waits([str(one.pid)]).cycles
    assert f"process {one.pid} has a handler of SIGALRM" in cycle.unsure
