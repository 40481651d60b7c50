"""symlink: the link itself."""

import stat

from placing import PATH_ONLY, placed, told

FDINFO = PATH_ONLY.replace(b"012000000", b"012400000")


def test_a_symbolic_link_has_its_own_path_and_the_length_of_its_target():
    found = told(b"/l", FDINFO, file_type=stat.S_IFLNK, size=7)
    assert found == {
        "kind": "symlink",
        "name": "/l",
        "access": "path",
        "flags": found["flags"],
        "size_bytes": 7,
        "allocated_bytes": 0,
    }
    assert "nofollow" in found["flags"]
    assert placed(b"/l", FDINFO, file_type=stat.S_IFLNK, size=7).describe() == "/l, 7 B"
