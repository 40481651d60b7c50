"""The manual pages that are made from the classes: fdscope-kinds(7), fdscope-json(5), the options of fdscope(1).

They are written in mdoc(7). The pages are committed, and a test compares them with what comes from here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from ..answers import KEEPS, Check, Explanation, Groups, Holdings, Waits
from ..changes import BECAME, Difference, Leaks
from ..fields import Field, fields_of
from ..frame import VERDICTS, Frame, Summary
from ..kinds import KINDS
from ..model import MODELS, OUTCOMES, REASONS, VERBS, WAITS_FOR, Descriptor, Process, Snapshot, kind_name
from ..pictures import JOINS, Graph
from .roff import prose, roff

DATE = "November 23, 2026"


def _quoted(word: str) -> str:
    """A word as an argument of a macro, where quotes and blanks have a meaning."""
    return '"' + roff(word).replace('"', "\\(dq") + '"'


def page(name: str, section: int, about: str, body: Iterable[str]) -> str:
    """A whole page."""
    lines = [
        '.\\" Made from the classes by fdscope.report.manual; do not edit.\n',
        f".Dd {DATE}\n",
        f".Dt {name.upper()} {section}\n",
        ".Os\n",
        ".Sh NAME\n",
        f".Nm {name}\n",
        f".Nd {about}\n",
        *body,
    ]
    return "".join(lines)


def _paragraphs(documentation: str | None) -> Iterator[str]:
    for number, paragraph in enumerate((documentation or "").split("\n\n")):
        if number:
            yield ".Pp\n"
        yield from prose(paragraph)


def _field_list(fields: Iterable[Field]) -> Iterator[str]:
    found = list(fields)
    if not found:
        return
    yield ".Bl -tag -width Ds\n"
    for field in found:
        yield f".It Va {field.name} Pq {_quoted(field.form)}\n"
        yield from prose(_sentence(field.sentence) + ("" if field.optional else " Always there."))
    yield ".El\n"


def _sentence(words: str) -> str:
    words = words[:1].upper() + words[1:]
    return words if words.endswith((".", "?")) else words + "."


def kinds_page() -> str:
    """fdscope-kinds(7)."""
    return page("fdscope-kinds", 7, "kinds of descriptor that fdscope tells apart", _kinds_body())


def _kinds_body() -> Iterator[str]:
    yield ".Sh DESCRIPTION\n"
    yield from prose(
        "Behind every file descriptor stands an object of the kernel. fdscope gives each the name of its kind. "
        "This page lists the kinds, what the kernel lets one do with a descriptor of each, in what unit it moves, "
        "and the fields that JSON and the columns of the table have for it. What the kernel does not tell, "
        "or that could not be read, is left out."
    )
    yield ".Ss Fields that every kind may have\n"
    yield from _field_list(fields_of(Descriptor))
    yield ".Sh KINDS\n"
    base = set(Descriptor.__struct_fields__)
    families: dict[type[Struct], list[str]] = {}
    for kind in KINDS:
        for family in kind.__mro__[1 : kind.__mro__.index(Descriptor)]:
            families.setdefault(family, []).append(kind_name(kind))
    for family, names in sorted(families.items(), key=lambda item: len(item[0].__mro__)):
        yield f".Ss Fields of {re.sub('(?<=[a-z])(?=[A-Z])', ' ', family.__name__).lower()}s\n"
        yield from _paragraphs(family.__doc__)
        yield from prose(f"These fields belong to: {', '.join(names)}.")
        inherited = {field.name for field in fields_of(family.__mro__[1])}
        yield from _field_list(field for field in fields_of(family) if field.name not in inherited)
    for kind in KINDS:
        yield from _kind(kind, base)
    yield from _parts([Descriptor, *KINDS])
    yield ".Sh SEE ALSO\n.Xr fdscope 1 ,\n.Xr fdscope-json 5 ,\n.Xr proc 5\n"


def _kind(kind: type[Descriptor], base: set[str]) -> Iterator[str]:
    yield f".Ss {kind_name(kind)}\n"
    yield from _paragraphs(kind.__doc__)
    verbs = [verb for verb in VERBS if verb in kind.verbs]
    obeys = f"It obeys {', '.join(verbs)}" if verbs else "It obeys none of the file verbs"
    unit = f" and moves {kind.unit}" if kind.unit else ""
    named = "It has a name in a file system." if kind.in_file_system else "It has no name in any file system."
    yield ".Pp\n"
    yield from prose(f"{obeys}{unit}. {named}")
    inherited = set(kind.__mro__[1].__struct_fields__) if issubclass(kind.__mro__[1], Descriptor) else base
    yield from _field_list(field for field in fields_of(kind) if field.name not in inherited | base)


def _parts(owners: Iterable[type[Struct]], known: Iterable[type[Struct]] = ()) -> Iterator[str]:
    """The structures inside fields, each once, but for those that are told of as parts of `known` classes."""
    told = _classes_in(known)
    for part in _classes_in(owners):
        if part not in told:
            yield f".Ss {part.__name__}\n"
            yield from _paragraphs(part.__doc__)
            yield from _field_list(fields_of(part))


def _classes_in(owners: Iterable[type[Struct]]) -> dict[type[Struct], None]:
    found: dict[type[Struct], None] = {}
    queue = list(owners)
    while queue:
        for field in fields_of(queue.pop(0)):
            if field.parts is not None and field.parts not in found and not issubclass(field.parts, Descriptor):
                found[field.parts] = None
                queue.append(field.parts)
    return found


def json_page() -> str:
    """fdscope-json(5)."""
    return page("fdscope-json", 5, "what fdscope writes as JSON", _json_body())


def _json_body() -> Iterator[str]:
    yield ".Sh DESCRIPTION\n"
    for number, text in enumerate(_JSON_RULES):
        yield ".Pp\n" if number else ""
        yield from prose(text)
    yield ".Ss Snapshot\n"
    yield from _paragraphs(Snapshot.__doc__)
    yield from _field_list(fields_of(Snapshot))
    yield ".Ss Explanation\n"
    yield from _paragraphs(Explanation.__doc__)
    yield from _field_list(fields_of(Explanation))
    yield from _parts([Snapshot, Process, Explanation])
    yield from _words("Outcomes of read and write", OUTCOMES)
    yield ".Ss Descriptor\n"
    yield from prose("The fields depend on the kind.")
    yield "They stand in\n.Xr fdscope-kinds 7 .\n"
    yield ".Ss Holdings\n"
    yield from _paragraphs(Holdings.__doc__)
    yield from _field_list(fields_of(Holdings))
    yield from _parts([Holdings], known=[Snapshot, Process])
    yield from _words("What keeps an object busy", KEEPS)
    yield ".Ss Waits\n"
    yield from _paragraphs(Waits.__doc__)
    yield from _field_list(fields_of(Waits))
    yield from _parts([Waits], known=[Snapshot, Process, Holdings])
    yield ".Ss Graph\n"
    yield from _paragraphs(Graph.__doc__)
    yield from _field_list(fields_of(Graph))
    yield from _parts([Graph], known=[Snapshot, Process, Holdings, Waits])
    yield from _words("Kinds of edges", JOINS)
    for answer in (Difference, Leaks):
        yield f".Ss {answer.__name__}\n"
        yield from _paragraphs(answer.__doc__)
        yield from _field_list(fields_of(answer))
    yield from _parts([Difference, Leaks], known=[Snapshot, Process, Holdings, Waits])
    yield from _words("What became of processes", BECAME)
    yield ".Ss Check\n"
    yield from _paragraphs(Check.__doc__)
    yield from _field_list(fields_of(Check))
    yield from _parts([Check], known=[Snapshot, Process, Holdings, Waits])
    yield ".Ss Groups\n"
    yield from _paragraphs(Groups.__doc__)
    yield from _field_list(fields_of(Groups))
    yield from _parts([Groups], known=[Snapshot, Process, Holdings, Waits])
    for kind in (Frame, Summary):
        yield f".Ss {kind.__name__}\n"
        yield from _paragraphs(kind.__doc__)
        yield from _field_list(fields_of(kind))
    yield from _parts([Frame, Summary], known=[Snapshot, Process, Holdings, Waits, Check])
    yield from _words("Verdicts of a watch", VERDICTS)
    yield from _words("What a thread waits for", WAITS_FOR)
    yield from _words("I/O models", MODELS)
    yield from _words("Reasons of problems", REASONS)
    yield ".Sh SEE ALSO\n.Xr fdscope 1 ,\n.Xr jq 1 ,\n.Xr fdscope-kinds 7\n"


def _words(title: str, meanings: dict[str, str]) -> Iterator[str]:
    """The words that a field may have, with what they mean."""
    yield f".Ss {title}\n.Bl -tag -width Ds\n"
    for word, meaning in meanings.items():
        yield f".It {word}\n"
        yield from prose(_sentence(meaning))
    yield ".El\n"


_JSON_RULES = (
    "With --json fdscope writes one document, a Snapshot; fdscope explain writes an Explanation. "
    "With --ndjson it writes a line of JSON for each descriptor, with "
    "pid and process of its holder added, and one line with the single key problem for each problem. "
    "Where options choose (--where, --fd, --user and the like) there is also a line, with the same two keys, for "
    "each HeldFile that was chosen: it has role, not fd and kind. "
    "With --group-by it writes Groups; with --ndjson a line for each Group, and one for each problem. "
    "fdscope who writes Holdings; with --ndjson a line for each Use, one with the single key keep for each Keep, "
    "and one for each problem. "
    "fdscope waits writes Waits; with --ndjson a line for each ThreadWait, one with the key cycle for "
    "each Cycle, and one for each problem. "
    "fdscope graph writes a Graph. "
    "fdscope diff writes a Difference; with --ndjson a line for each ChangeGroup, with pid and process added, for "
    "each ProcessChange without groups, and for each problem. "
    "fdscope leaks writes Leaks; with --ndjson a line for each Leak, and for each problem. "
    "fdscope check writes a Check. "
    "fdscope watch writes a line for each interval, a Frame, and at the end one with the single key summary. "
    "The JSON Schema of all this is printed by fdscope --json-schema.",
    "Names of fields are lower-case words. Units are in the name (_s, _bytes, _ns) unless the number is a plain "
    "count. Times are RFC 3339 in UTC. A value that is not known is left out. A number that can exceed 2^53 is a "
    "hexadecimal string, since many readers of JSON would corrupt it.",
    "The text is always valid UTF-8. Names on Linux are bytes: where one is not valid UTF-8, each bad byte is "
    "U+FFFD in the field, and a second field, whose name ends in _base64, holds the original bytes in base64. "
    "Beside a list of strings stands a list of the same length. Characters that a terminal would obey are written "
    "as escapes.",
    "The value of schema names the form of the document. Fields may be added within one number; a change that "
    "breaks readers changes the number.",
)


def options_section(options: Iterable[tuple[tuple[str, ...], str, tuple[str, ...], str]]) -> str:
    """A list of options: names, value, choices, help."""
    lines = [".Bl -tag -width Ds\n"]
    for names, value, choices, help_ in options:
        heads = " , ".join(f"Fl {name[1:]}" for name in names)
        wanted = f" Ar {' | '.join(choices)}" if choices else f" Ar {value}" if value else ""
        lines.append(f".It {heads}{wanted}\n")
        lines += prose(_sentence(help_))
    return "".join([*lines, ".El\n"])


def statuses_section(meanings: dict[int, str]) -> str:
    """The list of exit statuses."""
    items = "".join(f".It {status}\n{''.join(prose(meaning))}" for status, meaning in meanings.items())
    return f".Bl -tag -width 130\n{items}.El\n"


def commands_section(commands: Iterable[tuple[str, str, str]]) -> str:
    """The list of commands of fdscope(1): name, words, help."""
    items = "".join(
        f".It Cm {name}{arguments(words)}\n{''.join(prose(_sentence(help_)))}See\n.Xr fdscope-{name} 1 .\n"
        for name, words, help_ in commands
    )
    return f".Bl -tag -width Ds\n{items}.El\n"


def synopsis(name: str, words: str, *, has_options: bool) -> str:
    """One form of the command line."""
    options = ".Op Ar option ...\n" if has_options else ""
    words = arguments(words).strip()
    return f".Nm fdscope\n.Cm {name}\n{options}" + (f".{words}\n" if words else "")


def arguments(words: str) -> str:
    """The words after a command as macros: ``[TARGET...]`` is `` Op Ar TARGET ...``."""
    needed, bracket, may_be = words.partition(" [")
    if bracket and needed.split()[-1].isupper():
        return arguments(needed) + arguments(f"[{may_be}")
    optional = words.startswith("[")
    parts = words.strip("[]").replace("...", " ...").replace("--", "Fl -").replace("|", " | ").split()
    found = " Op" if optional else ""
    for part in parts:
        found += f" Ar {part}" if part.isupper() else f" {part}"
    if not optional and parts and parts[0] != "Fl" and not parts[0].isupper():
        found = " Cm" + found  # words to choose from
    return found.replace(" PID Ar FD", " PID FD")


def topic_page(
    name: str, section: int, about: str, text: Iterable[str], *, synopsis: str, before_examples: str, also: str
) -> str:
    """The page of a topic: its text, with what comes before the examples, and what to read besides."""
    body = "".join(text)
    first, examples, rest = body.partition(".Sh EXAMPLES\n")
    sections = [synopsis and f".Sh SYNOPSIS\n{synopsis}", first, before_examples, examples, rest]
    return page(name, section, about, [*sections, f".Sh SEE ALSO\n{also}"])
