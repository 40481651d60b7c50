"""dma-buf: recorded forms, as no specimen can be made (Documentation/filesystems/proc.rst, drivers/dma-buf)."""

from placing import placed
from reading import HEAD, OLD, descriptor, told

LINES = b"size:\t8294400\ncount:\t2\nexp_name:\tvb2_dma_contig\n"


def test_a_buffer_tells_size_references_exporter_and_name():
    assert told(b"/dmabuf:camera", HEAD + LINES + b"name:\tcamera\n") == {
        "kind": "dma-buf",
        "name": "camera",
        "inode": 1039,
        "mount_id": 17,
        "object": "dma-buf:[1039]",
        "size_bytes": 8294400,
        "references": 2,
        "exporter": "vb2_dma_contig",
    }


def test_a_buffer_without_a_name_and_its_inode_from_fstat():
    found = placed(b"/dmabuf:", HEAD.replace(b"ino:\t1039\n", b"") + LINES, mount=None)
    assert (found.name, found.object) == (None, "dma-buf:[99]")
    assert found.describe() == "7.9 MiB, exported by vb2_dma_contig"
    later = descriptor(b"/dmabuf:", HEAD + LINES + b"name:\tcamera\n")  # it was named after it was opened
    assert later.name == "camera"


def test_a_name_with_a_line_break_forges_no_other_line():
    found = descriptor(b"/dmabuf:a\nsize:\t1", HEAD + LINES + b"name:\ta\nsize:\t1\n")
    assert (found.name, found.size_bytes) == ("a\nsize:\t1", 8294400)


def test_before_linux_5_3_all_buffers_share_the_anonymous_inode():
    assert descriptor(b"anon_inode:dmabuf", HEAD).object is None
    found = descriptor(b"anon_inode:dmabuf", OLD)
    assert (type(found).__name__, found.object, found.name, found.describe()) == ("DmaBuf", None, None, "a buffer")
