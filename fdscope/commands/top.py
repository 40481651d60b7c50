"""fdscope top [TARGET...]: processes and what they hold, on an interactive screen."""

from __future__ import annotations

import gc
import os
import sys
from argparse import Namespace

from ..console import Console
from ..kernel.terminal import Terminal
from ..report import top as table
from ..report.safe import printable
from ..report.style import Style
from ..selection import UsageError, shortened
from ..statuses import MISTAKEN, NOTHING_FOUND
from ..watcher import Watch
from ..where import all_of, parse
from ._looking import chosen, is_choosing


def run(asked: Namespace, console: Console) -> int:
    """Shows the screen until it is left."""
    order = table.order(asked.sort) if asked.sort else table.Order()
    where = all_of([parse(text) for text in asked.where])
    asked.where = []  # it chooses what is seen, and can be changed; the others choose what is looked at
    if not _is_screen(console):
        raise UsageError("top takes a terminal that can move its cursor; fdscope watch writes lines anywhere")
    try:
        from ..top.app import Top, Wishes
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("textual", "rich"):
            raise
        raise UsageError("top takes textual: pip install 'fdscope[top]'; fdscope watch works without it") from None
    for name in ("COLUMNS", "LINES"):  # textual would heed them, and not the terminal when its size changes
        os.environ.pop(name, None)
    gc.enable()  # unlike an answer, which is written and dropped, a screen stays
    among = chosen(asked)
    watch = Watch(
        asked.targets, where=among, proc=asked.proc, interval_s=asked.interval, top=0, source=asked.source
    )
    for word in watch.unmatched:
        console.say(f"fdscope: no process is called '{printable(shortened(word))}'")
    if (asked.targets or is_choosing(asked)) and not watch.pids:
        watch.close()
        return NOTHING_FOUND
    style = Style(console.colour(asked.color), console.is_unicode)
    wishes = Wishes(asked.targets, asked.proc, asked.timeout, order, where, among, style)
    top = Top(watch, wishes, Terminal(sys.stdin.fileno()))
    status = top.run()
    if top.mistake is not None:
        raise top.mistake
    return MISTAKEN if status is None else status


def _is_screen(console: Console) -> bool:
    """Whether keys can be read and a screen be drawn."""
    attended = console.is_terminal and console.is_attended and sys.stdin is not None and sys.stdin.isatty()
    return attended and console.environment.get("TERM", "dumb") not in ("dumb", "")
