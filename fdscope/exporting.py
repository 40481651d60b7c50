"""Looks at the machine, one at a time, for whoever wants metrics: the room of ``fdscope export``."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from .alone import early
from .figures import Look, look_of
from .grouping import Grouping
from .kernel.apart import DONE, FAILED, LATE, Apart, prepare
from .kernel.sharing import Shared
from .metrics import Family, of_exporter
from .opening import opened
from .remembering import Memory
from .scanner import scan
from .selection import UsageError
from .where import Expression

LONGEST = 10.0
"""A look that takes so many times as long as a scrape may is given up; until then it is only late."""


class Terms(msgspec.Struct, frozen=True):
    """What is to be looked at, and how."""

    grouping: Grouping
    where: Expression | None = None
    proc: str = "/proc"
    source: str = "auto"
    timeout_s: float = 5.0
    """How long a scrape may take; half of that is left for file systems that do not answer."""
    window_s: float = 300.0
    most_series: int = 2000
    whole_lives: bool = False
    """Counters tell what was before the first look, too."""


def look(terms: Terms) -> Look:
    """One look, in this process.

    Raises:
        UsageError: as `scanner.scan` raises it.
    """
    how: dict[str, Any] = {
        "proc": terms.proc,
        "timeout_s": terms.timeout_s / 2,
        "peers": False,
        "where": terms.where,
    }
    if terms.source == "auto":  # bpf tells what ended threads did, and what is in pipes, however few there are
        try:
            return look_of(scan(source="bpf", **how), terms.grouping)
        except UsageError:
            return look_of(scan(source="proc", **how), terms.grouping)
    return look_of(scan(source=terms.source, **how), terms.grouping)


class Exporter:
    """Gives metrics to several who ask at once. Use it in a `with` statement.

    Raises:
        UsageError: `where` asks for more than processes, or there is no such directory as `proc`.
    """

    def __init__(self, terms: Terms, say: Callable[[str], object] = lambda _: None) -> None:
        """Begins; what a look complains of after `check` is said once, until it says something else."""
        early("export", terms.where)
        opened(terms.proc).close()
        self._terms = terms
        self._say = say
        self._said = self._refused = ""
        self._memory = Memory(
            window_s=terms.window_s, most_series=terms.most_series, whole_lives=terms.whole_lives
        )
        self._scans: Counter[str] = Counter()
        self._cpu_s = 0.0
        self._is_checked = self._is_over = False
        prepare()
        self._apart = Apart(lambda: msgspec.msgpack.encode(look(terms)))
        self._shared = Shared(self._look)

    def __enter__(self) -> Exporter:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._apart.close()
        self._shared.close()

    def check(self) -> None:
        """Makes sure that looks are possible at all.

        Raises:
            UsageError: the last one failed, by what it was asked.
        """
        if self._refused:
            raise UsageError(self._refused)
        self._is_checked = True

    @property
    def is_broken(self) -> bool:
        """Whether no look is possible any more, since the process that takes them has ended."""
        return self._apart.has_ended_within(0)

    def first(self) -> list[Family] | None:
        """The metrics of one look, however long that takes before it is given up. None: it failed."""
        found, _ = self._shared.get(self._terms.timeout_s * (LONGEST + 1))
        return None if found is None else [*found, *of_exporter(self._cpu_s, self._scans)]

    def metrics(self, seconds: float | None = None) -> list[Family] | None:
        """What is to be told now; that of the look before, if this one is late or fails. None: there is none.

        Args:
            seconds: how long this may take; None: as long as the terms say.
        """
        usual = self._terms.timeout_s
        found, in_time = self._shared.get(usual if seconds is None else min(seconds, usual))
        if not in_time:
            self._scans["late"] += 1
        return None if found is None else [*found, *of_exporter(self._cpu_s, self._scans)]

    def _look(self) -> list[Family] | None:
        began = time.monotonic()  # what is told is as of then, however long it takes to end
        try:
            answer = self._apart.ask(self._terms.timeout_s * LONGEST)
        except EOFError:
            self._complain("the process that begins looks has been killed")
            self._scans["failed"] += 1
            return None
        self._cpu_s += answer.cpu_s
        self._refused = answer.data.decode("utf-8", "replace") if answer.result == FAILED else ""
        if answer.result != DONE:
            late = f"a look took longer than {self._terms.timeout_s * LONGEST:g} s, and was given up"
            self._complain(self._refused or (late if answer.result == LATE else "a look was killed"))
            self._scans["failed"] += 1
            return None
        self._complain("")
        self._scans["done"] += 1
        return self._memory.take(msgspec.msgpack.decode(answer.data, type=Look), began)

    def _complain(self, told: str) -> None:
        if told and told != self._said and self._is_checked and not self._is_over:
            self._say(told)
        self._said = told
