"""Pure: what an epoll's fdinfo is read as."""

from reading import HEAD, OLD, PLACE, complaint, descriptor, told

LINK = b"anon_inode:[eventpoll]"
TARGETS = (
    b"tfd:        6 events: 10000019 data: fedcba9800000006  pos:0 ino:40f sdev:10\n"
    b"tfd:        3 events: 80002019 data:                3  pos:10 ino:e030 sdev:fe00001\n"
)


def test_targets_are_told_by_number_with_events_by_name_and_bases_of_their_own():
    assert told(LINK, HEAD + TARGETS) == {
        "kind": "epoll",
        "inode": 1039,
        "mount_id": 17,
        "targets": [
            {
                "fd": 3,
                "events": ["in", "err", "hup", "rdhup", "et"],
                "data": "0x3",
                "position": 10,
                "inode": 0xE030,
                "device": "254:1",
            },
            {
                "fd": 6,
                "events": ["in", "err", "hup", "exclusive"],
                "data": "0xfedcba9800000006",
                "position": 0,
                "inode": 0x40F,
                "device": "0:16",
            },
        ],
    }


def test_before_4_13_a_target_is_a_number_events_and_data():
    assert told(LINK, OLD + b"tfd:        5 events:       1d data: ffffffffffffffff\n") == {
        "kind": "epoll",
        "mount_id": 9,
        "targets": [{"fd": 5, "events": ["in", "out", "err", "hup"], "data": "0xffffffffffffffff"}],
    }


def test_every_event_has_its_name():
    line = b"tfd: 7 events: f80027ff data: 0\n"
    assert (
        told(LINK, HEAD + line)["targets"][0]["events"]
        == (
            "in pri out err hup nval rdnorm rdband wrnorm wrband msg rdhup uring_wake exclusive wakeup oneshot et"
        ).split()
    )


def test_an_event_without_a_name_stays_a_number():
    assert told(LINK, HEAD + b"tfd: 7 events: 801 data: 0\n")["targets"][0]["events"] == ["in", "0x800"]


def test_an_epoll_that_watches_nothing_says_so_and_one_that_cannot_be_read_does_not():
    assert told(LINK, HEAD)["targets"] == []
    assert descriptor(LINK, b"").targets is None
    assert descriptor(LINK, PLACE).targets is None
    assert descriptor(LINK, HEAD).describe() == "watches 0 descriptors"
    assert descriptor(LINK, b"").describe() == "epoll"
    assert descriptor(LINK, PLACE).describe() == "epoll"


def test_the_line_shows_a_few_targets_without_the_events_that_all_have():
    line = b"tfd: %d events: 19 data: 0\n"
    assert descriptor(LINK, HEAD + TARGETS).describe() == (
        "watches 2 descriptors: 3 (in rdhup et), 6 (in exclusive)"
    )
    assert descriptor(LINK, HEAD + b"".join(line % number for number in range(3, 9))).describe() == (
        "watches 6 descriptors: 3 (in), 4 (in), 5 (in), 6 (in) and 2 more"
    )


def test_a_line_that_is_not_understood_costs_a_problem():
    assert complaint(LINK, HEAD + b"tfd: x events: 19 data: 0\n").startswith("epoll: ValueError")
    assert complaint(LINK, HEAD + b"tfd: 7\n").startswith("epoll: KeyError")


def test_lines_of_newer_kernels_are_kept():
    assert told(LINK, HEAD + b"busy_poll:\t7\n")["details"] == {"busy_poll": "7"}
