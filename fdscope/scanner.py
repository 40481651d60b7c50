"""Selection to Snapshot: whom to look at, what to ask of them, and how it hangs together."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterable

from . import host, identity, iomodels, sources, stages, tasks
from ._version import __version__
from .alone import Alone
from .gathering import STRANGE, Gathering, Others
from .kernel import processes as readers
from .kernel.load import load
from .kernel.machine import ProcMachine
from .kernel.mounts import Mounts
from .kernel.root import Proc
from .kernel.sameness import Sameness
from .kernel.sockets import Sockets
from .kernel.source import ProcSource, Source
from .kernel.system import system
from .kinds import KINDS, file_types_of, links_of, needed_for
from .links import UNKNOWN, Links, Same, held_by, objects
from .model import LINKED, Descriptor, Object, Problem, Process, Snapshot
from .opening import opened
from .problems import OTHERS, problem_of
from .selection import Candidate, Selected, UsageError, nearest, select, shortened, words_of
from .text import text
from .times import rfc3339
from .where import Expression, only, parse

_MOMENT_S = 0.005
"""How long a task may take that has begun to close a file, and was perhaps interrupted."""


def scan(
    targets: Iterable[str] = (),
    *,
    proc: str = "/proc",
    timeout_s: float = 5.0,
    mapped: bool = False,
    memory: bool = False,
    bare: bool = False,
    peers: bool = True,
    waits: bool = True,
    symbols: bool = False,
    threads: bool = True,
    source: str = "auto",
    brief: bool = False,
    lineage: bool = False,
    where: str | Expression | None = None,
) -> Snapshot:
    """Looks once at the processes that `targets` name, or at all of them if there are none.

        >>> import os
        >>> from fdscope import scan
        >>> reader, writer = os.pipe()
        >>> (process,) = scan(["self"], where=f"kind == 'pipe' and fd == {reader}").processes
        >>> (pipe,) = process.descriptors
        >>> pipe.access, [peer.fd == writer for peer in pipe.peers]
        ('r', [True])
        >>> os.close(reader)
        >>> os.close(writer)

    Args:
        targets: pids, ``self``, and names (exact, else regular expressions).
        proc: another proc file system, or a recorded tree of one.
        timeout_s: how long to wait, in seconds, for file systems that do not answer.
        mapped: also list the files that memory is mapped from; so it is, too, if `where` asks for this role.
        memory: of files that memory is mapped from list those that are mapped so that others see what is written
            there, by what their process has mapped alone: a fraction of what `mapped` costs. It takes `waits`, and
            of threads it is not told what code they are in.
        bare: of processes leave out limits, namespaces, signals, memory, context switches, and the files that
            they hold without a descriptor, which takes much of the time where there are many with few descriptors.
        peers: find out who is at the other ends, who shares open file descriptions and who watches, among all
            processes; this takes one pass over the links of the others.
        waits: tell what threads are stopped in, and by which I/O models descriptors are used.
        symbols: tell the functions that threads are stopped in, from the ELF files of their programs, which are
            opened for that; it takes pyelftools.
        threads: tell of threads, and of descriptor tables that they have of their own.
        source: where descriptors are read: ``proc``, ``bpf``, or ``auto``, which is bpf where that is allowed and
            faster, as of a whole machine.
        brief: of descriptors only tell how many there are of each kind, and of processes what the overview shows;
            it means nothing beside `where`.
        lineage: tell of each process which ones it descends from.
        where: tell only of the descriptors, and files held without one, for which this expression of
            `fdscope.where` is true, and of the processes that hold them. What is known of a process or kind before
            its descriptors are read decides before they are.

    What could not be read is in the snapshot's `problems`; a target that no process matches is one of them.
    The time taken grows with the descriptors of the processes that were selected and, for the sake of peers, a
    little with those of all others.

    Raises:
        UsageError: a target is no pid, name or regular expression, `where` is no expression, there is no such
            directory as `proc`, or `source` cannot be used here.
    """
    stages.begin("selection")
    words = words_of(targets)
    wanted = parse(where) if isinstance(where, str) else where
    kinds = _kinds(wanted, peers=peers)
    if wanted is not None:
        brief, mapped = False, mapped or wanted.asks_for_files
    began, clock = time.time(), time.monotonic()
    root = opened(proc)
    with contextlib.ExitStack() as stack:
        stack.enter_context(root)
        sockets = stack.enter_context(Sockets(root))
        raw_system = system(root)
        mounts = Mounts(root)
        machine = ProcMachine(root, mounts, sockets)
        alone = Alone(root, wanted, lineage=lineage) if wanted is not None or lineage else None
        gathering = Gathering(
            machine,
            host.boot_time(raw_system.stat),
            host.package_of(raw_system),
            live=root.live,
            everyone=not words and not (alone is not None and alone.asks),
            brief=brief,
            partly=kinds is not None,
            memory=memory and not mapped,
            bare=bare,
        )
        selected = _selected(root, words, gathering.problems) if words else None
        users: set[int | None] = set()
        if wanted is not None and alone is not None and alone.asks:
            everyone = [Selected(pid) for pid in root.pids()] if selected is None else selected
            meant, refused = alone.meant(one.pid for one in everyone)
            selected = [one for one in everyone if one.pid in meant]
            users = {one.uid for one in meant.values()}
            gathering.problems += map(problem_of, refused)
        pids = None if selected is None else [one.pid for one in selected]
        narrow = _narrow(kinds, users, peers=peers and pids is not None)
        slow = ProcSource(
            root,
            mounts,
            timeout_s=timeout_s,
            mapped=mapped,
            waits=waits,
            threads=threads,
            brief=brief,
            bare=bare,
            wanted=narrow.wanted,
        )
        chosen = sources.chosen(source, slow, root, mounts, stack, pids=pids, brief=brief, narrow=narrow)
        stages.begin("descriptors", lambda: gathering.so_far)
        for record in chosen.records(pids):
            gathering.add(record)
        stages.begin("sockets")
        gathering.add_sockets(sockets)
        stages.begin("linking")
        found = gathering.processes(selected or ())
        joined = _links(
            root, chosen, sockets, gathering, found, everyone=selected is None, peers=peers and not brief
        )
        if symbols:
            _name_functions(root, mounts, gathering, found)
        stages.begin("waits")
        if waits:
            iomodels.tell(found, machine.lock_blockers, gathering.name)
        if kinds is not None:
            iomodels.forget_unread(found)
        if alone is not None:
            for process in found:
                alone.complete(process)
        if wanted is not None:
            found, joined = only(wanted, found, joined)
        busy = load(root) if selected is None else None
        own_pid = root.own_pid() if root.live else None
    stages.begin("drawing")  # by whoever asked
    return Snapshot(
        fdscope=__version__,
        taken_at=rfc3339(began, digits=3),
        duration_s=round(time.monotonic() - clock, 6),
        targets=[_lasting(word, own_pid) for word in words] or None,
        where=None if wanted is None else wanted.text,
        own_pid=own_pid,
        sources=list(chosen.names),
        host=host.host(raw_system, busy),
        processes=found,
        objects=joined,
        problems=gathering.problems,
    )


def _lasting(word: str, own_pid: int | None) -> str:
    """A target as it means the same later: ``self`` is another process then."""
    return str(own_pid) if word == "self" and own_pid is not None else word


def _name_functions(root: Proc, mounts: Mounts, gathering: Gathering, found: Iterable[Process]) -> None:
    from .kernel.symbols import Symbols

    try:
        names = Symbols(root, mounts)
    except ImportError:
        raise UsageError("--symbols takes pyelftools: pip install 'fdscope[symbols]'") from None
    for process in found:
        code = gathering.code.get(process.pid)
        for thread in process.threads if code is not None else ():
            place = code.at(int(thread.program_counter, 16)) if code and thread.program_counter else None
            if place is not None:
                name = names.at(process.pid, *place)
                thread.symbol = None if name is None else text(name.encode("utf-8", "surrogateescape"))


def _links(
    root: Proc,
    source: Source,
    sockets: Sockets,
    gathering: Gathering,
    found: list[Process],
    *,
    everyone: bool,
    peers: bool,
) -> list[Object]:
    """How what was found hangs together, and with what the other processes hold: told in `found`; the objects."""
    if root.live and (peers or everyone):
        sharing = source.sharing_tables([one.pid for one in found])
        for process in found:
            process.shares_table_with = sharing.get(process.pid)
    shown = held_by(found)
    if not peers:
        return objects(shown, {})
    sameness, others = Sameness(), Others()
    if shown and not everyone:
        known = {one.pid for one in found}.union(*(one.shares_table_with or () for one in found))
        others = gathering.others(source, sockets, shown, [pid for pid in root.pids() if pid not in known])
    hidden = root.live and not root.sees_everyone()
    if hidden:
        told = (
            "of processes that are hidden, or outside of this pid namespace: what they hold is not among the peers"
        )
        gathering.problems.append(Problem(what=OTHERS, reason="permission-denied", detail=told))
    asking = Same(
        sameness.file_order, sameness.is_target, sameness.is_stale, sameness.place_among, sameness.is_gone
    )
    links = Links(
        shown,
        others.ends,
        others.strangers,
        gathering.name,
        identity.same(gathering.open_files, gathering.members, asking) if root.live else UNKNOWN,
        complete=not root.recorded,
        unread=bool(others.refused or gathering.refused or hidden),
        everyone=everyone,
    )
    kin = links.kin().union(one.parent_pid for one in found if one.parent_pid)
    links.watch(gathering.read(source, sockets, [epoll for epoll in others.epolls if epoll[0] in kin]))
    if links.suspects:
        time.sleep(_MOMENT_S)
    links.tell()
    for process in found:
        shown_too = [
            pid for pid in process.shares_table_with or () if pid < process.pid and pid in gathering.known
        ]
        if shown_too:
            _copy_links(process, gathering.known[min(shown_too)])
    if sameness.refused is not None:
        gathering.problems.append(problem_of(sameness.refused))
    return links.objects()


def _copy_links(process: Process, same: Process) -> None:
    """Tells of the descriptors of a process what was found of the table that it shares."""
    known = {one.fd: one for one in same.descriptors or () if one.tid is None}
    for descriptor in process.descriptors or ():
        twin = known.get(descriptor.fd)
        if descriptor.tid is None and twin is not None and twin.object == descriptor.object:
            for name in LINKED:
                setattr(descriptor, name, getattr(twin, name))
            for own, known_of in zip(descriptor.registrations(), twin.registrations(), strict=False):
                own.stale, own.held_as = known_of.stale, known_of.held_as


def _kinds(wanted: Expression | None, *, peers: bool) -> tuple[type[Descriptor], ...] | None:
    """The kinds that must be read for what is wanted; None: all."""
    if wanted is None or wanted.asks_for_whole:
        return None
    kinds = needed_for(wanted.kinds(), peers=peers)
    return kinds if len(kinds) < len(KINDS) else None


def _narrow(
    kinds: tuple[type[Descriptor], ...] | None, users: Collection[int | None], *, peers: bool
) -> sources.Narrow:
    """What a source is told of what is wanted: of types and users nothing, where `peers` of others are sought."""
    link = None if kinds is None else links_of(kinds)
    if peers:
        return sources.Narrow(link)
    types = () if kinds is None else file_types_of(kinds)
    user = next(iter(users)) if len(users) == 1 else None
    return sources.Narrow(link, sum(1 << (one >> 12) for one in types), user)


def pids_of(words: str, proc: str = "/proc") -> list[int]:
    """The processes that words with commas between them mean: pids, ``self``, names as `scan` takes them.

    Raises:
        UsageError: a word makes no sense, or means no process; or there is no such directory as `proc`.
    """
    root = opened(proc)
    with root:
        selected, unmatched = select(words.split(","), lambda: _candidates(root), root.own_pid())
    if unmatched:
        raise UsageError(
            f"no process is called '{shortened(unmatched[0])}': give a pid, or the name of one that runs"
        )
    return [one.pid for one in selected]


def _selected(root: Proc, words: list[str], problems: list[Problem]) -> list[Selected]:
    known: list[Candidate] = []

    def candidates() -> list[Candidate]:
        known.extend(_candidates(root))
        return known

    selected, unmatched = select(words, candidates, root.own_pid())
    for word in unmatched:
        hint = nearest(word, {one.name for one in known if one.command}, "", likeness=0.75)
        told = f"no process is called '{shortened(word)}'" + (f"; {hint}" if hint else "")
        problems.append(Problem(what="process", reason="no-such-process", detail=told))
    found = {}
    for one in selected:
        leader = readers.leader(root, one.pid)
        if leader is None:
            problems.append(Problem(pid=one.pid, what="process", reason="no-such-process"))
        elif leader != one.pid:
            told = f"{one.pid} is a thread of process {leader}, which is shown"
            problems.append(Problem(pid=one.pid, what="process", reason="no-such-process", detail=told))
            found[leader] = Selected(leader)
        else:
            found[one.pid] = one
    return list(found.values())


def _candidates(root: Proc) -> list[Candidate]:
    found = []
    for pid, stat, command in readers.identities(root):
        try:
            parsed = tasks.parse_stat(stat)
        except STRANGE:
            continue
        found.append(
            Candidate(pid, parsed.name, tasks.parse_command(command), parsed.start_ticks, parsed.parent_pid)
        )
    return found
