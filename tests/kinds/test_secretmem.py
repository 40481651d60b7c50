"""secretmem: its size, and not the suffix of its link."""

from placing import placed, told

GONE = dict.fromkeys(("deleted", "links", "filesystem", "source", "mount_point"))


def test_secret_memory_is_neither_deleted_nor_linked():
    assert told(b"/secretmem (deleted)", mount=None, size=4096, mode=0o600) == GONE | {
        "kind": "secretmem",
        "name": "secretmem",
        "size_bytes": 4096,
        "allocated_bytes": 0,
        "permissions": "rw-------",
    }
    assert placed(b"/secretmem (deleted)", mount=None, size=4096).describe() == "secretmem, 4.0 KiB"
