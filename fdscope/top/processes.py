"""The first page: all processes, those at the top first."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from ..report import top as table
from ..report.spans import Line
from .listing import Listing
from .page import Page


class Processes(Page):
    """The table of processes."""

    HEAD = 3
    KEYS = "enter open  / filter  s sort  e export  space pause  ? help  q quit"
    SHORT_KEYS = "enter / s e space ? help q quit"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", show=False),
        Binding("S", "turn", show=False),
        Binding("x", "explain", show=False),
        Binding("q", "app.leave", show=False),
    ]

    def renew(self) -> None:
        """Draws anew what has changed."""
        top, width = self.top, self.size.width
        if not width:
            return
        outlines = table.in_order(top.meant, top.order)
        self._outlines = {one.pid: one for one in outlines}
        self.head.show(table.heading(top.frame, top.said(len(outlines)), width, top.wishes.style))
        pids = list(self._outlines)
        self.listing.show(table.head(width), pids, lambda place: self._row(pids[place]))

    def _row(self, pid: int) -> Line:
        top = self.top
        return table.row(
            self._outlines[pid], top.frames.get(pid), top.trends.of(pid), self.size.width, top.wishes.style
        )

    def on_listing_moved(self) -> None:
        """More is asked of the processes that are in sight."""
        self.draw_keys()
        self.top.attend([pid for pid in self.listing.in_sight if isinstance(pid, int)])

    def on_listing_opened(self, event: Listing.Opened) -> None:
        """Opens a process."""
        if isinstance(event.key, int):
            self.top.open(event.key)

    def action_sort(self) -> None:
        """Sorts by the next key."""
        self.top.order = self.top.order.next()
        self.renew()

    def action_turn(self) -> None:
        """Sorts the other way round."""
        self.top.order = self.top.order._replace(turned=not self.top.order.turned)
        self.renew()

    def action_explain(self) -> None:
        """There is no descriptor here."""
        self.tell("enter opens the process; there x explains a descriptor")

    def action_export(self) -> None:
        """Asks for the file that the table is written to."""
        self.top.export_table(self, list(self._outlines))
