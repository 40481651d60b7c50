"""Pure: what a landlock ruleset's fdinfo is read as."""

from reading import HEAD, descriptor, told

LINK = b"anon_inode:[landlock-ruleset]"


def test_the_kernel_tells_its_flags_and_nothing_else():
    assert told(LINK, HEAD) == {"kind": "landlock", "inode": 1039, "mount_id": 17}
    assert descriptor(LINK, HEAD).describe() == "ruleset"


def test_lines_of_newer_kernels_are_kept_even_without_a_colon():
    assert told(LINK, HEAD + b"a line\nrules:\t1\nanother\nrules:\t2\n")["details"] == {
        "": "a line; another",
        "rules": "1; 2",
    }
