"""Pure: what a perf event's fdinfo is read as."""

from reading import HEAD, descriptor, told

LINK = b"anon_inode:[perf_event]"


def test_the_kernel_tells_its_flags_and_nothing_else():
    assert told(LINK, HEAD) == {"kind": "perf-event", "inode": 1039, "mount_id": 17}
    assert descriptor(LINK, HEAD).describe() == "performance counter"


def test_lines_of_newer_kernels_are_kept():
    assert told(LINK, HEAD + b"perf_event_attr.type:\t1\n")["details"] == {"perf_event_attr.type": "1"}
