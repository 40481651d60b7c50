"""fdscope help [TOPIC]: a command or a subject, told with examples."""

from __future__ import annotations

from argparse import Namespace

from ..console import Console
from ..kernel.shipped import names, text
from ..options import COMMANDS
from ..selection import UsageError, nearest
from ..statuses import DONE, MEANINGS

FOLDER = "topics"
OPTIONS_TOPIC, TABLE_TOPIC = "options", "equivalents"
"""Topics without a text of their own: from what options say of themselves, and from what peers do."""
_PAGES = ("kinds", "json")
"""What only the manual tells."""


def run(asked: Namespace, console: Console) -> int:
    """Tells a topic, or which there are."""
    if len(asked.targets) > 1:
        raise UsageError(f"help takes one topic, as in: fdscope help {asked.targets[0][:60]}")
    if not asked.targets:
        for line in _listed():
            console.write(line + "\n")
        return DONE
    topic = asked.targets[0]
    if topic == OPTIONS_TOPIC:
        from ..report.usage import all_options

        console.write(all_options())
        return DONE
    if topic == TABLE_TOPIC:
        from ..report.equivalents import told

        for line in told():
            console.write(line)
        return DONE
    if topic not in topics():
        raise UsageError(_unknown(topic))
    _tell(topic, console)
    return DONE


def topics() -> list[str]:
    """The topics that have a text."""
    return [name.removesuffix(".txt") for name in names(FOLDER) if name.endswith(".txt")]


def _tell(topic: str, console: Console) -> None:
    from ..report.style import Style
    from ..report.topic import terminal

    told = text(FOLDER, f"{topic}.txt")
    if topic == "exit-status":
        told += "".join(f"\n  {status:<4}  {meaning}" for status, meaning in MEANINGS.items()) + "\n"
    for line in terminal(told, Style(console.colour(), console.is_unicode, console.width)):
        console.write(line)


def _listed() -> list[str]:
    about = {name: text(FOLDER, f"{name}.txt").partition("\n")[0].partition(" - ")[2] for name in topics()}
    about[OPTIONS_TOPIC] = "every option, with the commands that take it"
    about[TABLE_TOPIC] = "options of lsof, lsfd, fuser and ss, and the line that does it here"
    commands = [one.name for one in COMMANDS if one.name in about]
    subjects = sorted(set(about) - set(commands))
    lines = ["commands:", *(f"  {name:<12}  {about[name]}" for name in commands), ""]
    lines += ["subjects:", *(f"  {name:<12}  {about[name]}" for name in subjects), ""]
    return [*lines, "fdscope help TOPIC tells one; so does man fdscope-TOPIC, and man fdscope of the options"]


def _unknown(topic: str) -> str:
    if topic in _PAGES:
        return f"'{topic}' is told in the manual: man fdscope-{topic}"
    hint = nearest(topic, [*topics(), OPTIONS_TOPIC, TABLE_TOPIC], "'fdscope help' lists those that there are")
    return f"there is no topic '{topic[:60]}': {hint}"
