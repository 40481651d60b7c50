"""Rows to a table in one of the formats; every cell passes `printable` here, and nowhere later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .linked import Linked, sequence
from .safe import printable
from .style import Style, columns

_TABULATE = {"markdown": "github", "html": "html"}


def cell(value: Any) -> str:
    """A value as people read it: lists by commas, truth as yes and no, nothing as nothing."""
    if value is None:
        return ""
    if value is True or value is False:
        return "yes" if value else "no"
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)) and all(isinstance(one, (str, int)) for one in value):
        return ",".join(cell(one) for one in value)
    from .document import encode

    return printable(encode(value).decode())


def draw(
    headers: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    style: Style,
    form: str = "table",
    show_headers: bool = True,
    indent: str = "",
    to_right: Sequence[bool] | None = None,
) -> Iterator[str]:
    """The lines of a table, each with its end of line.

    Columns are set to the right where `to_right` says so; without it those whose values are all numbers. On a
    terminal of `style.width` columns the last column is cut to fit. A `Linked` value is a link, if `form` is one
    for terminals.
    """
    texts = [[cell(value) for value in row] for row in rows]
    if form == "csv":
        yield from _csv(headers if show_headers else None, texts)
        return
    if form == "tsv":
        for row in ([list(headers)] if show_headers else []) + texts:
            yield "\t".join(row) + "\n"
        return
    right = [
        bool(rows) and all(isinstance(row[i], int) or row[i] is None for row in rows) for i in range(len(headers))
    ]
    right = right if to_right is None else list(to_right)
    if form in ("table", "plain"):
        _cut_last(headers, texts, style, len(indent))
        links = [_links(row) for row in rows]
        yield from _fixed(headers if show_headers else None, texts, right, indent, links if any(links) else None)
        return
    if form == "markdown":
        texts = [[text.replace("\\", "\\\\").replace("|", "\\|") for text in row] for row in texts]
    yield from _tabulate(headers if show_headers else None, texts, right, form, indent)


def _links(row: Sequence[Any]) -> dict[int, Linked]:
    """The cells of a row that are links, by their place."""
    return {place: value for place, value in enumerate(row) if type(value) is Linked}


def with_link(text: str, value: Linked) -> str:
    """A cell as it is printed, perhaps cut, with the path that it begins with as a link."""
    length = min(len(printable(value.path)), len(text))
    return sequence(text[:length], value.address) + text[length:] if length else text


def _cut_last(headers: Sequence[str], texts: list[list[str]], style: Style, indent: int) -> None:
    if style.width is None or not texts:
        return
    before = sum(
        max(columns(headers[i]), *(columns(row[i]) for row in texts)) + 2 for i in range(len(headers) - 1)
    )
    room = max(style.width - indent - before, 10)
    for row in texts:
        row[-1] = style.cut(row[-1], room)


def _csv(headers: Sequence[str] | None, texts: list[list[str]]) -> Iterator[str]:
    import csv  # only this format needs it
    import io

    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    for row in ([list(headers)] if headers is not None else []) + texts:
        line.seek(0)
        line.truncate()
        writer.writerow(row)
        yield line.getvalue()


def _fixed(
    headers: Sequence[str] | None,
    texts: list[list[str]],
    right: list[bool],
    indent: str,
    links: list[dict[int, Linked]] | None,
) -> Iterator[str]:
    """Columns as wide as their widest cell, the last one as wide as it is; a link takes no room."""
    lines = ([list(headers)] if headers is not None else []) + texts
    if not lines:
        return
    if links is None and all("".join(row).isascii() for row in lines):
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        form = "  ".join(
            f"%{width}s" if to_right else f"%-{width}s" for width, to_right in zip(widths, right, strict=True)
        )
        for row in lines:
            yield f"{indent}{form % tuple(row)}".rstrip() + "\n"
        return
    widths = [max(columns(row[i]) for row in lines) for i in range(len(right))]
    none: dict[int, Linked] = {}
    marked = [none] * (headers is not None) + (links or [none] * len(texts))
    for row, found in zip(lines, marked, strict=True):
        padded = []
        for place, text in enumerate(row):
            room = " " * (widths[place] - columns(text))
            text = with_link(text, found[place]) if place in found else text
            padded.append(room + text if right[place] else text + room)
        yield f"{indent}{'  '.join(padded)}".rstrip() + "\n"


def _tabulate(
    headers: Sequence[str] | None, texts: list[list[str]], right: list[bool], form: str, indent: str
) -> Iterator[str]:
    import tabulate  # 40 ms, as much as all else that a table of columns takes

    tabulate.MIN_PADDING = 0  # a header is as wide as it is
    drawn = tabulate.tabulate(
        texts,
        headers=list(headers) if headers is not None else (),
        tablefmt=_TABULATE[form],
        disable_numparse=True,
        colalign=["right" if to_right else "left" for to_right in right] if texts else None,
    )
    for line in drawn.split("\n"):
        yield f"{indent}{line}".rstrip() + "\n"
