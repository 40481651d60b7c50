"""Who is at the other end of a descriptor, who shares it, who watches it: as text."""

from __future__ import annotations

from collections.abc import Sequence

from ..answers import Waited
from ..model import Descriptor, Holder, Process

NAMED = 2
"""How many others one line names at the other end."""

MISSING = {
    "closed": "other end closed",
    "no-reader": "no reader left",
    "no-writer": "no writer left",
    "unclaimed": "other end held by no process",
    "unread": "other end in no process that could be read",
}


def peers(process: Process, descriptor: Descriptor) -> str | None:
    """``nginx[123] fd 5, nginx[124] fd 5 and 6 more``, or why nobody is there where somebody should be."""
    if descriptor.peers:
        return _named(process.pid, descriptor.peers, descriptor.peers_total)
    return MISSING.get(descriptor.other_end or "")


def shared_with(process: Process, descriptor: Descriptor) -> str | None:
    """``fd 7, bash[123] fd 0``: who refers to the same open file description."""
    return _named(process.pid, descriptor.shared_with or (), descriptor.shared_total, 1) or None


def watched_by(process: Process, descriptor: Descriptor) -> str | None:
    """``fd 8, nginx[123] fd 9``: epolls that wait for its events."""
    return _named(process.pid, descriptor.watched_by or (), descriptor.watched_total) or None


def ends_of(pid: int, waited: Waited) -> str:
    """Who is at the other end of what a thread of a process waits on; empty: there need be nobody."""
    if waited.peers:
        return f"<-> {_named(pid, waited.peers, waited.peers_total)}"
    missing = MISSING.get(waited.other_end or "")
    return f"({missing})" if missing else ""


def relations(process: Process, descriptor: Descriptor) -> str:
    """All three, in one line; empty if there is nothing to say."""
    faced = peers(process, descriptor)
    parts = [f"<-> {faced}" if descriptor.peers else f"({faced})"] if faced else []
    shared = shared_with(process, descriptor)
    watched = watched_by(process, descriptor)
    parts += [f"watched by {watched}"] if watched else []
    parts += [f"shared with {shared}"] if shared else []
    return "; ".join(parts)


def _named(pid: int, holders: Sequence[Holder], total: int | None, most: int = NAMED) -> str:
    """The first of them; those of the process itself by their number alone."""
    found = []
    for one in sorted(holders, key=lambda one: one.pid != pid)[:most]:
        whose = "" if one.pid == pid else f"{one.process or '?'}[{one.pid}] "
        found.append(f"{whose}fd {one.fd}")
    more = (total or len(holders)) - len(found)
    return ", ".join(found) + (f" and {more:,} more" if more else "")
