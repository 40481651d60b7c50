"""fdscope check [TARGET...]: whether all is in order, told as monitoring plugins tell it."""

from __future__ import annotations

import contextlib
from argparse import Namespace
from typing import Any

from ..answers import Check
from ..checking import BY_DEFAULT, Terms, check, how_to_look, nobody, rates_of
from ..console import Console, NotWrittenError
from ..model import Snapshot
from ..report.check import lines
from ..report.check import misused as told_misused
from ..selection import UsageError
from ..statuses import OF_CHECK
from ..thresholds import MEASURES, expected, limits
from ..where import Expression
from ._answering import write_document
from ._looking import chosen, is_choosing, look


def run(asked: Namespace, console: Console) -> int:
    """Looks, measures for a while if rates are asked for, and writes what is not in order."""
    terms = _terms(asked)
    seconds = _seconds(asked, terms)
    where = chosen(asked)
    wanted, how = how_to_look(terms, where)
    snapshot = _seen(asked, terms, wanted, how)
    everyone = not asked.targets and where is None
    measured = (
        rates_of(snapshot, everyone=everyone, proc=asked.proc, source=asked.source, seconds=seconds)
        if terms.of_rates
        else []
    )
    found = check(
        snapshot,
        terms,
        rates=measured,
        measured_s=seconds if terms.of_rates else None,
        where=where,
        holds_nothing=lambda pids: nobody(
            look(asked, [str(pid) for pid in pids], None, brief=True, peers=False, waits=False)
        ),
    )
    _write(found, asked, console)
    return OF_CHECK[found.status]


def _seen(asked: Namespace, terms: Terms, wanted: Expression | None, how: dict[str, Any]) -> Snapshot:
    """What is judged; where listeners are, by bpf if it may be used, which tells of all sockets.

    sock_diag(7) tells only of the network namespaces that a process lives in or that have a name.
    """
    if terms.expected is not None and asked.source == "auto" and not asked.from_:
        with contextlib.suppress(UsageError):
            return look(asked, asked.targets, wanted, source="bpf", **how)
    return look(asked, asked.targets, wanted, source=asked.source, **how)


def misused(why: str, console: Console) -> int:
    """Says on standard output, where plugins are heard, that nothing was checked."""
    try:
        console.write(told_misused(why))
        console.flush()
    except (BrokenPipeError, NotWrittenError):
        pass
    return OF_CHECK["unknown"]


def _terms(asked: Namespace) -> Terms:
    words = {name: getattr(asked, name.replace("-", "_")) for name in MEASURES}
    allowed = asked.no_listener_except
    given = {name: word for name, word in words.items() if word is not None}
    by_default = not given and allowed is None
    if by_default:
        of_machine = not asked.targets and not is_choosing(asked)
        given = {name: word for name, word in BY_DEFAULT.items() if of_machine or name == "max-share"}
    return Terms(
        {name: limits(name, word) for name, word in given.items()},
        by_default,
        None if allowed is None else expected(allowed),
        allowed,
    )


def _seconds(asked: Namespace, terms: Terms) -> float:
    if (
        asked.for_ is not None
        and not terms.of_rates
        and not any(word.startswith("--for") for word in asked.preferred)
    ):
        raise UsageError(
            "--for is the time over which rates are measured: give --max-growth or --max-switches, too"
        )
    if asked.from_ and terms.of_rates:
        raise UsageError("a snapshot is one look, and tells no rates: leave --from out, or the limits of rates")
    if asked.for_ is not None and asked.for_ > 3600:
        raise UsageError("--for takes a time from 0.1s to 1h in a check")
    return 2.0 if asked.for_ is None else float(asked.for_)


def _write(found: Check, asked: Namespace, console: Console) -> None:
    if asked.json:
        write_document(found, console)
        return
    for line in lines(found):
        console.write(line)
