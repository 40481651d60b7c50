"""The other layouts of what show has found: groups with counts and sums, and a tree of processes."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from ..console import Console
from ..model import Process, Snapshot
from ..report import document
from ..report.style import Style
from ..selection import UsageError
from ..where import Expression
from ._answering import style_of, write_document
from ._looking import is_choosing, look

if TYPE_CHECKING:
    from ..answers import Groups


def with_links(asked: Namespace, snapshot: Snapshot, console: Console) -> Style:
    """How text looks on this console, where paths may be links."""
    style = style_of(asked, console)
    if asked.from_ or asked.proc != "/proc" or not console.hyperlinks(asked.hyperlink):
        return style
    from ..kernel.mounts import own_namespace
    from ..report.linked import Places

    own = own_namespace()
    return style if own is None else style._replace(places=Places(snapshot.host.hostname or "", own))


def draws_tree(asked: Namespace) -> bool:
    """Whether processes are drawn as a tree: with --json and with rows of one's own --tree only chooses.

    Raises:
        UsageError: --tree stands beside what lays the answer out otherwise.
    """
    if asked.tree is None:
        return False
    if asked.group_by is not None:
        raise UsageError(
            "--tree and --group-by are two layouts of one answer: give one of them; a process and all its "
            "descendants are also --where 'pid == N or ancestors in (N)'"
        )
    in_rows = asked.columns is not None or asked.format not in (None, "table") or asked.no_headers
    if in_rows and not asked.tree:
        raise UsageError(
            "--tree draws FD, KIND, ACCESS and WHAT: leave out --columns, --format and --no-headers, "
            "or give it a PID, of which the descendants are chosen"
        )
    return not (in_rows or asked.json or asked.ndjson)


def check_groups(asked: Namespace) -> None:
    """Whether descriptors can be grouped and sorted so.

    Raises:
        UsageError: a word is not known, or the answer is to be laid out otherwise too.
    """
    from ..groups import words_of
    from ..report.groups import check

    if asked.columns is not None:
        raise UsageError("--group-by has columns of its own: leave out --columns, or --group-by")
    check(asked.sort, words_of(asked.group_by))


def needs(asked: Namespace, where: Expression | None) -> dict[str, bool]:
    """What must be found out for groups: `peers` and `waits`, as `scanner.scan` takes them.

    Of some processes alone it is the look at others that tells with whom they share a descriptor table.
    """
    from ..groups import words_of
    from ..vocabulary import is_of_peers, is_of_waits

    words = [*words_of(asked.group_by), *(() if where is None else where.words)]
    some = bool(asked.targets) or (where is not None and any(one.of_process for one in where.words))
    peers = some or any(map(is_of_peers, words))
    return {"peers": peers and not asked.no_peers, "waits": any(map(is_of_waits, words))}


def write_groups(snapshot: Snapshot, asked: Namespace, where: Expression | None, console: Console) -> None:
    """Groups, in the form that was asked for.

    Files held without a descriptor are counted only where the expression chose them, and not merely their process.
    """
    from ..answers import Groups
    from ..groups import groups, words_of
    from ..report.groups import in_order, table
    from ..report.process import all_held

    words = words_of(asked.group_by)
    files = where is not None and any(not one.of_process for one in where.words)
    rows = all_held(snapshot.processes, files=files, mapped=asked.mapped)
    found = in_order(groups(rows, words), words, asked.sort)
    if asked.json or asked.ndjson:
        answer = Groups(
            fdscope=snapshot.fdscope,
            taken_at=snapshot.taken_at,
            duration_s=snapshot.duration_s,
            by=[one.name for one in words],
            groups=found,
            problems=snapshot.problems,
        )
        _write_answer(answer, asked, console)
        return
    style = with_links(asked, snapshot, console)
    lines = table(
        found,
        words,
        style,
        form=asked.format or "table",
        show_headers=not asked.no_headers,
    )
    for line in lines:
        console.write(line)


def _write_answer(answer: Groups, asked: Namespace, console: Console) -> None:
    if asked.json:
        write_document(answer, console)
        return
    for line in document.lines_of_groups(answer):
        console.write_bytes(line)


def write_tree(snapshot: Snapshot, asked: Namespace, console: Console) -> None:
    """Processes as a tree; of the whole machine without threads of the kernel."""
    from ..report.process import all_held
    from ..report.tree import tree

    chosen = bool(asked.targets) or is_choosing(asked)
    processes = [one for one in snapshot.processes if chosen or not one.kernel_thread]
    rows = all_held(processes, files=is_choosing(asked), mapped=asked.mapped)
    style = with_links(asked, snapshot, console)
    for line in tree(processes, _between(processes, asked), rows, asked.sort, style):
        console.write(line)


def _between(processes: list[Process], asked: Namespace) -> list[Process]:
    """Those that were not chosen and stand between two that were, which a tree must name to hold together."""
    from ..report.tree import between, parents_of

    missing = between([one.pid for one in processes], parents_of(processes))
    if not missing:
        return []
    return look(asked, [str(pid) for pid in sorted(missing)], peers=False, waits=False, brief=True).processes
