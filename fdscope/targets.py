"""Which processes a watch means now: pids, names that may come again, a family, or all."""

from __future__ import annotations

import time

from . import tasks
from .alone import Alone
from .kernel import processes as readers
from .kernel.root import Proc
from .selection import Candidate, select
from .where import Expression

_AGAIN_S = 5.0
"""How long after it was first seen the name of a process is looked at again: a fork often executes a program."""


class Targets:
    """The words of a watch, and the processes that they have been found to mean."""

    def __init__(
        self, root: Proc, words: list[str], family_of: int | None = None, wanted: Expression | None = None
    ) -> None:
        """`wanted`: which of them are meant, by what they are (`alone.early`)."""
        self._root = root
        self._meant = None if wanted is None else Alone(root, wanted)
        self._judged: dict[int, bool] = {}
        self._words = words
        self._family = set() if family_of is None else {family_of}
        self.own = root.own_pid()
        self._seen: dict[int, float] = {}
        self._names: dict[int, Candidate] = {}
        self._zombies: dict[int, int] = {}
        self._old: set[int] = set()
        self.everyone = not words and family_of is None and wanted is None
        self.unmatched: list[str] = []

    @property
    def may_come(self) -> bool:
        """Whether a process may come that is meant: there is a name among the words, or all are meant."""
        return not self._words or any(not (word.isdigit() or word == "self") for word in self._words)

    def is_new(self, pid: int) -> bool:
        """Whether a process was begun after the watch, so that all that it counts belongs to the watch."""
        return pid not in self._old

    def found(self, watched: set[int]) -> list[int]:
        """The processes that are meant and not `watched` yet."""
        pids = self._root.pids()
        if not self._seen:
            self._old = set(pids) - self._family
        fresh = [pid for pid in pids if pid not in self._seen]
        now = time.monotonic()
        for pid in fresh:
            self._seen[pid] = now
        for pid in set(self._seen).difference(pids):
            del self._seen[pid]
            self._names.pop(pid, None)
            self._judged.pop(pid, None)
            self._old.discard(pid)
        self._zombies = {pid: began for pid, began in self._zombies.items() if began == self._began(pid)}
        pids = [pid for pid in pids if pid not in self._zombies]
        if self.everyone:
            return [pid for pid in pids if pid not in watched]
        if self._family:
            return self._relatives(fresh, watched)
        found = self._named(pids, watched, now) if self._words else [pid for pid in pids if pid not in watched]
        return [pid for pid in found if self._is_meant(pid, now)]

    def _is_meant(self, pid: int, now: float) -> bool:
        """Whether a process is one of those that are meant; asked anew while it is young, and may change."""
        if self._meant is None:
            return True
        if pid not in self._judged or now - self._seen[pid] < _AGAIN_S:
            self._judged[pid] = self._meant.may_fit(pid)
        return self._judged[pid]

    def has_ended(self, pid: int) -> None:
        """What is left of a process until its parent takes its status is not to be found again."""
        began = self._began(pid)
        if began is not None:
            self._zombies[pid] = began

    def _began(self, pid: int) -> int | None:
        """When a process began, in clock ticks after boot; None: it is gone."""
        stat = self._root.read(b"%d/stat" % pid)
        try:
            return tasks.parse_stat(stat).start_ticks if isinstance(stat, bytes) else None
        except (ValueError, IndexError):
            return None

    def _relatives(self, fresh: list[int], watched: set[int]) -> list[int]:
        """Descendants: children of those known; and of this process, which orphans are given to."""
        grew = True
        parents = {pid: self._parent(pid) for pid in fresh}
        while grew:
            new = {pid for pid, parent in parents.items() if parent in self._family or parent == self.own}
            grew = not new <= self._family
            self._family |= new
        return sorted(self._family.intersection(self._seen).difference(watched, self._zombies))

    def _parent(self, pid: int) -> int | None:
        raw = readers.owner(self._root, pid)
        try:
            return None if raw is None else tasks.parse_stat(raw.stat).parent_pid
        except (ValueError, IndexError):
            return None

    def _named(self, pids: list[int], watched: set[int], now: float) -> list[int]:
        if self.may_come:
            for pid in pids:
                if pid not in self._names or now - self._seen[pid] < _AGAIN_S:
                    self._remember(pid)
        selected, self.unmatched = select(self._words, self._candidates, self.own)
        known = set(pids)
        self.unmatched += [str(one.pid) for one in selected if one.pid not in self._seen]
        return [one.pid for one in selected if one.pid in known and one.pid not in watched]

    def _remember(self, pid: int) -> None:
        raw = readers.identity(self._root, pid)
        if raw is None:
            return
        try:
            stat = tasks.parse_stat(raw[0])
        except (ValueError, IndexError):
            return
        command = tasks.parse_command(raw[1])
        self._names[pid] = Candidate(pid, stat.name, command, stat.start_ticks, stat.parent_pid)

    def _candidates(self) -> list[Candidate]:
        return list(self._names.values())
