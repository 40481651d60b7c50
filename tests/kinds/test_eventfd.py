"""Pure: what an eventfd's fdinfo is read as."""

import pytest
from reading import HEAD, OLD, complaint, descriptor, told

LINK = b"anon_inode:[eventfd]"


def test_the_count_is_hexadecimal_and_the_id_is_not():
    text = HEAD + b"eventfd-count:               1f\neventfd-id: 12\neventfd-semaphore: 1\n"
    assert told(LINK, text) == {
        "kind": "eventfd",
        "inode": 1039,
        "mount_id": 17,
        "object": "eventfd:[12]",
        "count": 31,
        "semaphore": True,
        "eventfd_id": 12,
    }
    assert descriptor(LINK, text).describe() == "counter 31, semaphore, id 12"


def test_an_ordinary_counter_may_be_as_large_as_64_bits():
    found = descriptor(LINK, HEAD + b"eventfd-count: fffffffffffffffe\neventfd-id: 0\neventfd-semaphore: 0\n")
    assert (found.count, found.semaphore, found.object) == (2**64 - 2, False, "eventfd:[0]")
    assert found.describe() == "counter 18446744073709551614, id 0"


def test_before_5_2_it_has_no_identity_and_before_3_8_no_count():
    assert told(LINK, OLD + b"eventfd-count: 7\n") == {"kind": "eventfd", "mount_id": 9, "count": 7}
    assert descriptor(LINK, OLD).describe() == "counter"


@pytest.mark.parametrize("line", [b"eventfd-count: x\n", b"eventfd-id: 1f\n", b"eventfd-semaphore: yes\n"])
def test_a_number_that_is_none_costs_a_problem(line):
    assert complaint(LINK, HEAD + line).startswith("eventfd: ValueError")


def test_lines_of_newer_kernels_are_kept():
    assert told(LINK, HEAD + b"eventfd-count: 1\neventfd-owner: 7\n")["details"] == {"eventfd-owner": "7"}
