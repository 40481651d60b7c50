"""Metrics, written: to standard output or a file, once or again and again."""

from __future__ import annotations

from argparse import Namespace
from signal import SIGCHLD
from time import monotonic

from ..console import Console, NotWrittenError
from ..exporting import Exporter
from ..report.safe import printable
from ._ending import heard_within


def once(exporter: Exporter, asked: Namespace, console: Console) -> None:
    """Writes those of one look.

    Raises:
        UsageError: it failed by what it was asked.
        NotWrittenError: it did not end, or cannot be written.
    """
    from ..report.exposition import text

    found = exporter.first()
    exporter.check()
    if found is None:
        raise NotWrittenError("no look has ended in time: --timeout gives it more")
    if asked.textfile is None:
        console.write_bytes(text(found))
    else:
        _say_of_name(asked.textfile, console)
        _write(asked.textfile, text(found))


def each_interval(exporter: Exporter, asked: Namespace, console: Console) -> bool:
    """Writes the file, if one is asked for, until it is told to end; False: until no look is possible any more."""
    said, due = "", monotonic()
    if asked.textfile is not None:
        _say_of_name(asked.textfile, console)
    while True:
        if asked.textfile is not None:
            told = _written(exporter, asked.textfile)
            if told and told != said:
                console.say(f"fdscope: {told}")
            said = told
        due = max(due + asked.interval, monotonic())
        while (signal := heard_within(due - monotonic())) is not None:
            if signal != SIGCHLD:
                return True
            if exporter.is_broken:
                console.say("fdscope: the process that begins looks has been killed, and this one ends, too")
                return False


def _written(exporter: Exporter, path: str) -> str:
    """Writes the file; why that could not be done, if so."""
    from ..report.exposition import text

    found = exporter.metrics()
    if found is None:
        return "nothing is written: no look has ended well so far"
    try:
        _write(path, text(found))
    except NotWrittenError as error:
        return f"not written: {error}"
    return ""


def _write(path: str, data: bytes) -> None:
    from ..kernel.written import publish

    try:
        publish(path, data)
    except OSError as error:
        raise NotWrittenError(f"{printable(path)}: {error.strerror}") from None


def _say_of_name(path: str, console: Console) -> None:
    if not path.endswith(".prom"):
        console.say("fdscope: node_exporter reads only files whose names end with .prom")
