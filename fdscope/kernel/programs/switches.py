"""What switches.bpf.c counts: every context switch, by thread and by what it was for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from typing import NamedTuple

OBJECT = "switches"
SWITCHED, UNTIL_NOW = "switched", "until_now"
TOTALS, TARGETS = "totals", "targets"
SETTINGS = ".rodata.wanted"

MOST_WAYS = 1 << 16
"""How many there is room for in the map."""
CALLS = 1024
OF_32_BITS = 1 << 16
"""Added to the number of a call that a 32-bit program has made on a 64-bit kernel; its arguments are not told."""

KEY = Struct("=4i2Q")
VALUE = Struct("=2Q")
NOT_COUNTED = Struct("=Q")
PID = Struct("=i")


class RawWay(NamedTuple):
    """A thread, and one way in which it leaves its CPU."""

    tid: int
    pid: int
    call: int
    """Number of the system call; -1: none."""
    voluntary: int
    first: int
    second: int


class RawTotal(NamedTuple):
    """How often, and for how long until it ran again."""

    switches: int
    off_ns: int


def settings(arguments: Mapping[int, int], *, everyone: bool) -> bytes:
    """What the program is to tell, as `SETTINGS` holds it.

    Args:
        arguments: number of a system call to FIRST_ARGUMENT, TWO_ARGUMENTS or POLLED of `syscalls`; of others no
            argument is told.
        everyone: whether all processes are watched; else those in the map `TARGETS`.
    """
    told = bytearray(CALLS)
    for number, which in arguments.items():
        if 0 <= number < CALLS:
            told[number] = which
    return Struct(f"=2I{CALLS}s").pack(everyone, 0, bytes(told))


def grown(before: dict[bytes, bytes], keys: bytes, values: bytes) -> list[tuple[RawWay, RawTotal]]:
    """What the map has grown by; `before` is what it was, by key, and is brought up to date."""
    found = []
    size, unpack, zero = VALUE.size, VALUE.unpack, bytes(VALUE.size)
    for number in range(len(keys) // KEY.size):
        key = keys[number * KEY.size : (number + 1) * KEY.size]
        value = values[number * size : (number + 1) * size]
        old = before.get(key, zero)
        if value != old:
            before[key] = value
            switches, off_ns = unpack(value)
            then, then_ns = unpack(old)
            if switches < then or off_ns < then_ns:  # it was taken out and has begun again
                then = then_ns = 0
            found.append((RawWay(*KEY.unpack(key)), RawTotal(switches - then, off_ns - then_ns)))
    return found
