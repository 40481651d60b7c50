"""Pure: what a seccomp listener's fdinfo is read as."""

from reading import HEAD, descriptor, told


def test_the_kernel_tells_its_flags_and_nothing_else():
    assert told(b"anon_inode:seccomp notify", HEAD) == {"kind": "seccomp-notify", "inode": 1039, "mount_id": 17}
    assert descriptor(b"anon_inode:seccomp notify", HEAD).describe() == (
        "supervises system calls of a seccomp filter"
    )


def test_lines_of_newer_kernels_are_kept():
    assert told(b"anon_inode:seccomp notify", HEAD + b"waiting:\t1\n")["details"] == {"waiting": "1"}
