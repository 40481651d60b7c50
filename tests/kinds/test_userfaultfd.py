"""Pure: what a userfaultfd's fdinfo is read as."""

from reading import HEAD, OLD, complaint, descriptor, told

LINK = b"anon_inode:[userfaultfd]"


def test_faults_features_and_operations_are_told():
    text = HEAD + b"pending:\t1\ntotal:\t3\nAPI:\taa:80000103:80000000000001ff\n"
    assert told(LINK, text) == {
        "kind": "userfaultfd",
        "inode": 1039,
        "mount_id": 17,
        "object": "userfaultfd:[1039]",
        "faults_pending": 1,
        "faults": 3,
        "api": "0xaa",
        "features": ["pagefault_flag_wp", "event_fork", "thread_id", "initialized"],
        "ioctls": "register unregister wake copy zeropage move writeprotect continue poison api".split(),
    }
    assert descriptor(LINK, text).describe() == (
        "3 page faults wait, 1 unread; pagefault_flag_wp event_fork thread_id initialized"
    )


def test_without_an_inode_of_its_own_it_has_no_identity():
    assert told(LINK, OLD + b"pending:\t0\ntotal:\t0\nAPI:\taa:0:800000000000003c\n") == {
        "kind": "userfaultfd",
        "mount_id": 9,
        "faults_pending": 0,
        "faults": 0,
        "api": "0xaa",
        "features": [],
        "ioctls": ["wake", "copy", "zeropage", "move", "api"],
    }


def test_nothing_told_is_nothing_said():
    assert told(LINK, OLD) == {"kind": "userfaultfd", "mount_id": 9}
    assert descriptor(LINK, OLD).describe() == "page faults"
    assert complaint(LINK, HEAD + b"API:\taa\n").startswith("userfaultfd: ValueError")
