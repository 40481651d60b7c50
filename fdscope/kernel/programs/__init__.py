"""Programs that run in the kernel (bpf(2)): their sources, the objects made from them, and their readers.

``files.bpf.c`` becomes ``files.x86_64.o`` and ``files.aarch64.o`` by ``build``; ``files.py`` takes apart what it
writes. Nobody needs a compiler but who changes them.
"""

from __future__ import annotations

import os


def object_file(name: str) -> str:
    """The path of the object of a program for this machine; there may be none."""
    machine = os.uname().machine
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.{machine}.o")
