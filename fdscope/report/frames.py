"""Frames of a watch as lines: a compact one for each process and interval, and the summary at the end."""

from __future__ import annotations

from collections.abc import Iterator

from ..frame import Frame, ProcessFrame, ProcessSummary, Summary
from ..quantity import duration, many, percent
from .safe import printable
from .style import Style
from .table import draw

WORDS = {
    "idle": "idle",
    "io": "waits for I/O",
    "lock": "lock contention",
    "cpu": "CPU contention",
    "timer": "timers",
    "running": "computes",
    "mixed": "mixed",
    "unknown": "not seen",
}
"""Verdicts as people read them."""

_SUMMED = 20


def lines(frame: Frame, style: Style, *, whole_machine: bool) -> Iterator[str]:
    """A line for the machine, if it is watched as a whole, and one for each process that is shown."""
    clock = frame.taken_at[11:19]
    if whole_machine:
        yield f"{clock}  {machine(frame)}\n"
    for one in frame.processes:
        if not whole_machine or one.voluntary_per_s or one.involuntary_per_s:
            yield _cut(f"{clock}  {process(one)}", style) + "\n"
    for ended in frame.ended or ():
        if not whole_machine:
            yield f"{clock}  {printable(ended.name or '?')}[{ended.pid}] has ended\n"


def _cut(line: str, style: Style) -> str:
    return line if style.width is None else style.cut(line, style.width)


def machine(frame: Frame) -> str:
    """``machine 45,120 switches/s · 3 running on 2 CPUs · PSI cpu 12 %, io 0 %``, where PSI is pressure."""
    told = frame.machine
    parts = [] if told.context_switches_per_s is None else [f"{told.context_switches_per_s:,.0f} switches/s"]
    if told.running is not None and told.cpus:
        parts.append(f"{told.running} running on {many(told.cpus, 'CPU')}")
    if told.blocked:
        parts.append(f"{told.blocked} in state D")
    pressures = [
        f"{name} {percent(share)}"
        for name, share in (("cpu", told.cpu_pressure), ("io", told.io_pressure), ("memory", told.memory_pressure))
        if share is not None
    ]
    if pressures:
        parts.append("PSI " + ", ".join(pressures))
    return "machine  " + " · ".join(parts)


def process(one: ProcessFrame) -> str:
    """``nginx[12] 1,204 vol/s 3 invol/s, cpu 12 %, 812 fds (+3), waits for I/O: …``."""
    parts = [f"{one.voluntary_per_s:,.0f} vol/s {one.involuntary_per_s:,.0f} invol/s"]
    if one.cpu_share is not None:
        parts.append(f"cpu {percent(one.cpu_share)}")
    if one.queue_share is not None and one.queue_share >= 0.01:
        parts.append(f"without a CPU {percent(one.queue_share)}")
    if one.threads_counted > 1:
        parts.append(many(one.threads_counted, "thread"))
    if one.descriptors is not None:
        parts.append(held(one))
    name = printable(one.name or "?")
    evidence = printable(one.verdict.evidence.partition("; ")[2])
    said = WORDS[one.verdict.word] + (f": {evidence}" if evidence else "")
    return f"{name}[{one.pid}]  {', '.join(parts)}  {said}"


def held(one: ProcessFrame) -> str:
    """``812 fds of 1,024 (+3), at the limit in 2 min``."""
    grown = f" ({one.descriptors_growth:+,})" if one.descriptors_growth else ""
    told = f"{one.descriptors:,} fds{grown}"
    if one.seconds_to_limit is not None:
        told += f", at the limit of {one.descriptor_limit:,} in {duration(one.seconds_to_limit)}"
    return told


def summary(found: Summary, style: Style) -> Iterator[str]:
    """Totals, means and peaks."""
    own = f"fdscope itself took {found.own_cpu_time_s:.2f} s of CPU"
    yield f"\n{many(found.frames, 'interval')} in {duration(found.elapsed_s)}; {own}\n"
    if not found.processes:
        return
    few = found.processes_total <= _SUMMED
    rows = [_summed(one) for one in found.processes[:_SUMMED] if few or _did_something(one)]
    each = ["MEAN/S", "PEAK/S"]
    headers = ["PID", "PROCESS", "VOL", *each, "INVOL", *each, "CPU", "FDS", "MOSTLY"]
    yield from draw(headers, rows, style=style)
    rest = found.processes_total - len(rows)
    if rest > 0:
        yield f"and {many(rest, 'process', 'processes')} more\n"
    if not all(one.exited_threads_included for one in found.processes):
        yield "the last switches of threads that ended between two intervals are not counted\n"
    if found.command is not None:
        total = found.command
        switched = f"{total.voluntary:,} voluntary and {total.involuntary:,} involuntary switches"
        yield f"the command, with all that it waited for: {switched}, {duration(total.cpu_time_s)} of CPU\n"


def _did_something(one: ProcessSummary) -> bool:
    return bool(one.voluntary.total or one.involuntary.total or one.cpu_time_s)


def _summed(one: ProcessSummary) -> list[str | int]:
    first, last = one.descriptors_first, one.descriptors_last
    fds = "" if last is None else f"{last:,}" if first in (None, last) else f"{first:,} -> {last:,}"
    known = {word: times for word, times in one.verdicts.items() if word != "unknown"} or one.verdicts
    mostly = max(known, key=lambda word: known[word]) if known else ""
    return [
        one.pid,
        one.name or "?",
        round(one.voluntary.total),
        round(one.voluntary.mean_per_s),
        round(one.voluntary.peak_per_s),
        round(one.involuntary.total),
        round(one.involuntary.mean_per_s),
        round(one.involuntary.peak_per_s),
        "" if one.cpu_time_s is None else duration(one.cpu_time_s),
        fds,
        WORDS.get(mostly, mostly),
    ]
