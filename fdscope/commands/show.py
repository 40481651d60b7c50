"""fdscope [TARGET...]: what processes hold."""

from __future__ import annotations

from argparse import Namespace

from ..console import Console
from ..report import document
from ..scanner import scan


def run(asked: Namespace, console: Console) -> int:
    """Scans and reports."""
    snapshot = scan(asked.targets, proc=asked.proc, timeout_s=asked.timeout, mapped=asked.mapped)
    console.write_bytes(document.snapshot(snapshot))
    return 0
