"""What all pages of the screen have: lines above, a list, a line that tells, and one of keys or to type in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.suggester import Suggester
from textual.widgets import Input

from ..model import Problem
from ..report.safe import printable
from ..report.spans import ALARM, QUIET, WARNING, Span
from ..report.style import columns, wrapped
from ..report.top import completed
from .listing import Bar, Listing

if TYPE_CHECKING:
    from .app import Top


_MOST_TOLD = 4
"""Lines that something is told in."""


class _Words(Suggester):
    """The word of the ``--where`` language that one is about to type."""

    async def get_suggestion(self, value: str) -> str | None:
        """For textual."""
        return completed(value)


class Prompt(Input):
    """A line to type in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.dismiss_prompt", show=False),
        Binding("tab", "cursor_right", show=False),
    ]


class Page(Screen[None]):
    """A page; `HEAD` lines stand above the list."""

    AUTO_FOCUS = "Listing"
    HEAD: ClassVar[int] = 1
    IS_TEXT: ClassVar[bool] = False
    KEYS: ClassVar[str] = ""
    SHORT_KEYS: ClassVar[str] = ""
    """The same, for a narrow terminal."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", priority=True, show=False),  # before the next key, which may follow at once
        Binding("e", "export", priority=True, show=False),
        Binding("space", "app.pause", show=False),
        Binding("plus,equals_sign", "app.slower", show=False),
        Binding("minus", "app.faster", show=False),
        Binding("question_mark,h", "app.tell_help", show=False),
        Binding("p", "app.tell_problems", show=False),
        Binding("tab", "nothing", show=False),
        Binding("shift+tab", "nothing", show=False),
    ]

    def __init__(self, top: Top) -> None:
        super().__init__()
        self.top = top
        unicode = top.wishes.style.unicode
        self.head = Bar(self.HEAD, unicode=unicode, id="head")
        self.listing = Listing(unicode=unicode, is_text=self.IS_TEXT)
        self.told = Bar(unicode=unicode, id="told")
        self.keys = Bar(unicode=unicode, id="keys")
        self.prompt = Prompt(compact=True, select_on_focus=False)
        self.prompt.display = self.told.display = False
        self._answered: Callable[[str], None] = lambda _: None

    @property
    def problems(self) -> Sequence[Problem]:
        """What could not be read of what it shows."""
        return self.top.problems

    def compose(self) -> ComposeResult:
        """For textual."""
        yield self.head
        yield self.listing
        yield self.told
        yield self.keys
        yield self.prompt

    def on_mount(self) -> None:
        """It is there."""
        self.renew()

    def on_resize(self) -> None:
        """It has another size; what does not fit is left out below, and said to be there."""
        self.renew()

    def on_screen_resume(self) -> None:
        """It is seen again."""
        self.renew()

    def on_listing_moved(self) -> None:
        """Other lines are in sight."""
        self.draw_keys()

    def renew(self) -> None:
        """Shows what is known now."""
        self.draw_keys()

    def seen(self) -> None:
        """There is a new frame."""
        self.renew()

    def draw_keys(self) -> None:
        """The keys, and where in the list one is."""
        width = self.size.width
        where = self.listing.position
        room = width - len(where) - 1 if where else width
        keys = self.KEYS if columns(self.KEYS) <= room else self.SHORT_KEYS
        where = where if columns(keys) <= room else ""
        gap = " " * max(width - columns(keys) - len(where), 1) if where else ""
        self.keys.show([[Span(keys, QUIET), Span(gap + where, QUIET)]])

    def tell(self, text: str, *, wrong: bool = False) -> None:
        """Says something in a line of its own, until a key is pressed."""
        width = max(self.size.width, 2)
        whole = list(wrapped(printable(text), width))
        lines = [line[at : at + width] for line in whole for at in range(0, len(line), width)][:_MOST_TOLD]
        self.told.display = bool(lines)
        self.told.styles.height = len(lines)
        self.told.show([[Span(line, ALARM if wrong else WARNING)] for line in lines])

    def on_key(self) -> None:
        """What was said has been seen."""
        if not self.prompt.display and self.told.display:
            self.tell("")

    def ask(self, what: str, value: str, answered: Callable[[str], None], *, words: bool = False) -> None:
        """Asks for a line of text; `words`: it is an expression, and its words are completed."""
        self._answered = answered
        self.prompt.suggester = _Words(use_cache=False) if words else None
        self.prompt.value = value
        self.prompt.cursor_position = len(value)
        self.prompt.display = True
        self.keys.display = False
        self.tell(what)
        self.set_focus(self.prompt)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed in, its letters ask for nothing."""
        return not (action in ("filter", "export", "nothing") and self.prompt.display)

    def action_dismiss_prompt(self) -> None:
        """Nothing is typed in."""
        self.prompt.display = False
        self.keys.display = True
        self.tell("")
        self.set_focus(self.listing)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Something was typed in."""
        event.stop()
        self.action_dismiss_prompt()
        self._answered(event.value)

    def action_filter(self) -> None:
        """Asks what shall be shown."""
        self.top.ask_where(self)

    def action_export(self) -> None:
        """Asks for the file that what is seen is written to."""
        self.tell("there is nothing to export here")

    def action_nothing(self) -> None:
        """Does what it says."""


class Reading(Page):
    """A page of text: what a descriptor is, or the help."""

    IS_TEXT = True
    KEYS = "arrows move  e export  esc back"
    SHORT_KEYS = "esc back"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,x,backspace", "app.leave_page", show=False),
        Binding("slash", "nothing", show=False),
    ]
