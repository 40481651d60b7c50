"""The page of one process: what it holds, who is at the other ends, what its threads wait for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from ..model import Problem, Process, Snapshot
from ..prospects import explanation
from ..report import opened as parts
from ..report.opened import Key, Part
from ..report.safe import printable
from ..report.spans import QUIET, TITLE, WARNING, Line, Span, fitted
from ..report.story import story
from ..scanner import scan
from .listing import Listing
from .page import Page, Reading

if TYPE_CHECKING:
    from .app import Top

_PATIENCE = 5
"""It is read again only after so many times what that took: a sixth of a CPU at most."""
_SLOW_S = 1.0
"""From when on it is said that one waits."""


class Explained(Reading):
    """What there is to say of one descriptor."""

    def __init__(self, top: Top, snapshot: Snapshot, process: Process, fd: int, tid: int | None) -> None:
        super().__init__(top)
        self._told = explanation(snapshot, process, fd, f"{tid or process.pid}")
        self._title = f"{fd} of {process.name or '?'} [{process.pid}]"

    def renew(self) -> None:
        """Draws it as wide as there is room."""
        super().renew()
        width = self.size.width
        if not width or self._told.descriptor is None:
            return
        style = self.top.wishes.style._replace(width=width, colour=True)
        part = parts.text("", [line for told in story(self._told, style) for line in told.splitlines()])
        first, *rest = part.lines or [""]
        self.head.show([[Span(f"explain {self._title}, as it was when it was read", QUIET)]])
        drawn = parts.text("", rest)
        self.listing.show(parts.of_line(first), drawn.keys, lambda place: parts.line(drawn, place))

    def action_export(self) -> None:
        """Asks for the file that it is written to."""
        from ..report import document

        told = self._told
        self.top.export(
            self, f"explain-{told.process.pid if told.process else 0}", lambda: [document.encode(told)]
        )


class Opened(Page):
    """A process."""

    HEAD = 4
    KEYS = "1-5 parts  enter follow  x explain  / filter  e export  esc back"
    SHORT_KEYS = "1-5 x / e ? help  esc back"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,backspace", "app.leave_page", show=False),
        Binding("tab", "part(1)", show=False),
        Binding("shift+tab", "part(-1)", show=False),
        Binding("x", "explain", show=False),
        *(
            Binding(f"{number}", f"show_part({number - 1})", show=False)
            for number in range(1, len(parts.NAMES) + 1)
        ),
    ]

    def __init__(self, top: Top, pid: int) -> None:
        super().__init__(top)
        self.pid = pid
        self._part = 0
        self._snapshot: Snapshot | None = None
        self._process: Process | None = None
        self._asked: float | None = None
        self._due = 0.0
        self._ended = ""

    @property
    def problems(self) -> Sequence[Problem]:
        """What could not be read of it."""
        return self._snapshot.problems if self._snapshot is not None else ()

    def on_mount(self) -> None:
        """Begins to read."""
        super().on_mount()
        self.look()
        self.set_interval(0.5, self._wait)

    def look(self) -> None:
        """Reads the process, unless that is being done, or was not long ago."""
        now = time.monotonic()
        if self._asked is not None or self._ended or now < self._due:
            return
        self._asked = now
        wishes, pid = self.top.wishes, self.pid
        self.top.scans.ask(
            lambda: scan([f"{pid}"], proc=wishes.proc, timeout_s=wishes.timeout_s),
            lambda answer: self.top.hear(self._came, answer),
        )

    def _came(self, answer: Snapshot | Exception) -> None:
        now = time.monotonic()
        took = now - (self._asked or now)
        self._asked = None
        self._due = now + max(self.top.interval_s, took * _PATIENCE)
        if isinstance(answer, Exception):
            self._ended = f"it cannot be read: {answer}"
        elif not self._is_same(answer):
            self._ended = f"process {self.pid} has ended"
            if self._process is not None:
                self._ended += "; this is what was last seen of it"
        else:
            self._snapshot, self._process = answer, answer.processes[0]
        if self.is_attached:
            self.renew()

    def _is_same(self, found: Snapshot) -> bool:
        """Whether it is there, and not another process that was given its number."""
        if not found.processes:
            return False
        before = self._process
        return before is None or before.started_at == found.processes[0].started_at

    def _wait(self) -> None:
        """Says that one waits; or reads again, where it is the page that is seen."""
        if self._asked is not None and time.monotonic() - self._asked > _SLOW_S:
            self._draw_head()
        elif self.is_current and not self.top.paused:
            self.look()

    def renew(self) -> None:
        """Draws the part that is chosen."""
        self.draw_keys()
        if not self.size.width:
            return
        self._draw_head()
        part = self._drawn()
        self.listing.show(part.head, part.keys, lambda place: parts.line(part, place))

    def _draw_head(self) -> None:
        width, style = self.size.width, self.top.wishes.style
        if self._process is None or self._snapshot is None:
            lines: list[Line] = [[Span(f"process {self.pid}", TITLE)], []]
        else:
            lines = parts.heading(self._process, self.top.frames.get(self.pid), width, style)
        self.head.show([*lines, *(fitted(one, width, style) for one in (self._state(), self._tabs()))])

    def _state(self) -> Line:
        """What came of reading it."""
        if self._ended:
            return [Span(self._ended, WARNING)]
        waited = 0.0 if self._asked is None else time.monotonic() - self._asked
        if waited > _SLOW_S:
            return [Span(f"still reading, for {waited:.0f} s; what stands here is older", WARNING)]
        if self._snapshot is None:
            return [Span("reading it", QUIET)]
        where = self.top.where
        chosen = [] if where is None else [Span(f"where {printable(where.text)}  ", WARNING)]
        return [*chosen, *parts.remarks(self._snapshot, self._snapshot.duration_s)]

    def _tabs(self) -> Line:
        found: Line = []
        for number, name in enumerate(parts.NAMES):
            told = f"{number + 1} {name}"
            found.append(Span(f"[{told}]", TITLE) if number == self._part else Span(f" {told} ", QUIET))
        return found

    def _drawn(self) -> Part:
        process, snapshot = self._process, self._snapshot
        style = self.top.wishes.style._replace(width=self.size.width)
        if process is None or snapshot is None:
            return parts.text("", [])
        name = parts.NAMES[self._part]
        if name == "descriptors":
            return parts.descriptors(process, self.top.where, style)
        if name == "peers":
            return parts.peers(process, self.top.where, style)
        if name == "waits":
            return parts.waits(snapshot, process, style)
        if name == "threads":
            return parts.threads(process, self.top.frames.get(self.pid), style)
        return parts.graph(snapshot, process, style)

    def action_part(self, by: int) -> None:
        """Shows the next part, or the one before."""
        self.action_show_part((self._part + by) % len(parts.NAMES))

    def action_show_part(self, number: int) -> None:
        """Shows a part."""
        self._part = number
        self.listing.begin()
        self.renew()

    def action_explain(self) -> None:
        """Explains the descriptor of the line."""
        key = self.listing.key
        if (
            isinstance(key, Key)
            and key.fd is not None
            and self._snapshot is not None
            and self._process is not None
        ):
            self.top.push_screen(Explained(self.top, self._snapshot, self._process, key.fd, key.tid))
        else:
            self.tell("this line is about no descriptor")

    def on_listing_opened(self, event: Listing.Opened) -> None:
        """Opens the process at the other end, or explains the descriptor."""
        key = event.key
        if isinstance(key, Key) and key.peer is not None and key.peer != self.pid:
            self.top.open(key.peer)
        else:
            self.action_explain()

    def action_export(self) -> None:
        """Asks for the file that the process is written to."""
        snapshot, where = self._snapshot, self.top.where
        if snapshot is None:
            self.tell("there is nothing to export yet")
            return
        from ..report import document

        self.top.export(self, f"{self.pid}", lambda: document.snapshot(parts.chosen(snapshot, where)))
