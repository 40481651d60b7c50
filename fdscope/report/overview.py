"""The machine at a glance: what is held, by whom, how near to the limits, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ..model import Process, Snapshot
from ..quantity import duration, many, percent, size
from .problems import of_machine
from .process import WARN_AT, share
from .safe import printable
from .style import Style
from .table import draw

TOP = 8
"""How many processes each list shows."""


def overview(snapshot: Snapshot, style: Style) -> Iterator[str]:
    """The whole report, line by line."""
    yield from _machine(snapshot, style)
    yield from _kinds(snapshot.processes, style)
    yield from _top_by_count(snapshot.processes, style)
    yield from _top_by_share(snapshot.processes, style)
    yield from _top_by_switches(snapshot.processes, style)
    if snapshot.problems:
        yield f"\n{style.title('could not be read')}\n"
        for line in of_machine(snapshot.problems):
            yield "  " + style.warning(line) + "\n"


def _machine(snapshot: Snapshot, style: Style) -> Iterator[str]:
    host = snapshot.host
    yield style.title(printable(host.hostname or "this machine")) + f"  Linux {printable(host.kernel or '?')}\n"
    for line in machine_facts(snapshot):
        yield f"  {line}\n"


def machine_facts(snapshot: Snapshot) -> Iterator[str]:
    """What the machine is and how much it holds, in a few lines."""
    host = snapshot.host
    parts = [many(host.cpus, "CPU")] if host.cpus else []
    if host.cpu_sockets:
        parts[-1:] = [f"{parts[-1] if parts else 'CPUs'} in {many(host.cpu_sockets, 'socket')}"]
    if host.load_average:
        parts.append("load " + " ".join(f"{one:.2f}" for one in host.load_average))
    if host.memory_total_bytes and host.memory_available_bytes is not None:
        parts.append(f"{size(host.memory_available_bytes)} of {size(host.memory_total_bytes)} memory available")
    if host.boot_time:
        up = datetime.fromisoformat(snapshot.taken_at[:-1]) - datetime.fromisoformat(host.boot_time[:-1])
        parts.append(f"up {duration(up.total_seconds() // 1)}")
    yield " · ".join(parts)
    processes = [one for one in snapshot.processes if not one.kernel_thread]
    threads = sum(len(one.threads) for one in processes)
    held = sum(one.descriptor_count or 0 for one in snapshot.processes if not _repeats(one))
    kernel_threads = many(len(snapshot.processes) - len(processes), "kernel thread")
    yield (
        f"{many(len(processes), 'process', 'processes')}, {many(threads, 'thread')}, {kernel_threads}, "
        f"{many(held, 'descriptor')}"
    )
    if host.open_files:
        yield (
            f"{many(host.open_files.allocated, 'open file description')} in the kernel, "
            f"at most {host.open_files.maximum:,}"
        )
    if host.context_switches is not None:
        yield f"{host.context_switches:,} context switches since boot"


def _repeats(process: Process) -> bool:
    """Whether its descriptor table is also that of a process that has been counted."""
    return any(pid < process.pid for pid in process.shares_table_with or ())


def _kinds(processes: Sequence[Process], style: Style) -> Iterator[str]:
    counts: dict[str, int] = {}
    for process in processes:
        for kind, number in ({} if _repeats(process) else process.descriptor_kinds or {}).items():
            counts[kind] = counts.get(kind, 0) + number
    total = sum(counts.values())
    yield f"\n{style.title('descriptors by kind')}\n"
    rows = [
        [kind, count, f"{style.bar(count / total)} {percent(count / total)}"]
        for kind, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    yield from draw(["KIND", "HELD", "SHARE"], rows, style=style, indent="  ")


def _top(
    title: str, headers: list[str], rows: list[tuple[float, list[object]]], style: Style, note: str = ""
) -> Iterator[str]:
    yield f"\n{style.title(title)}{style.quiet(note)}\n"
    best = sorted(rows, key=lambda row: -row[0])[:TOP]
    yield from draw(headers, [cells for _, cells in best], style=style, indent="  ")


def _top_by_count(processes: Sequence[Process], style: Style) -> Iterator[str]:
    rows: list[tuple[float, list[object]]] = [
        (one.descriptor_count, [one.pid, one.descriptor_count, one.user or one.uid, one.name])
        for one in processes
        if one.descriptor_count
    ]
    return _top("most descriptors", ["PID", "HELD", "USER", "PROCESS"], rows, style)


def _top_by_share(processes: Sequence[Process], style: Style) -> Iterator[str]:
    rows: list[tuple[float, list[object]]] = []
    for one in processes:
        used = share(one)
        if used and one.descriptor_limit is not None:
            text = f"{style.bar(used, 10)} {percent(used)}" + ("  near its limit" if used > WARN_AT else "")
            rows.append((used, [one.pid, one.descriptor_count, one.descriptor_limit.soft, one.name, text]))
    return _top("nearest to their limit", ["PID", "HELD", "SOFT LIMIT", "PROCESS", "SHARE"], rows, style)


def _top_by_switches(processes: Sequence[Process], style: Style) -> Iterator[str]:
    rows: list[tuple[float, list[object]]] = []
    for one in processes:
        counted = one.context_switches
        if counted is not None:
            cells = [one.pid, counted.voluntary, counted.involuntary, counted.threads_counted, one.name]
            rows.append((counted.voluntary + counted.involuntary, list(cells)))
    headers = ["PID", "VOLUNTARY", "INVOLUNTARY", "THREADS", "PROCESS"]
    whole = all(one.context_switches.exited_threads_included for one in processes if one.context_switches)
    note = f"  since each began, over {'all threads' if whole else 'the threads that live now'}"
    return _top("most context switches", headers, rows, style, note)
