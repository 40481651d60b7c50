"""fdscope waits [TARGET...]: which thread waits on what, and by which I/O model."""

from __future__ import annotations

from argparse import Namespace

from ..answers import Waits
from ..console import Console
from ..problems import OTHERS
from ..quantity import many
from ..report import document
from ..report.problems import of_all
from ..statuses import DONE, NOT_PERMITTED, NOTHING_FOUND
from ._answering import must_be_one_form, say, style_of, write_document
from ._looking import chosen, is_choosing, kept


def run(asked: Namespace, console: Console) -> int:
    """Looks once, and writes the answer in the form that was asked for."""
    must_be_one_form(asked, "json", "ndjson", "format")
    found = _then(asked) if asked.from_ else _now(asked)
    if asked.json:
        write_document(found, console)
    elif asked.ndjson:
        for line in document.lines_of_waits(found):
            console.write_bytes(line)
    else:
        _write(found, asked, console)
    return _status(found, asked)


def _now(asked: Namespace) -> Waits:
    from ..waiting import waits

    return waits(
        asked.targets,
        proc=asked.proc,
        timeout_s=asked.timeout,
        peers=not asked.no_peers,
        where=chosen(asked),
    )


def _then(asked: Namespace) -> Waits:
    """Of the threads of those processes of a snapshot that are meant; of cycles all that they stand in."""
    from .. import held_up
    from ..parts import part
    from ..waiting import choice

    where = chosen(asked)
    meant = part(kept(asked), asked.targets, where)
    return held_up.kept(kept(asked), {one.pid for one in meant.processes}, meant.problems, choice(where))


def _write(found: Waits, asked: Namespace, console: Console) -> None:
    from ..report.waits import waits as told

    style = style_of(asked, console)
    lines = told(
        found,
        style,
        form=asked.format or "table",
        show_headers=not asked.no_headers,
        everyone=asked.all,
    )
    for line in lines:
        console.write(line)
    console.flush()
    of_kernel = sum(one.kernel_thread is True for one in found.waits)
    if of_kernel and not asked.all:
        console.say(f"fdscope: {many(of_kernel, 'thread')} of the kernel left out; --all shows them")
    if is_choosing(asked) and not found.waits:
        asked.say(f"no thread waits on anything that fits; looked at {found.threads_total:,}")
    elif found.threads_total and not found.waits and not found.threads_unknown:
        console.say(f"fdscope: no thread waits; looked at {found.threads_total:,}")
    if found.threads_unknown:
        told_of = f"for {many(found.threads_unknown, 'thread')} it could not be found out what is waited for"
        console.say(f"fdscope: {told_of}")
    lacks = any(one.other_end == "unread" for wait in found.waits for one in wait.on or ())
    say(of_all([one for one in found.problems if lacks or one.what != OTHERS]), console)


def _status(found: Waits, asked: Namespace) -> int:
    if asked.targets and not found.threads_total:
        return NOTHING_FOUND
    refused = any(one.reason == "permission-denied" and one.what == "syscall" for one in found.problems)
    if refused and not any(one.wait.syscall for one in found.waits):
        return NOT_PERMITTED
    return NOTHING_FOUND if is_choosing(asked) and not found.waits else DONE
