"""What a thread is stopped in: texts of the kernel and the arguments of its system call to a Wait. Pure."""

from __future__ import annotations

from typing import NamedTuple

from . import signals, syscalls
from .model import LockHolder, Wait, WaitOn
from .raw import RawThread
from .text import text

_STOPPED, _ENDED = "Tt", "ZXx"
_FROZEN = ("__refrigerator", "do_freezer_trap")
"""Kernel functions in which a cgroup that is frozen holds a thread (kernel/freezer.c, kernel/signal.c)."""
_COPYING = "handle_userfault"
"""The kernel function in which a copy waits for a page that another thread must provide (userfaultfd(2))."""
_PAGE_FAULTS = (_COPYING, "folio_wait", "__folio_lock", "do_swap_page", "filemap_fault", "wait_on_page")


class Stopped(NamedTuple):
    """A thread that does not run: its wait, and the two registers that the kernel tells."""

    wait: Wait | None
    program_counter: int | None = None
    stack_pointer: int | None = None
    in_kernel: bool = False
    """Whether it has no registers of a program: a worker that the kernel keeps for the process."""


def stopped(raw: RawThread, state: str, machine: str) -> Stopped:
    """What a thread is stopped in.

    Args:
        raw: its texts.
        state: its letter in proc_pid_stat(5).
        machine: the architecture, as uname(2) tells it; system calls have other numbers on another one.

    Raises:
        ValueError: a text has another form than its manual page gives.
    """
    function = "" if raw.function in (b"0", b"") else text(raw.function.strip())
    if state in _ENDED or raw.syscall == b"running\n":
        return Stopped(None)
    inside = syscalls.parse(raw.syscall) if raw.syscall else None
    if inside is None:
        return Stopped(_unknown(state, function))
    if not inside.stack_pointer and not inside.program_counter:
        return Stopped(_unknown(state, function), in_kernel=True)
    wait = _outside(function) if inside.number < 0 else _inside(raw, inside, state, function, machine)
    if state in _STOPPED or function.startswith(_FROZEN):
        wait.waits_for, wait.model, wait.phase = syscalls.STOPPED, None, None
    return Stopped(wait, inside.program_counter, inside.stack_pointer)


def _unknown(state: str, function: str) -> Wait | None:
    if state in _STOPPED or function.startswith(_FROZEN):
        return Wait(waits_for=syscalls.STOPPED, kernel_function=function or None)
    return Wait(waits_for=syscalls.OTHER, kernel_function=function) if function else None


def _outside(function: str) -> Wait:
    """Of a thread that is blocked, but not in a system call."""
    faults = function.startswith(_PAGE_FAULTS)
    return Wait(waits_for=syscalls.MEMORY if faults else syscalls.OTHER, kernel_function=function or None)


def _inside(raw: RawThread, inside: syscalls.Inside, state: str, function: str, machine: str) -> Wait:
    name = syscalls.name_of(inside.number, machine, raw.bits)
    restarted = name == "restart_syscall"
    if restarted:
        name = syscalls.restarted(function) or name
    memory = dict(raw.memory)
    call = syscalls.Call(name, inside.arguments, raw.bits)
    try:
        call = syscalls.unpacked(call, memory)
    except ValueError:
        return Wait(waits_for=syscalls.OTHER, syscall=name, on_unread=True, kernel_function=function or None)
    meaning = syscalls.meaning_of(call)
    is_transfer = meaning.waits_for == syscalls.TRANSFER
    numbers = syscalls.waiting_side(call, function) if is_transfer else syscalls.descriptors(call)
    on: list[WaitOn] | None = [WaitOn(fd=fd) for fd in numbers]
    timed = None if restarted and meaning.waits_for != syscalls.TIME else syscalls.is_timed(call)
    if meaning.set:
        chosen = syscalls.watched(call, memory)
        on = None if chosen is None else [WaitOn(fd=fd, events=events) for fd, events in chosen.items()]
        if chosen == {}:  # select(2) without a set sleeps
            meaning = meaning._replace(waits_for=syscalls.SIGNAL if timed is False else syscalls.TIME, model=None)
    copies = state == "D" or function.startswith(_COPYING)
    wanted = syscalls.signal_set(call, memory)
    words = syscalls.futexes(call, memory)
    return Wait(
        waits_for=meaning.waits_for,
        syscall=call.name,
        restarted=restarted or None,
        model=meaning.model,
        phase=None if meaning.model is None else "copying" if copies else "waiting",
        on=on or None,
        on_unread=on is None or None,
        timed=timed,
        timeout_s=None if restarted else syscalls.timeout_s(call, memory),
        signals=None if wanted is None else signals.names(b"%x" % wanted),
        futex=f"{words[0].address:#x}" if words else None,
        futexes=len(words) if len(words) > 1 else None,
        shared_futex=(not all(word.private for word in words)) or None,
        kernel_function=function or None,
    )


_LOCK_TYPES = {"OFDLCK": "ofd"}


def lock_holder(line: bytes) -> LockHolder:
    """A line of proc_locks(5) without its number: ``FLOCK ADVISORY WRITE 42 fe:01:1234 0 EOF``.

    Raises:
        ValueError: the line has another form.
    """
    kind, _, mode, pid, place, start, end = line.split()
    major, minor, inode = place.split(b":")
    return LockHolder(
        type=_LOCK_TYPES.get(text(kind), text(kind).lower()),
        mode=text(mode).lower(),
        pid=int(pid) if int(pid) > 0 else None,
        inode=int(inode),
        device=f"{int(major, 16)}:{int(minor, 16)}",
        start=int(start),
        end=None if end == b"EOF" else int(end),
    )
