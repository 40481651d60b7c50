"""fdscope diff A [B]: what differs between two snapshots, or between one and now."""

from __future__ import annotations

from argparse import Namespace

from msgspec.structs import replace

from .. import stages
from ..changes import Difference
from ..console import Console
from ..difference import Identity, diff, identity
from ..model import Snapshot
from ..parts import part
from ..quantity import many
from ..report import document
from ..report.problems import of_all
from ..saved import load
from ..selection import UsageError
from ..statuses import DONE, NOT_PERMITTED, NOTHING_FOUND
from ..where import Expression, all_of, parse
from ._answering import must_be_one_form, say, style_of, write_document
from ._looking import chosen


def run(asked: Namespace, console: Console) -> int:
    """Compares, and writes the answer in the form that was asked for."""
    must_be_one_form(asked, "json", "ndjson", "format")
    names = asked.snapshots
    if not 1 <= len(names) <= 2:
        raise UsageError("diff takes one snapshot, to compare with now, or two: fdscope --json > A makes one")
    if names == ["-", "-"]:
        raise UsageError("standard input cannot be read twice: give one of the snapshots as a file")
    asked.kept, asked.from_ = load(names[0]), names[0]
    where = chosen(asked)
    found = _of_files(asked.kept, load(names[1]), where, asked) if names[1:] else _of_now(asked.kept, where, asked)
    _write(found, asked, console)
    if not found.compared and found.problems:
        return NOT_PERMITTED
    return DONE if found.same else NOTHING_FOUND


def _of_files(before: Snapshot, after: Snapshot, where: Expression | None, asked: Namespace) -> Difference:
    """Of each only what the other was asked about, too.

    Raises:
        UsageError: they were asked about different processes.
    """
    one, other = before, after
    if before.targets != after.targets:
        one = replace(part(before, after.targets or []), targets=before.targets)
        other = replace(part(after, before.targets or []), targets=after.targets)
    if before.targets and after.targets:
        alone = len(before.processes) - len(one.processes) + len(after.processes) - len(other.processes)
        if alone and not (one.processes and other.processes):
            raise UsageError(
                "the two snapshots were asked about different processes: take both of the same targets, or of the "
                "whole machine"
            )
        if alone:
            asked.say(
                f"{many(alone, 'process', 'processes')} that only one of the two was asked about: not compared"
            )
    return diff(
        part(one, [], _both(after.where, where)),
        part(other, [], _both(before.where, where)),
        whole_before=one,
        whole_after=other,
        there_before=[identity(one) for one in before.processes],
        there_after=[identity(one) for one in after.processes],
    )


def _of_now(before: Snapshot, where: Expression | None, asked: Namespace) -> Difference:
    """What that snapshot was asked about, asked again."""
    from ..scanner import scan

    how = {"proc": asked.proc, "timeout_s": asked.timeout, "peers": False, "waits": False}
    wanted = _both(before.where, None)
    known = [identity(one) for one in before.processes]
    first = part(before, [], where)
    faced = any(one.peers or one.other_end for process in first.processes for one in process.descriptors or ())
    whole: Snapshot = scan(before.targets or (), where=wanted, **{**how, "peers": faced})
    held = {one.pid for one in whole.processes}
    missing = [str(one.pid) for one in first.processes if one.pid not in held] if wanted is not None else []
    there: list[Identity] = []
    if missing:  # perhaps a process is there, and holds nothing of what is meant any more
        there = [identity(one) for one in scan(missing, threads=False, **how).processes]
    return diff(
        first,
        part(whole, [], where),
        whole_before=before,
        whole_after=whole,
        there_before=known,
        there_after=there,
    )


def _both(then: str | None, where: Expression | None) -> Expression | None:
    """What chose when a snapshot was taken, and what chooses now."""
    return all_of([*([parse(then)] if then else []), *([where] if where is not None else [])])


def _write(found: Difference, asked: Namespace, console: Console) -> None:
    stages.begin("drawing")
    if asked.json:
        write_document(found, console)
        return
    if asked.ndjson:
        for data in document.lines_of_difference(found):
            console.write_bytes(data)
        return
    from ..report.difference import difference

    style = style_of(asked, console)
    form = asked.format or "table"
    for line in difference(found, style, form=form, show_headers=not asked.no_headers, whole=asked.wide):
        console.write(line)
    say(of_all(found.problems), console)
