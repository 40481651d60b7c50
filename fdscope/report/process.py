"""One process, for people: who it is, what it holds, how far the file idea carries, what could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ..model import Problem, Process, Snapshot
from ..quantity import duration, many, percent, size
from .columns import Column, Row, column, sorted_rows
from .linked import linked
from .matrix import matrix
from .problems import of_process
from .safe import printable
from .style import Style
from .table import draw
from .waits import threads

_SIGNALS = 6
THREADS = 12
"""How many threads the report shows."""

WARN_AT = 0.8
"""The share of the soft limit above which a process is in danger of EMFILE."""


def report(
    process: Process,
    problems: Sequence[Problem],
    snapshot: Snapshot,
    columns: Sequence[Column],
    sort: str | None,
    style: Style,
) -> Iterator[str]:
    """The whole report, line by line."""
    yield from header(process, snapshot, style)
    if process.descriptors:
        yield from _tables(process, columns, sort, style)
    if process.threads and not process.kernel_thread:
        yield _section("threads", style)
        yield from threads(process, style, THREADS, "  ")
    if process.files:
        yield _section("held without a descriptor", style)
        names = (column("role"), column("what"))
        rows: list[Row] = [(process, file) for file in process.files]
        yield from rows_of(rows, names, None, style, indent="  ")
    if process.descriptors:
        yield _section("everything is a file?", style)
        yield from matrix(process.descriptors, style)
    if problems:
        yield _section("could not be read", style)
        for line in of_process(problems):
            yield "  " + style.warning(line) + "\n"


def _section(title: str, style: Style) -> str:
    return f"\n{style.title(title)}\n"


def header(process: Process, snapshot: Snapshot, style: Style) -> Iterator[str]:
    """Name, owner, age, limits, switches, memory, control group."""
    name = printable(process.name or "?")
    command = printable(" ".join(process.command or ()).rstrip())
    title = f"{name} [{process.pid}]"
    if command and style.width:
        command = style.cut(command, max(style.width - len(title) - 2, 20))
    yield style.title(title) + (f"  {command}" if command else "") + "\n"
    lines = [("", _identity(process, snapshot)), ("descriptors", _share(process, style))]
    if process.context_switches is not None:
        counted = process.context_switches
        threads = many(counted.threads_counted, "thread")
        gone = "" if counted.exited_threads_included else "not "
        lines.append(
            (
                "switches",
                f"{counted.voluntary:,} voluntary, {counted.involuntary:,} involuntary "
                + style.quiet(f"(sum over {threads}; threads already gone are {gone}in it)"),
            )
        )
    if process.memory is not None:
        memory = process.memory
        parts = [
            f"{size(amount)} {word}"
            for amount, word in ((memory.resident_bytes, "resident"), (memory.virtual_bytes, "virtual"))
            if amount is not None
        ]
        lines.append(("memory", ", ".join(parts)))
    if process.shares_table_with:
        others = " ".join(map(str, process.shares_table_with))
        lines.append(("shared table", f"its descriptor table is also that of {others}"))
    signals = _signals(process)
    if signals:
        lines.append(("signals", signals))
    if process.cgroup:
        container = f", container {printable(process.container)}" if process.container else ""
        lines.append(("cgroup", printable(process.cgroup) + container))
    for label, text in lines:
        yield f"  {label:<12}{text}\n" if label else f"  {text}\n"


def _signals(process: Process) -> str:
    """``caught SIGHUP, SIGINT; blocked SIGUSR1``; what is ignored stands in JSON only."""
    sets = process.signals
    if sets is None:
        return ""
    told = (("pending", sets.pending), ("blocked", sets.blocked), ("caught", sets.caught))
    return "; ".join(f"{word} {_several(names)}" for word, names in told if names)


def _several(names: Sequence[str]) -> str:
    return ", ".join(names[:_SIGNALS]) + (f" and {len(names) - _SIGNALS} more" if len(names) > _SIGNALS else "")


def _identity(process: Process, snapshot: Snapshot) -> str:
    user = process.user or process.uid
    parts = [f"user {printable(str(user))}"] if user is not None else []
    if process.started_at:
        age = _moment(snapshot.taken_at) - _moment(process.started_at)
        since = process.started_at.replace("T", " ").replace("Z", " UTC")
        parts.append(f"started {since} ({duration(max(age.total_seconds() // 1, 0))} ago)")
    if process.parent_pid:
        parts.append(f"parent {process.parent_pid}")
    if process.state:
        parts.append(process.state)
    parts.append("a thread of the kernel" if process.kernel_thread else many(len(process.threads), "thread"))
    return " · ".join(parts)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def share(process: Process) -> float | None:
    """Descriptors held, as a share of the soft limit; None: one of the two is not known or without end."""
    limit = process.descriptor_limit
    if process.descriptor_count is None or limit is None or not limit.soft:
        return None
    return process.descriptor_count / limit.soft


def _share(process: Process, style: Style) -> str:
    count, limit = process.descriptor_count, process.descriptor_limit
    held = "unknown how many" if count is None else f"{count:,}"
    if limit is None:
        return held
    soft = "unlimited" if limit.soft is None else f"{limit.soft:,}"
    hard = "unlimited" if limit.hard is None else f"{limit.hard:,}"
    text = f"of {soft} (hard limit {hard})"
    used = share(process)
    if used is None:
        return f"{held} {text}"
    bar = f"{held} {text}  {style.bar(used)} {percent(used)}"
    if used <= WARN_AT:
        return bar
    return bar + style.alarm(f'  above {percent(WARN_AT)}: at {soft} open(2) fails, "Too many open files"')


def _tables(process: Process, columns: Sequence[Column], sort: str | None, style: Style) -> Iterator[str]:
    """The table of the process, then one for each thread that has its own."""
    tables: dict[int | None, list[Row]] = {}
    for descriptor in process.descriptors or ():
        tables.setdefault(descriptor.tid, []).append((process, descriptor))
    names = {thread.tid: thread.name for thread in process.threads}
    for tid, rows in tables.items():
        title = "descriptors"
        if tid is not None:
            name = printable(names.get(tid) or "?")
            title = f"descriptors of thread {tid} ({name}), which has its own descriptor table"
        yield _section(title, style)
        yield from rows_of(rows, columns, sort, style, indent="  ")


def rows_of(
    rows: Sequence[Row],
    columns: Sequence[Column],
    sort: str | None,
    style: Style,
    *,
    form: str = "table",
    show_headers: bool = True,
    indent: str = "",
    by_thread: bool = False,
) -> Iterator[str]:
    """The table alone; `by_thread`: a number in the table of a thread is told with the thread."""
    found = sorted_rows(rows, sort)
    values = [[column.value(*row) for column in columns] for row in found]
    if form in ("table", "plain"):
        _mark(found, values, [column.name for column in columns], style, by_thread=by_thread)
    headers = [column.header if form in ("table", "plain") else column.name for column in columns]
    to_right = [column.to_right for column in columns]
    return draw(
        headers, values, style=style, form=form, show_headers=show_headers, indent=indent, to_right=to_right
    )


_PATHS = ("what", "name", "description")
"""The columns that begin with a path, if there is one."""


def _mark(
    rows: Sequence[Row], values: list[list[Any]], names: Sequence[str], style: Style, *, by_thread: bool
) -> None:
    """What people see beside the values: paths as links, and whose number it is in a thread's own table."""
    if style.places is not None:
        paths = [place for place, name in enumerate(names) if name in _PATHS]
        for (process, held), cells in zip(rows, values, strict=True) if paths else ():
            address = style.places.address(process, held)
            for place in paths if address is not None else ():
                cells[place] = linked(cells[place], held.name or "", address or "")
    if by_thread and "fd" in names and "tid" not in names:
        for (_, held), cells in zip(rows, values, strict=True):
            tid = getattr(held, "tid", None)
            if tid is not None:
                cells[names.index("fd")] = f"{cells[names.index('fd')]} (thread {tid})"


def all_held(processes: Sequence[Process], *, files: bool, mapped: bool = False) -> list[Row]:
    """Every descriptor of several processes with its process; and of files without one all, or the mapped ones."""
    found: list[Row] = []
    for process in processes:
        found += [(process, descriptor) for descriptor in process.descriptors or ()]
        found += [(process, one) for one in process.files or () if files or (mapped and one.role == "mapped")]
    return found
