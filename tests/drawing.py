"""Machines that were never there, whose descriptors are linked as those of a real one are; and their graphs."""

from fdscope.graph import graph_of
from fdscope.kinds import KINDS
from fdscope.links import UNKNOWN, Links, held_by
from fdscope.model import Host, Process, Snapshot, Thread, Wait, WaitOn, kind_name

KIND = {kind_name(kind): kind for kind in KINDS}


def pipe(fd, number, access, **more):
    return KIND["pipe"](fd=fd, name=f"pipe:[{number}]", object=f"pipe:[{number}]", access=access, **more)


def socket(kind, fd, inode, *facing, **more):
    name = f"socket:[{inode}]"
    state = {"state": "ESTABLISHED"} if "state" not in more else {}
    return KIND[kind](
        fd=fd,
        name=name,
        object=name,
        inode=inode,
        access="rw",
        facing_inodes=list(facing) or None,
        **state,
        **more,
    )


def blocked(tid, fd, syscall="read"):
    return Thread(
        tid=tid,
        state="sleeping",
        wait=Wait(
            waits_for="input", syscall=syscall, model="blocking", phase="waiting", on=[WaitOn(fd=fd)], timed=False
        ),
    )


def process(pid, *descriptors, **more):
    facts = {"name": f"p{pid}", "user": "ann", "descriptor_count": len(descriptors)}
    return Process(pid=pid, **{"descriptors": list(descriptors)} | facts | more)


def snapshot(*processes, shared=(), **more):
    """Of these; `shared` are groups of places, pid and number, that are one open file description each."""
    held = held_by(processes)
    numbers = {place: number for number, group in enumerate(shared) for place in group}
    links = Links(
        held,
        [],
        {},
        lambda pid: f"p{pid}",
        UNKNOWN._replace(number=numbers.get),
        complete=True,
        unread=False,
    )
    links.tell()
    return Snapshot(
        fdscope="0",
        taken_at="2026-11-23T05:02:00.500Z",
        duration_s=0.1,
        sources=["proc"],
        host=Host(),
        processes=list(processes),
        objects=links.objects(),
        problems=[],
        **more,
    )


def edges(graph):
    """Who is joined to whom, by what, and how often."""
    names = {node.id: node.pid or node.label for node in graph.nodes}
    return sorted(
        (names[one.source], ">" if one.directed else "-", names[one.target], one.kind, one.count)
        for one in graph.edges
    )


def drawn(*processes, shared=(), **how):
    return edges(graph_of(snapshot(*processes, shared=shared), **how))
