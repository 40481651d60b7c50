"""A specimen of pipe: the read end, with a few bytes waiting (pipe(7))."""

from __future__ import annotations

import os

from . import Scratch, Specimen


def pipe(scratch: Scratch) -> Specimen:
    """The read end; the lab keeps the write end open."""
    reader, writer = os.pipe2(os.O_NONBLOCK)
    scratch.keep(writer)
    os.write(writer, b"hello")
    inode = os.fstat(reader).st_ino
    return Specimen(reader, {"access": "r", "flags": ["nonblock"], "inode": inode, "name": f"pipe:[{inode}]"})


SPECIMENS = {"pipe": pipe}
