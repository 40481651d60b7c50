"""Which threads wait, on what: scans, follows those at the other ends, and puts the answer together."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from .alone import Alone
from .answers import Waits
from .deadlocks import edges
from .held_up import Choice, told
from .model import Descriptor, Problem, Process, Snapshot
from .opening import opened
from .problems import problem_of
from .scanner import scan
from .selection import words_of
from .times import rfc3339
from .where import Expression, parse

_MANY = 5000
"""Of more processes all are read: an expression has its limits, and to leave few out gains little."""
_ROUNDS = 8
"""How many steps from the processes that were asked about a cycle is looked for."""


def waits(
    targets: Iterable[str] = (),
    *,
    proc: str = "/proc",
    timeout_s: float = 5.0,
    peers: bool = True,
    where: str | Expression | None = None,
) -> Waits:
    """Looks once at what the threads of these processes wait for, or those of all processes if there are none.

        >>> import os, threading
        >>> from fdscope import waits
        >>> reader, writer = os.pipe()
        >>> thread = threading.Thread(target=os.read, args=(reader, 1))
        >>> thread.start()
        >>> while (thread.native_id, "read") not in [(one.tid, one.wait.syscall) for one in waits(["self"]).waits]:
        ...     pass
        >>> os.write(writer, b"x")
        1
        >>> thread.join()
        >>> os.close(reader)
        >>> os.close(writer)

    Args:
        targets: pids, ``self``, and names (exact, else regular expressions).
        proc: another proc file system, or a recorded tree of one.
        timeout_s: how long to wait, in seconds, for file systems that do not answer.
        peers: find out who is at the other ends, and who waits for each other.
        where: only threads that wait on a descriptor of which this expression of `fdscope.where` is true, or whose
            epoll watches one; of an expression about processes alone, the threads of those.

    Costs what `scan` does; for a cycle also those at the other ends are scanned, where they wait themselves.

    Raises:
        UsageError: as `scan` does.
    """
    words = words_of(targets)
    wanted = parse(where) if isinstance(where, str) else where
    began, clock = time.time(), time.monotonic()
    of_processes, refused = _of_processes(wanted, proc)
    snapshot = scan(words, proc=proc, timeout_s=timeout_s, peers=peers, where=of_processes)
    snapshot.problems += refused
    known = {process.pid: process for process in snapshot.processes}
    partly = bool(words) or of_processes is not None
    if peers and partly:
        _follow(known, proc, timeout_s)
    found = told(snapshot, known, lambda: _everyone(proc, timeout_s) if partly else snapshot, choice(wanted))
    found.taken_at, found.duration_s = rfc3339(began, digits=3), round(time.monotonic() - clock, 6)
    return found


def _of_processes(wanted: Expression | None, proc: str) -> tuple[Expression | None, list[Problem]]:
    """Which processes an expression means, whatever they hold; None: any. And what was refused that tells it."""
    if wanted is None or not any(word.of_process for word in wanted.words):
        return None, []
    if all(word.of_process for word in wanted.words):
        return wanted, []
    root = opened(proc)
    with root:
        meant, refused = Alone(root, wanted).meant(root.pids())
    if len(meant) > _MANY:
        return None, []
    pids = ", ".join(map(str, meant)) or "0"  # which nobody has
    return parse(f"pid in ({pids})"), [problem_of(one) for one in refused]


def choice(wanted: Expression | None) -> Choice:
    """Which threads an expression means."""

    def is_meant(process: Process, on: Sequence[Descriptor]) -> bool:
        if wanted is None or wanted.keeps(process):
            return True
        return any(wanted.fits(process, one) for one in on)

    return is_meant


def _follow(known: dict[int, Process], proc: str, timeout_s: float) -> None:
    """Adds the processes that those known wait for, and so on."""
    fresh = list(known.values())
    for _ in range(_ROUNDS):
        sought = {peer for process in fresh for edge in edges(process) for peer in edge.peers} - set(known)
        if not sought:
            return
        fresh = scan([str(pid) for pid in sorted(sought)], proc=proc, timeout_s=timeout_s).processes
        known.update((process.pid, process) for process in fresh)


def _everyone(proc: str, timeout_s: float) -> Snapshot:
    return scan(proc=proc, timeout_s=timeout_s, peers=False, waits=False)
