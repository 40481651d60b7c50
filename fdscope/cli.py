"""What was asked: words of the command line to a command, and exceptions to an exit status.

Every option is said once, in `OPTIONS`; the parser, the manual page and the help come from there.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple, NoReturn

from ._version import __version__
from .console import Console, NotWrittenError
from .selection import UsageError
from .statuses import DONE, INTERRUPTED, MEANINGS, NOT_WRITTEN, WRONG_USAGE

FORMATS = ("table", "plain", "csv", "tsv", "markdown", "html")


class Option(NamedTuple):
    """An option of the command line."""

    names: tuple[str, ...]
    help: str
    value: str = ""
    """What stands for its value in the help; empty: it takes none."""
    choices: tuple[str, ...] = ()
    default: str | None = None
    commands: tuple[str, ...] = ("show",)


class Command(NamedTuple):
    """A command: the first word of the command line."""

    name: str
    words: str
    """What follows it, for the help."""
    help: str


COMMANDS = (
    Command("show", "[TARGET...]", "report on processes, or on the whole machine; may be left out"),
    Command("explain", "PID FD", "one descriptor, told from its number out to its other ends"),
    Command("who", "OBJECT...", "say which processes hold a file, mount, port, socket or pipe"),
    Command("waits", "[TARGET...]", "say which thread waits on what, and by which I/O model"),
    Command("watch", "[TARGET... | -- COMMAND...]", "show context switches, waits and descriptors over time"),
    Command("lab", "[NAME...]", "hold descriptors of every kind, wait in every way, switch contexts"),
    Command("doctor", "", "say what present rights let one see, and what would unlock the rest"),
)

OPTIONS = (
    Option(("--json",), "one JSON document", commands=("show", "explain", "who", "waits", "lab", "doctor")),
    Option(
        ("--ndjson",),
        "one JSON object a line for each descriptor and each problem; of who for each use, of waits for each "
        "thread, of watch for each interval",
        commands=("show", "who", "waits", "watch"),
    ),
    Option(("--json-schema",), "print the JSON Schema of the documents and end"),
    Option(
        ("--format",),
        "how tables are drawn; all but table give descriptors only",
        "FORMAT",
        FORMATS,
        None,
        ("show", "who", "waits"),
    ),
    Option(
        ("--columns",),
        "columns of the descriptor table, by the names of JSON fields; +LIST adds to the usual ones, "
        "'help' lists them all",
        "LIST",
    ),
    Option(("--sort",), "sort descriptors by these columns; a minus before a name turns it round", "KEY"),
    Option(
        ("--no-headers",),
        "rows only: no column headers, and nothing around the table",
        commands=("show", "who", "waits"),
    ),
    Option(
        ("--wide",),
        "never cut the last column to the width of the terminal",
        commands=("show", "explain", "who", "waits", "watch"),
    ),
    Option(
        ("--pids",),
        "of who: only the process ids, one a line and each once, as for kill $(fdscope who --pids OBJECT)",
        commands=("who",),
    ),
    Option(
        ("--all",),
        "without TARGET: every process, descriptor by descriptor, not the overview; of waits: also the threads of "
        "the kernel",
        commands=("show", "waits"),
    ),
    Option(("--mapped",), "also list the files that memory is mapped from"),
    Option(
        ("--symbols",),
        "name the functions that threads are stopped in, by the ELF files of their programs, which are opened for "
        "it; takes pyelftools",
    ),
    Option(
        ("--proc",),
        "another proc file system, or a recorded tree",
        "PATH",
        (),
        "/proc",
        ("show", "explain", "who", "waits", "watch", "doctor"),
    ),
    Option(
        ("--no-peers",),
        "do not find out who is at the other ends, who shares and who watches: no look at other processes",
        commands=("show", "explain", "waits"),
    ),
    Option(
        ("--source",),
        "where descriptors are read, and how watch knows what switches are for; auto: bpf where that is allowed "
        "and pays, else proc",
        "SOURCE",
        ("auto", "proc", "bpf"),
        "auto",
        ("show", "watch"),
    ),
    Option(
        ("--debug",),
        "say on standard error where facts come from, and what libbpf says of it",
        commands=("show", "watch", "doctor"),
    ),
    Option(
        ("--color",),
        "when to use colours",
        "WHEN",
        ("auto", "always", "never"),
        "auto",
        ("show", "explain", "who", "waits", "watch", "doctor"),
    ),
    Option(
        ("--timeout",),
        "how long to wait, in seconds, for file systems that do not answer",
        "SECONDS",
        (),
        "5",
        ("show", "explain", "who", "waits"),
    ),
    Option(("--interval",), "time between two frames of watch, in seconds", "SECONDS", (), "1", ("watch",)),
    Option(
        ("--count",), "how many frames watch makes; without it, until it is interrupted", "N", commands=("watch",)
    ),
    Option(("--top",), "how many processes watch shows, those that are switched most", "N", (), "10", ("watch",)),
    Option(
        ("--changes",),
        "of watch with --ndjson: also every descriptor that is opened or closed, and how fast files are read and "
        "written",
        commands=("watch",),
    ),
    Option(("--lines",), "of watch: lines also on a terminal, not a screen", commands=("watch",)),
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see 'fdscope --help')")


def _seconds(option: str, word: str, least: float = 0.0) -> float:
    try:
        seconds = float(word)
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
        found.add_argument({"lab": "names", "who": "objects"}.get(command, "targets"), nargs="*")
    for option in OPTIONS:
        if command not in option.commands:
            continue
        if option.value:
            found.add_argument(
                *option.names, metavar=option.value, choices=option.choices or None, default=option.default
            )
        else:
            found.add_argument(*option.names, action="store_true")
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
    lines += ["", "options:"]
    for option in OPTIONS:
        value = "{" + ",".join(option.choices) + "}" if option.choices else option.value
        name = f"{', '.join(option.names)} {value}".rstrip()
        lines += _hanging(name, option.help)
    lines += [
        *_hanging("-h, --help", "this text"),
        *_hanging("--version", "the version"),
        "",
        "exit status:",
        *(f"  {status:>3}  {meaning}" for status, meaning in MEANINGS.items()),
        "",
        "Manual: fdscope(1), fdscope-kinds(7), fdscope-json(5)",
    ]
    return "\n".join(lines) + "\n"


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
    asked = parser(command).parse_args(rest)
    if command == "watch":
        asked.command = program
    _checked(asked)
    if getattr(asked, "debug", False):
        from .debug import listeners
        from .report.safe import printable

        listeners.append(lambda line: console.say(f"fdscope: {printable(line)}"))
    module = import_module(f".commands.{command}", __package__)
    loaded()
    return int(module.run(asked, console))


def main(
    words: list[str] | None = None,
    console: Console | None = None,
    loaded: Callable[[], object] = lambda: None,
) -> int:
    """Runs the program and gives its exit status, one of `statuses.MEANINGS`."""
    console = Console() if console is None else console
    try:
        status = run(sys.argv[1:] if words is None else words, console, loaded)
        console.flush()
    except UsageError as error:
        from .report.safe import printable

        console.say(f"fdscope: {printable(str(error))}")
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
