"""The live screen of ``fdscope watch``: keys in, lines out, by curses(3x); what is on it report/live.py says."""

from __future__ import annotations

import curses
import locale
import os
import time
from argparse import Namespace

from ..console import Console
from ..frame import Frame
from ..report import live
from ..report.frames import summary
from ..report.style import Style, columns
from ..statuses import DONE, INTERRUPTED
from ..watcher import Watch

_KEYS = {curses.KEY_UP: "up", curses.KEY_DOWN: "down"}


def can_show() -> bool:
    """Whether this terminal can move its cursor; one that cannot gets lines."""
    try:
        curses.setupterm()
    except (curses.error, TypeError):
        return False
    return bool(curses.tigetstr("cup"))


def show(watch: Watch, asked: Namespace, console: Console) -> int:
    """Watches on a screen until it is over or a key ends it; then the terminal is as it was, with a summary."""
    locale.setlocale(locale.LC_ALL, "")
    os.environ.setdefault("ESCDELAY", "25")
    style = Style(console.colour(asked.color), console.is_unicode)
    status = DONE
    try:
        curses.wrapper(lambda window: _Screen(window, watch, asked, style).run())
    except KeyboardInterrupt:
        status = INTERRUPTED
    for line in summary(watch.summary(), style._replace(width=console.width)):
        console.write(line)
    return status


class _Screen:
    """One run of the screen."""

    def __init__(self, window: curses.window, watch: Watch, asked: Namespace, style: Style) -> None:
        self._window = window
        self._watch = watch
        self._count: int | None = asked.count
        self._style = style
        self._frame: Frame | None = None
        self._view = live.View(" ".join(asked.targets) or "the whole machine")
        self._looks = _looks(style.colour)
        self._hide_cursor()

    def _hide_cursor(self) -> None:
        try:
            curses.curs_set(0)
        except curses.error:
            pass  # a terminal that cannot hide it

    def run(self) -> None:
        """Until it is over."""
        self._draw()
        for frame in self._watch.frames(self._count, self._pause):
            self._view.remember(frame)
            if not self._view.paused:
                self._frame = frame
                self._draw()

    def _pause(self, seconds: float) -> bool:
        """Waits for so long, and for keys meanwhile; False: quit."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            self._window.timeout(max(int(left * 1000), 0))
            key = self._window.getch()
            if key != -1:
                word = _KEYS.get(key) or (chr(key) if 0 <= key < 128 else "")
                if not self._view.press(word, self._frame):
                    return False
                self._draw()
            elif left <= 0.001:
                return True

    def _draw(self) -> None:
        height, width = self._window.getmaxyx()
        self._window.erase()
        for row, line in enumerate(live.screen(self._frame, self._view, width, height, self._style)):
            column = 0
            for text, look in line:
                try:
                    self._window.addstr(row, column, text, self._looks[look])
                except curses.error:
                    break  # the last cell of the screen, which the cursor cannot leave
                column += columns(text)
        self._window.refresh()


def _looks(colour: bool) -> list[int]:
    """Attributes by the looks of report/live.py."""
    red = yellow = curses.A_BOLD
    if colour and curses.has_colors():
        curses.use_default_colors()
        curses.init_pair(1, curses.COLOR_YELLOW, -1)
        curses.init_pair(2, curses.COLOR_RED, -1)
        yellow, red = curses.color_pair(1), curses.color_pair(2)
    return [curses.A_NORMAL, curses.A_BOLD, curses.A_DIM, yellow, red, curses.A_REVERSE]
