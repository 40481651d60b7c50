"""Pure: what a timerfd's fdinfo is read as."""

import pytest
from reading import HEAD, OLD, complaint, descriptor, told

LINK = b"anon_inode:[timerfd]"
TIMER = b"clockid: 0\nticks: 2\nsettime flags: 03\nit_value: (3599, 999966829)\nit_interval: (60, 500)\n"


def test_a_timer_is_told_with_its_clock_flags_and_exact_times():
    assert told(LINK, HEAD + TIMER) == {
        "kind": "timerfd",
        "inode": 1039,
        "mount_id": 17,
        "clock": "realtime",
        "ticks": 2,
        "settime_flags": ["absolute", "cancel-on-set"],
        "remaining_s": 3599.999966829,
        "interval_s": 60.0000005,
    }
    assert (
        descriptor(LINK, HEAD + TIMER).describe() == "realtime clock, in 59 min 59 s, every 1 min, 2 ticks unread"
    )


def test_one_tick_is_one():
    assert descriptor(LINK, HEAD + b"ticks: 1\n").describe() == "timer, 1 tick unread"
    assert descriptor(LINK, HEAD + b"ticks: 1000\n").describe() == "timer, 1,000 ticks unread"


def test_flags_are_octal():
    found = descriptor(LINK, HEAD + b"settime flags: 011\n")
    assert found.settime_flags == ["absolute", "0x8"]


def test_a_timer_that_is_not_set():
    rest = b"clockid: 7\nticks: 0\nsettime flags: 00\nit_value: (0, 0)\nit_interval: (0, 0)\n"
    assert told(LINK, HEAD + rest) == {
        "kind": "timerfd",
        "inode": 1039,
        "mount_id": 17,
        "clock": "boottime",
        "ticks": 0,
        "settime_flags": [],
        "remaining_s": 0.0,
        "interval_s": 0.0,
    }
    assert descriptor(LINK, HEAD + rest).describe() == "boottime clock, not set"


def test_a_timer_that_has_gone_off_and_waits_to_be_read_is_not_called_unset():
    rest = b"clockid: 1\nticks: 1\nsettime flags: 00\nit_value: (0, 0)\nit_interval: (0, 10000000)\n"
    assert descriptor(LINK, HEAD + rest).describe() == "monotonic clock, gone off, every 0.01 s, 1 tick unread"


@pytest.mark.parametrize(
    ("number", "name"), [(1, "monotonic"), (8, "realtime-alarm"), (9, "boottime-alarm"), (11, "11")]
)
def test_clocks_have_the_names_of_the_manual_and_others_their_number(number, name):
    assert told(LINK, HEAD + b"clockid: %d\n" % number)["clock"] == name


def test_before_3_17_nothing_is_told():
    assert told(LINK, OLD) == {"kind": "timerfd", "mount_id": 9}
    assert descriptor(LINK, OLD).describe() == "timer"


def test_a_time_that_is_no_pair_costs_a_problem():
    assert complaint(LINK, HEAD + b"it_value: 7\n").startswith("timerfd: ValueError")
