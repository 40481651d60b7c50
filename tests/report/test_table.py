"""Rows to tables: the same cells in every format, in columns that are as wide as they must be."""

import csv
import html
import io
import re
import xml.etree.ElementTree

import pytest
import tabulate
from hypothesis import given
from hypothesis import strategies as st

from fdscope.report.style import Style
from fdscope.report.table import cell, draw

HEADERS = ["FD", "NAME", "WHAT"]
ROWS = [[3, "a", "x, y"], [10, None, "日本 |\\"], [None, "bcdef", '"q"']]


def drawn(rows, form="table", **more):
    return "".join(draw(HEADERS, rows, style=more.pop("style", Style()), form=form, **more))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (7, "7"),
        (0.25, "0.25"),
        ("a\nb", "a\\nb"),
        (["in", "\x1b"], "in,\\x1b"),
        ([1, 2], "1,2"),
        ([], ""),
        ({"a": "\u202e"}, '{"a":"\\\\u202e"}'),
        ([{"fd": 3}], '[{"fd":3}]'),
    ],
)
def test_a_cell_is_read_by_people(value, told):
    assert cell(value) == told


def test_numbers_are_set_to_the_right_and_text_to_the_left():
    assert drawn(ROWS).splitlines() == [
        "FD  NAME   WHAT",
        " 3  a      x, y",
        "10         日本 |\\",
        "    bcdef  \"q\"",
    ]  # fmt: skip
    assert drawn(ROWS, show_headers=False, indent="  ").splitlines() == [
        "   3  a      x, y",
        "  10         日本 |\\",
        "      bcdef  \"q\"",
    ]  # fmt: skip


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(0, 10**6),
            st.text("abc 1.e5", max_size=6).map(str.strip),
            st.sampled_from(["x", "b c", "10", "1e5"]),
        ),
        min_size=1,
        max_size=5,
    ),
)
def test_columns_are_laid_out_as_tabulate_would(rows):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tabulate, "MIN_PADDING", 0)
        numbers = all(isinstance(row[0], int) or row[0] is None for row in rows)
        plain = tabulate.tabulate(
            [["" if cell is None else str(cell) for cell in row] for row in rows],
            headers=HEADERS,
            tablefmt="plain",
            disable_numparse=True,
            colalign=["right" if numbers else "left", "left", "left"],
        )
    assert drawn(rows).splitlines() == [line.rstrip() for line in plain.splitlines()]


def test_columns_stand_below_one_another_whatever_is_in_them():
    rows = [[1, "日本", "x"], [2, " b ", "  y"]]
    assert drawn(rows).splitlines() == ["FD  NAME  WHAT", " 1  日本  x", " 2   b      y"]


def test_a_name_that_looks_like_a_number_stays_as_it_is():
    assert drawn([[1, "1e5", "007"]], show_headers=False) == "1  1e5  007\n"


def test_a_table_of_no_rows_is_its_headers():
    assert [drawn([]), drawn([], show_headers=False)] == ["FD  NAME  WHAT\n", ""]


def test_the_last_column_is_cut_to_the_width_and_no_other():
    rows = [[3, "a" * 30, "b" * 30], [4, "c", "d"]]
    lines = drawn(rows, style=Style(width=50), indent="  ").splitlines()
    assert lines[1] == "   3  " + "a" * 30 + "  " + "b" * 11 + "…"
    narrow = drawn(rows, style=Style(width=20)).splitlines()
    assert narrow[1] == " 3  " + "a" * 30 + "  " + "b" * 9 + "…"  # it is never shorter than 10


def test_values_can_be_read_back_from_csv_tsv_markdown_and_html():
    wanted = [["3", "a", "x, y"], ["10", "", "日本 |\\"], ["", "bcdef", '"q"']]
    assert list(csv.reader(io.StringIO(drawn(ROWS, "csv")))) == [HEADERS, *wanted]
    assert list(csv.reader(io.StringIO(drawn(ROWS, "csv", show_headers=False)))) == wanted
    assert [line.split("\t") for line in drawn(ROWS, "tsv").splitlines()] == [HEADERS, *wanted]
    markdown = drawn(ROWS, "markdown").splitlines()[2:]
    cells = [[one.strip() for one in re.split(r"(?<!\\)\|", line)[1:-1]] for line in markdown]
    assert [[re.sub(r"\\(.)", r"\1", one) for one in row] for row in cells] == wanted
    page = xml.etree.ElementTree.fromstring(drawn([*ROWS, [5, "<b>&", "z"]], "html"))
    read = [[(one.text or "").strip() for one in row] for row in page.findall(".//tbody/tr")]
    assert read == [*wanted, ["5", html.unescape("&lt;b&gt;&amp;"), "z"]]
