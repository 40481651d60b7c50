"""fdscope [TARGET...]: what processes hold, or the machine at a glance."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..console import Console
from ..model import Problem, Process, Snapshot
from ..problems import OTHERS
from ..report import document
from ..selection import UsageError
from ..statuses import DONE, NOT_PERMITTED, NOTHING_FOUND
from ._looking import chosen, is_choosing, look

if TYPE_CHECKING:
    from ..report.style import Style


def run(asked: Namespace, console: Console) -> int:
    """Scans, and writes the answer in the form that was asked for."""
    _check(asked)
    if asked.json_schema:
        from ..report.schema import schema

        console.write_bytes(document.indented(document.encode(schema())) + b"\n")
        return DONE
    if asked.columns == "help":
        return _columns_help(asked, console)
    where = chosen(asked)
    overview = where is None and not (
        asked.targets or asked.json or asked.ndjson or asked.all or asked.columns or asked.format
    )
    snapshot = look(
        asked,
        asked.targets,
        where,
        mapped=asked.mapped or (where is not None and where.asks_for_files),
        peers=not (asked.no_peers or overview),
        waits=not overview,
        brief=overview,
        symbols=asked.symbols,
        source=asked.source,
    )
    if asked.json:
        pieces = document.snapshot(snapshot)
        for piece in [document.indented(b"".join(pieces))] if console.is_terminal else pieces:
            console.write_bytes(piece)
        console.write_bytes(b"\n")
    elif asked.ndjson:
        for line in document.lines(snapshot):
            console.write_bytes(line)
    else:
        _write_tables(snapshot, asked, console)
    return _status(snapshot, asked)


def _check(asked: Namespace) -> None:
    if asked.json and asked.ndjson:
        raise UsageError("--json and --ndjson are two forms of one answer: give one of them")
    if asked.columns is not None or asked.sort is not None:
        from ..report.columns import USUAL, sorted_rows
        from ..report.columns import chosen as columns

        columns(None if asked.columns == "help" else asked.columns, USUAL)
        sorted_rows((), asked.sort)
    if (asked.json or asked.ndjson) and (asked.format or (asked.columns and asked.columns != "help")):
        raise UsageError("--format and --columns draw tables: they do not go with --json or --ndjson")


def _status(snapshot: Snapshot, asked: Namespace) -> int:
    if (asked.targets or is_choosing(asked)) and not snapshot.processes:
        refused = any(one.reason == "permission-denied" for one in snapshot.problems)
        return NOT_PERMITTED if refused and is_choosing(asked) else NOTHING_FOUND
    denied = {
        one.pid for one in snapshot.problems if one.what == "descriptors" and one.reason == "permission-denied"
    }
    if asked.targets and all(one.pid in denied for one in snapshot.processes):
        return NOT_PERMITTED
    return DONE


def _columns_help(asked: Namespace, console: Console) -> int:
    from ..report.columns import described

    columns = described()
    if asked.json:
        console.write_bytes(document.encode([one._asdict() for one in columns]) + b"\n")
        return DONE
    for one in columns:
        console.write(f"{one.name:<22} {one.help}" + (f" [{', '.join(one.kinds)}]" if one.kinds else "") + "\n")
    return DONE


def _write_tables(snapshot: Snapshot, asked: Namespace, console: Console) -> None:
    from ..report.columns import USUAL, USUAL_OF_MANY
    from ..report.columns import chosen as chosen_columns
    from ..report.process import all_descriptors, report, rows_of
    from ..report.style import Style

    width = None if asked.wide else console.width
    style = Style(console.colour(asked.color), console.is_unicode, width)
    form = asked.format or "table"
    own_columns = asked.columns is not None and not asked.columns.startswith("+")
    only_rows = asked.all or is_choosing(asked) or own_columns or asked.no_headers or form != "table"
    others = [problem for problem in snapshot.problems if problem.what == OTHERS]
    told = [problem for problem in snapshot.problems if problem.what != OTHERS]
    problems = _by_process(told)
    if only_rows:
        columns = chosen_columns(asked.columns, USUAL_OF_MANY)
        rows = all_descriptors(snapshot.processes)
        lines = rows_of(rows, columns, asked.sort, style, form=form, show_headers=not asked.no_headers)
        _write(lines, console)
        _say(told + others * any(map(_lacks_an_end, snapshot.processes)), console)
    elif not asked.targets:
        from ..report.overview import overview

        _write_heading(snapshot, style, asked, console)
        _write(overview(snapshot, style), console)
    else:
        columns = chosen_columns(asked.columns, USUAL)
        if snapshot.processes:
            _write_heading(snapshot, style, asked, console)
        for number, process in enumerate(snapshot.processes):
            console.write("\n" if number else "")
            own = problems.pop(process.pid, []) + others * _lacks_an_end(process)
            _write(report(process, own, snapshot, columns, asked.sort, style), console)
        _say([one for left in problems.values() for one in left], console)


def _write_heading(snapshot: Snapshot, style: Style, asked: Namespace, console: Console) -> None:
    """Of a snapshot that was kept, of when it is: what is told was so then."""
    if asked.from_:
        from ..report.kept import heading

        console.write(heading(snapshot, style))


def _lacks_an_end(process: Process) -> bool:
    """Whether somebody is not named at an other end because other processes could not be read."""
    return any(one.other_end == "unread" for one in process.descriptors or ())


def _by_process(problems: list[Problem]) -> dict[int | None, list[Problem]]:
    found: dict[int | None, list[Problem]] = {}
    for problem in problems:
        found.setdefault(problem.pid, []).append(problem)
    return found


def _write(lines: Iterator[str], console: Console) -> None:
    for line in lines:
        console.write(line)


def _say(problems: list[Problem], console: Console) -> None:
    """Problems that stand nowhere in the answer: by process, or counted when they are of many."""
    from ..report.problems import of_all

    for line in of_all(problems):
        console.say(f"fdscope: {line}")
