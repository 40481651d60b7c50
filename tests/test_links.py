"""Which descriptors refer to one object, and sums over threads."""

from fdscope.kinds import KINDS
from fdscope.links import objects
from fdscope.model import Holder, Object, Process, Switches, kind_name
from fdscope.switches import total

KIND = {kind_name(kind): kind for kind in KINDS}


def pipe(fd, number):
    return KIND["pipe"](fd=fd, object=None if number is None else f"pipe:[{number}]")


def test_an_object_that_several_hold_is_told_once_with_all_of_them():
    processes = [
        Process(pid=1, name="a", descriptors=[pipe(0, 5), pipe(1, 6), pipe(2, None), pipe(3, 5)]),
        Process(pid=2, descriptors=[pipe(0, 5), pipe(1, 7), pipe(2, None)]),
        Process(pid=3, name="c"),
        Process(pid=4, name="d", descriptors=[pipe(1, 7)]),
    ]
    assert objects(processes) == [
        Object(
            id="pipe:[5]",
            kind="pipe",
            holders=[
                Holder(pid=1, fd=0, process="a"),
                Holder(pid=1, fd=3, process="a"),
                Holder(pid=2, fd=0),
            ],
        ),
        Object(id="pipe:[7]", kind="pipe", holders=[Holder(pid=2, fd=1), Holder(pid=4, fd=1, process="d")]),
    ]


def test_two_processes_that_hold_it_by_one_number_both_hold_it():
    (shared,) = objects([Process(pid=1, descriptors=[pipe(0, 5)]), Process(pid=2, descriptors=[pipe(0, 5)])])
    assert shared.holders == [Holder(pid=1, fd=0), Holder(pid=2, fd=0)]


def counted(voluntary, involuntary, threads, exited):
    return Switches(
        voluntary=voluntary, involuntary=involuntary, threads_counted=threads, exited_threads_included=exited
    )


def test_switches_are_summed_over_the_threads_that_are_known():
    assert total([counted(1, 10, 1, True), None, counted(2, 20, 3, False)]) == counted(3, 30, 4, False)
    assert total([counted(1, 10, 1, True), counted(2, 20, 1, True)]) == counted(3, 30, 2, True)
    assert total([None, None]) is total([]) is None
