"""Words of the command line to what they ask; where one is wrong, what was probably meant."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from .options import COMMANDS, LIVE, NOT_WITH_FROM, OPTIONS, READING, Option, options_of
from .preferences import VARIABLE, preferred
from .selection import UsageError, nearest

_POSITIONALS = {"lab": "names", "who": "objects", "diff": "snapshots"}
_ALWAYS = ("--help", "-h", "--version")


def understood(command: str, words: list[str], wishes: str = "") -> argparse.Namespace:
    """What these words ask of a command.

    Args:
        command: one of `COMMANDS`.
        words: the rest of the command line; after ``--`` none of them is an option.
        wishes: FDSCOPE_OPTIONS; of the forms that an answer may have, the command line's own comes first, and what
            does not go with --from is left out beside it.

    Raises:
        UsageError: they make no sense.
    """
    cut = words.index("--") if "--" in words else len(words)
    asked = _parsed(command, words[:cut], words[cut + 1 :])
    asked.preferred = []
    if wishes:
        forms = {_name(one) for one in OPTIONS if one.group == "form"}
        has_form = any(getattr(asked, form, None) for form in forms)
        is_kept = getattr(asked, "from_", None) is not None
        added = [
            word
            for option, word in preferred(wishes, command)
            if not (has_form and option.group == "form") and not (is_kept and option.names[0] in NOT_WITH_FROM)
        ]
        if added:
            try:
                asked = _parsed(command, [*added, *words[:cut]], words[cut + 1 :])
            except UsageError as error:
                raise UsageError(f"{error} ({VARIABLE} adds {' '.join(added)})") from None
        asked.preferred = added
    return asked


def _parsed(command: str, words: list[str], plain: list[str]) -> argparse.Namespace:
    parser = _parser(command)
    asked, left = parser.parse_known_args(_with_falling_keys(words))
    for word in left:
        if word.startswith("-") and word != "-":
            raise UsageError(_no_such_option(word, command))
    positional = parser.positional
    if positional is None and left + plain:
        raise UsageError(f"{command} takes no words beside its options: leave '{(left + plain)[0][:60]}' out")
    if positional is not None:
        setattr(asked, positional, [*getattr(asked, positional), *left, *plain])
    _check(asked)
    return asked


def _with_falling_keys(words: list[str]) -> list[str]:
    """The words, but ``--sort -size`` as ``--sort=-size``: argparse would take the key for an option."""
    found: list[str] = []
    for word in words:
        if found and found[-1] in ("--sort", "-s") and re.match("-[^-]", word):
            found[-1] = f"--sort={word}"
        else:
            found.append(word)
    return found


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints say what to do next."""

    command = ""
    positional: str | None = None

    def error(self, message: str) -> NoReturn:
        found = re.match(r"argument (\S+?)(?:/\S+)?: (.*)", message, re.DOTALL)
        name, why = found.groups() if found else ("", message)
        option = next((one for one in options_of(self.command) if name in one.names), None)
        if option is not None and why.startswith("expected"):
            joined = f"a value that begins with a minus is joined by '=', as in {name}=-odd"
            raise UsageError(f"{name} takes a value, {option.value}: {option.help}; {joined}")
        if option is not None and why.startswith("ignored explicit argument"):
            raise UsageError(f"{name} takes no value: leave {why.rpartition(' ')[2]} out")
        raise UsageError(f"{message} (see '{_help_of(self.command)}')")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = [str(one) for one in action.choices]
            hint = nearest(str(value), known, f"it takes {', '.join(known)}")
            raise UsageError(f"{action.option_strings[0]} cannot be '{str(value)[:60]}': {hint}")


def _no_such_option(word: str, command: str) -> str:
    """What is wrong with an option that the command does not know."""
    name = word.partition("=")[0]
    of_others = [one.commands for one in OPTIONS if name in one.names]
    if name == "--from" and command in LIVE:
        return f"{command} is about this machine now: a snapshot is for {', '.join(READING)}"
    if of_others:
        known = ", ".join(command for commands in of_others for command in commands)
        return f"'{name}' is an option of {known}, not of {command}; see '{_help_of(command)}'"
    lists = f"'{_help_of(command)}' lists those that there are"
    return f"there is no option '{name[:60]}': {nearest(name, [*_names(OPTIONS), *_ALWAYS], lists)}"


def _names(options: Iterable[Option]) -> list[str]:
    return [name for one in options for name in one.names]


def _help_of(command: str) -> str:
    return "fdscope help options" if command == "show" else f"fdscope {command} --help"


def _parser(command: str) -> _Parser:
    found = _Parser(
        add_help=False,
        allow_abbrev=False,
        usage="",
        prog="fdscope",
        # with a width of its own argparse need not import shutil, which costs 4 ms
        formatter_class=lambda prog: argparse.HelpFormatter(prog, width=100),
    )
    found.command = command
    if {one.name: one.words for one in COMMANDS}[command]:
        found.positional = _POSITIONALS.get(command, "targets")
        found.add_argument(found.positional, nargs="*")
    for option in options_of(command):
        _add(found, option)
    return found


def _name(option: Option) -> str:
    name = option.names[0].removeprefix("--").replace("-", "_")
    return f"{name}_" if name in ("from", "for") else name  # words of Python's own


def _add(found: argparse.ArgumentParser, option: Option) -> None:
    name = _name(option)
    if not option.value:
        found.add_argument(*option.names, dest=name, action="store_true")
    elif option.repeats:
        found.add_argument(*option.names, dest=name, metavar=option.value, action="append", default=[])
    elif option.bare:
        found.add_argument(*option.names, dest=name, metavar=option.value, nargs="?", const="")
    else:
        choices = option.choices or None
        found.add_argument(*option.names, dest=name, metavar=option.value, choices=choices, default=option.default)


def _check(asked: argparse.Namespace) -> None:
    """Turns words into numbers.

    Raises:
        UsageError: one is none, or out of range.
    """
    if hasattr(asked, "timeout"):
        asked.timeout = _seconds("--timeout", asked.timeout)
    if hasattr(asked, "interval"):
        usual = "15" if hasattr(asked, "textfile") else "1"
        asked.interval = _seconds("--interval", asked.interval or usual, 0.1)
    if hasattr(asked, "top"):
        asked.top = _number("--top", asked.top)
    if hasattr(asked, "window"):
        asked.window = _seconds("--window", asked.window, 0.1)
        asked.max_series = _number("--max-series", asked.max_series)
    if getattr(asked, "for_", None) is not None:
        asked.for_ = _seconds("--for", asked.for_, 0.1)
    if getattr(asked, "depth", None) is not None:
        asked.depth = 0 if asked.depth == "0" else _number("--depth", asked.depth)
    if hasattr(asked, "count"):
        asked.count = None if asked.count is None else _number("--count", asked.count)


def _seconds(option: str, word: str, least: float = 0.0) -> float:
    from .units import seconds as seconds_of

    try:
        seconds = seconds_of(word)
    except ValueError:
        seconds = -1.0
    if not least <= seconds <= 86400 or not seconds:
        told = f"{option} takes a number of seconds from {least:g} to 86400, or a time as 500ms and 5min are"
        raise UsageError(f"{told}, not '{word[:60]}'")
    return seconds


def _number(option: str, word: str) -> int:
    if not (word.isascii() and word.isdigit() and 0 < int(word[:10]) < 10**9 and len(word) < 10):
        raise UsageError(f"{option} takes a whole number above 0, not '{word[:60]}'")
    return int(word)
