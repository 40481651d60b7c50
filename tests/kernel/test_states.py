"""What a task is to the kernel, by its stat file."""

import pytest

from fdscope.kernel.root import Proc
from fdscope.kernel.states import has_ended, is_ending, is_of_kernel

RUNS, KERNEL, WORKER, EXITING = (
    b"1 (a) b) R 0 1 1 0 -1 %d 0\n" % (flags | 0x400000) for flags in (0, 0x200000, 0x10, 0x4)
)


@pytest.mark.parametrize(
    ("stat", "ended"),
    [(b"1 (x) Z 0", True), (b"1 (x) X 0", True), (b"1 (x) S 0", False), (b"1 () Z ) S 0", False), (b"", False)],
)
def test_a_task_that_has_ended_is_a_zombie_or_dead(stat, ended):
    assert has_ended(stat) is ended


@pytest.mark.parametrize(
    ("stat", "told"), [(KERNEL, True), (WORKER, True), (RUNS, False), (EXITING, False), (b"1 (x) R 0", False)]
)
def test_threads_of_the_kernel_and_workers_of_io_uring_are_told_by_their_flags(stat, told):
    assert is_of_kernel(stat) is told


@pytest.mark.parametrize(
    ("stat", "told"), [(RUNS, False), (EXITING, True), (b"1 (x) Z 0", True), (b"1 (x) R 0", False), (None, True)]
)
def test_a_task_is_ending_from_the_flag_on_and_when_it_is_gone(tmp_path, stat, told):
    if stat is not None:
        (tmp_path / "7").mkdir()
        (tmp_path / "7" / "stat").write_bytes(stat)
    with Proc(str(tmp_path)) as proc:
        assert is_ending(proc, b"7/") is told
