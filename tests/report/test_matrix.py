"""How far "everything is a file" carries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import KIND

from fdscope.report.matrix import matrix, sentence
from fdscope.report.style import Style, wrapped


def of(**counts):
    return [KIND[kind](fd=fd) for kind, count in counts.items() for fd in range(count)]


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ({}, "It holds no descriptor."),
        ({"regular": 2}, "Every descriptor has a name in a file system; none can be polled."),
        ({"pipe": 1}, "1 of 1 descriptor has no name in any file system; all can be polled."),
        (
            {"pipe": 2, "regular": 1},
            "2 of 3 descriptors have no name in any file system; all but 1 can be polled.",
        ),
        ({"pipe": 1, "regular": 1}, "1 of 2 descriptors has no name in any file system; all but 1 can be polled."),
        ({"fifo": 1, "regular": 2}, "Every descriptor has a name in a file system; only 1 can be polled."),
        ({"memfd": 1200}, "1,200 of 1,200 descriptors have no name in any file system; none can be polled."),
    ],
)
def test_a_sentence_says_how_many_have_a_name_and_can_be_polled(held, told):
    assert sentence(of(**held)) == told


def test_the_most_frequent_kind_comes_first_and_one_that_moves_nothing_says_so():
    rows = "".join(matrix(of(pipe=1, landlock=2, eventfd=1), Style())).splitlines()
    assert [row.split()[:2] for row in rows[:4]] == [
        ["KIND", "HELD"],
        ["landlock", "2"],
        ["eventfd", "1"],
        ["pipe", "1"],
    ]
    assert rows[1].split()[2:] == ["-", "-", "-", "-", "-", "nothing", "-"]


@given(st.text(), st.integers(1, 40))
def test_wrapped_text_keeps_its_words_in_lines_that_fit(text, width):
    lines = list(wrapped(text, width))
    assert " ".join(lines).split() == text.split()
    assert [line for line in lines if len(line) > width and " " in line] == []
    assert [line for line in lines if not line] == []


def test_a_line_is_as_full_as_it_may_be():
    assert list(wrapped("ab cd ef", 5)) == ["ab cd", "ef"]
    assert list(wrapped("ab cd ef", 4)) == ["ab", "cd", "ef"]
