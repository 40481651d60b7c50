"""A Snapshot and rates to values that may be too high, and the listeners that there are. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from .frame import Rate
from .model import Descriptor, Process, Snapshot, kind_name
from .quantity import many, percent, size
from .thresholds import OF_PROCESSES, OF_RATES, Listener, Value
from .uses import is_reclaimable

_DATAGRAMS = {"udp": "udp", "udplite": "udp"}


def measured(
    name: str, snapshot: Snapshot, processes: Sequence[Process], rates: Sequence[Rate]
) -> tuple[list[Value], list[int | str]]:
    """The values of one check, and the processes that have none and should; or the file that does not tell it.

    A process that went away while it was read is no loss.
    """
    if name in OF_RATES:
        return _of_rates(name, {one.pid for one in processes}, rates)
    if name in OF_PROCESSES:
        left = {one.pid for one in snapshot.problems if one.reason == "vanished" and one.fd is None}
        lacking = [one.pid for one in processes if one.descriptor_count is None or one.descriptor_limit is None]
        shares = name == "max-share"
        values = [one for process in processes if (one := _held(process, shares=shares))]
        return values, [pid for pid in lacking if pid not in left]
    if name == "max-system-share":
        values = list(_of_machine(snapshot))
        return values, [] if values else ["sys/fs/file-nr"]
    return (_backlogs(processes) if name == "max-backlog-share" else [_deleted(processes)]), []


def _held(process: Process, *, shares: bool) -> Value | None:
    """How many descriptors a process has, or what share of its soft limit; None: not known, or no limit."""
    count, limit = process.descriptor_count, process.descriptor_limit
    if count is None or limit is None or (shares and limit.soft is None):
        return None
    text = f"{named(process.pid, process.name)} has {many(count, 'descriptor')}"
    if limit.soft is None:
        return Value(count, text, process.pid, process.name)
    share = count / max(limit.soft, 1)
    text += f" of {limit.soft:,}, {percent(share)}"
    return Value(share if shares else count, text, process.pid, process.name)


def _of_machine(snapshot: Snapshot) -> Iterator[Value]:
    files = snapshot.host.open_files
    if files is not None:
        share = files.allocated / max(files.maximum, 1)
        text = f"the machine has {files.allocated:,} of {files.maximum:,} open file descriptions"
        yield Value(share, f"{text}, {percent(share)}")


_RATES: dict[str, tuple[Callable[[Rate], float | None], str]] = {
    "max-growth": (lambda one: one.descriptors_per_s, "opens {} descriptors a second more than it closes"),
    "max-switches": (lambda one: one.voluntary_per_s + one.involuntary_per_s, "is switched {} times a second"),
    "max-involuntary": (lambda one: one.involuntary_per_s, "has the CPU taken away {} times a second"),
}


def _of_rates(name: str, pids: set[int], rates: Sequence[Rate]) -> tuple[list[Value], list[int | str]]:
    """A rate of each process that was there all the time."""
    rate_of, told = _RATES[name]
    values: list[Value] = []
    unknown: list[int | str] = []
    for one in rates:
        rate = rate_of(one)
        if one.pid in pids and rate is None:
            unknown.append(one.pid)
        elif one.pid in pids and rate is not None:
            amount = f"{rate:,.0f}" if rate >= 100 or rate == int(rate) else f"{rate:.1f}"
            values.append(Value(rate, f"{named(one.pid, one.name)} {told.format(amount)}", one.pid, one.name))
    return values, unknown


def named(pid: int, name: str | None) -> str:
    """``nginx[12]``; may hold hostile text."""
    return f"{name or '?'}[{pid}]"


def _sockets(processes: Iterable[Process]) -> dict[str, tuple[Descriptor, list[Process]]]:
    """Each socket that somebody holds, once, with those who hold it."""
    found: dict[str, tuple[Descriptor, list[Process]]] = {}
    for process in processes:
        for one in process.descriptors or ():
            if one.object is not None and one.object.startswith("socket:"):
                holders = found.setdefault(one.object, (one, []))[1]
                if not holders or holders[-1] is not process:
                    holders.append(process)
    return found


def _backlogs(processes: Sequence[Process]) -> list[Value]:
    """Of each listener, how full its queue is of connections that wait to be accepted."""
    found = []
    for one, holders in _sockets(processes).values():
        waiting, limit = getattr(one, "backlog", None), getattr(one, "backlog_limit", None)
        if waiting is not None and limit is not None:
            share, first = waiting / max(limit, 1), holders[0]
            text = f"{named(first.pid, first.name)} lets {waiting:,} of {limit:,} connections wait"
            text = f"{text} at {one.describe()}, {percent(share)}"
            found.append(Value(share, text, first.pid, first.name))
    return found


def listeners(processes: Sequence[Process]) -> Iterator[tuple[Listener, Descriptor, list[Process]]]:
    """The sockets that wait for connections, or for datagrams from anyone."""
    for one, holders in _sockets(processes).values():
        kind, port = kind_name(type(one)), getattr(one, "local_port", None)
        address = getattr(one, "local_address", None)
        if getattr(one, "state", None) == "LISTEN" and not _is_untold(one):
            yield Listener(kind, address, port, getattr(one, "path", None)), one, holders
        elif kind in _DATAGRAMS and port and getattr(one, "remote_address", None) is None:
            yield Listener(_DATAGRAMS[kind], address, port), one, holders


def untold(processes: Sequence[Process]) -> list[int]:
    """Processes with sockets of which it is not told whether they listen, or where."""
    return [process.pid for process in processes if any(map(_is_untold, process.descriptors or ()))]


def _is_untold(one: Descriptor) -> bool:
    """Only sock_diag(7) tells of vsock sockets where they listen, in kernels built with CONFIG_VSOCKETS_DIAG."""
    return (
        kind_name(type(one)) == "vsock"
        and getattr(one, "state", None) in (None, "LISTEN")
        and getattr(one, "local_port", None) is None
    )


def _deleted(processes: Sequence[Process]) -> Value:
    """The space that deleted files hold, each counted once.

    A mapping of which stat(2) was refused has nothing but its name, which is also that of its descriptor.
    """
    held = [
        (process, one)
        for process in processes
        for one in (*(process.descriptors or ()), *(process.files or ()))
        if is_reclaimable(one)
    ]
    known = {one.name for _, one in held if one.inode is not None}
    files: dict[tuple[str | None, str | int | None], tuple[int, Process, str]] = {}
    for process, one in held:
        if one.inode is not None:
            files.setdefault((one.device, one.inode), (space_of(one), process, one.name or ""))
        elif one.name not in known:
            files.setdefault((None, one.name), (space_of(one), process, one.name or ""))
    total = sum(space for space, _, _ in files.values())
    text = f"{many(len(files), 'deleted file')} {'holds' if len(files) == 1 else 'hold'} {size(total)}"
    if not total:
        return Value(total, text)
    space, process, name = max(files.values(), key=lambda one: one[0])
    text += f", {size(space)} of it {name} of {named(process.pid, process.name)}"
    return Value(total, text, process.pid, process.name)


def space_of(file: Any) -> int:
    """Of a mapping whose file may not be looked at it is what is mapped."""
    space = getattr(file, "allocated_bytes", None)
    return int(getattr(file, "mapped_bytes", None) or 0) if space is None else int(space)
