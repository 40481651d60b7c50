"""fdscope explain PID FD: one descriptor, told from its number out to its other ends."""

from __future__ import annotations

from argparse import Namespace

from ..answers import Explanation
from ..console import Console
from ..model import REASONS, Problem, Process
from ..prospects import explanation
from ..selection import UsageError
from ..statuses import DONE, NOT_PERMITTED, NOTHING_FOUND
from ._answering import style_of, write_document
from ._looking import look


def run(asked: Namespace, console: Console) -> int:
    """Looks at the process, picks the descriptor and tells it."""
    word, number = _words(asked.targets)
    snapshot = look(asked, [word], peers=not asked.no_peers)
    process = _single(word, snapshot.processes)
    told = explanation(snapshot, process, number, word)
    if asked.json:
        write_document(told, console)
    elif told.descriptor is not None:
        from ..report.story import story

        style = style_of(asked, console)
        if asked.from_:
            from ..report.kept import heading

            console.write(heading(snapshot, style))
        for line in story(told, style):
            console.write(line)
    else:
        _say(told.problems, console)
    return _status(told)


def _words(words: list[str]) -> tuple[str, int]:
    if len(words) != 2:
        raise UsageError("explain takes a process and a descriptor, as in: fdscope explain 1234 7")
    word, number = words
    if not (number.isascii() and number.isdigit() and len(number) <= 10):
        raise UsageError(f"a descriptor is a number, not '{number[:60]}', as in: fdscope explain 1234 7")
    return word, int(number)


def _single(word: str, processes: list[Process]) -> Process | None:
    if len(processes) > 1:
        shown = ", ".join(f"{one.pid} ({one.name or '?'})" for one in processes[:8])
        more = f" and {len(processes) - 8:,} more" if len(processes) > 8 else ""
        raise UsageError(f"several processes are called '{word}': give one of the pids {shown}{more}")
    return processes[0] if processes else None


def _say(problems: list[Problem], console: Console) -> None:
    """Why there is no answer, in a line."""
    from ..report.problems import of_process
    from ..report.safe import printable

    for one in problems:
        if one.what in ("process", "descriptor"):
            console.say(f"fdscope: {printable(one.detail or REASONS.get(one.reason, one.reason))}")
            return
    for line in of_process([one for one in problems if one.what == "descriptors"]):
        console.say(f"fdscope: process {problems[0].pid}: {line}")


def _status(told: Explanation) -> int:
    if told.descriptor is not None:
        return DONE
    denied = any(one.what == "descriptors" and one.reason == "permission-denied" for one in told.problems)
    return NOT_PERMITTED if told.process is not None and denied else NOTHING_FOUND
