"""Writes the manual pages: from the classes, from the topics of the help, and lists in fdscope.1 from the options.

``python man/generate.py``
"""

from __future__ import annotations

import sys
from pathlib import Path

from fdscope.commands.help import FOLDER, topics
from fdscope.kernel.shipped import text
from fdscope.options import COMMANDS, OPTIONS, Option, options_of
from fdscope.report import equivalents, manual
from fdscope.report.topic import Heading, mdoc, parse
from fdscope.statuses import MEANINGS

HERE = Path(__file__).parent
_BY_NAME = {one.name: one for one in COMMANDS}


def pages() -> dict[str, str]:
    """File name to the text that it must have."""
    commands = manual.commands_section((one.name, one.words, one.help) for one in COMMANDS)
    frame = (HERE / "fdscope.1").read_text()
    frame = _between(frame, "synopsis", _forms())
    frame = _between(frame, "options", _options(OPTIONS))
    frame = _between(frame, "commands", commands)
    frame = _between(frame, "statuses", manual.statuses_section(MEANINGS))
    frame = _between(frame, "pages", _also(1, ["fuser(1)", "lsfd(1)", "lsof(8)", "proc(5)", *_all_pages()]))
    found = {
        "fdscope.1": frame,
        "fdscope-kinds.7": manual.kinds_page(),
        "fdscope-json.5": manual.json_page(),
        "fdscope-equivalents.7": equivalents.equivalents_page(),
    }
    return found | {f"{page.replace('(', '.').rstrip(')')}": _topic(name) for name, page in _pages().items()}


def readme() -> str:
    """The README with the table of equivalents in its place, as it must be."""
    page = (HERE.parent / "README.md").read_text()
    begin, end = equivalents.README_BEGIN, equivalents.README_END
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{equivalents.readme()}{end}{after}" if begin in page else page


def _pages() -> dict[str, str]:
    """Each topic and its page: of a command in section 1, of a subject in section 7."""
    return {name: f"fdscope-{name}({1 if name in _BY_NAME else 7})" for name in topics()}


def _all_pages() -> list[str]:
    return [*_pages().values(), "fdscope-json(5)", "fdscope-kinds(7)", "fdscope-equivalents(7)"]


def _forms() -> str:
    """Every form of the command line; that of `show`, which may be left out, without the word."""
    found = "".join(
        manual.synopsis(one.name, one.words, has_options=bool(options_of(one.name))) for one in COMMANDS
    )
    return found.replace(".Cm show\n", "").replace(".Nm fdscope\n", ".Nm\n")


def _topic(name: str) -> str:
    topic, command = parse(text(FOLDER, f"{name}.txt")), _BY_NAME.get(name)
    body = "".join(mdoc(topic))
    synopsis = before = ""
    if command is not None:
        options = options_of(name)
        synopsis = manual.synopsis(name, command.words, has_options=bool(options))
        before = f".Sh OPTIONS\n{_options(options)}" if options else ""
        own = any(isinstance(one, Heading) and one.text == "EXIT STATUS" for one in topic.blocks)
        before += "" if own else f".Sh EXIT STATUS\n{manual.statuses_section(MEANINGS)}"
    if name == "exit-status":
        body += manual.statuses_section(MEANINGS)
    section = 7 if command is None else 1
    also = ["fdscope(1)", *(page for page in _all_pages() if f"fdscope-{name}(" not in page and page in body)]
    about = topic.about.rstrip(".")
    return manual.topic_page(
        f"fdscope-{name}",
        section,
        about,
        [body],
        synopsis=synopsis,
        before_examples=before,
        also=_also(section, also),
    )


def _options(options: tuple[Option, ...] | list[Option]) -> str:
    return manual.options_section((one.names, one.value, one.choices, one.help) for one in options)


def _also(section: int, names: list[str]) -> str:
    """References to pages, in the order of their sections."""
    split = sorted({(name[:-3], int(name[-2])) for name in names}, key=lambda one: (one[1], one[0]))
    return " ,\n".join(f".Xr {name} {number}" for name, number in split) + "\n"


def _between(text: str, what: str, inner: str) -> str:
    begin, end = f'.\\" {what}: made by man/generate.py\n', f'.\\" end of {what}\n'
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{inner}{end}{after}"


if __name__ == "__main__":
    for name, page in pages().items():
        (HERE / name).write_text(page)
    (HERE.parent / "README.md").write_text(readme())
    sys.exit(0)
