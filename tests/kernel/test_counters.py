"""What a watch reads of a process again and again."""

import os

from fdscope.kernel.counters import Counters
from fdscope.kernel.root import Proc


def test_descriptors_are_counted_by_listing_them_where_the_kernel_does_not(holder):
    held = len(os.listdir(f"/proc/{holder.pid}/fd"))
    with Proc("/proc") as root:
        counters = Counters.of(root, holder.pid, [10])
        try:
            assert counters.listed_count() == held
            assert counters.descriptor_count() in (held, None)
        finally:
            counters.close()
