"""Pure: what an eventfd's fdinfo is read as."""

from reading import HEAD, OLD, complaint, descriptor, told

LINK = b"anon_inode:[eventfd]"
LINES = b"eventfd-count:               1f\neventfd-id: 12\neventfd-semaphore: 1\n"


def test_the_count_is_hexadecimal_and_the_id_decimal():
    assert told(LINK, HEAD + LINES) == {
        "kind": "eventfd",
        "inode": 1039,
        "mount_id": 17,
        "object": "eventfd:[12]",
        "count": 31,
        "semaphore": True,
        "eventfd_id": 12,
    }
    assert descriptor(LINK, HEAD + LINES).describe() == "counter 31, semaphore, id 12"


def test_before_5_2_the_count_is_all_that_is_told():
    old = OLD + b"eventfd-count:                0\n"
    assert told(LINK, old) == {"kind": "eventfd", "mount_id": 9, "count": 0}
    assert descriptor(LINK, old).describe() == "counter 0"


def test_a_count_that_is_none_costs_a_problem():
    assert complaint(LINK, HEAD + b"eventfd-count: many\n").startswith("eventfd: ValueError")


def test_lines_of_newer_kernels_are_kept():
    assert told(LINK, HEAD + LINES + b"eventfd-owner: 7\n")["details"] == {"eventfd-owner": "7"}
