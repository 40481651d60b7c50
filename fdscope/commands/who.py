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
from ..statuses import DONE, NOT_PERMITTED, NOTHING_FOUND
from ._answering import must_be_one_form, say, style_of, write_document
from ._looking import chosen, kept


def run(asked: Namespace, console: Console) -> int:
    """Searches, and writes the answer in the form that was asked for."""
    must_be_one_form(asked, "json", "ndjson", "pids", "format")
    found = _then(asked) if asked.from_ else _now(asked)
    if asked.json:
        write_document(found, console)
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
    style = style_of(asked, console)
    form = asked.format or "table"
    for line in pids(found) if asked.pids else told(found, style, form=form, show_headers=not asked.no_headers):
        console.write(line)
    more: Iterable[str] = ()
    if asked.from_:
        from ..report.kept import not_known

        more = not_known(kept(asked), found)
    say((*remarks(found), *more, *of_all(found.problems)), console)


def _status(found: Holdings) -> int:
    """That nobody holds it is said only where everything that matters could be read."""
    if found.uses or found.keeps:
        return DONE
    return NOT_PERMITTED if found.problems else NOTHING_FOUND
