"""Work in a process of its own: its answer, its failure, its end, and what becomes of it when it hangs."""

import os
import resource
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from children import until

from fdscope.kernel.apart import DONE, FAILED, LATE, Apart


def children_of(pid):
    """The processes that a process has begun."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def is_there(pid):
    return os.path.exists(f"/proc/{pid}")


def test_each_piece_of_work_is_done_in_another_process_and_its_cpu_time_is_told():
    def work():
        end = time.process_time() + 0.02
        while time.process_time() < end:
            pass
        return str(os.getpid()).encode() * 100_000

    with Apart(work) as apart:
        first, second = apart.ask(30), apart.ask(30)
    assert (first.result, second.result) == (DONE, DONE)
    assert first.data != second.data
    assert len(set(first.data.decode().split(str(int(first.data[: len(first.data) // 100_000]))))) == 1
    assert first.cpu_s >= 0.02


def test_work_that_fails_says_why_and_the_next_one_is_done():
    tries = os.pipe()
    os.write(tries[1], b"v")

    def work():
        os.set_blocking(tries[0], False)
        if os.read(tries[0], 1):
            raise ValueError("there is no such thing")
        return b"never"

    with Apart(work) as apart:
        failed = apart.ask(30)
        assert (failed.result, failed.data) == (FAILED, b"there is no such thing")
        assert apart.ask(30).data == b"BlockingIOError: [Errno 11] Resource temporarily unavailable"
    for number in tries:
        os.close(number)


def test_work_that_is_killed_has_failed_without_a_word():
    with Apart(lambda: os.kill(os.getpid(), signal.SIGKILL)) as apart:
        answer = apart.ask(30)
        assert (answer.result, answer.data) == (FAILED, b"")


def test_work_that_hangs_is_late_and_is_ended():
    with Apart(lambda: time.sleep(60)) as apart:
        began = time.monotonic()
        assert apart.ask(0.1)[::2] == (LATE, b"")
        assert time.monotonic() - began < 20
        until(lambda: all(map(is_zombie, children_of(apart._pid))))


def is_zombie(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_when_no_more_processes_can_begin_it_says_so_and_goes_on():
    with Apart(lambda: b"done") as apart:
        usual = resource.prlimit(
            apart._pid, resource.RLIMIT_NOFILE, (0, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        )
        assert apart.ask(30) == (FAILED, 0, b"no look can begin: Too many open files")
        resource.prlimit(apart._pid, resource.RLIMIT_NOFILE, usual)
        assert apart.ask(30).data == b"done"


def test_when_it_is_closed_its_processes_end():
    with Apart(lambda: b"done") as apart:
        helper = apart._pid
        assert apart.ask(30).data == b"done"
        assert not apart.has_ended_within(0)
    assert not is_there(helper)


def test_a_helper_that_is_killed_is_missed_at_once():
    with Apart(lambda: b"done") as apart:
        os.kill(apart._pid, signal.SIGKILL)
        assert apart.has_ended_within(30)
        with pytest.raises(EOFError):
            apart.ask(30)


def test_work_that_hangs_ends_with_a_helper_that_is_killed():
    with Apart(lambda: time.sleep(60)) as apart, ThreadPoolExecutor() as threads:
        answer = threads.submit(apart.ask, 60)
        until(lambda: children_of(apart._pid))
        (working,) = children_of(apart._pid)
        os.kill(apart._pid, signal.SIGKILL)
        until(lambda: is_zombie(working))
        with pytest.raises(EOFError):
            answer.result(30)


def test_work_that_hangs_ends_with_the_process_that_wants_it():
    reader, writer = os.pipe()

    def work():
        os.write(writer, b"%d %d" % (os.getpid(), os.getppid()))
        time.sleep(60)

    pid = os.fork()
    if not pid:
        try:
            Apart(work).ask(60)
        finally:
            os._exit(0)
    those = [int(word) for word in os.read(reader, 100).split()]
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    until(lambda: all(map(is_zombie, those)))
    os.close(reader)
    os.close(writer)


def test_it_can_be_closed_while_another_thread_waits_for_work_that_hangs():
    with ThreadPoolExecutor() as threads:
        with Apart(lambda: time.sleep(60)) as apart:
            answer = threads.submit(apart.ask, 60)
            until(lambda: children_of(apart._pid))
        assert answer.result(30)[::2] == (LATE, b"")
    assert not is_there(apart._pid)
