"""What the words of a command line mean in a snapshot that was kept: the part of it that they choose. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy

from msgspec import structs

from .model import Problem, Process, Snapshot
from .problems import OTHERS
from .selection import Candidate, UsageError, ancestors, select, shortened
from .where import Expression, only


def part(
    kept: Snapshot, targets: Iterable[str], where: Expression | None = None, *, lineage: bool = False
) -> Snapshot:
    """What these words and this expression choose of a snapshot, which itself stays as it is.

    Args:
        kept: the snapshot.
        targets: pids and names, as `scanner.scan` takes them; ``self`` is none of its processes.
        where: what is chosen of what they hold.
        lineage: tell of each process which ones it descends from.

    Raises:
        UsageError: a target is no regular expression.
    """
    words = list(targets)
    if not words and where is None and not lineage:
        return kept
    found, missing = _selected(kept, words) if words else (kept.processes, [])
    if where is not None or lineage:
        found = [copy(one) for one in found]
    if lineage or (where is not None and any(word.name == "ancestors" for word in where.words)):
        parents = {one.pid: one.parent_pid for one in kept.processes}
        for process in found:
            process.ancestors = process.ancestors or ancestors(process.pid, parents.get)
    if where is not None:
        found = [one for one in found if where.may_fit(one)]
    pids = {None, *(one.pid for one in found)}
    names = {one.object for process in found for one in process.descriptors or ()}
    joined = [one for one in kept.objects if one.id in names or not names.isdisjoint(one.faces)]
    if where is not None:
        found, joined = only(where, found, joined)
    problems = [one for one in kept.problems if one.pid in pids and (found or one.what != OTHERS)]
    return structs.replace(
        kept,
        targets=words or kept.targets,
        where=" and ".join(f"({text})" for text in (kept.where, where and where.text) if text) or None,
        processes=found,
        objects=joined,
        problems=missing + problems,
    )


def _selected(kept: Snapshot, words: list[str]) -> tuple[list[Process], list[Problem]]:
    """The processes that the words mean, and a problem for each word that means none."""
    selected, unmatched = select(words, lambda: _candidates(kept), None)
    problems = [
        Problem(what="process", reason="no-such-process", detail=f"no process is called '{shortened(word)}'")
        for word in unmatched
    ]
    by_pid = {one.pid: one for one in kept.processes}
    leaders = {thread.tid: one for one in kept.processes for thread in one.threads}
    found: dict[int, Process] = {}
    for pid in [one.pid for one in selected]:
        process = by_pid.get(pid) or leaders.get(pid)
        if process is None:
            problems.append(Problem(pid=pid, what="process", reason="no-such-process"))
            continue
        if process.pid != pid:
            told = f"{pid} is a thread of process {process.pid}, which is shown"
            problems.append(Problem(pid=pid, what="process", reason="no-such-process", detail=told))
        found[process.pid] = process
    return [found[pid] for pid in sorted(found)], problems


def _candidates(kept: Snapshot) -> list[Candidate]:
    return [Candidate(one.pid, one.name or "", one.command or [], 0) for one in kept.processes]


def pids_of(kept: Snapshot, words: str) -> list[int]:
    """The processes that words with commas between them mean, as `scanner.pids_of` has it.

    Raises:
        UsageError: a word makes no sense, or means no process of the snapshot.
    """
    selected, unmatched = select(words.split(","), lambda: _candidates(kept), None)
    if unmatched:
        raise UsageError(f"no process of the snapshot is called '{unmatched[0][:60]}'")
    return [one.pid for one in selected]


def net_namespace_of(kept: Snapshot, word: str) -> int:
    """The inode number of the network namespace that a word means: the number itself, or ``pid:PID``.

    Raises:
        UsageError: it means none, or that is not in a snapshot.
    """
    if word.isascii() and word.isdigit():
        return int(word)
    kind, _, pid = word.partition(":")
    if kind != "pid" or not pid.isdigit():
        raise UsageError(
            f"with --from, --netns takes an inode number or pid:PID, not '{word[:60]}': which names ip-netns(8) "
            "gave is not in a snapshot"
        )
    process = next((one for one in kept.processes if str(one.pid) == pid), None)
    if process is None:
        raise UsageError(f"the snapshot has no process {pid[:20]}")
    if "net" not in (process.namespaces or {}):
        raise UsageError(f"the snapshot does not say in which network namespace process {pid} lived")
    return (process.namespaces or {})["net"]
