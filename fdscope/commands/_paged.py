"""What report puts into a page: what was looked at, who talks to whom, and which thread waits on what."""

from __future__ import annotations

import shlex
from argparse import Namespace

from .. import held_up, stages
from ..frame import Timeline
from ..graph import graph_of
from ..kernel import shipped
from ..model import Snapshot
from ..pictures import Graph
from ..report.page import Asked, page
from ._looking import chosen, is_choosing, kept
from ._pictured import kinds


def drawn(snapshot: Snapshot, timeline: Timeline | None, asked: Namespace) -> bytes:
    """The page of a look."""
    stages.begin("drawing")
    whole = kept(asked) if asked.from_ else snapshot
    graph = _graph(whole, snapshot, asked)
    if not lists_mapped(asked):
        _leave_out_mapped(snapshot)  # memory joins processes in the graph, but few look for its hundreds of files
    waits = held_up.kept(whole, {one.pid for one in snapshot.processes}, snapshot.problems)
    name = {None: None, "-": "standard input"}.get(asked.from_, asked.from_)
    parts = {one: shipped.text("report/page/parts", one) for one in shipped.names("report/page/parts")}
    return page(snapshot, waits, graph, timeline, Asked(f"fdscope {shlex.join(asked.words)}", name), parts)


def _graph(whole: Snapshot, snapshot: Snapshot, asked: Namespace) -> Graph:
    """Who talks to whom, with all kinds of edges: the page has a switch for each."""
    chose = asked.targets or is_choosing(asked)
    targets = [one.pid for one in snapshot.processes] if chose else None
    return graph_of(whole, targets=targets, edges=set(kinds()))


def lists_mapped(asked: Namespace) -> bool:
    """Whether the files that memory is mapped from are listed among what is held."""
    where = chosen(asked)
    return asked.mapped or (where is not None and where.asks_for_files)


def _leave_out_mapped(snapshot: Snapshot) -> None:
    for process in snapshot.processes:
        if process.files is not None:
            process.files = [one for one in process.files if one.role != "mapped"]
