"""regular: size and position, from what the kernel tells."""

from placing import HEAD, PATH_ONLY, placed, told

FILE = {"kind": "regular", "name": "/a", "size_bytes": 2000, "allocated_bytes": 4096}


def test_a_file_has_a_size_and_a_position():
    fdinfo = HEAD.replace(b"pos:\t0", b"pos:\t1234")
    assert told(b"/a", fdinfo, size=2000, blocks=8) == {**FILE, "position": 1234}
    assert placed(b"/a", fdinfo, size=2000).describe() == "/a, 2.0 KiB, at 1,234"


def test_a_path_of_a_file_has_no_position():
    assert told(b"/a", PATH_ONLY, size=2000, blocks=8) == {**FILE, "access": "path", "flags": ["cloexec"]}
