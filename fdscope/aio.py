"""The same calls for asyncio: each works in a thread, so that the event loop goes on meanwhile.

    >>> import asyncio
    >>> from fdscope import aio
    >>> async def both():
    ...     return await asyncio.gather(aio.scan(["self"]), aio.who(["/"]))
    >>> snapshot, holdings = asyncio.run(both())
    >>> len(snapshot.processes)
    1

Any number of them may run at once, and so may `fdscope.scan` and its like in threads of one's own. A scan of a
large machine has copies of its process help it to read; beside threads it does without, as these may hold locks
that such a copy would wait for.

One that is cancelled gives up at once. Its thread goes on until it is done, as nothing can stop a thread; it only
reads, waits for no file system longer than its `timeout_s`, and what it finds is dropped. A program that ends
waits for it, as `asyncio.run` waits for all threads.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from typing import Any, ParamSpec, TypeVar

from . import scanner, search, waiting
from .frame import Frame
from .watcher import Watch
from .where import Expression

P = ParamSpec("P")
T = TypeVar("T")


def _in_a_thread(call: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    @functools.wraps(call)
    async def called(*arguments: P.args, **options: P.kwargs) -> T:
        return await asyncio.to_thread(call, *arguments, **options)

    return called


scan = _in_a_thread(scanner.scan)
waits = _in_a_thread(waiting.waits)
who = _in_a_thread(search.who)


async def watch(
    targets: Iterable[str] = (),
    *,
    interval_s: float = 1.0,
    count: int | None = None,
    top: int = 10,
    changes: bool = False,
    proc: str = "/proc",
    source: str = "auto",
    where: str | Expression | None = None,
) -> AsyncGenerator[Frame, None]:
    """As `fdscope.watch`, for ``async for``; between two looks no thread is taken up.

    Who leaves the loop before the last frame should close it, best by ``contextlib.aclosing``; else what it holds
    open stays so until the event loop finds out that it was dropped.

    Raises:
        UsageError: with the first frame, as `fdscope.watch` does.
    """
    loop = asyncio.get_running_loop()
    words = list(targets)

    def begun() -> Watch:
        return Watch(words, proc=proc, interval_s=interval_s, top=top, changes=changes, source=source, where=where)

    beginning = loop.run_in_executor(None, begun)
    running: asyncio.Future[Any] = beginning
    try:
        looking = await asyncio.shield(beginning)
        steps = looking.steps(count)

        def stepped() -> Frame | float | None:
            return next(steps, None)

        while True:
            running = stepping = loop.run_in_executor(None, stepped)
            step = await asyncio.shield(stepping)
            if step is None:
                return
            if isinstance(step, Frame):
                yield step
            else:
                await asyncio.sleep(step)
    finally:  # a thread that was called may be at work still: what it uses is let go when it is done
        if running.done():
            _end(beginning)
        else:
            running.add_done_callback(lambda _: _end(beginning))


def _end(beginning: asyncio.Future[Watch]) -> None:
    if not beginning.cancelled() and beginning.exception() is None:
        beginning.result().close()
