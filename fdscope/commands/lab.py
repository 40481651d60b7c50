"""fdscope lab: a small process that holds one descriptor of each kind, to look at and to learn from."""

from __future__ import annotations

import os
import signal
from argparse import Namespace

from ..console import Console
from ..lab import Scratch, make, makers, without
from ..quantity import many
from ..report.safe import printable
from ..selection import UsageError


def run(asked: Namespace, console: Console) -> int:
    """Makes the specimens, says so, and stays until it is interrupted."""
    unknown = sorted(set(asked.names) - set(makers()) - set(without()))
    if unknown:
        kinds = " ".join(sorted(makers()))
        raise UsageError(f"the lab has no specimen '{unknown[0]}'; it has: {kinds}")
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job starts with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    scratch = Scratch()
    try:
        made, refused = make(asked.names, scratch)
        if asked.json:
            import msgspec

            told = {
                "schema": "fdscope.lab/1",
                "pid": os.getpid(),
                "specimens": [one._asdict() for one in made],
                "refused": [one._asdict() for one in refused],
            }
            console.write(msgspec.json.encode(told).decode() + "\n")
        else:
            console.write(f"{os.getpid()}\n")
            console.say(f"lab: {many(len(made), 'specimen')}; look at them with: fdscope {os.getpid()}")
            for one in refused:
                console.say(f"lab: no {one.kind}: {printable(one.reason)}")
            console.say("lab: interrupt (Ctrl-C) to end it")
        console.flush()
        while True:
            signal.pause()
    finally:
        scratch.close()
