"""What could not be read, in few lines: alike problems together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model import REASONS, Problem
from ..quantity import many
from .safe import printable


def of_process(problems: Sequence[Problem]) -> Iterator[str]:
    """The problems of one process, a line for each reason: ``descriptors, cwd: permission denied``."""
    groups: dict[tuple[str, str | None], list[str]] = {}
    for problem in problems:
        what = problem.what if problem.fd is None else f"{problem.what} of descriptor {problem.fd}"
        groups.setdefault((problem.reason, problem.detail), []).append(what)
    for (reason, detail), things in groups.items():
        if reason == "no-such-process":
            yield printable(detail or REASONS.get(reason, reason))
            continue
        shown = ", ".join(things[:8]) + (f" and {len(things) - 8:,} more" if len(things) > 8 else "")
        meaning = detail or REASONS.get(reason, "")
        yield printable(f"{shown}: {reason.replace('-', ' ')} ({meaning})" if meaning else f"{shown}: {reason}")


def of_machine(problems: Sequence[Problem]) -> Iterator[str]:
    """The problems of many processes, counted by what and why."""
    groups: dict[tuple[str, str], set[int | None]] = {}
    numbers: dict[tuple[str, str], int] = {}
    for problem in problems:
        key = (problem.what, problem.reason)
        groups.setdefault(key, set()).add(problem.pid)
        numbers[key] = numbers.get(key, 0) + 1
    for (what, reason), pids in sorted(groups.items(), key=lambda item: -numbers[item[0]]):
        number = numbers[what, reason]
        where = many(len(pids), "process", "processes")
        times = f"{number:,} times in {where}" if number > len(pids) else f"of {where}"
        yield printable(f"{what} {times}: {reason.replace('-', ' ')} ({REASONS.get(reason, '')})")


def of_all(problems: Sequence[Problem]) -> Iterator[str]:
    """Problems that stand nowhere in an answer: by process, or counted when they are of many."""
    by_process: dict[int | None, list[Problem]] = {}
    for problem in problems:
        by_process.setdefault(problem.pid, []).append(problem)
    if len(by_process) > 8:
        yield from of_machine(problems)
        return
    for pid, found in by_process.items():
        for line in of_process(found):
            yield line if pid is None else f"process {pid}: {line}"
