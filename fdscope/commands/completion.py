"""fdscope completion SHELL: the script that lets a shell complete, and the answers to what that script asks.

The script is the same few lines for each command line; what may follow on one the program itself says, so that a
shell knows every option and value that there is. It asks ``fdscope completion --for SHELL WORD…``.
"""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence

from ..completing import Told, following, split
from ..console import Console
from ..kernel.root import Proc
from ..kernel.shipped import text as shipped
from ..options import COMMANDS
from ..raw import Unread
from ..report.safe import printable
from ..selection import UsageError, nearest
from ..statuses import DONE
from ..text import text

SCRIPTS = {"bash": "fdscope.bash", "zsh": "_fdscope", "fish": "fdscope.fish"}
"""Each shell, and its script in the folder ``completions``."""
_SAFE = re.compile(r"[\w.+@:/-]+", re.ASCII)
"""What a value may be made of: nothing that a shell would do something with."""
_ABOUT = 60


def run(asked: Namespace, console: Console) -> int:
    """Prints the script of a shell."""
    shells = ", ".join(SCRIPTS)
    if len(asked.targets) != 1:
        raise UsageError(f'completion takes a shell ({shells}), as in: eval "$(fdscope completion bash)"')
    shell = asked.targets[0]
    if shell not in SCRIPTS:
        raise UsageError(
            f"there is no completion for '{shell[:60]}': {nearest(shell, SCRIPTS, f'it is for {shells}')}"
        )
    console.write(shipped("completions", SCRIPTS[shell]))
    return DONE


def complete(words: list[str], console: Console) -> int:
    """Writes what may follow: what the shell is to do, then a line for each value, with a tab and what it is.

    Of bash the word is the whole line, and values are without what stands before a ``=`` or ``:`` in it: bash
    takes these for ends of words.
    """
    shell, line = (words or [""])[0], words[1:] or [""]
    cut = 0
    if shell == "bash":
        asked, is_quoted = split(line[0])
        line = asked[1:] or [""]
        cut = 0 if is_quoted else max(line[-1].rfind("="), line[-1].rfind(":")) + 1
    answer = following(line, _known)
    console.write(answer.sort + "\n")
    for value, told in answer.values:
        about = printable(
            told if len(told) <= _ABOUT else (told[:_ABOUT].rpartition(" ")[0] or told[:_ABOUT]) + "…"
        )
        console.write(f"{value[cut:]}\t{about}\n" if about else f"{value[cut:]}\n")
    return DONE


def _known(sort: str, words: Sequence[str]) -> Iterator[Told]:
    """The values of a sort that a shell may be given as they are."""
    source = _VALUES.get(sort)
    for value, told in () if source is None else source(words):
        if _SAFE.fullmatch(value):
            yield value, told


def _names() -> Iterator[tuple[int, str]]:
    from ..kernel.processes import names

    proc = Proc()
    with proc:
        own = proc.own_pid()
        yield from ((pid, text(name)) for pid, name in names(proc) if pid != own)


def _pids(_: Sequence[str]) -> Iterator[Told]:
    return ((str(pid), name) for pid, name in _names())


def _processes(_: Sequence[str]) -> Iterator[Told]:
    found: dict[str, list[int]] = {}
    for pid, name in _names():
        found.setdefault(name, []).append(pid)
    for name, pids in sorted(found.items()):
        yield name, f"pid {pids[0]}" if len(pids) == 1 else f"{len(pids)} processes"


def _descriptors(words: Sequence[str]) -> Iterator[Told]:
    if not words or not words[0].isdigit():
        return
    with Proc() as proc:
        folder = proc.open(b"%d/fd" % int(words[0][:10]))
        if isinstance(folder, Unread):
            return
        with folder:
            numbers = folder.numbers()
            for number in () if isinstance(numbers, Unread) else numbers:
                link = folder.link(b"%d" % number)
                yield str(number), text(link) if isinstance(link, bytes) else ""


def _users(_: Sequence[str]) -> Iterator[Told]:
    from ..kernel.users import names

    return ((name, "") for name in names())


def _kinds(_: Sequence[str]) -> Iterator[Told]:
    from ..kinds import KINDS
    from ..model import kind_name

    return ((kind_name(kind), (kind.__doc__ or "").partition("\n")[0].rstrip(".")) for kind in KINDS)


def _words(_: Sequence[str]) -> Iterator[Told]:
    from ..vocabulary import names

    return ((name, "") for name in names())


def _edges(_: Sequence[str]) -> Iterator[Told]:
    from ..pictures import JOINS

    yield "all", "every kind"
    yield from JOINS.items()


def _topics(_: Sequence[str]) -> Iterator[Told]:
    from .help import OPTIONS_TOPIC, TABLE_TOPIC, topics

    return ((name, "") for name in sorted([*topics(), OPTIONS_TOPIC, TABLE_TOPIC]))


def _specimens(_: Sequence[str]) -> Iterator[Told]:
    from ..lab import offered

    for group, names in offered().items():
        yield group, "all of these"
        yield from ((name, group) for name in names)


_VALUES: dict[str, Callable[[Sequence[str]], Iterable[Told]]] = {
    "pid": _pids,
    "process": _processes,
    "fd": _descriptors,
    "user": _users,
    "kind": _kinds,
    "edge": _edges,
    "field": _words,
    "where": _words,
    "topic": _topics,
    "specimen": _specimens,
    "shell": lambda _: ((shell, "") for shell in SCRIPTS),
    "command": lambda _: ((one.name, one.help) for one in COMMANDS),
}
