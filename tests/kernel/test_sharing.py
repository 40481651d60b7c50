"""Those who ask at once share one piece of work, and nobody waits longer than was said."""

import threading
import time

import pytest
from children import until

from fdscope.kernel.sharing import Shared


class Work:
    """Work that ends when the test lets it."""

    def __init__(self):
        self.begun = 0
        self.gate = threading.Semaphore(0)
        self.fails = False

    def __call__(self):
        self.begun += 1
        self.gate.acquire()
        return None if self.fails else self.begun


@pytest.fixture
def sharing():
    """Makes one that shares, whose thread ends with the test."""
    made = []

    def make(work):
        made.append(Shared(work))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_all_who_ask_while_work_is_done_have_its_result(sharing):
    work = Work()
    shared, found = sharing(work), []
    threads = [threading.Thread(target=lambda: found.append(shared.get(30))) for _ in range(8)]
    for one in threads:
        one.start()
    until(lambda: work.begun == 1)
    work.gate.release()
    for one in threads:
        one.join()
    assert found == [(1, True)] * 8


def test_who_has_waited_long_enough_has_what_there_was_before_and_the_work_goes_on(sharing):
    work = Work()
    shared = sharing(work)
    assert shared.get(0.01) == (None, False)
    work.gate.release()
    until(lambda: shared._ended == 1)
    until(lambda: time.monotonic() > shared._fresh_until)
    assert shared.get(0.01) == (1, False)
    work.gate.release()
    assert shared.get(30) == (2, True)


def test_what_has_just_been_found_serves_for_a_while_as_long_as_it_took(sharing):
    work = Work()
    shared = sharing(work)
    began = time.monotonic()
    assert shared.get(0.01) == (None, False)
    work.gate.release()
    until(lambda: shared._ended == 1)
    assert 0.01 <= shared._fresh_until - began <= 1 + time.monotonic() - began
    shared._fresh_until += 60  # however busy the machine is
    assert shared.get(30) == (1, True)
    assert work.begun == 1


def test_work_that_fails_leaves_what_was_found_before(sharing):
    work = Work()
    shared = sharing(work)
    work.gate.release()
    assert shared.get(30) == (1, True)
    work.fails = True
    until(lambda: time.monotonic() > shared._fresh_until)
    work.gate.release()
    assert shared.get(30) == (1, True)
    assert work.begun == 2
