"""The table of fdscope top: rows, orders, the lines above, and what is completed of an expression."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fdscope.frame import Outline
from fdscope.report import top
from fdscope.report.spans import ALARM, QUIET, TITLE, WARNING, Span, fitted, of_report
from fdscope.report.style import Style, columns
from fdscope.selection import UsageError

ASCII = Style(unicode=False)


def outline(pid=7, name="web", **more):
    facts = {"voluntary_per_s": 3.0, "involuntary_per_s": 0.4, "descriptors": 12, "limit": 1024}
    return Outline(pid, name, **facts | more)


def text(line):
    return "".join(span.text for span in line).rstrip()


def row(one, told=None, trend=(), width=80, style=ASCII):
    return top.row(one, told, trend, width, style)


def test_a_row_stands_under_its_headings():
    assert text(top.head(80)) == ("    PID NAME             FDS LIMIT  GROWN  VOL/S  INV/S TREND     MODELS")
    assert (
        text(row(outline(growth=3), trend=[1.0, 3.4]))
        == "      7 web               12    1%     +3      3      0       .#"
    )


def test_what_is_near_its_limit_stands_out():
    calm, near = outline(), outline(descriptors=900, growth=5, seconds_to_limit=60.0)
    soon, kernel = outline(growth=5, seconds_to_limit=6000.0), outline(is_kernel=True)

    def marked(one):
        return [(span.text.strip(), span.look) for span in row(one) if span.look]

    assert marked(calm) == []
    assert marked(near) == [("88%", ALARM), ("+5", ALARM)]
    assert marked(soon) == [("+5", WARNING)]
    assert [span.look for span in row(kernel)] == [QUIET]


def test_what_may_not_be_known_is_a_question_mark():
    assert text(row(outline(descriptors=None, limit=None))).split() == ["7", "web", "?", "3", "0"]


def test_a_hostile_name_stays_text_in_its_column():
    one = outline(name="[red]x[/]\x1b[2J\u202e")
    assert "[red]x[/]\\x1" in text(row(one, style=Style()))
    assert text(row(one)).isprintable()


@given(
    st.text(max_size=20),
    st.integers(0, 1 << 40),
    st.floats(0, 1e9),
    st.integers(-(1 << 24), 1 << 24),
    st.integers(80, 300),
    st.booleans(),
)
@settings(max_examples=40)
def test_rows_of_any_process_have_their_columns_at_the_same_places(name, held, rate, growth, width, unicode):
    style = Style(unicode=unicode)
    one = outline(name=name, descriptors=held % (1 << 24), voluntary_per_s=rate % 1e8, growth=growth)
    trend = [rate, 1.0]
    drawn = text(row(one, None, trend, width, style)).ljust(2)
    headings = "".join(span.text for span in top.head(width))
    assert drawn.isprintable()
    assert columns("".join(span.text for span in row(one, None, trend, width, style))) == headings.index("MODELS")


def test_what_is_told_last_is_not_cut_off_where_a_word_can_be_left_out():
    said = top.Said("all", 12345, 12345, top.Order("involuntary"), 1.0, 0.25, problems=38)
    assert "processes" in text(top.heading(None, said, 80, ASCII)[2])
    assert text(top.heading(None, said._replace(total=1), 80, ASCII)[2]).startswith("1 process by")
    assert text(top.heading(None, said, 46, ASCII)[2]) == "12,345 by involuntary, 38 problems (p)"


def test_the_help_fits_a_screen_of_80_columns():
    assert max(map(len, top.HELP)) <= 79


def test_models_are_told_in_three_letters():
    threads = {"none": 1, "blocking": 12, "multiplexed": 1300, "running": 2}
    assert top.mix(threads, Style()) == "mux 1,300 · blk 12 · oth 1 · run 2"
    assert top.mix({"blocking": 1}, ASCII) == "blk 1"
    assert top.mix({"signal-driven": 1, "asynchronous": 2}, ASCII) == "sig 1, asy 2"
    assert (top.mix({}, ASCII), top.mix(None, ASCII)) == ("", "")


def test_orders_are_gone_through_and_turned():
    table = [
        outline(3, "b", descriptors=5, limit=10),
        outline(2, "a", descriptors=None),
        outline(1, "c", descriptors=7, growth=2, voluntary_per_s=0.0),
    ]
    pids = {}
    by = top.Order()
    for _ in top.SORTS:
        pids[by.key] = [one.pid for one in top.in_order(table, by)]
        by = by.next()
    assert by == top.Order()
    assert pids == {
        "descriptors": [1, 3, 2],
        "share": [3, 1, 2],
        "growth": [1, 2, 3],
        "switches": [2, 3, 1],
        "voluntary": [2, 3, 1],
        "involuntary": [1, 2, 3],
        "name": [2, 3, 1],
        "pid": [1, 2, 3],
    }
    assert [one.pid for one in top.in_order(table, top.Order("pid", turned=True))] == [3, 2, 1]
    assert [one.pid for one in top.in_order(table, top.Order("descriptors", turned=True))] == [3, 1, 2]


def test_an_order_is_asked_for_by_its_name():
    assert top.order("-share") == top.Order("share", turned=True)
    assert str(top.order("-share")) == "-share"
    with pytest.raises(UsageError, match=r"^top is not sorted by 'shere': did you mean 'share'\?$"):
        top.order("shere")
    with pytest.raises(UsageError, match=r"^top is not sorted by 'x': they are descriptors, share, growth, "):
        top.order("x")


def test_trends_are_kept_of_those_that_live():
    trends = top.Trends()
    trends.remember([outline(1), outline(2, voluntary_per_s=9.6)])
    trends.remember([outline(2)])
    assert list(trends.of(2)) == [10.0, 3.4]
    assert trends.of(1) == ()


@pytest.mark.parametrize(
    ("begun", "whole"),
    [
        ("remote_po", "remote_port"),
        ('kind == "tcp" and remote_po', 'kind == "tcp" and remote_port'),
        ('kind == "remote_po', None),
        ("r", None),
        ("", None),
        ("nothing_begins_so", None),
    ],
)
def test_a_word_that_was_begun_is_completed(begun, whole):
    assert top.completed(begun) == whole


def test_lines_are_cut_where_the_screen_ends():
    line = [Span("abc", TITLE), Span("defgh")]
    assert fitted(line, 8, ASCII) == line
    assert fitted(line, 6, ASCII) == [Span("abc", TITLE), Span("...")]
    assert fitted(line, 3, ASCII) == [Span("abc", TITLE)]


def test_the_colours_of_a_report_are_looks():
    style = Style(colour=True)
    told = f"{style.title('a')} {style.quiet('b')}{style.warning('c')}{style.alarm('d')}\n"
    assert of_report(told) == [Span("a", TITLE), Span(" "), Span("b", QUIET), Span("c", WARNING), Span("d", ALARM)]
