"""Threads that wait, for people: a row for each, and the cycles."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ..answers import Cycle, ThreadWait, Waited, Waits
from ..model import LockHolder, Process, Thread, Wait
from ..quantity import duration, many
from .relations import ends_of
from .safe import printable
from .style import Style
from .table import draw

_NAMES = ("pid", "process", "tid", "thread", "model", "phase", "syscall", "timeout", "function", "on")
_ROOM = 110
"""Columns of a terminal from which on the kernel function has room beside what is waited on."""
_NAMED = 3
"""How many descriptors one line names."""


def waits(
    found: Waits,
    style: Style,
    *,
    form: str = "table",
    show_headers: bool = True,
    everyone: bool = False,
    without: Collection[str] = (),
) -> Iterator[str]:
    """The whole answer, line by line; threads of the kernel only if `everyone` is wanted.

    `without`: columns that a table leaves out.
    """
    shown = [one for one in found.waits if everyone or not one.kernel_thread]
    names: tuple[str, ...] = _NAMES
    if form == "table":
        left_out = {"phase", *without}  # the phase stands with what is waited on
        if style.width is not None and style.width < _ROOM:
            left_out.add("function")
        if all(one.tid == one.pid for one in shown):
            left_out |= {"tid", "thread"}
        names = tuple(name for name in _NAMES if name not in left_out)
    headers = [name.upper() if form in ("table", "plain") else name for name in names]
    rows = [_row(one, names) for one in shown]
    if rows or form != "table":
        yield from draw(headers, rows, style=style, form=form, show_headers=show_headers)
    if form != "table" or not show_headers:
        return
    for cycle in found.cycles:
        yield "\n"
        yield from cycle_lines(cycle, style)


def _row(one: ThreadWait, names: Sequence[str]) -> list[str | int | None]:
    wait = one.wait
    values: dict[str, str | int | None] = {
        "pid": one.pid,
        "process": one.process,
        "tid": one.tid,
        "thread": None if one.tid == one.pid and one.thread == one.process else one.thread,
        "model": wait.model or f"({wait.waits_for})",
        "phase": wait.phase,
        "syscall": call(wait),
        "timeout": timeout(wait),
        "function": function(wait),
        "on": on(one.pid, wait, one.on or ()),
    }
    return [values[name] for name in names]


def call(wait: Wait) -> str:
    """``read``, ``poll, restarted``; a dash where it is in no system call that is known."""
    return (wait.syscall or "-") + (", restarted" if wait.restarted else "")


def timeout(wait: Wait) -> str | None:
    """``5 s``; ``until a date``; ``not told``; nothing where it waits without end, or in no call."""
    if wait.timeout_s is not None:
        return duration(wait.timeout_s)
    if wait.timed:
        return "until a date"
    return "not told" if wait.timed is None and wait.syscall is not None else None


def function(wait: Wait) -> str:
    """The kernel function, without what the compiler has added to its name: ``.constprop.0``, ``.isra.0``."""
    return (wait.kernel_function or "").partition(".")[0]


def on(pid: int, wait: Wait, descriptors: Sequence[Waited]) -> str:
    """What it waits on, in one line: descriptors and who is at their other end, a lock and its holder."""
    parts = []
    number = len(wait.on or ())
    if number > 1:
        parts.append(many(number, "descriptor"))
    for one in descriptors[:number][:_NAMED]:
        parts.append(waited(pid, one))
    if wait.watching is not None:
        parts = [_watching(pid, wait.watching, parts, [one for one in descriptors if one.watched])]
    if number > _NAMED:
        parts.append(f"{number - _NAMED:,} more")
    if wait.phase == "copying":
        parts.append("copying")
    if wait.on_unread:
        parts.append("the set could not be read")
    parts += [holder(one) for one in wait.held_by or ()]
    if wait.futex is not None:
        more = f" and {wait.futexes - 1} more" if wait.futexes else ""
        parts.append(f"futex {wait.futex}{more}" + (", shared" if wait.shared_futex else ""))
    return "; ".join(parts)


def _watching(pid: int, number: int, epoll: list[str], watched: list[Waited]) -> str:
    """``8 epoll watching 812 descriptors, the busiest 9 tcp …``."""
    told = f"{epoll[0]} watching {many(number, 'descriptor')}" if epoll else ""
    if not watched:
        return told
    which = ", the busiest" if watched[0].queued_bytes else ":" if len(watched) == number else ", among them"
    return f"{told}{which} " + "; ".join(waited(pid, one) for one in watched[:_NAMED])


def waited(pid: int, one: Waited) -> str:
    """``7 tcp ESTABLISHED 10.0.0.1:80 -> 10.0.0.2:51234 <-> nginx[12] fd 5 (in)``."""
    if one.kind == "epoll" and not one.watched:
        return f"{one.fd} epoll"
    events = f" ({' '.join(one.events)})" if one.events else ""
    if one.kind is None:
        return f"{one.fd}{events}, gone by now"
    what = one.description or one.kind
    if not what.startswith(one.kind):
        what = f"{one.kind} {what}"
    others = ends_of(pid, one)
    return f"{one.fd} {what}{f'  {others}' if others else ''}{events}"


def holder(lock: LockHolder) -> str:
    """``flock write lock held by postgres[812]``."""
    who = (
        "whom the kernel does not name"
        if lock.pid is None
        else f"{lock.process or 'a process gone by now'}[{lock.pid}]"
    )
    return f"{lock.type} {lock.mode} lock held by {who}"


def cycle_lines(cycle: Cycle, style: Style) -> Iterator[str]:
    """A cycle, a line for each process."""
    number = len({link.pid for link in cycle.links})
    what = "waits for itself" if number == 1 else f"{many(number, 'process', 'processes')} wait for each other"
    if cycle.deadlock:
        but = "; but " + ", and ".join(cycle.unsure) if cycle.unsure else ""
        yield style.alarm(f"deadlock: {what}, and no other thread that is seen can end it{but}") + "\n"
    else:
        told = "another thread, or another process at one of the ends, could still end it"
        yield style.warning(f"cycle: {what}; {told}") + "\n"
    names = {link.pid: link.process for link in cycle.links}
    for link in cycle.links:
        thread = "" if link.tid == link.pid else f" thread {link.tid}"
        whom = f"{printable(names.get(link.waits_for) or '?')}[{link.waits_for}]"
        who = f"{printable(link.process or '?')}[{link.pid}]{thread}"
        yield f"  {who} in {link.syscall} on fd {link.fd} ({link.kind}) waits for {whom}\n"


def threads(process: Process, style: Style, most: int, indent: str) -> Iterator[str]:
    """The threads of a process: what the kernel keeps of each, those that switch most first."""
    shown = sorted(process.threads, key=lambda one: (-_switches(one), one.tid))[:most]
    shown.sort(key=lambda one: one.tid)
    with_names = any(one.name != process.name for one in shown)
    headers = ["TID", *(["NAME"] if with_names else []), "STATE", "CPU", "VOLUNTARY", "INVOLUNTARY", "CODE", "IN"]
    rows = []
    for one in shown:
        counted = one.context_switches
        rows.append(
            [
                one.tid,
                *([one.name] if with_names else []),
                one.state,
                one.cpu,
                None if counted is None else counted.voluntary,
                None if counted is None else counted.involuntary,
                one.symbol or one.code,
                inside(one),
            ]
        )
    yield from draw(headers, rows, style=style, indent=indent)
    rest = len(process.threads) - len(shown)
    if rest:
        yield f"{indent}and {many(rest, 'thread')} more, which switched less: fdscope waits {process.pid}\n"


def _switches(thread: Thread) -> int:
    counted = thread.context_switches
    return 0 if counted is None else counted.voluntary + counted.involuntary


def inside(thread: Thread) -> str:
    """``read(7), waiting, blocking``; ``epoll_wait(8), multiplexed, watching 5``; the kernel function."""
    wait = thread.wait
    if wait is None:
        return ""
    numbers = [str(one.fd) for one in wait.on or ()]
    inner = ", ".join(numbers[:_NAMED]) + (", …" if len(numbers) > _NAMED else "")
    parts = [f"{call(wait)}({inner})" if wait.syscall else wait.waits_for]
    parts += [wait.model] if wait.model else []
    parts += [wait.phase] if wait.phase == "copying" else []
    parts += [f"watching {wait.watching:,}"] if wait.watching is not None else []
    parts += [holder(one) for one in wait.held_by or ()]
    return ", ".join(parts)
