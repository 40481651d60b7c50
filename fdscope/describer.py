"""What the descriptors of a watched process are: their kind, and who is at their other end."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from .kernel.machine import ProcMachine
from .kernel.mounts import Mounts
from .kernel.root import Proc
from .kernel.sockets import Sockets
from .kernel.source import Found, ProcSource
from .kinds import decode
from .model import Descriptor
from .raw import RawDescriptor
from .scanner import scan
from .text import text

_MOST = 1000
"""Of processes that hold more, peers are not looked for: their links alone are told."""
_PATIENCE = 100
"""Peers are looked for again only after so many times what it took the last time: it costs 1 % at most."""


class Describer:
    """Kinds at once; peers when that does not cost too much, as it takes a pass over the machine."""

    def __init__(self, root: Proc, proc: str) -> None:
        self._proc = proc
        mounts = Mounts(root)
        self._sockets = Sockets(root)
        self._machine = ProcMachine(root, mounts, self._sockets)
        self._source = ProcSource(root, mounts, timeout_s=1.0)
        self._told: dict[tuple[int, int, bytes], str] = {}
        self._next = 0.0
        self.shown: Mapping[int, Mapping[int, bytes]] = {}
        """The processes that are shown now, and the links of all that they hold: one look answers for all."""

    def close(self) -> None:
        """Lets the sockets go that it asks with."""
        self._sockets.__exit__()

    def descriptors(self, places: Iterable[Found]) -> dict[int, Descriptor]:
        """Descriptors of one process, by number; one that is something else by now is left out."""
        return {
            record.fd: decode(record, self._machine)[0]
            for record in self._source.details(places)
            if isinstance(record, RawDescriptor)
        }

    def what(self, pid: int, fd: int, links: Mapping[int, bytes]) -> str | None:
        """What a descriptor of a process is, in one line, given the links of all that it holds."""
        link = links.get(fd)
        if link is None:
            return None
        key = (pid, fd, link)
        if key not in self._told:
            now = time.monotonic()
            if now < self._next or len(links) > _MOST:
                return text(link)
            if len(self._told) > 100_000:
                self._told.clear()
            chosen = {one: held for one, held in self.shown.items() if len(held) <= _MOST} | {pid: links}
            for process in scan(
                [str(one) for one in chosen], proc=self._proc, waits=False, threads=False
            ).processes:
                held = chosen.get(process.pid, {})
                for descriptor in process.descriptors or ():
                    if descriptor.fd in held:
                        self._told[process.pid, descriptor.fd, held[descriptor.fd]] = _in_words(descriptor)
            self._told.setdefault(key, text(link))
            done = time.monotonic()
            self._next = done + _PATIENCE * (done - now)
        return self._told[key]


def _in_words(descriptor: Descriptor) -> str:
    what = descriptor.describe()
    if descriptor.registrations():
        what = what.partition(":")[0]  # that it watches 800, not which
    if not descriptor.peers:
        return what
    first = descriptor.peers[0]
    more = (descriptor.peers_total or 1) - 1
    others = f" and {more:,} more" if more else ""
    return f"{what} <-> {first.process or '?'}[{first.pid}] fd {first.fd}{others}"
