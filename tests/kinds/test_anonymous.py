"""Pure: what no other kind knows keeps its own name."""

import pytest
from reading import HEAD, descriptor, told


@pytest.mark.parametrize(
    ("link", "name"),
    [(b"anon_inode:[new]", "[new]"), (b"anon_inode:new", "new"), (b"odd:[7]", "odd:[7]"), (b"odd", "odd")],
)
def test_the_name_is_the_kernels(link, name):
    assert told(link, HEAD) == {"kind": "anonymous", "inode": 1039, "mount_id": 17, "name": name}
    assert descriptor(link, HEAD).describe() == name


def test_the_lines_are_kept_word_for_word():
    found = descriptor(b"anon_inode:[new]", HEAD + b"size:\t7\nstate: a b\n")
    assert (found.details, found.describe()) == ({"size": "7", "state": "a b"}, "[new] · size 7, state a b")
