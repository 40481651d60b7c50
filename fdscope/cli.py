"""What was asked: words of the command line to a command, and exceptions to an exit status."""

from __future__ import annotations

import argparse
import gc
import os
import re
import sys
from collections.abc import Callable
from importlib import import_module
from typing import NoReturn

from ._version import __version__
from .console import Console, NotWrittenError
from .options import COMMANDS, GROUPS, OPTIONS, READING, Option, options_of
from .selection import UsageError
from .statuses import DONE, INTERRUPTED, MEANINGS, NOT_WRITTEN, WRONG_USAGE


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see 'fdscope --help')")


def _seconds(option: str, word: str, least: float = 0.0) -> float:
    from .units import seconds as seconds_of

    try:
        seconds = seconds_of(word)
    except ValueError:
        seconds = -1.0
    if not least <= seconds <= 86400 or not seconds:
        raise UsageError(f"{option} takes a number of seconds from {least:g} to 86400, not '{word[:60]}'")
    return seconds


def _number(option: str, word: str) -> int:
    if not (word.isascii() and word.isdigit() and 0 < int(word[:10]) < 10**9 and len(word) < 10):
        raise UsageError(f"{option} takes a whole number above 0, not '{word[:60]}'")
    return int(word)


def _checked(asked: argparse.Namespace) -> None:
    """Turns words into numbers.

    Raises:
        UsageError: one is none, or out of range.
    """
    if hasattr(asked, "timeout"):
        asked.timeout = _seconds("--timeout", asked.timeout)
    if hasattr(asked, "interval"):
        asked.interval = _seconds("--interval", asked.interval, 0.1)
        asked.top = _number("--top", asked.top)
    if getattr(asked, "for_", None) is not None:
        asked.for_ = _seconds("--for", asked.for_, 0.1)
    if hasattr(asked, "count"):
        asked.count = None if asked.count is None else _number("--count", asked.count)


def parser(command: str) -> argparse.ArgumentParser:
    """The parser of one command."""
    words = {one.name: one.words for one in COMMANDS}[command]
    found = _Parser(
        prog="fdscope" if command == "show" else f"fdscope {command}",
        usage=f"fdscope {words} [options]" if command == "show" else f"fdscope {command} {words} [options]",
        add_help=False,
        allow_abbrev=False,
        # with a width of its own argparse need not import shutil, which costs 3 ms
        formatter_class=lambda prog: argparse.HelpFormatter(prog, width=100),
    )
    if command != "doctor":
        found.add_argument(
            {"lab": "names", "who": "objects", "diff": "snapshots"}.get(command, "targets"), nargs="*"
        )
    for option in options_of(command):
        _add(found, option)
    return found


def _add(found: argparse.ArgumentParser, option: Option) -> None:
    name = option.names[0].removeprefix("--").replace("-", "_")
    name = f"{name}_" if name in ("from", "for") else name  # words of Python's own
    if not option.value:
        found.add_argument(*option.names, dest=name, action="store_true")
    elif option.repeats:
        found.add_argument(*option.names, dest=name, metavar=option.value, action="append", default=[])
    elif option.bare:
        found.add_argument(*option.names, dest=name, metavar=option.value, nargs="?", const="")
    else:
        choices = option.choices or None
        found.add_argument(*option.names, dest=name, metavar=option.value, choices=choices, default=option.default)


def _with_falling_keys(words: list[str]) -> list[str]:
    """The words, but ``--sort -size`` as ``--sort=-size``: argparse would take the key for an option."""
    found: list[str] = []
    for word in words:
        if found and found[-1] in ("--sort", "-s") and re.match("-[^-]", word):
            found[-1] = f"--sort={word}"
        else:
            found.append(word)
    return found


def usage() -> str:
    """The help, whole."""
    lines = [
        "fdscope shows what stands behind every file descriptor of a live Linux process.",
        "",
        "usage:",
        "  fdscope                      overview of the machine",
        "  fdscope TARGET...            report on processes: a pid, 'self', or a name (exact, else regex)",
    ]
    for one in COMMANDS[1:]:
        lines += _hanging(f"fdscope {one.name} {one.words}".rstrip(), one.help)
    for group, title in GROUPS.items():
        lines += ["", f"{title}:"]
        for option in OPTIONS:
            if option.group == group:
                lines += _hanging(_named(option), option.help)
    lines += [
        "",
        *_hanging("-h, --help", "this text"),
        *_hanging("--version", "the version"),
        "",
        "exit status:",
        *(f"  {status:>3}  {meaning}" for status, meaning in MEANINGS.items()),
        "",
        "Manual: fdscope(1), fdscope-kinds(7), fdscope-json(5)",
    ]
    return "\n".join(lines) + "\n"


def _named(option: Option) -> str:
    value = "{" + ",".join(option.choices) + "}" if option.choices else option.value
    value = f"[{value}]" if option.bare else value
    return f"{', '.join(option.names)} {value}".rstrip()


def _hanging(name: str, text: str) -> list[str]:
    """One option of the help: its name, its text beside it in lines of at most 100 columns."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) > 68:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".lstrip()
    lines.append(line)
    head = f"  {name:<28}"
    first = [f"{head} {lines[0]}"] if len(name) <= 28 else [head.rstrip(), f"{'':31}{lines[0]}"]
    return first + [f"{'':31}{line}" for line in lines[1:]]


def run(words: list[str], console: Console, loaded: Callable[[], object]) -> int:
    """Does what the words ask; calls `loaded` when all that it takes has been imported.

    Raises:
        UsageError: they make no sense.
        NotWrittenError, BrokenPipeError: the answer could not be written.
    """
    options = words[: words.index("--")] if "--" in words else words
    if "-h" in options or "--help" in options:
        console.write(usage())
        return DONE
    if "--version" in options:
        console.write(f"fdscope {__version__}\n")
        return DONE
    known = {one.name for one in COMMANDS}
    command = words[0] if words and words[0] in known else "show"
    rest = words[1:] if words[:1] == [command] else words
    program: list[str] | None = None
    if command == "watch" and "--" in rest:
        rest, program = rest[: rest.index("--")], rest[rest.index("--") + 1 :]
        if not program:
            raise UsageError("watch -- takes a command to run, as in: fdscope watch -- make -j4")
    if command not in READING and any(word.partition("=")[0] == "--from" for word in rest):
        raise UsageError(f"{command} is about this machine now: a snapshot is for {', '.join(READING)}")
    asked = parser(command).parse_args(_with_falling_keys(rest))
    asked.say = lambda line: _say(line, console)
    if command == "watch":
        asked.command = program
    _checked(asked)
    if getattr(asked, "debug", False):
        from .debug import listeners

        listeners.append(asked.say)
    module = import_module(f".commands.{command}", __package__)
    loaded()
    return int(module.run(asked, console))


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
    finally:
        os._exit(status)
