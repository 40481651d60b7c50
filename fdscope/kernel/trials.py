"""Whether the BPF programs can be used here: each is loaded and run once."""

from __future__ import annotations

import os

from .bpf import NotLoaded, Programs
from .bpfsource import check
from .programs import SINCE, files, object_file, places, tasks
from .programs.owners import SETTINGS, settings
from .root import Proc
from .switched import Switched


def trials(proc: Proc) -> tuple[tuple[str, str], ...]:
    """Of each program its name, and why it cannot be used; empty: it can."""
    found = []
    for name, trial in (("files", _files), ("places", _places), ("tasks", _tasks), ("switches", _switches)):
        try:
            check(proc)
            trial(proc)
            found.append((name, ""))
        except NotLoaded as reason:
            hint = f"; it is expected to work from Linux {SINCE[name]} on" if reason.errno else ""
            found.append((name, f"{reason}{hint}"))
    return tuple(found)


def _files(_: Proc) -> None:
    own = os.getpid()
    with Programs(object_file(files.PROGRAM), {SETTINGS: settings(process=own)}) as programs:
        if not any(programs.read(files.PROGRAM, own)):
            raise NotLoaded("it tells nothing of the descriptors of fdscope itself", 0)


def _places(_: Proc) -> None:
    own = os.getpid()
    with Programs(object_file(places.PROGRAM), {SETTINGS: settings(process=own)}) as programs:
        if not any(programs.read(places.PROGRAM, own)):
            raise NotLoaded("it tells nothing of the descriptors of fdscope itself", 0)


def _tasks(_: Proc) -> None:
    with Programs(object_file(places.PROGRAM), {SETTINGS: settings()}) as programs:
        if not any(task.pid == os.getpid() for task in tasks.tasks(b"".join(programs.read(tasks.PROGRAM)))):
            raise NotLoaded("it tells nothing of fdscope itself", 0)


def _switches(proc: Proc) -> None:
    with Switched(proc, {}, everyone=False) as counting:
        counting.begin()
        counting.watch([os.getpid()])
        counting.grown()
