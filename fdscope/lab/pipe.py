"""A specimen of pipe: the read end, with a few bytes waiting (pipe(7))."""

from __future__ import annotations

import os

from . import Scratch, Specimen


def pipe(scratch: Scratch) -> Specimen:
    """The read end; the lab keeps the write end open, and of two more pipes one end without the other."""
    reader, writer = os.pipe2(os.O_NONBLOCK)
    scratch.keep(writer)
    os.write(writer, b"hello")
    for lost in (0, 1):
        ends = os.pipe2(os.O_CLOEXEC)
        os.close(ends[lost])
        scratch.keep(ends[1 - lost])
    inode = os.fstat(reader).st_ino
    return Specimen(reader, {"access": "r", "flags": ["nonblock"], "inode": inode, "name": f"pipe:[{inode}]"})


SPECIMENS = {"pipe": pipe}
