"""Bars, shares and cut text, on consoles that can show more and less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope.quantity import percent
from fdscope.report.style import Style, columns


def test_a_share_that_would_round_to_nothing_is_less_than_one_percent():
    told = [percent(share) for share in (0, 0.001, 0.0049, 0.005, 0.01, 0.049, 0.8, 1, 1.5)]
    assert told == ["0 %", "<1 %", "<1 %", "0 %", "1 %", "5 %", "80 %", "100 %", "150 %"]


@pytest.mark.parametrize(
    ("share", "blocks", "plain"),
    [
        (0, "········", "........"),
        (0.0001, "▏·······", "........"),
        (0.5, "████····", "####...."),
        (0.55, "████▍···", "####...."),
        (1, "████████", "########"),
        (-1, "········", "........"),
        (2, "████████", "########"),
    ],
)
def test_a_bar_is_as_long_as_its_share_and_never_empty_for_a_small_one(share, blocks, plain):
    assert Style().bar(share, 8) == blocks
    assert Style(unicode=False).bar(share, 8) == plain


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 40), st.booleans())
def test_a_bar_has_the_length_that_was_asked_for(share, length, unicode):
    assert len(Style(unicode=unicode).bar(share, length)) == length


def test_wide_characters_take_two_columns_and_combining_ones_none():
    assert [columns(text) for text in ("", "abc", "日本", "\uff21\uff22", "é", "e\u0301", "🦉")] == [
        0,
        3,
        4,
        4,
        1,
        1,
        2,
    ]


def test_text_is_cut_with_an_ellipsis_that_the_console_can_show():
    assert Style().cut("abcdef", 6) == "abcdef"
    assert Style().cut("abcdefg", 6) == "abcde…"
    assert Style(unicode=False).cut("abcdefg", 6) == "abc..."
    assert Style().cut("日本語日本語", 6) == "日本…"


@given(st.text(), st.integers(3, 30), st.booleans())
def test_cut_text_is_a_beginning_in_at_most_that_many_columns(text, width, unicode):
    style = Style(unicode=unicode)
    cut = style.cut(text, width)
    if columns(text) <= width:
        assert cut == text
    else:
        mark = "…" if unicode else "..."
        assert text.startswith(cut.removesuffix(mark))
        assert cut.endswith(mark)
        assert columns(cut) <= width


def test_colours_are_there_only_where_they_are_wanted():
    coloured, plain = Style(colour=True), Style(colour=False)
    told = [
        (style.title("a"), style.quiet("a"), style.warning("a"), style.alarm("a")) for style in (coloured, plain)
    ]
    assert told == [
        ("\x1b[1ma\x1b[0m", "\x1b[2ma\x1b[0m", "\x1b[33ma\x1b[0m", "\x1b[31ma\x1b[0m"),
        ("a", "a", "a", "a"),
    ]
