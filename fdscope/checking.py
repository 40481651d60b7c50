"""A Snapshot and limits to a Check: what is to be looked at for it, and what is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ._version import __version__
from .answers import Check, Finding, Limits, Metric
from .frame import Rate
from .measures import listeners, measured, named, untold
from .model import Descriptor, Problem, Process, Snapshot
from .quantity import many
from .thresholds import (
    GONE,
    LISTENERS,
    MEASURES,
    OF_HELD,
    OF_PROCESSES,
    OF_RATES,
    RANKS,
    UNREAD,
    Expected,
    Listener,
    Value,
    is_expected,
    judged,
    worst,
)
from .where import Expression, all_of, parse

BY_DEFAULT = {"max-share": "0.8,0.95", "max-system-share": "0.8,0.95"}
"""What is checked where nothing is said; of processes that were asked about only the first."""

_MOST_METRICS = 10
"""How many processes the performance data name."""
_WANTED = {
    "max-backlog-share": 'state == "LISTEN"',
    LISTENERS: 'state == "LISTEN" or kind in ("udp", "udplite", "vsock")',
    "no-deleted-over": "deleted",
}


class Terms(NamedTuple):
    """What is to be checked."""

    limits: dict[str, Limits]
    by_default: bool
    expected: list[Expected] | None = None
    """Listeners that are in order; None: that is not checked."""
    expected_words: str | None = None

    @property
    def names(self) -> list[str]:
        """The checks."""
        return [*self.limits, *([] if self.expected is None else [LISTENERS])]

    @property
    def of_processes(self) -> bool:
        """Whether processes are judged, and not only what some of them hold."""
        return any(name in OF_PROCESSES for name in self.limits)

    @property
    def of_rates(self) -> bool:
        """Whether something must be measured over time."""
        return any(name in self.limits for name in OF_RATES)


def how_to_look(terms: Terms, where: Expression | None) -> tuple[Expression | None, dict[str, Any]]:
    """What a snapshot must hold to be judged: of what, and what else `scanner.scan` takes."""
    of_held = [name for name in terms.names if name in OF_HELD]
    brief = not of_held and (where is None or all(word.of_process for word in where.words))
    if of_held and not terms.of_processes:
        text = " or ".join(f"({_WANTED[name]})" for name in of_held)
        where = all_of([*([] if where is None else [where]), parse(text)])
    mapped = "no-deleted-over" in of_held or (where is not None and where.asks_for_files)
    return where, {"brief": brief, "mapped": mapped, "peers": False, "waits": False}


def rates_of(snapshot: Snapshot, *, everyone: bool, proc: str, source: str, seconds: float) -> list[Rate]:
    """How fast the processes of a snapshot are switched, and open descriptors; this takes so many seconds.

    Args:
        snapshot: what tells the processes.
        everyone: whether they are all that there are.
        proc: the proc file system that they are in.
        source: as of `watcher.watch`; ``auto`` is proc here, as reasons are not asked for.
        seconds: how long to measure.
    """
    from .watcher import Watch  # only limits of rates take it

    pids = [str(one.pid) for one in snapshot.processes]
    if not pids:
        return []
    source = "bpf" if source == "bpf" else "proc"
    with Watch([] if everyone else pids, proc=proc, interval_s=seconds, top=0, source=source) as watch:
        return watch.rates()


def check(
    snapshot: Snapshot,
    terms: Terms,
    *,
    rates: Sequence[Rate] = (),
    measured_s: float | None = None,
    where: Expression | None = None,
    holds_nothing: Callable[[list[int]], set[int]] = lambda _: set(),
) -> Check:
    """Judges what a snapshot tells.

    Args:
        snapshot: made as `how_to_look` says.
        terms: what is checked.
        rates: of its processes.
        measured_s: over how many seconds.
        where: what was chosen of the descriptors, and of whom.
        holds_nothing: tells of pids which of them are threads of the kernel, or dead.
    """
    processes = [one for one in snapshot.processes if not _holds_nothing(one)]
    values: dict[str, list[Value]] = {}
    timed = rates if terms.of_rates else None
    findings = list(_gone(snapshot, timed, processes, of_processes=terms.of_processes))
    unread = _unread(snapshot, terms, where, holds_nothing)
    for name, limits in terms.limits.items():
        values[name], unknown = measured(name, snapshot, processes, rates)
        findings += judged(values[name], limits)
        for one in unknown:
            unread.setdefault(one, f"--{name} takes what the kernel does not tell")
    found = list(listeners(processes)) if terms.expected is not None else []
    for pid in untold(processes) if terms.expected is not None else ():
        unread.setdefault(pid, "the kernel does not tell where its vsock sockets listen")
    strange = [one for one in found if not is_expected(one[0], terms.expected or ())]
    findings += [_unexpected(*one) for one in strange]
    findings += _unjudged(unread)
    findings.sort(key=lambda one: -RANKS.index(one.level))
    metrics = [metric for name in terms.limits for metric in _metrics(terms.limits[name], values[name], snapshot)]
    if terms.expected is not None:
        metrics.append(Metric(label="listeners_unexpected", value=len(strange), crit=0, min=0))
    if terms.of_processes:
        metrics.append(Metric(label="processes", value=len(processes), min=0))
    return Check(
        schema="fdscope.check/1",
        fdscope=__version__,
        taken_at=snapshot.taken_at,
        status=worst(findings),  # type: ignore[arg-type]  # one of RANKS
        summary=_summary(findings, terms, values, len(found), len(processes)),
        processes_total=len(processes) if terms.of_processes else None,
        limits=list(terms.limits.values()),
        by_default=terms.by_default,
        listeners_expected=terms.expected_words,
        measured_s=measured_s,
        findings=findings,
        metrics=metrics,
        problems=[one for one in snapshot.problems if one.reason != "vanished"],
    )


def _holds_nothing(process: Process) -> bool:
    return bool(process.kernel_thread) or process.state in ("zombie", "dead")


def nobody(snapshot: Snapshot) -> set[int]:
    """The processes of a snapshot that hold nothing: threads of the kernel, and the dead."""
    return {one.pid for one in snapshot.processes if _holds_nothing(one)}


# what could not be judged


def _gone(
    snapshot: Snapshot, rates: Sequence[Rate] | None, processes: Sequence[Process], *, of_processes: bool
) -> Iterator[Finding]:
    """Processes that were asked about and are not there."""
    for problem in snapshot.problems:
        is_thread = problem.pid is not None and problem.detail is not None
        if problem.what == "process" and problem.reason in ("no-such-process", "pid-reused") and not is_thread:
            text = problem.detail or f"no process has the pid {problem.pid}"
            yield Finding(check=GONE, level="critical", pid=problem.pid, text=text)
    left = {one.pid for one in rates or ()}
    asked = {word for word in snapshot.targets or () if word.isdigit()}
    for one in processes if rates is not None else ():
        if one.pid not in left and (str(one.pid) in asked or not left):
            text = f"{named(one.pid, one.name)} has ended while it was measured"
            yield Finding(check=GONE, level="critical", pid=one.pid, process=one.name, text=text)
    if snapshot.where is not None and not snapshot.processes and of_processes:
        yield Finding(check=GONE, level="critical", text="no process is there that the options choose")


def _unread(
    snapshot: Snapshot,
    terms: Terms,
    where: Expression | None,
    holds_nothing: Callable[[list[int]], set[int]],
) -> dict[int | str, str]:
    """Processes whose descriptors matter and could not be read, and network namespaces; each with the reason."""
    of_held = any(name in OF_HELD for name in terms.names)
    if not of_held and (where is None or all(word.of_process for word in where.words)):
        return {}
    found: dict[int | str, str] = {}
    for problem in snapshot.problems:
        if problem.reason != "vanished" and _matters(problem):
            found[problem.what if problem.pid is None else problem.pid] = problem.reason.replace("-", " ")
    known = {one.pid: one for one in snapshot.processes}
    strangers = [one for one in found if isinstance(one, int) and one not in known]
    nobodies = holds_nothing(strangers) if strangers else set()
    nobodies |= {pid for pid, one in known.items() if _holds_nothing(one)}
    return {one: reason for one, reason in found.items() if one not in nobodies}


def _matters(problem: Problem) -> bool:
    """Whether a descriptor, or what it is, may be missing for it."""
    return problem.what.startswith(("descriptors", "sockets")) or problem.reason in ("timed-out", "not-understood")


def _unjudged(unread: dict[int | str, str]) -> Iterator[Finding]:
    reasons: dict[str, list[int | str]] = {}
    for one, reason in unread.items():
        reasons.setdefault(reason, []).append(one)
    for reason, those in reasons.items():
        pids = [one for one in those if isinstance(one, int)]
        if pids:
            those_are = f"process {pids[0]}" if len(pids) == 1 else f"{len(pids):,} processes"
            text = f"{those_are} could not be judged: {reason}"
            yield Finding(check=UNREAD, level="unknown", pid=min(pids), text=text)
        for one in those:
            if isinstance(one, str):
                yield Finding(check=UNREAD, level="unknown", text=f"{one}: {reason}")


def _unexpected(listener: Listener, one: Descriptor, holders: Sequence[Process]) -> Finding:
    first = holders[0]
    others = f" and {many(len(holders) - 1, 'other')} listen" if len(holders) > 1 else " listens"
    port = listener.path if listener.protocol == "unix" else listener.port
    text = f"{named(first.pid, first.name)}{others}, unexpected, at {listener.protocol} "
    where = getattr(one, "where", None)
    text += where() if where is not None else str(port)
    return Finding(check=LISTENERS, level="critical", pid=first.pid, process=first.name, text=text)


# what is told


def _metrics(limits: Limits, values: Sequence[Value], snapshot: Snapshot) -> Iterator[Metric]:
    """The highest value, and of shares those of some processes, by name: pids would be new each day."""
    name = limits.check
    unit = MEASURES[name].unit

    def metric(label: str, value: float) -> Metric:
        times = 100 if unit == "%" else 1
        told = (value, limits.warn, limits.crit)
        numbers = [None if one is None else round(one * times, 2 if one * times >= 0.1 else 12) for one in told]
        most = 100 if unit == "%" else None
        return Metric(
            label=label,
            value=numbers[0] or 0,
            unit=unit or None,  # type: ignore[arg-type]  # one of the two that there are
            warn=numbers[1],
            crit=numbers[2],
            min=None if name == "max-growth" else 0,
            max=most,
        )

    if name == "no-deleted-over":
        yield metric("deleted", values[0].value)
        return
    if values:
        yield metric(name.removeprefix("max-").replace("-", "_"), max(one.value for one in values))
    if name == "max-share":
        highest: dict[str, float] = {}
        for one in sorted(values, key=lambda one: -one.value):
            highest.setdefault(one.process or "?", one.value)
        for process, value in list(highest.items())[:_MOST_METRICS]:
            yield metric(f"share_{process}", value)
    files = snapshot.host.open_files
    if name == "max-system-share" and files is not None:
        yield Metric(label="open_files", value=files.allocated, min=0, max=files.maximum)


def _summary(
    findings: Sequence[Finding], terms: Terms, values: dict[str, list[Value]], listeners: int, processes: int
) -> str:
    """The first finding and how many there are; or, if nothing is known to be wrong, the highest of each value."""
    more = f" (and {len(findings) - 1:,} more)" if len(findings) > 1 else ""
    first = [findings[0].text + more] if findings else []
    if worst(findings) in ("warning", "critical"):
        return first[0]
    highest = [max(those, key=lambda one: one.value).text for those in values.values() if those]
    found = list(dict.fromkeys(highest))
    if terms.expected is not None:
        found.append(f"{many(listeners, 'listener')}, all expected" if listeners else "no listeners were seen")
    return "; ".join([*first, *([many(processes, "process", "processes")] if terms.of_processes else []), *found])
