"""Programs that run in the kernel (bpf(2)): their sources, the objects made from them, and their readers.

``files.bpf.c`` becomes ``files.x86_64.o`` and ``files.aarch64.o`` by ``build``; ``files.py`` takes apart what it
writes. Nobody needs a compiler but who changes them.
"""

from __future__ import annotations

import os

SINCE = {"files": "5.13", "places": "5.12", "tasks": "5.12", "switches": "5.15"}
"""The first Linux that each is expected to work on; their sources say what brought it."""


def object_file(name: str) -> str:
    """The path of the object of a program for this machine; there may be none."""
    machine = os.uname().machine
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.{machine}.o")
