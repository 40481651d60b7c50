"""fuse: its connection, where the kernel tells it."""

import stat

import pytest
from placing import DEVICES, HEAD, placed

FUSE = {"mount": DEVICES, "file_type": stat.S_IFCHR, "number": (10, 229)}


@pytest.mark.parametrize(
    ("fdinfo", "connection", "identity", "line"),
    [
        (HEAD + b"fuse_connection:\t40\n", 40, "fuse:[40]", "/dev/fuse, connection 40"),
        (HEAD, None, None, "/dev/fuse"),  # none yet, or before Linux 6.16
    ],
)
def test_the_connection_is_told(fdinfo, connection, identity, line):
    found = placed(b"/dev/fuse", fdinfo, **FUSE)
    assert type(found).__name__ == "Fuse"
    assert (found.connection, found.object, found.details, found.describe()) == (connection, identity, None, line)
