"""How many there are of a group, sample after sample, to whether that is a leak. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class Trend(NamedTuple):
    """How a count developed."""

    first: int
    last: int
    grew_in: int
    """In how many intervals it became more."""
    shrank_in: int
    """In how many it became less."""
    is_leak: bool
    """Whether it grew and never shrank; or, where it went up and down, whether its floor rose."""

    @property
    def growth(self) -> int:
        """By how much there is more than at first."""
        return self.last - self.first


def trend(counts: Sequence[int]) -> Trend:
    """That of counts, of which there is at least one.

    The floor rose if the second half never came down to where the first half has been.
    """
    steps = [after - before for before, after in pairwise(counts)]
    grew, shrank = sum(step > 0 for step in steps), sum(step < 0 for step in steps)
    middle = len(counts) // 2
    rose = middle > 0 and min(counts[middle:]) > max(counts[:middle])
    return Trend(counts[0], counts[-1], grew, shrank, counts[-1] > counts[0] and (not shrank or rose))


def seconds_to(limit: int | None, held: int, growth: int, seconds: float) -> float | None:
    """When `limit` will be reached by a growth that goes on as it did in so many `seconds`; None: never."""
    if limit is None or growth <= 0 or seconds <= 0:
        return None
    return round(max(limit - held, 0) * seconds / growth, 1)
