"""The table of equivalents for people: as text, as a manual page, and as part of the README."""

from __future__ import annotations

from collections.abc import Iterator

from ..equivalents import TABLES, Row, Table
from .manual import page
from .roff import prose, roff
from .style import wrapped

ABOUT = "what lsof, lsfd, fuser and ss do, and the line of fdscope that does it"
_WORDS = (
    "Words in capitals stand for what you put in: PID, FILE, PORT, ADDRESS; in lines of lsfd, whose "
    "columns have such names, it is 1234, nginx and /var/log. Both lines answer the same, which is "
    "tested, unless a remark says what differs. All options of fdscope go with each other, and each must "
    "be true. It shows addresses and ports as numbers, looks into every network namespace, and leaves out "
    "sockets that no process holds."
)
README_BEGIN = "<!-- equivalents: made by man/generate.py -->\n"
README_END = "<!-- end of equivalents -->\n"


def told(width: int = 79) -> Iterator[str]:
    """The whole table as text, line by line."""
    yield f"equivalents - {ABOUT}\n\n"
    yield from (f"{line}\n" for line in wrapped(_WORDS, width))
    for table in TABLES:
        yield f"\n{_title(table)}\n"
        for row in table.rows:
            yield f"\n  {row.option}\n"
            for text in (row.meaning, row.note):
                yield from (f"      {line}\n" for line in (wrapped(text, width - 6) if text else ()))
            yield from (f"          {line}\n" for line in (row.theirs, row.ours) if line)


def _title(table: Table) -> str:
    return f"{table.page.upper()}, OF VERSION {table.version}"


def equivalents_page() -> str:
    """fdscope-equivalents(7)."""
    return page("fdscope-equivalents", 7, ABOUT, _body())


def _body() -> Iterator[str]:
    yield ".Sh DESCRIPTION\n"
    yield from prose(_WORDS)
    for table in TABLES:
        name, _, section = table.page.rstrip(")").partition("(")
        yield f".Sh {name.upper()}\n"
        yield f"Every option of\n.Xr {name} {section}\nof version {table.version}.\n"
        yield ".Bl -tag -width Ds\n"
        for row in table.rows:
            yield from _item(row)
        yield ".El\n"
    yield ".Sh SEE ALSO\n.Xr fdscope 1 ,\n.Xr fdscope-kinds 7\n"


def _item(row: Row) -> Iterator[str]:
    yield f".It Ql {_argument(row.option)}\n"
    yield from prose(_sentence(row.meaning))
    yield from (f".Dl {_argument(line)}\n" for line in (row.theirs, row.ours) if line)
    if row.note:
        yield from prose(_sentence(row.note))


def _argument(text: str) -> str:
    """A text of one argument, in which nothing is a macro or a mark of punctuation."""
    return (
        '"'
        + roff(text).replace("'", "\\(aq").replace('"', "\\(dq").replace("-", "\\-").replace("^", "\\(ha")
        + '"'
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "." * (not text.endswith((".", "?")))


def readme() -> str:
    """The part of the README, between its two marks: what people use most, and the rest folded away."""
    often = [(table, row) for table in TABLES for row in table.rows if row.often]
    lines = ["| to find | you typed | now |\n", "| --- | --- | --- |\n"]
    lines += [f"| {_cell(row.meaning)} | {_code(row.theirs)} | {_code(row.ours)} |\n" for _, row in often]
    for table in TABLES:
        lines += ["\n", f"<details><summary>every option of {table.page}</summary>\n\n"]
        lines += [f"| {table.tool} | | fdscope |\n", "| --- | --- | --- |\n"]
        lines += [_line(row) for row in table.rows]
        lines += ["\n</details>\n"]
    return "".join(lines)


def _line(row: Row) -> str:
    theirs = _code(row.theirs or row.option)
    ours = "; ".join(part for part in (_code(row.ours), _cell(row.note)) if part)
    return f"| {theirs} | {_cell(row.meaning)} | {ours} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")


def _code(text: str) -> str:
    return f"`{text.replace('|', chr(92) + '|')}`" if text else ""
