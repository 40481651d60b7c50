"""Pure: what a signalfd's fdinfo is read as."""

from reading import HEAD, OLD, complaint, descriptor, told

LINK = b"anon_inode:[signalfd]"


def test_the_mask_is_told_as_names():
    text = HEAD + b"sigmask:\t0000000800000201\n"
    assert told(LINK, text) == {
        "kind": "signalfd",
        "inode": 1039,
        "mount_id": 17,
        "accepts": ["SIGHUP", "SIGUSR1", "SIGRTMIN+2"],
    }
    assert descriptor(LINK, text).describe() == "SIGHUP, SIGUSR1, SIGRTMIN+2"


def test_the_line_shows_eight_of_many_signals():
    line = "SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE"
    assert descriptor(LINK, HEAD + b"sigmask:\t00000000000000ff\n").describe() == line
    assert descriptor(LINK, HEAD + b"sigmask:\t0000000000000fff\n").describe() == f"{line} and 4 more"


def test_an_empty_mask_and_an_untold_one_differ():
    assert told(LINK, HEAD + b"sigmask:\t0000000000000000\n")["accepts"] == []
    assert descriptor(LINK, HEAD + b"sigmask:\t0000000000000000\n").describe() == "no signal"
    assert told(LINK, OLD) == {"kind": "signalfd", "mount_id": 9}
    assert descriptor(LINK, OLD).describe() == "signals"


def test_a_mask_that_is_not_hexadecimal_costs_a_problem():
    assert complaint(LINK, HEAD + b"sigmask:\tall\n").startswith("signalfd: ValueError")
