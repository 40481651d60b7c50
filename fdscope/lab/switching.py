"""Small loads that switch contexts, each for another reason (sched(7), getrusage(2)).

A task switches voluntarily where it waits, and involuntarily where another one takes the CPU from it. The
processes have the lowest priority, nice(2) 19, so that they take only time that nobody else wants, and are batch
processes, which take the CPU from nobody when they are woken: each load switches for its own reason.
"""

from __future__ import annotations

import ctypes
import itertools
import mmap
import os
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from . import Scratch
from ._calls import checked, libc

_LOWEST = 19
_HELD_S = 0.001
_SHARED = 1  # pshared of sem_init(3): processes share the semaphore


class Load(NamedTuple):
    """Processes of the lab that switch contexts, and facts that a look at their switches must tell."""

    pids: list[int]
    says: dict[str, Any]
    """``verdict``: why they switch most: ``io``, ``lock`` or ``cpu``."""


def ping_pong(scratch: Scratch) -> Load:
    """Two processes that pass a byte to and fro over two pipes: each waits for the other, in read(2)."""
    there, to = os.pipe2(os.O_CLOEXEC)
    back, fro = os.pipe2(os.O_CLOEXEC)

    def ping() -> None:
        os.write(to, b".")
        while os.read(back, 1):
            os.write(to, b".")

    def pong() -> None:
        while os.read(there, 1):
            os.write(fro, b".")

    try:
        pids = [
            scratch.child("lab-ping", ping, {to, back}, _yield_to_others),
            scratch.child("lab-pong", pong, {there, fro}, _yield_to_others),
        ]
    finally:
        for fd in (there, to, back, fro):
            os.close(fd)
    return Load(pids, {"verdict": "io"})


def lock_fight(scratch: Scratch) -> Load:
    """Four processes that need one semaphore all the time: one sleeps with it, the others wait in futex(2).

    The holder sleeps, and does not compute: where CPUs are scarce, the fight would be one over them. It does so
    every third time, so that most of all switches are those of the lock.
    """
    memory = scratch.keep(mmap.mmap(-1, mmap.PAGESIZE))  # shared, as an anonymous mapping of this module is
    semaphore = ctypes.byref(scratch.keep(ctypes.c_char.from_buffer(memory)))
    checked(libc.sem_init(semaphore, _SHARED, 1))

    def fight() -> None:
        for turn in itertools.count():
            checked(libc.sem_wait(semaphore))
            if turn % 3 == 0:
                time.sleep(_HELD_S)
            checked(libc.sem_post(semaphore))
            _compute(500)  # another one takes it meanwhile, else this one would at once have it again

    pids = [scratch.child(f"lab-lock-{number}", fight, prepare=_yield_to_others) for number in (1, 2, 3, 4)]
    return Load(pids, {"verdict": "lock"})


def spin(scratch: Scratch) -> Load:
    """Two processes that compute without end on one CPU: the scheduler takes it from one for the other."""
    cpu = max(os.sched_getaffinity(0))

    def share_a_cpu() -> None:
        os.sched_setaffinity(0, {cpu})
        _yield_to_others()

    def compute() -> None:
        while True:
            _compute(1_000_000)

    pids = [scratch.child(f"lab-spin-{number}", compute, prepare=share_a_cpu) for number in (1, 2)]
    return Load(pids, {"verdict": "cpu"})


def _yield_to_others() -> None:
    os.nice(_LOWEST)
    try:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    except OSError:  # a C library that has none (musl): some switches are of another sort
        pass


def _compute(rounds: int) -> None:
    for _ in range(rounds):
        pass


LOADS: dict[str, Callable[[Scratch], Load]] = {"ping-pong": ping_pong, "lock-fight": lock_fight, "spin": spin}
