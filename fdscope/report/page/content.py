"""The content of a page, as plain data: the machine, its processes, what they hold and wait for, and problems."""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec import to_builtins

from ...answers import ThreadWait, Waits
from ...frame import Timeline
from ...model import REASONS, Process, Snapshot
from ...quantity import many
from .. import waits as told
from ..matrix import sentence
from ..overview import machine_facts
from ..style import Style
from .held import Held
from .shared import Words, safe

PROCESS = (
    "pid parent name command user state started kernel cgroup container count soft hard voluntary involuntary "
    "gone threads resident virtual cpu signals sentence unread"
).split()
"""The columns of a process; those that are texts are their numbers."""


class Asked(NamedTuple):
    """What a page was asked to show, and how it says so."""

    command: str
    """The command line."""
    kept: str | None
    """The snapshot that it shows, by its name; None: the machine as it was."""


def content(
    snapshot: Snapshot, waits: Waits, graph: Any, timeline: Timeline | None, asked: Asked
) -> dict[str, Any]:
    """All that a page shows."""
    words = Words()
    held = Held(words)
    unread = {one.pid: one.reason for one in snapshot.problems if one.what == "descriptors"}
    processes = []
    for number, process in enumerate(snapshot.processes):
        processes.append(_process(process, words, unread.get(process.pid)))
        held.add(number, process)
    found = {
        "about": _about(snapshot, asked),
        "columns": list(PROCESS),
        "processes": processes,
        "held": held.told(),
        "sentence": sentence([one for process in snapshot.processes for one in process.descriptors or ()]),
        "waits": [_wait(one, words) for one in waits.waits],
        "threads_unknown": waits.threads_unknown,
        "threads_total": waits.threads_total,
        "cycles": [_cycle(one) for one in waits.cycles],
        "problems": [
            [words.of(one.what), words.of(one.reason), one.pid, one.fd, words.of(one.detail)]
            for one in snapshot.problems
        ],
        "reasons": REASONS,
        "graph": None if graph is None else safe(to_builtins(graph)),
        "timeline": None if timeline is None else safe(to_builtins(timeline)),
    }
    return {**found, "words": words.texts}


def _about(snapshot: Snapshot, asked: Asked) -> dict[str, Any]:
    host = snapshot.host
    told = {
        "host": host.hostname or "an unnamed machine",
        "kernel": host.kernel,
        "taken_at": snapshot.taken_at,
        "duration_s": round(snapshot.duration_s, 3),
        "version": snapshot.fdscope,
        "command": asked.command,
        "kept": asked.kept,
        "targets": snapshot.targets,
        "where": snapshot.where,
        "own_pid": snapshot.own_pid,
        "sources": snapshot.sources,
        "facts": list(machine_facts(snapshot)),
        "open_files": None if host.open_files is None else host.open_files.allocated,
        "open_files_maximum": None if host.open_files is None else host.open_files.maximum,
        "switches": host.context_switches,
    }
    found: dict[str, Any] = safe(told)
    return found


def _process(process: Process, words: Words, unread: str | None) -> list[Any]:
    word = words.of
    switches, memory, limit = process.context_switches, process.memory, process.descriptor_limit
    signals = process.signals
    sets = {"pending": signals.pending, "blocked": signals.blocked, "caught": signals.caught} if signals else {}
    caught = "; ".join(f"{name} {', '.join(which)}" for name, which in sets.items() if which)
    return [
        process.pid,
        process.parent_pid,
        word(process.name),
        word(" ".join(process.command or ()).rstrip()),
        word(process.uid if process.user is None else process.user),
        word(process.state),
        word(process.started_at),
        int(bool(process.kernel_thread)),
        word(process.cgroup),
        word(process.container),
        process.descriptor_count,
        # -1: without end
        None if limit is None else -1 if limit.soft is None else limit.soft,
        None if limit is None else -1 if limit.hard is None else limit.hard,
        None if switches is None else switches.voluntary,
        None if switches is None else switches.involuntary,
        int(switches is not None and switches.exited_threads_included),
        len(process.threads),
        None if memory is None else memory.resident_bytes,
        None if memory is None else memory.virtual_bytes,
        process.cpu_time_s,
        word(caught),
        word(sentence(process.descriptors) if process.descriptors else ""),
        word(unread),
    ]


def _wait(one: ThreadWait, words: Words) -> list[Any]:
    """Process, thread, model, what for, call, phase, time, function, on what, descriptors, their ends, kernel."""
    word, wait = words.of, one.wait
    on = [waited.fd for waited in one.on or ()]
    peers = [
        [peer.pid, peer.fd, word(peer.process)] for waited in one.on or () for peer in (waited.peers or ())[:2]
    ]
    return [
        one.pid,
        word(one.process),
        one.tid,
        word(one.thread),
        word(wait.model),
        word(wait.waits_for),
        word(told.call(wait)),
        word(wait.phase),
        word(told.timeout(wait)),
        word(told.function(wait)),
        word(told.on(one.pid, wait, one.on or ())),
        on[:8],
        peers[:8],
        int(bool(one.kernel_thread)),
    ]


def _cycle(cycle: Any) -> dict[str, Any]:
    lines = [line.rstrip("\n").strip() for line in told.cycle_lines(cycle, Style(False, True, None))]
    links = [[link.pid, link.fd] for link in cycle.links]
    return {"deadlock": cycle.deadlock, "title": lines[0], "lines": safe(lines[1:]), "links": links}


def size_of(snapshot: Snapshot) -> str:
    """What is in a page, in a line for whoever asked for it."""
    descriptors = sum(len(one.descriptors or ()) for one in snapshot.processes)
    return f"{many(len(snapshot.processes), 'process', 'processes')}, {many(descriptors, 'descriptor')}"
