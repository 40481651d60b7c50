"""A list of lines with a heading, one of which is chosen: it draws those that are on the screen, and no others."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from ..report.spans import Line, Span

LOOKS = (
    RichStyle(),
    RichStyle(bold=True),
    RichStyle(dim=True),
    RichStyle(color="yellow"),
    RichStyle(color="red", bold=True),
    RichStyle(reverse=True),
)
"""By the looks of report/spans.py: colours are those of the terminal, whatever it has."""
_CHOSEN = LOOKS[5]
_SIDEWAYS = 8


def strip(line: Line, width: int, left: int = 0, *, unicode: bool = True, chosen: bool = False) -> Strip:
    """A line as textual takes it: text is text, and nothing in it is markup."""
    if not unicode:
        line = [Span(span.text.encode("ascii", "backslashreplace").decode(), span.look) for span in line]
    segments = [Segment(span.text, LOOKS[span.look] + _CHOSEN if chosen else LOOKS[span.look]) for span in line]
    filling = _CHOSEN if chosen else LOOKS[0]
    whole = Strip(segments)
    if whole.cell_length > left + width > 0:  # there is more to the right
        mark = Strip([Segment("…" if unicode else ">", filling)])
        whole = Strip.join([whole.crop(0, left + width - 1), mark])
    return whole.crop(left, left + width).extend_cell_length(width, filling).simplify()


class Bar(Widget):
    """Some lines that only tell."""

    def __init__(self, height: int = 1, *, unicode: bool = True, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: list[Line] = []
        self._unicode = unicode
        self.styles.height = height

    @property
    def lines(self) -> list[Line]:
        """What it tells."""
        return self._lines

    def show(self, lines: list[Line]) -> None:
        """Tells something else."""
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line of it, for textual."""
        return strip(self._lines[y] if y < len(self._lines) else [], self.size.width, unicode=self._unicode)


class Listing(Widget, can_focus=True):
    """The list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home,g", "first", show=False),
        Binding("end,G", "last", show=False),
        Binding("left", "sideways(-1)", show=False),
        Binding("right", "sideways(1)", show=False),
        Binding("enter", "open", show=False),
    ]

    class Opened(Message):
        """Enter was pressed, or a line was clicked that was chosen already."""

        def __init__(self, key: Hashable) -> None:
            super().__init__()
            self.key = key

    class Moved(Message):
        """Other lines are on the screen than before."""

    def __init__(self, *, unicode: bool = True, is_text: bool = False) -> None:
        """`is_text`: no line is chosen; what moves is the text."""
        super().__init__()
        self._unicode = unicode
        self._is_text = is_text
        self._head: Line = []
        self._keys: Sequence[Hashable] = ()
        self._places: dict[Hashable, int] = {}
        self._draw: Callable[[int], Line] = lambda _: []
        self._chosen = 0
        self._is_kept = False
        self._top = 0
        self._left = 0

    def show(self, head: Line, keys: Sequence[Hashable], draw: Callable[[int], Line]) -> None:
        """Shows other lines, or the same anew.

        What was chosen stays chosen wherever it stands now, once somebody has moved; until then it is the first.

        Args:
            head: stands above the lines.
            keys: what each line is about.
            draw: gives a line by its number.
        """
        before = self.key
        self._head, self._keys, self._draw = head, keys, draw
        self._places = {key: place for place, key in enumerate(keys)}
        self._chosen = self._places.get(before, self._chosen) if self._is_kept else 0
        self._settle()

    def begin(self) -> None:
        """Back to the first line, as of a list that is new."""
        self._chosen = self._top = self._left = 0
        self._is_kept = False

    @property
    def key(self) -> Hashable | None:
        """What the chosen line is about; None: there is no line."""
        return self._keys[self._chosen] if 0 <= self._chosen < len(self._keys) else None

    @property
    def in_sight(self) -> list[Hashable]:
        """What the lines are about that are on the screen."""
        return list(self._keys[self._top : self._top + self._room])

    @property
    def position(self) -> str:
        """``1-19 of 84``, where not all are on the screen."""
        if len(self._keys) <= self._room:
            return ""
        return f"{self._top + 1:,}-{min(self._top + self._room, len(self._keys)):,} of {len(self._keys):,}"

    @property
    def _room(self) -> int:
        return max(self.size.height - 1, 0)

    def _settle(self) -> None:
        """Brings the chosen line into sight, and moves the others as little as that takes."""
        if self._is_text:
            self._top = self._chosen = max(0, min(self._chosen, len(self._keys) - self._room))
        self._chosen = max(0, min(self._chosen, len(self._keys) - 1))
        top = min(self._top, max(len(self._keys) - self._room, 0))
        self._top = max(min(top, self._chosen), self._chosen - self._room + 1, 0)
        self.refresh()
        self.post_message(self.Moved())

    def render_line(self, y: int) -> Strip:
        """A line of it, for textual."""
        width = self.size.width
        if y == 0:
            return strip(self._head, width, self._left, unicode=self._unicode)
        place = self._top + y - 1
        if place >= len(self._keys):
            return strip([Span("")], width)
        chosen = place == self._chosen and self.has_focus and not self._is_text
        return strip(self._draw(place), width, self._left, unicode=self._unicode, chosen=chosen)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as there is room."""
        return container.width

    def on_resize(self) -> None:
        """More or fewer lines are in sight."""
        self._settle()

    def action_move(self, by: int) -> None:
        """Chooses another line."""
        self._is_kept = True
        self._chosen += by
        self._settle()

    def action_page(self, by: int) -> None:
        """Chooses a line a screen away."""
        self._top += by * self._room
        self.action_move(by * self._room)

    def action_first(self) -> None:
        """Chooses the first line, whatever that will be."""
        self._chosen = 0
        self._is_kept = False
        self._settle()

    def action_last(self) -> None:
        """Chooses the last line."""
        self.action_move(len(self._keys))

    def action_sideways(self, by: int) -> None:
        """Shows what stands further to the right, or left."""
        self._left = max(self._left + by * _SIDEWAYS, 0)
        self.refresh()

    def action_open(self) -> None:
        """Says which line was opened."""
        if self.key is not None:
            self.post_message(self.Opened(self.key))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel chooses, too."""
        self.action_move(3)
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel chooses, too."""
        self.action_move(-3)
        event.stop()

    def on_click(self, event: events.Click) -> None:
        """Chooses a line; opens the one that was chosen."""
        place = self._top + event.y - 1
        if event.y < 1 or place >= len(self._keys):
            return
        if place == self._chosen and self._is_kept:
            self.action_open()
        else:
            self.action_move(place - self._chosen)
