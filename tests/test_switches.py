"""Sums of context switches over threads."""

from fdscope.model import Switches
from fdscope.switches import total


def counted(voluntary, involuntary, threads, exited):
    return Switches(
        voluntary=voluntary, involuntary=involuntary, threads_counted=threads, exited_threads_included=exited
    )


def test_switches_are_summed_over_the_threads_that_are_known():
    assert total([counted(1, 10, 1, True), None, counted(2, 20, 3, False)]) == counted(3, 30, 4, False)
    assert total([counted(1, 10, 1, True), counted(2, 20, 1, True)]) == counted(3, 30, 2, True)
    assert total([None, None]) is total([]) is None
