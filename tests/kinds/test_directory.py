"""directory: neither size nor position."""

import stat

from placing import HEAD, placed, told


def test_a_directory_has_links_and_space_but_no_size_and_no_position():
    fdinfo = HEAD.replace(b"pos:\t0", b"pos:\t9223372036854775807")
    told_of_it = told(b"/d", fdinfo, file_type=stat.S_IFDIR, links=3, size=4096, blocks=8)
    assert told_of_it == {"kind": "directory", "name": "/d", "links": 3, "allocated_bytes": 4096}
    assert placed(b"/d", file_type=stat.S_IFDIR).describe() == "/d"
