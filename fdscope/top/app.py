"""The screen as a whole: what is known, what was asked for, and which page is seen."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

from msgspec import structs
from textual.app import App
from textual.binding import Binding, BindingType
from textual.message import Message

from ..frame import Frame, Outline, ProcessFrame
from ..kernel.terminal import Terminal
from ..model import Problem
from ..quantity import duration
from ..report import document
from ..report import opened as parts
from ..report import top as table
from ..report.problems import of_all
from ..report.safe import printable
from ..report.spans import TITLE, Span
from ..report.style import Style, wrapped
from ..scanner import scan
from ..selection import UsageError
from ..statuses import DONE, INTERRUPTED
from ..vocabulary import is_of_peers, is_of_waits
from ..watcher import Watch
from ..where import Expression, all_of, parse
from .exporting import Export
from .opened import Opened
from .page import Page, Reading
from .processes import Processes
from .reading import Counter, Reader, Seen

_INTERVALS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_PATIENCE = 10
"""What fits is looked for again only after so many times what that took."""
_SLOW_S = 2.0
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_GRACE_S = 3.0
"""How long it may take to leave a terminal that perhaps nobody reads."""


class Wishes(NamedTuple):
    """What was asked for on the command line."""

    targets: list[str]
    proc: str = "/proc"
    timeout_s: float = 5.0
    order: table.Order = table.Order()
    where: Expression | None = None
    among: Expression | None = None
    """What options of selection choose."""
    style: Style = Style(colour=True)

    @property
    def what(self) -> str:
        """The same, as a title."""
        return " ".join(self.targets) or "the whole machine"


class _Fitting(NamedTuple):
    """The processes that hold something that fits."""

    where: Expression
    pids: frozenset[int]
    cost_s: float


class Help(Reading):
    """What keys and columns mean."""

    def renew(self) -> None:
        """Draws it."""
        super().renew()
        part = parts.text("", table.HELP[1:])
        self.head.show([[Span("fdscope top", TITLE)]])
        self.listing.show([Span(table.HELP[0], TITLE)], part.keys, lambda place: parts.line(part, place))


class Problems(Reading):
    """What could not be read."""

    def __init__(self, top: Top, problems: Sequence[Problem]) -> None:
        super().__init__(top)
        self._problems = problems

    def renew(self) -> None:
        """Draws it."""
        super().renew()
        told = list(of_all(self._problems)) or ["nothing: all was read that was asked for"]
        part = parts.text("", [line for one in told for line in wrapped(one, max(self.size.width, 20))])
        self.head.show([[Span("could not be read", TITLE)]])
        self.listing.show([], part.keys, lambda place: parts.line(part, place))


class _Came(Message):
    """An answer of a thread, and who takes it."""

    def __init__(self, take: Callable[[Any], None], answer: Any) -> None:
        super().__init__()
        self.take = take
        self.answer = answer


class Top(App[int]):
    """The screen."""

    CSS = """
    Screen { background: ansi_default; color: ansi_default; overflow: hidden; }
    Bar { height: 1; background: ansi_default; }
    Listing { height: 1fr; background: ansi_default; }
    Prompt { height: 1; background: ansi_default; color: ansi_default; padding: 0; }
    Prompt:focus { background: ansi_default; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "leave", priority=True, show=False),
        Binding("Q", "leave", show=False),
        Binding("ctrl+z", "suspend_process", priority=True, show=False),
    ]

    def __init__(self, watch: Watch, wishes: Wishes, terminal: Terminal | None = None) -> None:
        super().__init__(ansi_color=True)
        self.mistake: Exception | None = None
        """A mistake of ours that has ended it."""
        self._terminal = terminal
        self._before: dict[int, Any] = {}
        self.theme = "ansi-dark"
        self.wishes = wishes
        self.order = wishes.order
        self.where = wishes.where
        self.interval_s = watch.interval_s
        self.frame: Frame | None = None
        self.frames: dict[int, ProcessFrame] = {}
        self.trends = table.Trends()
        self.problems: list[Problem] = []
        self._asked: set[int] = set()
        self._outlines: list[Outline] = []
        self._cost_s = 0.0
        self._failed = ""
        self._unfitted = ""
        self._fitting: _Fitting | None = None
        self._fitting_asked: Expression | None = None
        self._fitting_due = 0.0
        self._watch = watch
        self.counter = Counter(watch, lambda seen: self.hear(self._saw, seen))
        self.scans = Reader()

    # beginning and end

    def on_mount(self) -> None:
        """Begins to look."""
        loop = asyncio.get_running_loop()

        def end(*_: object) -> None:
            loop.call_soon_threadsafe(self.exit, INTERRUPTED)
            if self._terminal is not None:
                self._terminal.end_within(_GRACE_S, INTERRUPTED)

        # not those of the loop: it is held up where nobody reads what is on the screen
        self._before = {number: signal.signal(number, end) for number in _ENDING}
        if self._terminal is not None:
            self._terminal.on_hangup(lambda: os.kill(os.getpid(), signal.SIGTERM))
        self.push_screen(Processes(self))
        self.counter.start()
        self.scans.start()
        self.set_interval(1.0, self._tick)

    def on_unmount(self) -> None:
        """Ends the threads, as far as they end."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self.counter.close()
        self.scans.close(0.2)

    def action_leave(self) -> None:
        """Ends the program."""
        self.exit(DONE)

    def action_leave_page(self) -> None:
        """The page before."""
        self.pop_screen()

    def _handle_exception(self, error: Exception) -> None:
        self.mistake = self.mistake or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()  # whoever runs it tells the mistake, without the values of variables

    # what threads tell

    def hear(self, take: Callable[[Any], None], answer: object) -> None:
        """Takes an answer of a thread, in the thread of the screen; may be called from any."""
        self.post_message(_Came(take, answer))

    def on__came(self, message: _Came) -> None:
        """There is an answer."""
        answer = message.answer
        if isinstance(answer, Exception) and not isinstance(answer, (UsageError, OSError)):
            raise answer  # a mistake of ours, wherever it was made
        if self.is_running and self.screen_stack and not self._exit:  # else nobody is there any more to look at it
            message.take(answer)

    def _saw(self, seen: Seen | Exception) -> None:
        if isinstance(seen, Exception):
            self._failed = f"{seen}"
        else:
            self._outlines, self._cost_s = seen.outlines, seen.cost_s
            if seen.frame is not None:
                self.frame = seen.frame
                self.frames = {one.pid: one for one in seen.frame.processes}
                self._asked = set(self.frames)
                self.trends.remember(seen.outlines)
                self.problems += seen.frame.problems or ()
        self._look_for_fitting()
        if isinstance(self.screen, Page):
            self.screen.seen()

    def _tick(self) -> None:
        """Says what is late."""
        if self.is_running and self.screen_stack and self._late() and isinstance(self.screen, Processes):
            self.screen.renew()

    def _late(self) -> str:
        now = time.monotonic()
        if self._failed or self._unfitted:
            return printable(self._failed or self._unfitted)
        for reader, what in ((self.counter, "counting"), (self.scans, "reading descriptors")):
            since = reader.since
            if since is not None and now - since > _SLOW_S:
                return f"still {what}, for {duration(int(now - since))}: what stands here is older"
        if self.frame is not None and not self._outlines:
            return "none of these processes is there any more"
        if self.where is not None and (self._fitting is None or self._fitting.where != self.where):
            return "looking for what fits"
        return ""

    # what is shown

    @property
    def meant(self) -> list[Outline]:
        """The processes that are shown."""
        if self.where is None:
            return self._outlines
        found = self._fitting
        if found is None or found.where != self.where:
            return []
        return [one for one in self._outlines if one.pid in found.pids]

    def said(self, shown: int) -> table.Said:
        """What the lines above the table say."""
        return table.Said(
            what=self.wishes.what,
            shown=shown,
            total=len(self._outlines),
            order=self.order,
            interval_s=self.interval_s,
            cost_s=self._cost_s,
            paused=self.paused,
            where="" if self.where is None else self.where.text,
            late=self._late(),
            problems=len(self.problems),
        )

    def attend(self, pids: list[int]) -> None:
        """Asks more of these processes, at once where nothing is known yet."""
        self._watch.attended = (*pids, *(page.pid for page in self.screen_stack if isinstance(page, Opened)))
        missing = [pid for pid in pids if pid not in self.frames and pid not in self._asked]
        if missing and self.frame is not None:
            self._asked.update(missing)
            self.counter.ask(lambda: self._watch.also(missing), lambda found: self.hear(self._more, found))

    def _more(self, found: list[ProcessFrame] | Exception) -> None:
        if not isinstance(found, Exception):
            self.frames.update({one.pid: one for one in found})
            if isinstance(self.screen, Page):
                self.screen.listing.refresh()

    def open(self, pid: int) -> None:
        """Opens a process."""
        self.push_screen(Opened(self, pid))

    # choosing

    def ask_where(self, page: Page) -> None:
        """Asks what is to be shown; what was there is kept where that makes no sense."""
        page.ask(
            'only what fits, as in: kind == "tcp" and remote_port == 443; tab completes, empty shows all',
            "" if self.where is None else self.where.text,
            lambda text: self._choose(page, text),
            words=True,
        )

    def _choose(self, page: Page, text: str) -> None:
        try:
            self.where = parse(text) if text.strip() else None
        except UsageError as error:
            page.ask(f"{error}", text, lambda again: self._choose(page, again), words=True)
            return
        self._fitting_due, self._unfitted = 0.0, ""
        self._look_for_fitting()
        page.renew()

    def _look_for_fitting(self) -> None:
        """Looks for the processes that hold what fits, unless that is being done, or was not long ago."""
        where, now = self.where, time.monotonic()
        if where is None or self._fitting_asked is not None or now < self._fitting_due:
            return
        self._fitting_asked = where
        wishes = self.wishes
        both = all_of([one for one in (wishes.among, where) if one is not None])

        def find() -> _Fitting:
            begun = time.monotonic()
            found = scan(
                wishes.targets,
                proc=wishes.proc,
                timeout_s=wishes.timeout_s,
                where=both,
                bare=where.is_of_descriptors,
                peers=any(map(is_of_peers, where.words)),
                waits=any(map(is_of_waits, where.words)),
            )
            return _Fitting(where, frozenset(one.pid for one in found.processes), time.monotonic() - begun)

        self.scans.ask(find, lambda found: self.hear(self._found, found))

    def _found(self, found: _Fitting | Exception) -> None:
        asked, self._fitting_asked = self._fitting_asked, None
        if isinstance(found, Exception):
            self._fitting, self._unfitted = None, f"what fits could not be looked for: {found}"
            self._fitting_due = time.monotonic() + max(self.interval_s, _SLOW_S)
            return
        self._fitting, self._unfitted = found, ""
        self._fitting_due = time.monotonic() + max(self.interval_s, _PATIENCE * found.cost_s)
        if asked != self.where:
            self._fitting_due = 0.0
            self._look_for_fitting()
        elif isinstance(self.screen, Processes):
            self.screen.renew()

    # exporting

    def export_table(self, page: Page, pids: list[int]) -> None:
        """Writes the table of processes, all of it, as a Frame."""
        if self.frame is None:
            page.tell("there is nothing to export yet")
            return
        Export(self, page, lambda then: self.counter.ask(lambda: [document.encode(self._whole(pids))], then)).ask(
            "top"
        )

    def _whole(self, pids: list[int]) -> Frame:
        """The last frame, with all processes of the table and in its order; in the thread that counts."""
        frame = self.counter.last
        assert frame is not None
        known = {one.pid: one for one in frame.processes}
        known.update((one.pid, one) for one in self._watch.also([pid for pid in pids if pid not in known]))
        where = None if self.where is None else self.where.text
        return structs.replace(frame, where=where, processes=[known[pid] for pid in pids if pid in known])

    def export(self, page: Page, what: str, pieces: Callable[[], Iterable[bytes]]) -> None:
        """Writes a document."""
        Export(self, page, lambda then: then(pieces())).ask(what)

    # how often

    @property
    def paused(self) -> bool:
        """Whether it looks no more for now."""
        return self.counter.paused

    def action_pause(self) -> None:
        """Looks no more, or again."""
        self.counter.pause(not self.paused)
        if isinstance(self.screen, Page):
            self.screen.renew()

    def action_slower(self) -> None:
        """Looks less often."""
        self._every(min((one for one in _INTERVALS if one > self.interval_s), default=self.interval_s))

    def action_faster(self) -> None:
        """Looks more often."""
        self._every(max((one for one in _INTERVALS if one < self.interval_s), default=self.interval_s))

    def _every(self, seconds: float) -> None:
        self.interval_s = seconds
        self.counter.every(seconds)
        if isinstance(self.screen, Page):
            self.screen.renew()
            self.screen.tell(f"every {duration(seconds)}")

    def action_tell_problems(self) -> None:
        """Tells what could not be read."""
        problems = self.screen.problems if isinstance(self.screen, Page) else ()
        self.push_screen(Problems(self, problems))

    def action_tell_help(self) -> None:
        """Tells the keys."""
        if not isinstance(self.screen, Help):
            self.push_screen(Help(self))
