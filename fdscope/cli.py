"""What was asked: words of the command line to a command, and exceptions to an exit status."""

from __future__ import annotations

import gc
import os
import sys
from argparse import Namespace
from collections.abc import Callable
from importlib import import_module
from typing import NoReturn

from . import stages
from ._version import __version__
from .console import Console, NotWrittenError
from .options import COMMANDS, READING, SPEAKING
from .selection import UsageError
from .statuses import DONE, INTERRUPTED, MISTAKEN, NOT_WRITTEN, WRONG_USAGE


def run(words: list[str], console: Console, loaded: Callable[[], object]) -> int:
    """Does what the words ask; calls `loaded` when all that it takes has been imported.

    Raises:
        UsageError: they make no sense.
        NotWrittenError, BrokenPipeError: the answer could not be written.
    """
    if words[:2] == ["completion", "--for"]:
        from .commands.completion import complete

        return complete(words[2:], console)
    options = words[: words.index("--")] if "--" in words else words
    named = words[0] if words and words[0] in {one.name for one in COMMANDS} else None
    if "-h" in options or "--help" in options:
        from .report.usage import of_command, whole

        console.write(of_command(named) if named else whole())
        return DONE
    if "--version" in options:
        console.write(f"fdscope {__version__}\n")
        return DONE
    asked = _asked(named or "show", words[1:] if named else words, console)
    if getattr(asked, "debug", False):
        from .debug import listeners

        listeners.append(asked.say)
    module = import_module(f".commands.{named or 'show'}", __package__)
    loaded()
    return _run(module.run, asked, named or "show", console)


def _asked(command: str, words: list[str], console: Console) -> Namespace:
    """What the words ask of the command, and what FDSCOPE_OPTIONS adds."""
    from .parsing import understood

    program: list[str] | None = None
    if command == "watch" and "--" in words:
        words, program = words[: words.index("--")], words[words.index("--") + 1 :]
        if not program:
            raise UsageError("watch -- takes a command to run, as in: fdscope watch -- make -j4")
    wishes = "" if command in SPEAKING else console.environment.get("FDSCOPE_OPTIONS", "")
    asked = understood(command, words, wishes)
    asked.say = lambda line: _say(line, console)
    asked.words = [command, *words]
    if command == "watch":
        asked.command = program
    return asked


def _run(work: Callable[[Namespace, Console], int], asked: Namespace, command: str, console: Console) -> int:
    """Runs a command, and says how it gets on: a line on a terminal, or with --debug the time of each stage."""
    debug = getattr(asked, "debug", False)
    progress = None
    if command in READING and not debug and console.may_draw:
        from .progress import Progress

        progress = Progress(console)
        progress.start()
    try:
        status = int(work(asked, console))
        if debug:
            console.flush()  # the times stand below the answer
        return status
    except UsageError as error:
        if not asked.preferred:
            raise
        raise UsageError(f"{error} (FDSCOPE_OPTIONS adds {' '.join(asked.preferred)})") from None
    finally:
        if progress is not None:
            progress.end()
        if debug:
            stages.begin("")
            console.say(f"fdscope: {stages.told()}")


def _say(line: str, console: Console) -> None:
    from .report.safe import printable

    console.say(f"fdscope: {printable(line)}")


def main(
    words: list[str] | None = None,
    console: Console | None = None,
    loaded: Callable[[], object] = lambda: None,
) -> int:
    """Runs the program and gives its exit status, one of `statuses.MEANINGS`."""
    console = Console() if console is None else console
    words = sys.argv[1:] if words is None else words
    try:
        status = run(words, console, loaded)
        console.flush()
    except UsageError as error:
        _say(str(error), console)
        if words[:1] == ["check"]:
            from .commands.check import misused

            return misused(str(error), console)
        return WRONG_USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return DONE
    except NotWrittenError as error:
        console.say(f"fdscope: the answer could not be written: {error}")
        return NOT_WRITTEN
    return status


def entry(loaded: Callable[[], object]) -> NoReturn:
    """Runs the program as a command; calls `loaded` when all that it takes has been imported.

    The process ends at once: everything is flushed, a snapshot of a large machine would take a tenth of a
    second to take apart, and what a closed pipe left in a buffer must not be tried again.
    """
    gc.disable()  # a snapshot is built, written and dropped: looking for cycles in it only costs time
    status = INTERRUPTED
    try:
        status = main(loaded=loaded)
    except Exception:  # a mistake of ours: it would end unseen
        sys.excepthook(*sys.exc_info())
        status = MISTAKEN
    finally:
        os._exit(status)
