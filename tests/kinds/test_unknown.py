"""A descriptor whose type could not be read is not taken for something that it may not be."""

import msgspec
from reading import HEAD, descriptor, told

FILE = {"kind": "unknown", "mount_id": 17, "inode": 1039}


def test_a_path_without_an_answer_of_stat_keeps_its_name():
    assert told(b"/mnt/dead/file", HEAD) == {**FILE, "name": "/mnt/dead/file", "deleted": False}
    assert told(b"/mnt/dead/file (deleted)", HEAD) == {**FILE, "name": "/mnt/dead/file", "deleted": True}
    assert descriptor(b"/mnt/dead/file", HEAD).describe() == "/mnt/dead/file, of unknown type"
    gone = descriptor(b"/mnt/dead/file (deleted)", HEAD)
    assert gone.describe() == "/mnt/dead/file, deleted, of unknown type"


def test_a_link_that_could_not_be_read_has_no_name():
    assert told(b"", HEAD) == FILE
    assert descriptor(b"", HEAD).describe() == "a link that could not be read, of unknown type"


def test_an_unknown_descriptor_promises_nothing():
    assert msgspec.to_builtins(sorted(descriptor(b"", HEAD).verbs)) == []
