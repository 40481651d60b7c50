"""fdscope report --html FILE [TARGET...]: a page that shows it all in a browser, and needs nothing else."""

from __future__ import annotations

from argparse import Namespace

from .. import held_up, stages
from ..console import Console, NotWrittenError
from ..frame import Timeline
from ..model import Snapshot
from ..pictures import JOINS, Graph
from ..problems import OTHERS
from ..quantity import duration
from ..report.problems import of_all
from ..report.safe import printable
from ..selection import UsageError
from ..statuses import DONE, INTERRUPTED, NOT_PERMITTED, NOTHING_FOUND
from ._answering import say
from ._ending import in_good_order
from ._looking import chosen, is_choosing, kept, look, nothing_fits

_TAKES = "as in fdscope report --html page.html; - is standard output"


def run(asked: Namespace, console: Console) -> int:
    """Watches if that was asked for, scans, and writes the page."""
    if not asked.html:
        raise UsageError(f"report takes --html with the file that the page is written to, {_TAKES}")
    if asked.from_ and asked.for_ is not None:
        raise UsageError("--for watches this machine, and a snapshot takes no look: leave --for or --from out")
    where = chosen(asked)
    timeline = None if asked.for_ is None else _watched(asked, console)
    how = {"mapped": _lists_mapped(asked), "memory": True, "source": asked.source, "peers": not asked.no_peers}
    snapshot = look(asked, asked.targets, where, **how)
    if not snapshot.processes and (asked.targets or is_choosing(asked)):
        say(of_all([one for one in snapshot.problems if one.what != OTHERS]), console)
        if where is not None:
            asked.say(nothing_fits(asked))
        return NOTHING_FOUND
    data = _page(snapshot, timeline, asked)
    if asked.html == "-":
        console.write_bytes(data)
    else:
        _write(asked.html, data)
    if console.is_attended:
        from ..report.page.content import size_of

        where_to = "standard output" if asked.html == "-" else asked.html
        asked.say(f"{size_of(snapshot)} in {where_to}")
    if timeline is not None and timeline.interrupted:
        return INTERRUPTED
    refused = [one for one in snapshot.problems if one.reason == "permission-denied"]
    denied = {one.pid for one in refused if one.what == "descriptors"}
    chose = asked.targets or is_choosing(asked)
    return NOT_PERMITTED if chose and all(one.pid in denied for one in snapshot.processes) else DONE


def _watched(asked: Namespace, console: Console) -> Timeline:
    """What was seen in the time that was asked for."""
    from ..timeline import timeline

    if console.is_attended:
        asked.say(f"watching for {duration(asked.for_)}; Ctrl-C ends it and draws what was seen")
    stages.begin("watching")
    in_good_order()
    return timeline(asked.targets, asked.for_, proc=asked.proc, source=asked.source, where=chosen(asked))


def _page(snapshot: Snapshot, timeline: Timeline | None, asked: Namespace) -> bytes:
    import shlex

    from ..kernel import shipped
    from ..report.page import Asked, page

    stages.begin("drawing")
    whole = kept(asked) if asked.from_ else snapshot
    graph = _graph(whole, snapshot, asked)
    if not _lists_mapped(asked):
        _leave_out_mapped(snapshot)  # memory joins processes in the graph, but few look for its hundreds of files
    waits = held_up.kept(whole, {one.pid for one in snapshot.processes}, snapshot.problems)
    name = {None: None, "-": "standard input"}.get(asked.from_, asked.from_)
    parts = {one: shipped.text("report/page/parts", one) for one in shipped.names("report/page/parts")}
    how = Asked(f"fdscope {shlex.join(asked.words)}", name)
    return page(snapshot, waits, graph, timeline, how, parts)


def _graph(whole: Snapshot, snapshot: Snapshot, asked: Namespace) -> Graph:
    """Who talks to whom, with all kinds of edges: the page has a switch for each."""
    from ..graph import graph_of
    from ..kinds import KINDS
    from ..model import kind_name

    chose = asked.targets or is_choosing(asked)
    targets = [one.pid for one in snapshot.processes] if chose else None
    return graph_of(whole, targets=targets, edges={*JOINS, *map(kind_name, KINDS)})


def _lists_mapped(asked: Namespace) -> bool:
    """Whether the files that memory is mapped from are listed among what is held."""
    where = chosen(asked)
    return asked.mapped or (where is not None and where.asks_for_files)


def _leave_out_mapped(snapshot: Snapshot) -> None:
    for process in snapshot.processes:
        if process.files is not None:
            process.files = [one for one in process.files if one.role != "mapped"]


def _write(path: str, data: bytes) -> None:
    from ..kernel.replacing import replace

    try:
        replace(path, data)
    except OSError as error:
        raise NotWrittenError(f"{printable(path)}: {error.strerror}") from error
