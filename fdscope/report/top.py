"""The table of processes of ``fdscope top``: outlines of all of them, and more of those on the screen. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..frame import Frame, Outline, ProcessFrame
from ..quantity import duration, many, percent
from ..selection import UsageError, nearest
from .columns import ordered
from .frames import machine
from .live import TREND, spark
from .process import WARN_AT
from .safe import printable
from .spans import ALARM, QUIET, TITLE, WARNING, Line, Span, fitted
from .style import Style, columns

SORTS: dict[str, Callable[[Outline], Any]] = {
    "descriptors": lambda one: one.descriptors,
    "share": lambda one: one.share,
    "growth": lambda one: one.growth,
    "switches": lambda one: one.switches_per_s,
    "voluntary": lambda one: one.voluntary_per_s,
    "involuntary": lambda one: one.involuntary_per_s,
    "name": lambda one: one.name,
    "pid": lambda one: one.pid,
}
"""What the key ``s`` goes through; numbers the highest first, but for pids."""
RISING = ("name", "pid")

_MIX = {
    "multiplexed": "mux",
    "blocking": "blk",
    "nonblocking": "nbl",
    "signal-driven": "sig",
    "asynchronous": "asy",
    "none": "oth",
    "running": "run",
}
"""I/O models in three letters, in the order in which they stand."""
_SOON_S = 600.0
"""A process that will be at its limit so soon is marked."""
_TREND, _NAME = 8, 13
"""Columns that two of them have at least; they grow where there is room."""


class Order(NamedTuple):
    """By what the table is sorted."""

    key: str = "descriptors"
    turned: bool = False
    """Whether it is the other way round."""

    def next(self) -> Order:
        """By the next key."""
        names = list(SORTS)
        return Order(names[(names.index(self.key) + 1) % len(names)])

    def __str__(self) -> str:
        return f"-{self.key}" if self.turned else self.key


def order(word: str) -> Order:
    """The order that a --sort word asks for; a minus turns it round.

    Raises:
        UsageError: there is none of this name.
    """
    found = Order(word.strip().removeprefix("-"), word.strip().startswith("-"))
    if found.key not in SORTS:
        hint = nearest(found.key, SORTS, f"they are {', '.join(SORTS)}")
        raise UsageError(f"top is not sorted by '{found.key[:60]}': {hint}")
    return found


def in_order(outlines: Iterable[Outline], by: Order) -> list[Outline]:
    """Outlines in this order, those that are equal in it by pid; what has no value comes last."""
    falling = (by.key not in RISING) != by.turned
    return ordered(outlines, [(SORTS[by.key], falling), (lambda one: one.pid, False)])


class Trends:
    """What rates of switches each process had in the last intervals."""

    def __init__(self) -> None:
        self._of: dict[int, deque[float]] = {}

    def remember(self, outlines: Iterable[Outline]) -> None:
        """Adds an interval; processes that are not in it are forgotten."""
        before, self._of = self._of, {}
        for one in outlines:
            rates = before.get(one.pid) or deque(maxlen=TREND)
            rates.append(one.switches_per_s)
            self._of[one.pid] = rates

    def of(self, pid: int) -> Sequence[float]:
        """The rates of a process, the oldest first."""
        return self._of.get(pid, ())


def mix(threads: Mapping[str, int] | None, style: Style) -> str:
    """``mux 3 · blk 1``: how many threads wait by which I/O model; nothing where that may not be known."""
    if not threads:
        return ""
    parts = [f"{short} {threads[model]:,}" for model, short in _MIX.items() if threads.get(model)]
    return (" · " if style.unicode else ", ").join(parts)


def amount(number: float) -> str:
    """A count in at most six columns.

    >>> amount(99999.4), amount(123456), amount(12345678)
    ('99,999', '123k', '12M')
    """
    if number < 99_999.5:
        return f"{number:,.0f}"
    return f"{number / 1e3:,.0f}k" if number < 9_999_500 else f"{number / 1e6:,.0f}M"


def change(number: int) -> str:
    """A difference with its sign, in at most six columns; nothing where there is none.

    >>> change(-9999), change(10000), change(1234567), change(0)
    ('-9,999', '+10k', '+1M', '')
    """
    size, sign = abs(number), "+" if number > 0 else "-"
    if size < 10_000:
        return f"{sign}{size:,}" if size else ""
    return f"{sign}{size / 1e3:.0f}k" if size < 999_500 else f"{sign}{size / 1e6:,.0f}M"


class _Widths(NamedTuple):
    name: int
    trend: int


def _widths(width: int) -> _Widths:
    """Of the columns that take what room there is: 14 are left for the models, and more on a wide screen."""
    more = max(width - 80, 0)
    return _Widths(_NAME + min(more // 4, 17), _TREND + min(more // 4, TREND - _TREND))


def head(width: int) -> Line:
    """The headings."""
    wide = _widths(width)
    cells = ("PID", "NAME", "FDS", "LIMIT", "GROWN", "VOL/S", "INV/S", "TREND", "MODELS")
    return [Span(_row(wide, *cells), TITLE)]


def _row(wide: _Widths, *cells: str) -> str:
    pid, name, held, share, grown, voluntary, involuntary, trend, models = cells
    name += " " * (wide.name - columns(name))
    return (
        f"{pid:>7} {name} {held:>6} {share:>5} {grown:>6} {voluntary:>6} {involuntary:>6} {trend:<{wide.trend}}"
        f"  {models}"
    )


def row(one: Outline, told: ProcessFrame | None, trend: Sequence[float], width: int, style: Style) -> Line:
    """A process; `told`: more of it, as it is known of those on the screen."""
    wide = _widths(width)
    name = style.cut(printable(one.name or "?"), wide.name)
    share = "" if one.share is None else percent(one.share).replace(" ", "") if one.share < 9.99 else ">999%"
    cells = [
        f"{one.pid}",
        name,
        "?" if one.descriptors is None and not one.is_kernel else amount(one.descriptors or 0),
        share,
        change(one.growth),
        amount(one.voluntary_per_s),
        amount(one.involuntary_per_s),
        spark(trend, wide.trend, unicode=style.unicode),
        mix(None if told is None else told.waiting_threads, style),
    ]
    text = _row(wide, *cells)
    if one.is_kernel:
        return [Span(text, QUIET)]
    marks = []
    begin = 7 + 1 + columns(name) + (wide.name - columns(name)) + 1 + 6 + 1
    begin -= columns(name) - len(name)  # places in the text, not columns of the screen
    if one.share is not None and one.share >= WARN_AT:
        marks.append((begin, begin + 5, ALARM))
    if one.growth > 0:
        soon = one.seconds_to_limit is not None and one.seconds_to_limit < _SOON_S
        marks.append((begin + 6, begin + 12, ALARM if soon else WARNING))
    return _marked(text, marks)


def _marked(text: str, marks: Sequence[tuple[int, int, int]]) -> Line:
    found: Line = []
    at = 0
    for begin, end, look in marks:
        found += [Span(text[at:begin]), Span(text[begin:end], look)]
        at = end
    return [*found, Span(text[at:])]


class Said(NamedTuple):
    """What the lines above the table say besides the frame."""

    what: str
    """What was asked for."""
    shown: int
    total: int
    order: Order
    interval_s: float
    cost_s: float
    """What the last frame took."""
    paused: bool = False
    where: str = ""
    """The expression that chooses; empty: none does."""
    late: str = ""
    """What is not there yet."""
    problems: int = 0
    """How much could not be read."""


def heading(frame: Frame | None, said: Said, width: int, style: Style) -> list[Line]:
    """The three lines above the table: what, the machine, and what this costs."""
    title = f"fdscope top  {printable(said.what)}"
    where = f" where {printable(said.where)}" if said.where else ""
    state = "  PAUSED" if said.paused else ""
    elapsed = "" if frame is None else f"{duration(int(frame.elapsed_s))}, "
    right = f"  {elapsed}every {duration(said.interval_s)}"
    left = fitted([Span(title, TITLE), Span(where, WARNING)], max(width - len(right) - len(state), 12), style)
    gap = " " * (width - sum(columns(span.text) for span in left) - len(right) - len(state))
    first: Line = [*left, Span(state, WARNING), Span(gap + right, QUIET)]
    dot = " · " if style.unicode else ", "
    second: Line = [Span("the first interval is not over yet", QUIET)]
    if said.late:
        second = [Span(said.late, WARNING)]
    elif frame is not None:
        second = [Span(machine(frame).replace(" · ", dot))]
    number = f"{said.shown:,} of {said.total:,}" if said.where else f"{said.total:,}"
    noun = "process" if number == "1" else "processes"
    by = f"by {said.order.key}{', turned' if said.order.turned else ''}"
    unread = f"{dot}{many(said.problems, 'problem')} (p)" if said.problems else ""
    cost = (
        "" if frame is None else f"{dot}itself {_share(frame.own_cpu_share)} CPU, {duration(said.cost_s)} a look"
    )
    third: Line = [Span(f"{number} {noun} {by}", QUIET), Span(unread, WARNING), Span(cost, QUIET)]
    if sum(columns(span.text) for span in third) > width:  # what this costs matters more than a word
        third[0] = Span(f"{number} {by}", QUIET)
    return [fitted(one, width, style) for one in (first, second, third)]


def _share(share: float) -> str:
    return f"{share * 100:.1f} %" if share < 0.0995 else percent(share)


def completed(text: str) -> str | None:
    """An expression whose last word has been begun, with the rest of that word; None: nothing begins so.

    >>> completed("kind == 'tcp' and remote_po")
    "kind == 'tcp' and remote_port"
    """
    begun = text[len(text.rstrip("abcdefghijklmnopqrstuvwxyz_0123456789")) :]
    if len(begun) < 2 or text.count("'") % 2 or text.count('"') % 2:
        return None
    from ..vocabulary import names  # reads what the classes say: 10 ms that only who types an expression pays

    found = [name for name in names() if name.startswith(begun) and name != begun]
    return text[: -len(begun)] + min(found, key=lambda name: (len(name), name)) if found else None


HELP = (
    "KEYS",
    "  arrows page home end   choose a line; left and right show what is cut off",
    "  enter      open the process; in it the one at the other end, or a descriptor",
    "  /          show only what fits an expression (fdscope help where), as in:",
    '             kind == "tcp" and remote_port == 443; an empty one shows all again',
    "  s S        sort by the next of: " + ", ".join(list(SORTS)[:4]) + ",",
    "             " + ", ".join(list(SORTS)[4:]) + "; the other way round",
    "  x          explain the descriptor, as fdscope explain does",
    "  e          export what is seen as JSON",
    "  1 to 5     of a process: descriptors, peers, waits, threads, graph; also tab",
    "  p          tell what could not be read",
    "  space      look no more, until it is pressed again",
    "  + -        look less often, or more often",
    "  escape q   back, and from the first page out; Q and Ctrl-C leave at once",
    "",
    "COLUMNS",
    "  FDS        descriptors; ? where that may not be known",
    "  LIMIT      that, as a share of the soft limit; red from 80 % on",
    "  GROWN      how many more than when the process was first seen; red if, at the",
    "             growth of the last minute, it is at its limit within ten minutes",
    "  VOL/S      voluntary context switches a second: a thread had to wait",
    "  INV/S      involuntary ones: the CPU was taken away",
    "  TREND      both together in the last intervals, scaled to the highest of them",
    "  MODELS     how many threads wait by which I/O model, or do not wait at all:",
    "             mux multiplexed, as by epoll, blk blocking, nbl nonblocking,",
    "             sig signal-driven, asy asynchronous, as by io_uring, run running,",
    "             oth for something else than input and output, as a lock or a clock",
)
"""What the key ``?`` tells."""
