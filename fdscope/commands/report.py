"""fdscope report --html FILE [TARGET...]: a page that shows it all in a browser, and needs nothing else."""

from __future__ import annotations

from argparse import Namespace

from .. import stages
from ..console import Console, NotWrittenError
from ..frame import Timeline
from ..problems import OTHERS
from ..quantity import duration
from ..report.problems import of_all
from ..report.safe import printable
from ..selection import UsageError
from ..statuses import DONE, INTERRUPTED, NOT_PERMITTED, NOTHING_FOUND
from ._answering import say
from ._ending import in_good_order
from ._looking import chosen, is_choosing, look, nothing_fits


def run(asked: Namespace, console: Console) -> int:
    """Watches if that was asked for, scans, and writes the page."""
    if not asked.html:
        raise UsageError(
            "report takes --html with the file that the page is written to, "
            "as in fdscope report --html page.html; - is standard output"
        )
    if asked.from_ and asked.for_ is not None:
        raise UsageError("--for watches this machine, and a snapshot takes no look: leave --for or --from out")
    from ._paged import drawn, lists_mapped

    where = chosen(asked)
    timeline = None if asked.for_ is None else _watched(asked, console)
    how = {"mapped": lists_mapped(asked), "memory": True, "source": asked.source, "peers": not asked.no_peers}
    snapshot = look(asked, asked.targets, where, **how)
    if not snapshot.processes and (asked.targets or is_choosing(asked)):
        say(of_all([one for one in snapshot.problems if one.what != OTHERS]), console)
        if where is not None:
            asked.say(nothing_fits(asked))
        return NOTHING_FOUND
    _write(drawn(snapshot, timeline, asked), asked.html, console)
    if console.is_attended:
        from ..report.page.content import size_of

        where_to = "standard output" if asked.html == "-" else asked.html
        asked.say(f"{size_of(snapshot)} in {where_to}")
    if timeline is not None and timeline.interrupted:
        return INTERRUPTED
    denied = {
        one.pid for one in snapshot.problems if (one.what, one.reason) == ("descriptors", "permission-denied")
    }
    chose = asked.targets or is_choosing(asked)
    return NOT_PERMITTED if chose and denied.issuperset(one.pid for one in snapshot.processes) else DONE


def _watched(asked: Namespace, console: Console) -> Timeline:
    """What was seen in the time that was asked for."""
    from ..timeline import timeline

    if console.is_attended:
        asked.say(f"watching for {duration(asked.for_)}; Ctrl-C ends it and draws what was seen")
    stages.begin("watching")
    where = chosen(asked)
    how = {"proc": asked.proc, "source": asked.source, "where": where, "begin": in_good_order}
    return timeline(asked.targets, asked.for_, **how)


def _write(data: bytes, path: str, console: Console) -> None:
    if path == "-":
        console.write_bytes(data)
        return
    from ..kernel.written import replace

    try:
        replace(path, data)
    except OSError as error:
        raise NotWrittenError(f"{printable(path)}: {error.strerror}") from error
