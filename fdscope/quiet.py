"""Calls whose warnings are no concern of the user, made one at a time.

`warnings.catch_warnings` changes what the whole process does with warnings, and puts it back afterwards. Of two
threads that did so at once one would put back what the other had set, for good.
"""

from __future__ import annotations

import _thread
from collections.abc import Iterator
from contextlib import contextmanager

_one_at_a_time = _thread.allocate_lock()


@contextmanager
def quiet() -> Iterator[None]:
    """Within it nothing warns. Other threads of fdscope wait for their turn, so it is for short calls."""
    import warnings

    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
