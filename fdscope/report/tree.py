"""Processes as a tree, and below each what it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from ..model import Process
from .columns import Row, column
from .process import rows_of
from .safe import printable
from .style import Style, columns

_DEEPEST = 24
"""From this depth on lines are set no farther to the right: those of a chain of thousands would be blank."""

_NAMES = ("fd", "kind", "access", "what")


class Branch(NamedTuple):
    """A process in its place."""

    pid: int
    depth: int
    lasts: tuple[bool, ...]
    """Of it and the processes that it descends from, the oldest first: whether it is the last child; at most
    `_DEEPEST` of them."""
    has_children: bool


def parents_of(processes: Iterable[Process]) -> dict[int, int | None]:
    """The parent of each process and of those that it descends from, as far as that is told."""
    found: dict[int, int | None] = {}
    for process in processes:
        line = [process.pid, *(process.ancestors or ([process.parent_pid] if process.parent_pid else []))]
        found.update(pairwise(line))
        found.setdefault(line[-1], None)
    return found


def between(shown: Iterable[int], parents: Mapping[int, int | None]) -> set[int]:
    """The processes that are not shown and stand between two that are."""
    wanted = set(shown)
    found: set[int] = set()
    settled: set[int] = set()  # those whose ancestors have been gone through
    for pid in wanted:
        line: list[int] = []
        passed = {pid}
        parent = parents.get(pid)
        while parent is not None and parent not in passed and parent not in wanted and parent not in settled:
            line.append(parent)
            passed.add(parent)
            parent = parents.get(parent)
        if parent in wanted or parent in found:
            found.update(line)
        settled.update(line)
    return found


def branches(parents: Mapping[int, int | None]) -> Iterator[Branch]:
    """Each of these processes once, below its parent if that is one of them; whatever is told of parents.

    Where processes are said to descend from each other, the one with the lowest number stands first.
    """
    children: dict[int, list[int]] = {}
    roots = []
    for pid in sorted(parents):
        parent = parents[pid]
        if parent is None or parent == pid or parent not in parents:
            roots.append(pid)
        else:
            children.setdefault(parent, []).append(pid)
    seen: set[int] = set()
    for root in chain(roots, _first_of_circles(parents, seen)):
        seen.add(root)
        below: list[tuple[int, int, tuple[bool, ...]]] = [(root, 0, ())]
        while below:
            pid, depth, lasts = below.pop()
            own = [child for child in children.get(pid, ()) if child not in seen]
            seen.update(own)
            yield Branch(pid, depth, lasts, bool(own))
            for number, child in enumerate(reversed(own)):
                below.append((child, depth + 1, (*lasts[: _DEEPEST - 1], number == 0)))


def _first_of_circles(parents: Mapping[int, int | None], seen: set[int]) -> Iterator[int]:
    """Of each circle of processes that are not `seen` the lowest number; all that lead to it hang below it."""
    for pid in sorted(parents):
        if pid not in seen:
            line: list[int] = []
            passed: set[int | None] = set()
            one: int | None = pid
            while one is not None and one not in passed:
                line.append(one)
                passed.add(one)
                one = parents[one]
            yield min(line[line.index(one) :] if one is not None else line)


def tree(
    processes: Sequence[Process], context: Sequence[Process], rows: Iterable[Row], sort: str | None, style: Style
) -> Iterator[str]:
    """The lines of the tree.

    Args:
        processes: those that are shown.
        context: those that stand between them, and are only named.
        rows: what the processes hold that is shown.
        sort: the columns by which descriptors are sorted, as --sort names them.
        style: how it looks.
    """
    held: dict[int, list[Row]] = {}
    for process, one in rows:
        held.setdefault(process.pid, []).append((process, one))
    known = {one.pid: one for one in (*context, *processes)}
    shown = {one.pid for one in processes}
    told = parents_of((*context, *processes))
    for branch in branches({pid: told.get(pid) for pid in known}):
        process = known[branch.pid]
        before, below = _prefixes(branch, style.unicode)
        yield before + _process(process, branch, style, columns(before), quiet=branch.pid not in shown) + "\n"
        if branch.pid in shown:
            yield from _held(held.get(branch.pid, []), below, sort, style)


def _prefixes(branch: Branch, unicode: bool) -> tuple[str, str]:
    """What stands before the line of a process, and before the lines below it."""
    along, tee, corner = ("│  ", "├─ ", "└─ ") if unicode else ("|  ", "|- ", "`- ")
    before = "".join("   " if last else along for last in branch.lasts[:-1])
    own = (corner if branch.lasts[-1] else tee) if branch.lasts else ""
    below = before + (("   " if branch.lasts[-1] else along) if branch.lasts else "")
    return before + own, below + (along if branch.has_children and branch.depth < _DEEPEST else "   ")


def _process(process: Process, branch: Branch, style: Style, before: int, *, quiet: bool) -> str:
    name = f"{printable(process.name or '?')} [{process.pid}]"
    command = printable(" ".join(process.command or ()).rstrip())
    if quiet:
        text = f"{name}  {command}".rstrip()
        return style.quiet(text if style.width is None else style.cut(text, max(style.width - before, 20)))
    rest = "" if branch.depth <= _DEEPEST else f"  child of {process.parent_pid}"
    rest += f"  {_count(process)}"
    if command and style.width is not None:
        command = style.cut(command, max(style.width - before - columns(name) - columns(rest) - 2, 20))
    return style.title(name) + (f"  {command}" if command else "") + style.quiet(rest)


def _count(process: Process) -> str:
    """``12 fds of 1,024``: of all that it has, whatever is shown."""
    if process.descriptor_count is None:
        return "descriptors could not be read"
    limit = process.descriptor_limit
    of = f" of {limit.soft:,}" if limit is not None and limit.soft is not None else ""
    return f"{process.descriptor_count:,} fd{'' if process.descriptor_count == 1 else 's'}{of}"


def _held(rows: Sequence[Row], before: str, sort: str | None, style: Style) -> Iterator[str]:
    names = [column(name) for name in _NAMES]
    indent = before if style.width is None else before[: max(style.width // 2, 10)]
    yield from rows_of(rows, names, sort, style, show_headers=False, indent=indent, by_thread=True)
