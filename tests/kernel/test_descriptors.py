"""Descriptor tables that cannot be read, and descriptors that need not be waited for."""

import os
from errno import ENOENT

import pytest

from fdscope.kernel.descriptors import descriptors
from fdscope.kernel.mounts import TMPFS, Mounts
from fdscope.kernel.patience import Patience
from fdscope.kernel.root import Proc


@pytest.mark.parametrize(("tid", "told"), [(None, [("descriptors", ENOENT)]), (43, [])])
def test_the_table_of_a_thread_that_has_ended_is_not_taken_for_that_of_its_process(tid, told, tmp_path):
    (tmp_path / "42" / "fdinfo").mkdir(parents=True)
    with Proc(str(tmp_path)) as root, root.process(42) as task:
        found = list(descriptors(task, 42, tid, Mounts(root), Patience(1)))
    assert [(one.what, one.errno) for one in found] == told


def test_memory_of_the_kernel_is_known_by_its_mount_and_never_waited_for(monkeypatch):
    """Its mount is in no table, as that of a detached file system is, which may wait for its server."""
    monkeypatch.setattr(Patience, "ask", lambda self, record, *rest: pytest.fail(f"put off: {record}"))
    memory = os.memfd_create("any\nname")
    try:
        with Proc() as root, root.process(os.getpid()) as task:
            mounts, patience = Mounts(root), Patience(1)
            (found,) = descriptors(task, os.getpid(), None, mounts, patience, numbers=[memory])
        assert (found.mount, found.magic) == (None, TMPFS)
        assert found.status.st_ino == os.fstat(memory).st_ino
    finally:
        os.close(memory)
