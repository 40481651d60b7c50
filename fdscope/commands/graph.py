"""fdscope graph [TARGET...]: who talks to whom, as a picture."""

from __future__ import annotations

from argparse import Namespace

from .. import stages
from ..console import Console
from ..graph import graph_of
from ..model import Snapshot
from ..pictures import Graph
from ..problems import OTHERS
from ..report.joined import remarks
from ..report.problems import of_all
from ..selection import UsageError
from ..statuses import DONE, NOT_PERMITTED, NOTHING_FOUND
from ._answering import must_be_one_form, say, style_of, write_document
from ._looking import chosen, is_choosing, kept, nothing_fits
from ._pictured import edges_of, svg


def run(asked: Namespace, console: Console) -> int:
    """Looks at all processes, and draws those that were asked about, with their neighbours."""
    must_be_one_form(asked, "json", "format")
    edges = edges_of(asked.edges)
    is_about_some = bool(asked.targets) or is_choosing(asked)
    if asked.depth is not None and not is_about_some:
        raise UsageError("--depth says how far from a TARGET neighbours are drawn: name one, or leave it out")
    whole = kept(asked) if asked.from_ else _now(asked)
    meant = _meant(whole, asked)
    pids = [one.pid for one in meant.processes] if is_about_some else None
    found = graph_of(whole, targets=pids, edges=edges, depth=asked.depth, collapse=asked.collapse)
    if is_about_some:
        found.problems += [one for one in meant.problems if one.reason == "no-such-process"]
        if not meant.processes:
            say(of_all(found.problems) if asked.targets else [nothing_fits(asked)], console)
            return NOTHING_FOUND
    _write(found, asked, console)
    denied = {one.pid for one in found.problems if one.what == "descriptors"}
    return NOT_PERMITTED if pids and denied.issuperset(pids) else DONE


def _now(asked: Namespace) -> Snapshot:
    from ..scanner import scan

    bare = not asked.where  # an expression may ask for anything
    found: Snapshot = scan(proc=asked.proc, timeout_s=asked.timeout, source=asked.source, memory=True, bare=bare)
    return found


def _meant(whole: Snapshot, asked: Namespace) -> Snapshot:
    """The processes that are asked about; fdscope itself, whose command names them too, only by its pid."""
    from ..parts import part

    own = str(whole.own_pid) if whole.own_pid is not None and not asked.from_ else "self"
    words = [own if word == "self" else word for word in asked.targets]
    found = part(whole, words, chosen(asked))
    if own not in words:
        found.processes = [one for one in found.processes if str(one.pid) != own]
    return found


def _write(found: Graph, asked: Namespace, console: Console) -> None:
    stages.begin("drawing")
    if asked.json or asked.format == "json":
        write_document(found, console)
        return
    if asked.format == "svg":
        console.write_bytes(svg(found))
    elif asked.format is not None:
        from ..report import drawn

        for line in (drawn.dot if asked.format == "dot" else drawn.mermaid)(found):
            console.write_bytes(line.encode())
        if asked.format == "mermaid":
            say(drawn.too_many(found), console)
    else:
        from ..report.graph import tree

        for line in tree(found, style_of(asked, console)):
            console.write(line)
    say((*remarks(found), *of_all([one for one in found.problems if one.what != OTHERS])), console)
