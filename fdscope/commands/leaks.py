"""fdscope leaks [TARGET...]: what grows without shrinking."""

from __future__ import annotations

from argparse import Namespace

from .. import stages
from ..changes import Leaks
from ..console import Console
from ..leaking import Sampler
from ..quantity import duration
from ..report import document
from ..report.problems import of_all
from ..report.safe import printable
from ..selection import shortened
from ..statuses import DONE, INTERRUPTED, NOT_PERMITTED, NOTHING_FOUND
from ._answering import must_be_one_form, say, style_of, write_document
from ._ending import in_good_order
from ._looking import chosen, is_choosing


def run(asked: Namespace, console: Console) -> int:
    """Watches for as long as was asked, or until it is interrupted, and says what grew."""
    must_be_one_form(asked, "json", "ndjson", "format")
    in_good_order()
    seconds = 60.0 if asked.for_ is None else asked.for_
    with Sampler(asked.targets, proc=asked.proc, interval_s=asked.interval, where=chosen(asked)) as sampler:
        try:
            sampler.sample()
            for word in sampler.unmatched:
                console.say(f"fdscope: no process is called '{printable(shortened(word))}'")
            if (asked.targets or is_choosing(asked)) and not sampler.pids:
                return NOTHING_FOUND
            if console.is_attended:
                console.say(f"fdscope: watching for {duration(seconds)}; Ctrl-C ends it and tells what was seen")
            stages.begin("watching")
            sampler.run(seconds)
        except KeyboardInterrupt:
            sampler.interrupted = True
            sampler.sample()
        found = sampler.leaks(asked.top)
    _write(found, asked, console)
    if sampler.interrupted:
        return INTERRUPTED
    refused = {one.pid for one in found.problems if one.reason == "permission-denied"}
    return NOT_PERMITTED if found.processes and len(refused) >= found.processes else DONE


def _write(found: Leaks, asked: Namespace, console: Console) -> None:
    stages.begin("drawing")
    if asked.json:
        write_document(found, console)
        return
    if asked.ndjson:
        for data in document.lines_of_leaks(found):
            console.write_bytes(data)
        return
    from ..report.leaks import leaks, remarks

    style = style_of(asked, console)
    for line in leaks(found, style, form=asked.format or "table", show_headers=not asked.no_headers):
        console.write(line)
    say((*remarks(found), *of_all(found.problems)), console)
