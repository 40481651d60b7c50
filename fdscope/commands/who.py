"""fdscope who OBJECT...: which processes hold it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable

from ..answers import Holdings
from ..console import Console
from ..report import document
from ..report.problems import of_all
from ..report.who import pids, remarks
from ..report.who import who as told
from ..selection import UsageError
from ..statuses import DONE, NOT_PERMITTED, NOTHING_FOUND
from ._looking import chosen, kept


def run(asked: Namespace, console: Console) -> int:
    """Searches, and writes the answer in the form that was asked for."""
    forms = [asked.json, asked.ndjson, asked.pids, asked.format is not None]
    if sum(forms) > 1:
        raise UsageError("--json, --ndjson, --pids and --format are forms of one answer: give one of them")
    found = _then(asked) if asked.from_ else _now(asked)
    if asked.json:
        text = document.encode(found)
        console.write_bytes((document.indented(text) if console.is_terminal else text) + b"\n")
    elif asked.ndjson:
        for line in document.lines_of_holdings(found):
            console.write_bytes(line)
    else:
        _write(found, asked, console)
    return _status(found)


def _now(asked: Namespace) -> Holdings:
    from ..search import who

    return who(asked.objects, proc=asked.proc, timeout_s=asked.timeout, where=chosen(asked))


def _then(asked: Namespace) -> Holdings:
    """Who of the processes of a snapshot held it."""
    from ..search_kept import who

    return who(kept(asked), asked.objects, chosen(asked))


def _write(found: Holdings, asked: Namespace, console: Console) -> None:
    from ..report.style import Style

    style = Style(console.colour(asked.color), console.is_unicode, None if asked.wide else console.width)
    form = asked.format or "table"
    for line in pids(found) if asked.pids else told(found, style, form=form, show_headers=not asked.no_headers):
        console.write(line)
    console.flush()
    more: Iterable[str] = ()
    if asked.from_:
        from ..report.kept import not_known

        more = not_known(kept(asked), found)
    for line in (*remarks(found), *more, *of_all(found.problems)):
        console.say(f"fdscope: {line}")


def _status(found: Holdings) -> int:
    """That nobody holds it is said only where everything that matters could be read."""
    if found.uses or found.keeps:
        return DONE
    return NOT_PERMITTED if found.problems else NOTHING_FOUND
