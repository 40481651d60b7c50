"""fdscope [TARGET...]: what processes hold, or the machine at a glance."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..console import Console
from ..model import Problem, Process, Snapshot
from ..options import COMMANDS
from ..problems import OTHERS
from ..report import document
from ..selection import UsageError, nearest, shortened
from ..statuses import DONE, NOT_PERMITTED, NOTHING_FOUND
from ._answering import must_be_one_form, write_document
from ._layouts import check_groups, draws_tree, needs, with_links, write_groups, write_tree
from ._looking import chosen, is_choosing, look, nothing_fits

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
    is_tree = asked.tree is not None and draws_tree(asked)
    overview = where is None and not (
        asked.targets or asked.json or asked.ndjson or asked.pids or asked.all or asked.columns or asked.format
    )
    overview = overview and not (is_tree or asked.group_by)
    is_short = overview or (asked.pids and where is None)
    found_out = {"peers": not (asked.no_peers or is_short), "waits": not overview}
    snapshot = look(
        asked,
        asked.targets,
        where,
        mapped=asked.mapped or (where is not None and where.asks_for_files),
        brief=overview,
        symbols=asked.symbols,
        source=asked.source,
        lineage=is_tree and bool(asked.targets or where),
        **(needs(asked, where) if asked.group_by else found_out),
    )
    if any(problem.reason == "no-such-process" for problem in snapshot.problems):
        snapshot.problems = _with_hints(snapshot.problems, asked.targets)
    if asked.group_by:
        write_groups(snapshot, asked, where, console)
    else:
        _write_answer(snapshot, asked, console, is_tree=is_tree)
    if (asked.group_by or is_tree) and not (asked.json or asked.ndjson or asked.pids):
        _say_problems(snapshot, console)
    if where is not None and not snapshot.processes and not (asked.json or asked.ndjson or asked.pids):
        console.flush()
        asked.say(nothing_fits(asked))
    return _status(snapshot, asked)


def _write_answer(snapshot: Snapshot, asked: Namespace, console: Console, *, is_tree: bool) -> None:
    if asked.json:
        pieces = document.snapshot(snapshot)
        for piece in [document.indented(b"".join(pieces))] if console.is_terminal else pieces:
            console.write_bytes(piece)
        console.write_bytes(b"\n")
    elif asked.ndjson:
        for line in document.lines(snapshot, files=is_choosing(asked)):
            console.write_bytes(line)
    elif asked.pids:
        for process in snapshot.processes:
            console.write(f"{process.pid}\n")
        console.flush()
        _say([one for one in snapshot.problems if one.what != OTHERS], console)
    elif is_tree:
        write_tree(snapshot, asked, console)
    else:
        _write_tables(snapshot, asked, console)


def _check(asked: Namespace) -> None:
    must_be_one_form(asked, "json", "ndjson", "pids")
    if asked.group_by is not None and asked.pids:
        raise UsageError("--group-by counts what --pids would list: give one of them")
    if asked.group_by is not None:
        check_groups(asked)
    elif asked.columns is not None or asked.sort is not None:
        from ..report.columns import USUAL, sorted_rows
        from ..report.columns import chosen as columns

        columns(None if asked.columns == "help" else asked.columns, USUAL)
        sorted_rows((), asked.sort)
    is_no_table = asked.json or asked.ndjson or asked.pids
    if is_no_table and (asked.format or (asked.columns and asked.columns != "help")):
        raise UsageError("--format and --columns draw tables: leave them out, or --json, --ndjson and --pids")
    if asked.sort is not None and (asked.ndjson or asked.pids) and asked.group_by is None:
        raise UsageError("--sort is for tables: --ndjson and --pids tell processes by pid; sort(1) sorts lines")


def _status(snapshot: Snapshot, asked: Namespace) -> int:
    if (asked.targets or is_choosing(asked)) and not snapshot.processes:
        refused = any(one.reason == "permission-denied" and one.what != OTHERS for one in snapshot.problems)
        return NOT_PERMITTED if refused and is_choosing(asked) else NOTHING_FOUND
    denied = {
        one.pid for one in snapshot.problems if one.what == "descriptors" and one.reason == "permission-denied"
    }
    if (asked.targets or is_choosing(asked)) and all(one.pid in denied for one in snapshot.processes):
        return NOT_PERMITTED
    return DONE


def _columns_help(asked: Namespace, console: Console) -> int:
    from ..report.columns import described

    columns = described()
    if asked.json:
        told = [{name: value for name, value in one._asdict().items() if value != ""} for one in columns]
        write_document(told, console)
        return DONE
    name_width, header_width = (max(len(one[place]) for one in columns) for place in (0, 1))
    for one in columns:
        kinds = f" [{', '.join(one.kinds)}]" if one.kinds else ""
        console.write(f"{one.name:<{name_width}}  {one.header:<{header_width}}  {one.help}{kinds}\n")
    return DONE


def _write_tables(snapshot: Snapshot, asked: Namespace, console: Console) -> None:
    from ..report.columns import USUAL, USUAL_OF_MANY
    from ..report.columns import chosen as chosen_columns
    from ..report.process import all_held, report, rows_of

    style = with_links(asked, snapshot, console)
    form = asked.format or "table"
    own_columns = asked.columns is not None and not asked.columns.startswith("+")
    only_rows = asked.all or is_choosing(asked) or own_columns or asked.no_headers or form != "table"
    if only_rows:
        columns = chosen_columns(asked.columns, USUAL_OF_MANY)
        rows = all_held(snapshot.processes, files=is_choosing(asked), mapped=asked.mapped)
        show_headers = not asked.no_headers
        _write(
            rows_of(rows, columns, asked.sort, style, form=form, show_headers=show_headers, by_thread=True),
            console,
        )
        _say_problems(snapshot, console)
    elif not asked.targets:
        from ..report.overview import overview

        _write_heading(snapshot, style, asked, console)
        _write(overview(snapshot, style), console)
    else:
        columns = chosen_columns(asked.columns, USUAL)
        others = [problem for problem in snapshot.problems if problem.what == OTHERS]
        problems = _by_process([problem for problem in snapshot.problems if problem.what != OTHERS])
        if snapshot.processes:
            _write_heading(snapshot, style, asked, console)
        for number, process in enumerate(snapshot.processes):
            console.write("\n" if number else "")
            own = problems.pop(process.pid, []) + others * _lacks_an_end(process)
            _write(report(process, own, snapshot, columns, asked.sort, style), console)
        _say([one for left in problems.values() for one in left], console)


def _with_hints(problems: list[Problem], targets: list[str]) -> list[Problem]:
    """Where the first word is the name of nothing, but nearly that of a command, that command."""
    nothing = f"no process is called '{shortened(targets[0])}'" if targets else None
    commands = [one.name for one in COMMANDS]
    hint = nearest(targets[0], commands, "") if targets and len(targets[0]) > 2 else ""
    hint = hint.replace("mean", "mean the command")
    if hint and targets[0] in commands:
        hint = f"a command stands first, as in: fdscope {targets[0]} ..."
    hinted = f"{nothing}; {hint}"
    return [
        Problem(what=one.what, reason=one.reason, detail=hinted) if hint and one.detail == nothing else one
        for one in problems
    ]


def _write_heading(snapshot: Snapshot, style: Style, asked: Namespace, console: Console) -> None:
    """Of a snapshot that was kept, of when it is: what is told was so then."""
    if asked.from_:
        from ..report.kept import heading

        console.write(heading(snapshot, style))


def _say_problems(snapshot: Snapshot, console: Console) -> None:
    """All problems; that other processes could not be read only where somebody is not named for it."""
    lacks = any(map(_lacks_an_end, snapshot.processes))
    _say([one for one in snapshot.problems if lacks or one.what != OTHERS], console)


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
