"""sync-file: that it is one (drivers/dma-buf/sync_file.c)."""

from reading import HEAD, descriptor, told


def test_a_fence_tells_nothing_but_itself():
    assert told(b"anon_inode:sync_file", HEAD) == {"kind": "sync-file", "inode": 1039, "mount_id": 17}
    assert descriptor(b"anon_inode:sync_file", HEAD).describe() == "a fence of a device's work"
