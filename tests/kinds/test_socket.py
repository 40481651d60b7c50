"""socket: its inode; or its name in a file system."""

import stat

from placing import PATH_ONLY, placed
from reading import HEAD, PLACE, complaint, descriptor, told


def test_a_socket_is_named_by_its_inode_and_extra_lines_are_kept():
    fdinfo = HEAD.replace(b"ino:\t1039", b"ino:\t4318724") + b"scm_fds: 2\n"
    assert told(b"socket:[4318724]", fdinfo) == {
        "kind": "socket",
        "name": "socket:[4318724]",
        "inode": 4318724,
        "mount_id": 17,
        "object": "socket:[4318724]",
        "details": {"scm_fds": "2"},
    }


def test_a_lock_of_a_path_is_no_detail():
    lock = b"lock:\t1: FLOCK  ADVISORY  WRITE 42 fe:00:99 0 EOF\n"
    node = placed(b"/run/s", PATH_ONLY + lock, file_type=stat.S_IFSOCK)
    assert (len(node.locks), node.details) == (1, None)


def test_a_path_too_long_to_be_told_may_lead_to_a_socket():
    node = placed(b"", PATH_ONLY, file_type=stat.S_IFSOCK)
    assert (node.inode, node.name, node.describe()) == (
        99,
        None,
        "a path too long to be told, the name of a socket",
    )


def test_a_path_to_a_socket_is_told_as_the_file_that_it_is():
    node = placed(b"/run/s", PATH_ONLY, file_type=stat.S_IFSOCK)
    assert (node.access, node.object, node.permissions) == ("path", "inode:254:0:99", "rw-r-----")
    assert node.describe() == "/run/s, the name of a socket"


def test_a_socket_that_is_held_as_a_place_is_not_taken_for_a_name_of_one():
    assert descriptor(b"socket:[7]", PLACE).describe() == "socket:[7]"


def test_a_link_without_a_number_is_a_problem():
    assert complaint(b"socket:[x]", HEAD).startswith("socket: ValueError")
