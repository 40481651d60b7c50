"""Which descriptors share an open file description, as kcmp(2) tells it."""

import functools
import os

import pytest

from fdscope.kernel.sameness import Sameness


@pytest.fixture
def sameness():
    one = Sameness()
    if one.file_order(os.getpid(), 0, os.getpid(), 0) is None:
        pytest.skip(f"kcmp(2) is refused here: {one.refused}")
    return one


@pytest.fixture
def files():
    """Nine open file descriptions of one file."""
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(9)]
    yield [(os.getpid(), number) for number in held]
    for number in held:
        os.close(number)


def in_order(places, sameness):
    def compare(one, other):
        return (0, -1, 1)[sameness.file_order(*one, *other)]

    return sorted(places, key=functools.cmp_to_key(compare))


def test_a_duplicate_is_found_among_others_of_the_same_file(files, sameness):
    places = in_order(files, sameness)
    for number, (pid, fd) in enumerate(places):
        twin = os.dup(fd)
        assert sameness.place_among((pid, twin), places) == number
        os.close(twin)


def test_another_opening_of_the_same_file_is_not_found(files, sameness):
    first, *rest = files
    assert sameness.place_among(first, in_order(rest, sameness)) is None
    assert sameness.place_among(first, []) is None


def test_of_a_process_that_is_gone_nothing_is_found_and_nothing_is_refused(files, sameness):
    gone = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(gone, 0)
    assert sameness.place_among((gone, 0), in_order(files, sameness)) is None
    assert sameness.place_among((os.getpid(), 100_000), in_order(files, sameness)) is None
    assert (sameness.is_gone((gone, 0)), sameness.is_gone((os.getpid(), 100_000))) == (True, True)
    assert not sameness.is_gone(files[0])
    assert sameness.refused is None
