"""Which metrics there are, and what is told of a group of processes. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from .figures import Figures, together


class Metric(NamedTuple):
    """What a metric is called and means."""

    name: str
    type: str
    """``gauge``, ``counter`` or ``info``."""
    help: str


class Family(NamedTuple):
    """A metric and its samples: labels, and a value."""

    metric: Metric
    samples: list[tuple[dict[str, str], float]]


def _gauge(name: str, help_: str) -> Metric:
    return Metric(f"fdscope_{name}", "gauge", help_)


METRICS = (
    Metric("fdscope_build_info", "info", "The version of fdscope, and where it reads descriptors: bpf or proc."),
    _gauge("group_processes", "Processes of the group, without threads of the kernel and the dead."),
    _gauge("group_threads", "Threads of those processes."),
    _gauge("group_unread_processes", "Processes whose descriptors could not be read."),
    _gauge(
        "group_descriptors",
        "Open descriptors by kind, a table that processes of the group share once; of kind unread where only "
        "their number is known.",
    ),
    _gauge("group_descriptor_limit", "The least soft limit of descriptors that a process of the group has."),
    _gauge(
        "group_descriptor_share_ratio",
        "The highest share of its soft limit that a process of the group uses, 0..1; more where the limit was "
        "lowered later. A limit of 0, which shuts a process in, has no share.",
    ),
    _gauge(
        "group_descriptor_growth_per_second",
        "Descriptors a second by which the process grew that grew fastest over the window; 0: none grew "
        "throughout it.",
    ),
    _gauge(
        "group_time_to_limit_seconds",
        "Least time until a process of the group is at its soft limit if it grows on so; absent: none does.",
    ),
    _gauge(
        "group_deleted_bytes",
        "Space of files that are deleted and still open, each counted once in the group; not of those that are "
        "only mapped.",
    ),
    _gauge(
        "group_backlog_share_ratio",
        "Of the fullest listening socket, waiting connections by its backlog, where that is known.",
    ),
    _gauge("group_backlog_connections", "Connections that wait to be accepted, over all listening sockets."),
    _gauge(
        "group_queue_bytes",
        "Bytes that wait to be read by the group (receive), or that it has written and nobody has taken (send); "
        "of datagrams, and of what is sent to unix sockets, the memory that they take, as ss has it; of pipes and "
        "fifos only where bpf is allowed.",
    ),
    Metric(
        "fdscope_group_context_switches",
        "counter",
        "Context switches of all threads since the first look, kept when processes end; of threads that ended "
        "only where bpf is allowed, and never those after the last look at a process.",
    ),
    _gauge(
        "group_waiting_threads", "Threads that wait, by I/O model; none: for something else than input or output."
    ),
    _gauge("host_open_files", "Open file descriptions of the machine."),
    _gauge("host_open_files_limit", "How many open file descriptions the machine can have (fs.file-max)."),
    _gauge("scan_duration_seconds", "How long the look took that is shown."),
    Metric("fdscope_scan_cpu_seconds", "counter", "CPU time of all looks."),
    Metric(
        "fdscope_scans",
        "counter",
        "Looks that were done, that failed, and scrapes for which one was late, so that they were shown the one "
        "before.",
    ),
    _gauge("scan_timestamp_seconds", "When the look began that is shown, in seconds since 1970."),
    _gauge("scan_problems", "What could not be read in that look, by reason."),
    _gauge("series", "Series that are shown."),
    _gauge("series_limit", "How many series may be shown."),
    _gauge("groups_folded", "Groups that there was no room for, and that are counted as the group other."),
)
BY_NAME = {one.name.removeprefix("fdscope_"): one for one in METRICS}
OF_EXPORTER = ("scan_cpu_seconds", "scans")
"""What is known only when somebody asks."""
RESULTS = ("done", "late", "failed")
Labels = tuple[tuple[str, str], ...]
Told = dict[tuple[str, Labels], float]
"""Name of a metric and labels beside the group to a value."""


def of_exporter(cpu_s: float, scans: Mapping[str, int]) -> Iterator[Family]:
    """What an exporter tells of itself beside a look."""
    yield Family(BY_NAME["scan_cpu_seconds"], [({}, cpu_s)])
    yield Family(BY_NAME["scans"], [({"result": result}, scans.get(result, 0)) for result in RESULTS])


def descriptors_in(told: Told) -> Iterator[float]:
    """How many descriptors a group has, kind by kind."""
    return (value for (name, _), value in told.items() if name == "group_descriptors")


def told_of(those: Sequence[Figures], growths: Mapping[int, float], knows_growth: bool) -> Told:
    """What is told of a group, but for its counters."""
    found: Told = {}

    def tell(name: str, value: float, **labels: str) -> None:
        found[name, tuple(labels.items())] = value

    tell("group_processes", len(those))
    tell("group_threads", sum(one.threads for one in those))
    tell("group_unread_processes", sum(not one.is_read for one in those))
    for kind, number in _added(one.kinds for one in those).items():
        tell("group_descriptors", number, kind=kind)
    limits = [one.limit for one in those if one.limit is not None]
    if limits:
        tell("group_descriptor_limit", min(limits))
    # a limit of 0, as sshd and others have it in a sandbox, is no limit that could be come near to
    shares = [one.count / one.limit for one in those if one.count is not None and one.limit]
    if shares:
        tell("group_descriptor_share_ratio", max(shares))
    if knows_growth and any(one.count is not None for one in those):
        tell("group_descriptor_growth_per_second", max(growths[one.pid] for one in those))
    times = [
        seconds
        for one in those
        if growths[one.pid] > 0 and (seconds := _seconds_left(one, growths[one.pid])) is not None
    ]
    if knows_growth and times:
        tell("group_time_to_limit_seconds", min(times))
    _tell_objects(those, tell)
    for model, number in _added(one.waits for one in those).items():
        tell("group_waiting_threads", number, model=model)
    return found


def _tell_objects(those: Sequence[Figures], tell: Callable[..., None]) -> None:
    """What is in the objects that a group holds, each counted once."""
    deleted, listeners, queues = together(those)
    tell("group_deleted_bytes", sum(deleted.values()))
    shares = [waiting / max(limit, 1) for waiting, limit in listeners.values() if limit is not None]
    if shares:
        tell("group_backlog_share_ratio", max(shares))
    if listeners:
        tell("group_backlog_connections", sum(waiting for waiting, _ in listeners.values()))
    for kind, direction in {place for one in those for place in one.directions}:
        number = sum(value for (_, *place), value in queues.items() if place == [kind, direction])
        tell("group_queue_bytes", number, kind=kind, direction=direction)


def _seconds_left(one: Figures, growth: float) -> float | None:
    return None if not one.limit or one.count is None else max(one.limit - one.count, 0) / growth


def _added(those: Iterable[Mapping[str, int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in those:
        found.update(one)
    return found
