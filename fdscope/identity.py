"""Which open file descriptions are one, and what epolls watch, where a source has told it by numbers. Pure.

It answers the questions of `links.Same`; those about an epoll of which no numbers are known are passed on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .links import Place, Same


def same(
    numbers: Mapping[int, Mapping[int, int]],
    members: Mapping[Place, tuple[tuple[int, int], ...]],
    otherwise: Same,
) -> Same:
    """Answers by numbers.

    Args:
        numbers: task and number in its table to the number of the open file description that is held there.
        members: place of an epoll to the number in the table and that of the open file description of each
            registration.
        otherwise: who answers what is not known.
    """
    if not numbers:
        return otherwise
    watched: dict[Place, dict[tuple[int, int], int]] = {}
    for place, registrations in members.items():
        seen: dict[int, int] = {}
        found = watched[place] = {}
        for fd, number in registrations:
            seen[fd] = nth = seen.get(fd, -1) + 1
            found[fd, nth] = number

    nothing: Mapping[int, int] = {}

    def number_of(place: Place) -> int | None:
        return numbers.get(place[0], nothing).get(place[1])

    def order(one: int, fd: int, other: int, other_fd: int) -> int | None:
        first, second = number_of((one, fd)), number_of((other, other_fd))
        if first is None or second is None:
            return None  # what else could be asked puts them in another order
        return 0 if first == second else 1 if first < second else 2

    def watches(place: Place, epoll: Place, which: tuple[int, int]) -> bool | None:
        number, target = number_of(place), watched.get(epoll, {}).get(which)
        return otherwise.watches(place, epoll, which) if number is None or target is None else number == target

    def stale(epoll: Place, which: tuple[int, int]) -> bool | None:
        target = watched.get(epoll, {}).get(which)
        return otherwise.stale(epoll, which) if target is None else number_of((epoll[0], which[0])) != target

    def among(place: Place, places: Sequence[Place]) -> int | None:
        number = number_of(place)
        if number is None:
            return None
        return next((index for index, one in enumerate(places) if number_of(one) == number), None)

    return Same(order, watches, stale, among, otherwise.gone, number_of)
