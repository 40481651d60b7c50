"""The live screen of a watch: a Frame, and what was before it, to lines of spans, which commands/live.py draws."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from ..frame import Frame, ProcessFrame
from ..quantity import duration, many, percent
from .frames import WORDS, held, machine
from .safe import printable
from .spans import ALARM, CHOSEN, PLAIN, QUIET, TITLE, WARNING, Line, Span, fitted
from .style import Style, columns, wrapped

_BARS, _ASCII_BARS = "▁▂▃▄▅▆▇█", "_.-=*#"
TREND = 60
"""How many intervals the sparklines remember."""

SORTS: dict[str, Callable[[ProcessFrame], float]] = {
    "switches": lambda one: one.voluntary_per_s + one.involuntary_per_s,
    "voluntary": lambda one: one.voluntary_per_s,
    "involuntary": lambda one: one.involuntary_per_s,
    "cpu": lambda one: one.cpu_share or 0.0,
    "descriptors": lambda one: one.descriptors or 0,
    "growth": lambda one: one.descriptors_growth or 0,
}
"""The orders that the key ``s`` goes through; the highest first."""

_KEYS = "q quit  space pause  s sort  t threads  arrows choose  h help"
_HELP = (
    "q        quit, and show the summary",
    "space    hold the screen still; counting goes on",
    "s        sort by the next of: " + ", ".join(SORTS),
    "t        show threads of the chosen process first, or its waits",
    "up down  choose a process",
    "h        this text",
    "",
    "VOL/S    voluntary switches a second: a thread gave the CPU up, as it had to wait",
    "INVOL/S  involuntary ones: the CPU was taken from a thread that could have gone on",
    "CPU      time on CPUs; 100 % is one CPU",
    "NOCPU    time in which threads were ready, but waited for a CPU",
    "FDS      descriptors, and how many more than at the beginning",
    "waits    how threads wait; where every switch is counted, how many it makes",
    "         and the share of the time off the CPU; else as looks have seen it",
)


class View:
    """What the user has chosen to see, and what was before."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.sort = "switches"
        self.paused = False
        self.threads = False
        self.help = False
        self.chosen: int | None = None
        self.trends: dict[int, deque[float]] = {}

    def remember(self, frame: Frame) -> None:
        """Adds the rates of a frame to the sparklines."""
        for one in frame.processes:
            trend = self.trends.setdefault(one.pid, deque(maxlen=TREND))
            trend.append(one.voluntary_per_s + one.involuntary_per_s)
        for ended in frame.ended or ():
            self.trends.pop(ended.pid, None)

    def press(self, key: str, frame: Frame | None) -> bool:
        """Does what a key says; False: quit."""
        if key in ("q", "Q"):
            return False
        if key == " ":
            self.paused = not self.paused
        elif key in ("h", "?"):
            self.help = not self.help
        elif key == "t":
            self.threads = not self.threads
        elif key == "s":
            names = list(SORTS)
            self.sort = names[(names.index(self.sort) + 1) % len(names)]
        elif key in ("up", "down") and frame is not None and frame.processes:
            pids = [one.pid for one in self.ordered(frame)]
            place = pids.index(self.chosen) if self.chosen in pids else 0
            self.chosen = pids[max(0, min(len(pids) - 1, place + (1 if key == "down" else -1)))]
        return True

    def ordered(self, frame: Frame) -> list[ProcessFrame]:
        """The processes of a frame in the order that was chosen."""
        by = SORTS[self.sort]
        return sorted(frame.processes, key=lambda one: (-by(one), one.pid))


def spark(values: Sequence[float], width: int, *, unicode: bool = True) -> str:
    """The last `width` values as bars, scaled to the highest of them; nothing is a blank."""
    bars = _BARS if unicode else _ASCII_BARS
    shown = list(values)[-width:]
    top = max(shown, default=0.0)
    cells = [" " if value <= 0 else bars[min(len(bars) - 1, int(value / top * len(bars)))] for value in shown]
    return "".join(cells).rjust(width)


def screen(frame: Frame | None, view: View, width: int, height: int, style: Style) -> list[Line]:
    """At most `height` lines of at most `width` columns."""
    lines = _head(frame, view, width)
    if view.help:
        lines += [[], *([Span(text)] for text in _HELP)]
    elif frame is None:
        lines += [[], [Span("the first interval is not over yet", QUIET)]]
    else:
        lines += _body(frame, view, width, height - len(lines) - 1, style)
    lines = lines[: max(height - 1, 0)]
    lines += [[] for _ in range(height - 1 - len(lines))]
    keys = _KEYS if len(_KEYS) <= width else "q quit  space pause  h help"
    return [fitted(line, width, style) for line in [*lines, [Span(keys, QUIET)]]][:height]


def _head(frame: Frame | None, view: View, width: int) -> list[Line]:
    title = f"fdscope watch {printable(view.what)}"
    if frame is None:
        return [[Span(title, TITLE)]]
    state = "  PAUSED" if view.paused else ""
    right = f"{duration(int(frame.elapsed_s))}, every {duration(round(frame.interval_s, 1))}"
    gap = " " * max(width - columns(title) - columns(right) - len(state), 2)
    own = f"fdscope itself {frame.own_cpu_share * 100:.1f} % CPU"
    looks = f"{frame.sampling.looks_per_s:,.0f} looks at threads a second"
    if frame.attribution == "counted":
        looks = "every switch counted"
    if frame.switches_not_counted:
        looks += f", but for {frame.switches_not_counted:,}"
    more = f" · {len(frame.processes)} of {frame.processes_total}" if frame.processes_total > 1 else ""
    return [
        [Span(title, TITLE), Span(state, WARNING), Span(gap + right, QUIET)],
        [Span(machine(frame))],
        [Span(f"{own} · {looks} · sorted by {view.sort}{more}", QUIET)],
    ]


def _body(frame: Frame, view: View, width: int, room: int, style: Style) -> list[Line]:
    shown = view.ordered(frame)
    if not shown:
        return [[], [Span("no process to watch now", WARNING)]]
    chosen = next((one for one in shown if one.pid == view.chosen), shown[0])
    details = _details(chosen, view, width, max(room - 3 - min(len(shown), room // 2), 1), style)
    table = max(min(len(shown), room - 3 - len(details)), 1)
    first = max(0, min(shown.index(chosen) - table // 2, len(shown) - table))
    lines: list[Line] = [
        [],
        [Span(_row("PID", "NAME", "VOL/S", "INVOL/S", "CPU", "NOCPU", "FDS", "TREND", "", width), TITLE)],
    ]
    lines += [_process(one, view, width, style, one is chosen) for one in shown[first : first + table]]
    return [*lines, [], *details]


def _trend_width(width: int) -> int:
    return max(8, min(TREND, width - 74))


def _row(*cells: str | int) -> str:
    pid, name, voluntary, involuntary, cpu, queue, fds, trend, verdict, width = cells
    wide = _trend_width(int(width))
    return (
        f"{pid:>7} {name:<13} {voluntary:>9} {involuntary:>8} {cpu:>6} {queue:>6} {fds:>8} "
        f"{trend:<{wide}} {verdict}"
    )


def _process(one: ProcessFrame, view: View, width: int, style: Style, is_chosen: bool) -> Line:
    name = style.cut(printable(one.name or "?"), 13)
    name += " " * (13 - columns(name))
    grown = f"{one.descriptors_growth:+}" if one.descriptors_growth else ""
    text = _row(
        one.pid,
        name,
        f"{one.voluntary_per_s:,.0f}",
        f"{one.involuntary_per_s:,.0f}",
        "" if one.cpu_share is None else percent(one.cpu_share),
        "" if one.queue_share is None else percent(one.queue_share),
        "" if one.descriptors is None else f"{one.descriptors:,}{grown}",
        spark(view.trends.get(one.pid, ()), _trend_width(width), unicode=style.unicode),
        "",
        width,
    )
    look = CHOSEN if is_chosen else PLAIN
    return [Span(text, look), Span(one.verdict.word, _look_of(one.verdict.word))]


def _look_of(word: str) -> int:
    return {"cpu": ALARM, "lock": WARNING, "idle": QUIET, "unknown": QUIET}.get(word, PLAIN)


def _details(one: ProcessFrame, view: View, width: int, room: int, style: Style) -> list[Line]:
    name = f"{printable(one.name or '?')}[{one.pid}]"
    said = f"{name}: {WORDS[one.verdict.word]}: {printable(one.verdict.evidence)}"
    lines: list[Line] = [
        [Span(text, TITLE if not number else PLAIN)] for number, text in enumerate(wrapped(said, width))
    ][:3]
    if one.descriptors is not None:
        near = one.seconds_to_limit is not None and one.seconds_to_limit < 600
        lines.append([Span(f"descriptors  {held(one)}", ALARM if near else PLAIN)])
    if one.kinds:
        lines.append([Span("             " + _kinds(one), QUIET)])
    left = room - len(lines)
    waits, threads = _waits(one, style), _threads(one, width)
    parts = [threads, waits] if view.threads else [waits, threads]
    for part in parts:
        if left > 1 and part:
            lines += part[:left]
            left = room - len(lines)
    return lines


def _kinds(one: ProcessFrame) -> str:
    growth = one.kinds_growth or {}
    parts = [
        f"{kind} {number:,}" + (f" ({growth[kind]:+,})" if kind in growth else "")
        for kind, number in (one.kinds or {}).items()
    ]
    gone = [f"{kind} 0 ({by:+,})" for kind, by in growth.items() if kind not in (one.kinds or {})]
    age = f", {duration(one.kinds_age_s)} ago" if one.kinds_age_s is not None else ""
    return ", ".join(parts + gone) + age


def _waits(one: ProcessFrame, style: Style) -> list[Line]:
    lines: list[Line] = []
    for number, wait in enumerate(one.waits or ()):
        call = f"{wait.syscall or wait.waits_for}" + (f"({wait.fd})" if wait.fd is not None else "")
        share = percent(wait.share if wait.switches_share is None else wait.switches_share)
        bar = style.bar(wait.share if wait.switches_share is None else wait.switches_share, 8)
        what = f"futex {wait.futex}" if wait.futex else wait.what or ""
        label = "waits" if not number else ""
        model = f"{wait.model or f'({wait.waits_for})':<13}"
        if wait.switches_per_s is not None:  # each was counted, and for how long the threads were off their CPU
            model = f"{wait.switches_per_s:>9,.0f}/s {percent(wait.share):>5} off"
        lines.append([Span(f"{label:<8}{share:>5} {bar} {model} {call:<18} {printable(what)}")])
    return lines


def _threads(one: ProcessFrame, width: int) -> list[Line]:
    rates = one.threads or []
    if one.threads_counted < 2:
        return []
    more = f", {many(one.threads_ended, 'thread')} ended" if one.threads_ended else ""
    lines: list[Line] = [
        [
            Span(
                f"threads {one.threads_counted:,}{more}  {'':<6}TID NAME               VOL/S  INVOL/S    CPU  IN",
                TITLE,
            )
        ]
    ]
    for rate in rates:
        cpu = "" if rate.cpu_share is None else percent(rate.cpu_share)
        name = printable(rate.name or "")[:15]
        switched = f"{rate.voluntary_per_s:>8,.0f} {rate.involuntary_per_s:>8,.0f}"
        lines.append([Span(f"{'':<11}{rate.tid:>9} {name:<15} {switched} {cpu:>6}  {rate.waits or ''}")])
    return lines
