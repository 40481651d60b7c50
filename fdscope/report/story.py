"""One descriptor for people: a picture, then what is known of it, from its number out to its other ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from ..answers import Explanation
from ..fields import fields_of
from ..model import MODELS, OTHER_ENDS, VERBS, Descriptor, Holder, Problem, Process, Prospect, Watched, kind_name
from ..quantity import duration, size
from .picture import picture
from .problems import of_process
from .safe import printable
from .style import Style, columns, wrapped
from .table import cell

WIDTH = 100
"""Where the console has no width of its own; nothing that could not be read elsewhere is cut at it."""

FLAGS: dict[str, str] = {
    "creat": "it was opened so that it would be made if it was missing",
    "excl": "it was opened so that opening would fail if it was there",
    "noctty": "as a terminal it was not to become the controlling one",
    "trunc": "it was opened so that it was emptied",
    "append": "each write goes to the end of the file",
    "nonblock": "a call that would wait fails with EAGAIN instead",
    "dsync": "a write returns when the data is on the storage",
    "async": "SIGIO is sent when reading or writing becomes possible",
    "noatime": "reading does not change the time of last access",
    "sync": "a write returns when data and attributes are on the storage",
    "tmpfile": "it was made without a name",
    "direct": "reads and writes pass by the page cache",
    "largefile": "offsets may be larger than 31 bits",
    "directory": "opening was to fail if it was no directory",
    "nofollow": "opening was to fail if it was a symbolic link",
}
"""The file status flags of open(2) in plain words."""

ACCESS: dict[str | None, str] = {
    "r": "opened for reading",
    "w": "opened for writing",
    "rw": "opened for reading and writing",
    "path": "only a place in the file system (O_PATH)",
    None: "neither for reading nor for writing: the access mode 3 of open(2)",
}

_SHARED = "by dup(2), fork(2) or a message (SCM_RIGHTS): one position and one set of flags for all"
_STALE = "its number stands for another file now, or for none, and the file that was added is still watched"

_SHORT = 16
"""Remarks beside values that are no longer begin in one column."""

_STANDARD = ("standard input", "standard output", "standard error")

# What is told in parts of its own, or stands in the head
_ELSEWHERE = frozenset(
    "fd tid access flags position open_file shared_with shared_total peers peers_total other_end watched_by "
    "watched_total io_models waiters waiters_total name".split()
)


def story(told: Explanation, style: Style) -> Iterator[str]:
    """The whole of it, line by line. `told` must have a process and a descriptor."""
    process, descriptor = told.process, told.descriptor
    assert process is not None
    assert descriptor is not None
    width = style.width or WIDTH
    yield from picture(process, descriptor, style)
    parts = (
        (f"the entry in the descriptor table of {_named(process)}", _entry(process, descriptor)),
        ("the open file description", _open_file(process, descriptor)),
        (f"the object: {kind_name(type(descriptor))}", _object(descriptor)),
        ("the other end", _other_end(process, descriptor)),
        ("how it is used", _models(process, descriptor)),
        ("what the kernel would do now", _prospects(told)),
    )
    for number, (title, rows) in enumerate(parts, 1):
        yield f"\n{style.title(f'{number}  {title}')}\n"
        yield from _rows(rows, width, style)
    if told.problems:
        yield f"\n{style.title('could not be read')}\n"
        yield from _problems(told.problems, style)


def _problems(problems: Sequence[Problem], style: Style) -> Iterator[str]:
    for line in of_process(problems):
        yield "   " + style.warning(line) + "\n"


class _Row(Struct, frozen=True):
    """A line of a part: what, its value, and a remark of less weight."""

    label: str
    value: str
    """Both safe to print."""
    remark: str = ""
    """Not yet."""
    level: int = 0
    wrong: bool = False


def _named(process: Process) -> str:
    return f"{printable(process.name or '?')} [{process.pid}]"


def _entry(process: Process, descriptor: Descriptor) -> Iterator[_Row]:
    name = _STANDARD[descriptor.fd] if descriptor.fd < len(_STANDARD) else ""
    yield _Row("number", f"{descriptor.fd}", f"{name}, by convention" if name else "")
    command = printable(" ".join(process.command or ()).rstrip())
    user = printable(process.user or ("" if process.uid is None else f"{process.uid}"))
    yield _Row("process", ", ".join(part for part in (_named(process), f"user {user}" * bool(user)) if part))
    if command:
        yield _Row("command", command)
    if descriptor.tid is not None:
        yield _Row("thread", f"{descriptor.tid}", "it has a descriptor table of its own")
    if descriptor.flags is None:
        yield _Row("close-on-exec", "not known")
    elif "cloexec" in descriptor.flags:
        yield _Row("close-on-exec", "yes", "a program that it executes does not get it (execve(2))")
    else:
        yield _Row("close-on-exec", "no", "a program that it executes gets it, too (execve(2))")


def _open_file(process: Process, descriptor: Descriptor) -> Iterator[_Row]:
    known = descriptor.flags is not None or descriptor.access is not None
    yield _Row(
        "access",
        descriptor.access or ("none" if known else "not known"),
        ACCESS[descriptor.access] if known else "",
    )
    flags = [flag for flag in descriptor.flags or () if flag != "cloexec"]
    for number, flag in enumerate(flags):
        yield _Row(
            "" if number else "flags", printable(flag), FLAGS.get(flag, "a flag that has no name in open(2)")
        )
    if descriptor.flags is not None and not flags:
        yield _Row("flags", "none")
    if descriptor.position is not None:
        yield _Row("position", f"{descriptor.position:,}", "where the next read or write begins, in bytes")
    if descriptor.shared_with:
        for number, one in enumerate(descriptor.shared_with):
            yield _Row("" if number else "shared with", _holder(one, process), "" if number else _SHARED)
        yield from _more(descriptor.shared_with, descriptor.shared_total)
    elif descriptor.open_file is not None:
        yield _Row("shared with", "nobody", "no other descriptor that could be read refers to it")
    else:
        yield _Row("shared with", "not known", "nobody asked, or kcmp(2) does not answer")
    for number, watcher in enumerate(descriptor.watched_by or ()):
        events = " ".join(watcher.events)
        yield _Row("" if number else "watched by", f"epoll {_holder(watcher, process)}", f"for {events}")
    if descriptor.watched_by:
        yield from _more(descriptor.watched_by, descriptor.watched_total)


def _more(shown: Sequence[Holder], total: int | None) -> Iterator[_Row]:
    if total is not None and total > len(shown):
        yield _Row("", f"and {total - len(shown):,} more")


def _holder(one: Holder, process: Process) -> str:
    """Another descriptor, as seen from this process."""
    thread = "" if one.tid is None else f" of thread {one.tid}"
    if one.pid == process.pid:
        return f"fd {one.fd}{thread} of this process"
    return f"{printable(one.process or '?')}[{one.pid}] fd {one.fd}{thread}"


def _object(descriptor: Descriptor) -> Iterator[_Row]:
    kind = type(descriptor)
    documentation = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
    yield _Row("", "", documentation)
    does = [verb for verb in VERBS if verb in kind.verbs]
    moves = f"; it moves {kind.unit}" if kind.unit else ""
    yield _Row("verbs", (", ".join(does) if does else "none of the file verbs") + moves)
    for field in fields_of(kind):
        value = getattr(descriptor, field.name)
        if field.name == "name" and value is not None:
            yield _Row("name", cell(value))
        if value is not None and field.name not in _ELSEWHERE:
            yield from _field(field.name, value, field.sentence)


def _field(name: str, value: Any, sentence: str, level: int = 0) -> Iterator[_Row]:
    """A field of the object; what has parts is told part by part."""
    if isinstance(value, Struct):
        yield _Row(name, "", sentence, level)
        yield from _parts(value, level + 1)
    elif isinstance(value, list) and value and isinstance(value[0], Struct):
        yield _Row(name, f"{len(value):,}", sentence, level)
        for one in value:
            astray = isinstance(one, Watched) and one.stale is True
            yield _Row("-", ", ".join(_in_line(one)), _STALE if astray else "", level + 1, astray)
    elif isinstance(value, dict):
        yield _Row(name, "", sentence, level)
        for key, one in value.items():
            yield _Row(printable(str(key)), cell(one), "", level + 1)
    else:
        remark = sentence if value is not False else ""  # the sentences of these say what true means
        yield _Row(name, _amount(name, value), remark.removeprefix("true: "), level)


def _parts(value: Struct, level: int) -> Iterator[_Row]:
    for field in fields_of(type(value)):
        part = getattr(value, field.name)
        if part is not None:
            yield from _field(field.name, part, field.sentence, level)


def _in_line(value: Struct) -> Iterator[str]:
    """The parts of one of several, those that are not known left out."""
    for name in value.__struct_fields__:
        part = getattr(value, name)
        if part is not None and part is not False and part != []:
            yield name if part is True else f"{name} {_amount(name, part)}"


def _amount(name: str, value: Any) -> str:
    """A value with its unit, where its name tells one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        if isinstance(value, list) and not value:
            return "none"
        return " ".join(cell(one) for one in value) if isinstance(value, list) else cell(value)
    if name.endswith(("_bytes", "_bytes_per_s")) and isinstance(value, int):
        each = " a second" if name.endswith("_per_s") else ""
        return f"{value:,} ({size(value)}{each})" if value >= 1024 else f"{value}"
    for unit, factor in (("_s", 1.0), ("_ms", 1e-3), ("_us", 1e-6), ("_ns", 1e-9)):
        if name.endswith(unit) and not name.endswith("_per_s"):
            return f"{value:,} ({duration(value * factor)})" if value else "0"
    return str(value)


def _other_end(process: Process, descriptor: Descriptor) -> Iterator[_Row]:
    for number, peer in enumerate(descriptor.peers or ()):
        yield _Row("" if number else "peers", _holder(peer, process), peer.kind)
    if descriptor.peers:
        yield from _more(descriptor.peers, descriptor.peers_total)
    if descriptor.other_end is not None:
        meaning = OTHER_ENDS.get(descriptor.other_end, "")
        wrong = descriptor.other_end in ("closed", "no-reader")
        yield _Row("peers", descriptor.other_end.replace("-", " "), meaning, wrong=wrong)
    elif descriptor.registrations():
        yield _Row("", "", "it faces nobody: it watches what it has as targets")
    elif not descriptor.peers and not descriptor.ends():
        yield _Row("", "", "an object of this kind, held like this, has no other end")
    elif not descriptor.peers:
        yield _Row("peers", "not known", "nobody looked for them, or what names them is not told")


def _models(process: Process, descriptor: Descriptor) -> Iterator[_Row]:
    """The I/O models, with their evidence, and who waits."""
    for one in descriptor.io_models or ():
        yield _Row(printable(one.model), MODELS.get(one.model, ""), one.evidence)
    if not descriptor.io_models:
        yield _Row("no model", "nobody is seen to wait for it, and it is set to no other than blocking calls")
    if descriptor.waiters:
        names = {thread.tid: thread for thread in process.threads}
        for tid in descriptor.waiters:
            thread = names.get(tid)
            wait = thread.wait if thread is not None else None
            what = f"thread {tid}" + (f" ({printable(thread.name)})" if thread is not None and thread.name else "")
            yield _Row("waits", f"{what} in {wait.syscall if wait is not None else '?'}")
        rest = (descriptor.waiters_total or 0) - len(descriptor.waiters)
        if rest > 0:
            yield _Row("", f"and {rest:,} more")


def _prospects(told: Explanation) -> Iterator[_Row]:
    for call, prospect in (("read(2)", told.read), ("write(2)", told.write)):
        if prospect is not None:
            yield _Row(call, _verdict(prospect), prospect.why, wrong=prospect.signal is not None)


def _verdict(prospect: Prospect) -> str:
    """The outcome in a few words."""
    if prospect.outcome == "fails":
        signal = f", with {prospect.signal}" if prospect.signal else ""
        return f"fails with {prospect.error}{signal}"
    return {
        "data": "gives data",
        "accepted": "takes data",
        "end-of-file": "gives 0: end of file",
        "data-or-end-of-file": "gives what is left, or 0: end of file",
        "blocks": "blocks",
        "unknown": "cannot be known from outside",
    }[prospect.outcome]


def _rows(rows: Iterable[_Row], width: int, style: Style) -> Iterator[str]:
    """Labels beside values; a remark follows its value, or stands below it where there is no room."""
    found = list(rows)
    room = min(max((2 * row.level + columns(row.label) for row in found), default=0), 20) + 2
    short = [columns(row.value) for row in found if row.remark and columns(row.value) <= _SHORT]
    values = max(short, default=0)
    beside = "   " + " " * room
    for row in found:
        label = "  " * row.level + row.label
        head = f"   {label}{' ' * max(room - columns(label), 1)}" if label else beside
        value = style.alarm(row.value) if row.wrong else row.value
        if not row.value and not row.label:
            yield from _wrapped_remark(row.remark, "   ", width, style)
            continue
        remark = printable(row.remark)
        gap = " " * (max(values - columns(row.value), 0) + 2) if row.value else ""
        if columns(head) + columns(row.value) + len(gap) + columns(remark) > width:
            gap = gap[:2]
        if remark and columns(head) + columns(row.value) + len(gap) + columns(remark) <= width:
            yield f"{head}{value}{gap}{style.quiet(remark)}".rstrip() + "\n"
            continue
        yield f"{head}{value}".rstrip() + "\n"
        if row.remark:
            yield from _wrapped_remark(row.remark, beside, width, style)


def _wrapped_remark(remark: str, indent: str, width: int, style: Style) -> Iterator[str]:
    for line in wrapped(printable(remark), max(width - len(indent), 20)):
        yield f"{indent}{style.quiet(line)}\n"
