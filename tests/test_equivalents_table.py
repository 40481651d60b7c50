"""The table of equivalents is whole: each option that a peer documents is in it, with a line or a reason."""

import re
import runpy
import subprocess
from pathlib import Path

import pytest
from program import found

from fdscope.equivalents import TABLES
from fdscope.report.equivalents import README_BEGIN, README_END, equivalents_page, readme, told

HOUSE = Path(__file__).parent.parent
BY_TOOL = {table.tool: table for table in TABLES}


def help_of(tool, option):
    done = subprocess.run([found(tool), option], capture_output=True, text=True, timeout=10)
    return done.stdout + done.stderr


def options_of(text, pattern):
    return sorted({one for line in re.findall(pattern, text, re.M) for one in line})


def lacking(tool, options):
    """The options that no row of a table names."""
    said = " ".join(row.option for row in BY_TOOL[tool].rows)
    words = set(re.findall(r"[+-]+[\w?-]+", said.replace("+|-", "-").replace(" f ", " +f ")))
    short = {word[:2] for word in words if not word.startswith("--")}
    return [one for one in options if one not in words and one not in short]


def test_each_row_has_a_line_or_a_reason():
    for table in TABLES:
        for row in table.rows:
            assert row.option, table.tool
            assert row.meaning, row.option
            assert row.ours or row.note, row.option
            assert row.ours.startswith(("fdscope", "kill $(fdscope", "")), row.option
            assert not row.theirs or row.theirs.startswith(table.tool), row.option


def test_no_row_says_the_same_twice():
    for table in TABLES:
        lines = [(row.option, row.theirs, row.ours) for row in table.rows]
        assert len(set(lines)) == len(lines), table.tool


def test_every_option_of_lsof():
    usage = re.search(r" usage: (.*?)\n\S", help_of("lsof", "-h"), re.S)[1]
    letters = set(re.search(r"\[-\?(\w+)\]", usage)[1]) | set(re.findall(r"\[[+|-]+(\w)", usage))
    assert len(letters) > 30
    assert lacking("lsof", [f"-{letter}" for letter in sorted(letters)]) == []


def test_every_option_and_column_of_lsfd():
    text = help_of("lsfd", "--help")
    options = [short or long for short, long in re.findall(r"^ +(?:(-\w), )?(--[\w-]+)", text, re.M)]
    columns = re.findall(r"^ +([A-Z:.]+) +<", text, re.M)
    assert len(options) > 10
    assert len(columns) > 25
    assert lacking("lsfd", options) == []
    assert sorted(set(columns) - {row.option for row in BY_TOOL["lsfd"].rows}) == []


def test_every_option_of_fuser():
    options = re.findall(r"^ +(-\w)", help_of("fuser", "--help"), re.M)
    assert len(options) > 10
    assert lacking("fuser", options) == []


def test_every_option_of_ss():
    options = [
        short or long for short, long in re.findall(r"^ +(?:(-\w), )?(--[\w-]+)", help_of("ss", "-h"), re.M)
    ]
    assert len(options) > 30
    assert lacking("ss", options) == []


def test_the_text_tells_each_line_once():
    text = "".join(told())
    assert max(map(len, text.splitlines())) <= 150
    for table in TABLES:
        for row in table.rows:
            assert f"  {row.option}\n" in text
            assert not row.ours or f"          {row.ours}\n" in text


def test_the_page_tells_every_line():
    assert equivalents_page().count("\n.It Ql ") == sum(len(table.rows) for table in TABLES)


def test_the_readme_has_the_table_as_it_is_now():
    text = (HOUSE / "README.md").read_text()
    assert f"{README_BEGIN}{readme()}{README_END}" in text, "run: python man/generate.py"
    assert runpy.run_path(str(HOUSE / "man" / "generate.py"))["readme"]() == text


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.tool)
def test_what_the_readme_shows_first_is_little(table):
    assert sum(row.often for row in table.rows) <= 8
