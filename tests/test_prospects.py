"""What is foretold where no live descriptor shows it: what was not read, and what only its server knows."""

import pytest

from fdscope.kinds import KINDS
from fdscope.model import OUTCOMES, POLL, READ, WRITE, Descriptor, End, Process, Signals, kind_name
from fdscope.prospects import reading, writing

KIND = {kind_name(kind): kind for kind in KINDS}


def both(kind, **fields):
    descriptor = KIND[kind](fd=3, **fields)
    return reading(descriptor), writing(descriptor)


@pytest.mark.parametrize("kind", sorted(KIND))
def test_what_could_not_be_read_is_not_judged(kind):
    assert [one.outcome for one in both(kind)] == ["unknown", "unknown"]


@pytest.mark.parametrize("kind", sorted(KIND))
@pytest.mark.parametrize("access", ["r", "w", "rw", "path", None])
def test_every_kind_has_an_outcome_and_a_reason_for_every_access(kind, access):
    read, write = both(kind, access=access, flags=[])
    for one in (read, write):
        assert one.outcome in OUTCOMES
        assert one.why
        assert (one.error is None) == (one.outcome != "fails")
    assert (read.error == "EBADF") == (access not in ("r", "rw"))
    assert (write.error == "EBADF") == (access not in ("w", "rw"))


@pytest.mark.parametrize(("filesystem", "told"), [("proc", "when it is asked"), ("fuse.sshfs", "asks a server")])
def test_a_size_that_means_nothing_is_not_believed(filesystem, told):
    read, write = both("regular", access="rw", flags=[], size_bytes=0, position=0, filesystem=filesystem)
    assert [read.outcome, write.outcome] == ["unknown", "unknown"]
    assert told in read.why
    assert told in write.why


def test_a_place_of_unknown_type_is_told_from_one_that_is_open():
    assert [one.error for one in both("unknown", access="path", flags=[])] == ["EBADF", "EBADF"]
    assert [one.outcome for one in both("unknown", access="rw", flags=[])] == ["unknown", "unknown"]


def test_signals_that_are_pending_for_the_process_are_counted():
    descriptor = KIND["signalfd"](fd=3, access="rw", flags=[], accepts=["SIGINT", "SIGTERM"])
    signals = Signals(pending=["SIGHUP", "SIGTERM"], blocked=[], ignored=[], caught=[])
    prospect = reading(descriptor, Process(pid=42, signals=signals))
    assert (prospect.outcome, prospect.available_bytes) == ("data", 128)
    assert prospect.why == "SIGTERM is pending for the process"
    assert reading(descriptor).outcome == "unknown"


def test_page_faults_that_nobody_has_read_are_data():
    read, write = both("userfaultfd", access="rw", flags=[], faults_pending=2)
    assert (read.outcome, read.available_bytes, write.error) == ("data", 64, "EINVAL")
    assert both("userfaultfd", access="rw", flags=[], faults_pending=0)[0].outcome == "unknown"


class Talk(Descriptor, tag="talk", kw_only=True):
    """A kind that knows nothing by itself."""

    socket_type: str | None = None
    receive_queue_bytes: int | None = None
    shutdown: list[str] | None = None

    verbs = frozenset({READ, WRITE, POLL})

    def ends(self):
        return (End("here", ("there",), missing="no-reader" if self.access == "w" else "no-writer"),)


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"receive_queue_bytes": 5}, "data"),
        ({"receive_queue_bytes": 0, "socket_type": "datagram"}, "blocks"),
        ({"receive_queue_bytes": 0, "socket_type": "raw", "flags": ["nonblock"]}, "fails"),
        ({"receive_queue_bytes": 0, "socket_type": "datagram", "shutdown": ["receive"]}, "unknown"),
        ({"receive_queue_bytes": 0, "socket_type": "stream"}, "unknown"),
        ({"other_end": "no-writer"}, "data-or-end-of-file"),
        ({"other_end": "unread"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_a_read_is_judged_by_queue_and_other_end(fields, outcome):
    assert reading(Talk(**{"fd": 3, "access": "r", "flags": []} | fields)).outcome == outcome


def test_what_a_process_that_could_not_be_read_may_hold_is_named():
    read = reading(Talk(fd=3, access="r", flags=[], other_end="unread"))
    write = writing(Talk(fd=3, access="w", flags=[], other_end="unread"))
    assert read.why == "it ends, with 0, if a process that could not be read holds no writing end: no other does"
    assert write.why == (
        "it fails with EPIPE if a process that could not be read holds no reading end: no other does"
    )


@pytest.mark.parametrize(("ignored", "signal"), [([], "SIGPIPE"), (["SIGPIPE"], None)])
def test_a_signal_that_the_process_ignores_is_not_sent(ignored, signal):
    holder = Process(pid=42, signals=Signals(pending=[], blocked=[], ignored=ignored, caught=[]))
    write = writing(Talk(fd=3, access="w", flags=[], other_end="no-reader"), holder)
    assert (write.outcome, write.error, write.signal) == ("fails", "EPIPE", signal)
    assert ("ignores SIGPIPE" in write.why) == (signal is None)
