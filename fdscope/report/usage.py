"""The short help: of the program, of one command, and every option with its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..options import COMMANDS, GROUPS, OPTIONS, Command, Option, options_of
from ..statuses import MEANINGS

_USED_MOST = frozenset(
    "--where --user --kind --path --listening --deleted --all --columns --sort --wide --json --format "
    "--from".split()
)
"""What the help of the whole program shows of the options; the rest is a question away."""


def whole() -> str:
    """The help of the program: every command, the options that are used most, and where the rest is told."""
    lines = [
        "fdscope shows what stands behind every file descriptor of a live Linux process.",
        "",
        "usage:",
        "  fdscope                      overview of the machine",
        "  fdscope TARGET...            report on processes: a pid, 'self', or a name (exact, else regex)",
    ]
    for one in COMMANDS[1:]:
        lines += _hanging(f"fdscope {one.name} {one.words}".rstrip(), one.help)
    lines += ["", "options that are used most:"]
    for option in OPTIONS:
        if option.names[0] in _USED_MOST:
            lines += _hanging(_named(option), option.help)
    lines += [*_always("this text; after a command: its own help"), "", *_statuses(), ""]
    lines += _hanging("fdscope COMMAND --help", "the options of one command")
    lines += _hanging("fdscope help TOPIC", "a command or a subject, told with examples; fdscope help lists them")
    lines += _hanging("fdscope help options", "every option")
    lines += _hanging("man fdscope", "and fdscope-COMMAND(1), fdscope-kinds(7), fdscope-json(5)")
    return "\n".join(lines) + "\n"


def of_command(name: str) -> str:
    """The help of one command: its options by what they are for, and where it is told at length."""
    command = next(one for one in COMMANDS if one.name == name)
    lines = [f"usage: {_usage(command)}", "", _sentence(command.help)]
    lines += [*_grouped(options_of(name)), "", *_always("this text"), "", *_statuses(), ""]
    lines.append(f"see: fdscope help {name}, man fdscope-{name}")
    return "\n".join(lines) + "\n"


def all_options() -> str:
    """Every option, by what it is for, with the commands that take it."""
    lines = ["options - every option, with the commands that take it"]
    lines += [*_grouped(OPTIONS, show_commands=True), "", *_always("help, whole or of a command")]
    return "\n".join(lines) + "\n"


def _usage(command: Command) -> str:
    words = [command.words] if command.words else []
    options = ["[options]"] if options_of(command.name) else []
    return " ".join(["fdscope", command.name, *words, *options])


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _grouped(options: Iterable[Option], *, show_commands: bool = False) -> Iterator[str]:
    found = list(options)
    for group, title in GROUPS.items():
        of_group = [one for one in found if one.group == group]
        if of_group:
            yield from ("", f"{title}:")
        for option in of_group:
            commands = f" [{', '.join(option.commands)}]" if show_commands else ""
            yield from _hanging(_named(option), option.help + commands)


def _always(help_: str) -> list[str]:
    return [*_hanging("-h, --help", help_), *_hanging("--version", "the version")]


def _statuses() -> list[str]:
    return ["exit status:", *(f"  {status:>3}  {meaning}" for status, meaning in MEANINGS.items())]


def _named(option: Option) -> str:
    value = "{" + ",".join(option.choices) + "}" if option.choices else option.value
    value = f"[{value}]" if option.bare else value
    return f"{', '.join(option.names)} {value}".rstrip()


def _hanging(name: str, text: str) -> list[str]:
    """A name, its text beside it in lines of at most 100 columns."""
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
