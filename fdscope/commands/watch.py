"""fdscope watch [TARGET...]: context switches, waits and descriptors over time."""

from __future__ import annotations

import os
import signal
from argparse import Namespace
from collections.abc import Callable

from .. import stages
from ..console import Console
from ..frame import CommandTotal, Frame, Summary
from ..kernel.command import Command
from ..report.safe import printable
from ..selection import UsageError, shortened
from ..statuses import DONE, INTERRUPTED, NOTHING_FOUND
from ..watcher import Watch
from ._answering import style_of
from ._ending import in_good_order
from ._looking import chosen, is_choosing


def run(asked: Namespace, console: Console) -> int:
    """Watches until it is over, and says at the end what was seen."""
    if asked.command and asked.targets:
        raise UsageError("watch takes targets, or a command after '--': leave one of them out")
    if asked.command and is_choosing(asked):
        raise UsageError("watch -- COMMAND watches a command and its children: leave the options out that choose")
    if asked.changes and not asked.ndjson:
        raise UsageError("--changes is told with --ndjson only: give both")
    stages.begin("watching")
    in_good_order()
    if asked.command:
        return _run_command(asked, console)
    with Watch(
        asked.targets,
        where=chosen(asked),
        proc=asked.proc,
        interval_s=asked.interval,
        top=asked.top,
        changes=asked.changes,
        source=asked.source,
    ) as watch:
        for word in watch.unmatched:
            console.say(f"fdscope: no process is called '{printable(shortened(word))}'")
        if (asked.targets or is_choosing(asked)) and not watch.pids:
            if not watch.unmatched:
                console.say("fdscope: no process fits what the options choose")
            return NOTHING_FOUND
        if console.is_terminal and not asked.ndjson and not asked.lines:
            from .live import can_show, show

            if can_show():
                return show(watch, asked, console)
        return _write(watch, asked, console)


def _write(watch: Watch, asked: Namespace, console: Console) -> int:
    """A line for each process and interval, or a Frame for each interval."""
    tell, finish = _speakers(asked, console, console.write)
    status = DONE
    try:
        for frame in watch.frames(asked.count):
            tell(frame)
            console.flush()
    except KeyboardInterrupt:
        status = INTERRUPTED
    finish(watch.summary())
    return status


def _speakers(
    asked: Namespace, console: Console, write: Callable[[str], None]
) -> tuple[Callable[[Frame], None], Callable[[Summary], None]]:
    """How frames are told, and the summary."""
    if asked.ndjson:
        from ..report import document

        return (
            lambda frame: write(document.encode(frame).decode() + "\n"),
            lambda found: write('{"summary":' + document.encode(found).decode() + "}\n"),
        )
    from ..report.frames import lines, summary
    from ..report.problems import of_all

    style = style_of(asked, console)
    everyone = not (asked.targets or asked.command or is_choosing(asked))

    def tell(frame: Frame) -> None:
        for line in lines(frame, style, whole_machine=everyone):
            write(line)
        for line in of_all(frame.problems or []) if not everyone else ():
            console.say(f"fdscope: {line}")

    def finish(found: Summary) -> None:
        for line in summary(found, style):
            write(line)

    return tell, finish


def _run_command(asked: Namespace, console: Console) -> int:
    """Runs a command to its end; all is told on standard error, since standard output is the command's."""
    command = Command(asked.command)
    with Watch(
        proc=asked.proc,
        interval_s=asked.interval,
        top=asked.top,
        changes=asked.changes,
        family_of=command.pid,
        source=asked.source,
    ) as watch:
        error = command.go()
        if error:
            console.say(f"fdscope: cannot run '{printable(asked.command[0])}': {os.strerror(error)}")
            command.outcome()
            return 127 if error == 2 else 126
        for number in (signal.SIGINT, signal.SIGQUIT):  # the terminal sends them to the command, too
            signal.signal(number, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, lambda number, _: command.send(number))
        tell, finish = _speakers(asked, console, lambda text: console.say(text.rstrip("\n")))
        for frame in watch.frames(asked.count, lambda seconds: not command.wait(seconds)):
            tell(frame)
        while not command.wait(60.0):
            pass
        tell(watch.frame())
        done = command.outcome()
        finish(watch.summary(CommandTotal(**done._asdict(), exited_threads_included=True)))
    return done.status
