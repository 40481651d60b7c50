"""fdscope doctor: what can be seen with present rights, on this kernel, and what would unlock the rest."""

from __future__ import annotations

from argparse import Namespace

from .. import stages
from ..console import Console
from ..kernel.abilities import abilities
from ..opening import opened
from ..report.checkup import checkup, findings
from ..report.style import Style
from ..statuses import DONE
from ._answering import write_document


def run(asked: Namespace, console: Console) -> int:
    """Looks, and says what it found."""
    stages.begin("checks")
    proc = opened(asked.proc)
    with proc:
        found = list(findings(abilities(proc), asked.proc))
    if asked.json:
        write_document({"schema": "fdscope.doctor/1", "findings": [one._asdict() for one in found]}, console)
    else:
        for line in checkup(found, Style(console.colour(asked.color), console.is_unicode, console.width)):
            console.write(line)
    return DONE
