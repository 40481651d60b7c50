"""Descriptor tables that cannot be read."""

import pytest

from fdscope.kernel.descriptors import descriptors
from fdscope.kernel.mounts import Mounts
from fdscope.kernel.patience import Patience
from fdscope.kernel.root import Proc


@pytest.mark.parametrize(("tid", "what"), [(None, "descriptors"), (43, "descriptors of thread 43")])
def test_the_table_of_a_thread_that_has_ended_is_not_taken_for_that_of_its_process(tid, what, tmp_path):
    (tmp_path / "42" / "fdinfo").mkdir(parents=True)
    with Proc(str(tmp_path)) as root, root.process(42) as task:
        found = list(descriptors(task, 42, tid, Mounts(root), Patience(1)))
    assert [one.what for one in found] == [what]
