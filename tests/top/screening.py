"""fdscope top without a terminal: the screen of a test, its keys, and what stands on it."""

import asyncio
import contextlib
import time

from children import DEADLINE_S

from fdscope.report.style import Style
from fdscope.top.app import Top, Wishes
from fdscope.watcher import Watch


class Screen:
    """The screen while it is shown."""

    def __init__(self, app, pilot):
        self.app = app
        self._pilot = pilot

    @property
    def lines(self):
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    @property
    def text(self):
        return "\n".join(self.lines) + "\n"

    async def press(self, *keys):
        await self._pilot.press(*keys)
        await self._pilot.pause()

    async def type(self, text):
        await self.press(*("space" if key == " " else key for key in text))

    async def answer(self, text):
        """Instead of what stands in the line to type in; typed key by key it would take long."""
        self.app.screen.prompt.value = text
        await self.press("enter")

    async def resize(self, columns, rows):
        await self._pilot.resize_terminal(columns, rows)
        await self._pilot.pause()

    async def until(self, condition):
        """Lets time pass until the screen fulfils a condition."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition(self.text):
            assert time.monotonic() < deadline, self.text
            await self._pilot.pause(0.05)


def shown(journey, *targets, size=(80, 24), interval_s=0.2, wishes=None, terminal=None, **more):
    """Shows the screen, and gives it to a coroutine, until that is over."""

    async def run():
        watch = Watch(targets, top=0, interval_s=interval_s, **{"source": "proc", **more})
        given = {"style": Style(colour=True), "proc": more.get("proc", "/proc"), **(wishes or {})}
        app = Top(watch, Wishes(list(targets), **given), terminal)
        async with app.run_test(size=size) as pilot:
            await journey(Screen(app, pilot))

    with contextlib.closing(asyncio.new_event_loop()) as loop:
        loop.run_until_complete(run())
