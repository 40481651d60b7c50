"""fdscope lab: one descriptor of each kind, threads that wait, loads; to look at and to learn from."""

from __future__ import annotations

import os
import signal
from argparse import Namespace

from ..console import Console
from ..lab import Held, Scratch, full_names, make, offered
from ..quantity import many
from ..report.safe import printable
from ..selection import UsageError, nearest, shortened


def run(asked: Namespace, console: Console) -> int:
    """Makes what was asked for, says so, and stays until it is interrupted."""
    try:
        full_names(asked.names)
    except KeyError as unknown:
        groups = offered()
        names = [*groups, *(name for group in groups.values() for name in group)]
        hint = nearest(unknown.args[0], names, f"it has: {' '.join(names)}")
        raise UsageError(f"the lab has no specimen '{shortened(unknown.args[0])}'; {hint}") from None
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job starts with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    scratch = Scratch()
    try:
        held = make(asked.names, scratch)
        if asked.json:
            import msgspec

            told: dict[str, object] = {"schema": "fdscope.lab/1", "pid": os.getpid()}
            told |= {name: [one._asdict() for one in made] for name, made in held._asdict().items()}
            console.write(msgspec.json.encode(told).decode() + "\n")
        else:
            console.write(f"{os.getpid()}\n")
            console.say(f"lab: {_held(held)}; look at them with: {_looks(held)}")
            for one in held.refused:
                console.say(f"lab: no {one.kind}: {printable(one.reason)}")
            console.say("lab: interrupt (Ctrl-C) to end it")
        console.flush()
        while True:
            signal.pause()
    finally:
        scratch.close()


def _held(held: Held) -> str:
    numbers = {
        "specimen": len(held.specimens),
        "waiting thread": len(held.waits),
        "load": len(held.loads),
    }
    return ", ".join(many(number, noun) for noun, number in numbers.items() if number) or "nothing"


def _looks(held: Held) -> str:
    pid = os.getpid()
    looks = {f"fdscope {pid}": True, f"fdscope waits {pid}": held.waits, "fdscope watch lab-": held.loads}
    return ", ".join(look for look, there_is in looks.items() if there_is)
