"""Processes and threads: the files of /proc/PID and /proc/PID/task/TID (proc_pid(5)); not their descriptors."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator
from errno import EACCES, EINVAL, ENAMETOOLONG, ENOENT, EPERM, ESRCH

from ..raw import RawHeldFile, RawProcess, RawThread, Unread
from .calls import Calls
from .mounts import Mounts, is_remote
from .patience import Patience
from .root import Directory, Proc
from .sameness import Sameness

_GONE = (ENOENT, ESRCH)
HELD = ("cwd", "root", "exe")


def process(
    task: Directory, pid: int, *, maps: bool = False, brief: bool = False, bare: bool = False
) -> tuple[RawProcess | None, list[Unread]]:
    """The texts of a process, its `maps` if wanted, and those that could not be read; None: it is gone.

    `brief`: without control group, command and namespaces; `bare`: without limits and namespaces.
    """
    unread: list[Unread] = []

    def text(name: bytes) -> bytes:
        content = task.read(name)
        if isinstance(content, Unread):
            if content.errno != EINVAL:  # of a zombie, cgroup answers so: there is nothing to read
                unread.append(content)
            return b""
        return content

    stat = task.read(b"stat")
    if isinstance(stat, Unread):
        return None, [stat._replace(what="process")]
    raw = RawProcess(
        pid,
        stat,
        text(b"status"),
        b"" if bare else text(b"limits"),
        b"" if brief else text(b"cgroup"),
        b"" if brief else text(b"cmdline"),
        () if brief or bare else _namespaces(task, unread),
        descriptor_count(task, b"fd"),
    )
    if maps:
        mapped_text = task.read_all(b"maps")
        if isinstance(mapped_text, bytes):
            raw = raw._replace(maps=mapped_text)
        elif mapped_text.errno not in _GONE:
            unread.append(mapped_text)
    return raw, unread


def owner(proc: Proc, pid: int) -> RawProcess | None:
    """Who a process is: its stat and status alone; None: it is gone."""
    stat, status = proc.read(b"%d/stat" % pid), proc.read(b"%d/status" % pid)
    if isinstance(stat, Unread):
        return None
    return RawProcess(pid, stat, b"" if isinstance(status, Unread) else status)


def identity(proc: Proc, pid: int) -> tuple[bytes, bytes] | None:
    """Stat and command line of a process; None: it is gone."""
    stat, command = proc.read(b"%d/stat" % pid), proc.read(b"%d/cmdline" % pid)
    return (stat, command if isinstance(command, bytes) else b"") if isinstance(stat, bytes) else None


def leader(proc: Proc, pid: int) -> int | None:
    """The process that a process or thread id belongs to; None: there is neither."""
    status = proc.read(b"%d/status" % pid)
    if isinstance(status, Unread):
        return None
    number = status.partition(b"\nTgid:")[2].partition(b"\n")[0].strip()
    return int(number) if number.isdigit() else pid


def identities(proc: Proc) -> Iterator[tuple[int, bytes, bytes]]:
    """Pid, stat and command line of every process; one that goes away meanwhile is left out."""
    for pid in proc.pids():
        task = proc.process(pid)
        if isinstance(task, Directory):
            with task:
                stat, command = task.read(b"stat"), task.read(b"cmdline")
            if isinstance(stat, bytes):
                yield pid, stat, command if isinstance(command, bytes) else b""


def names(proc: Proc) -> Iterator[tuple[int, bytes]]:
    """Each process and its name, as proc_pid_comm(5) has it; not threads of the kernel, which have no command."""
    for pid in proc.pids():
        command, name = proc.read(b"%d/cmdline" % pid), proc.read(b"%d/comm" % pid)
        if isinstance(name, bytes) and isinstance(command, bytes) and command:
            yield pid, name.removesuffix(b"\n")


def _namespaces(task: Directory, unread: list[Unread]) -> tuple[tuple[str, bytes], ...]:
    directory = task.open(b"ns")
    if isinstance(directory, Unread):
        if directory.errno not in _GONE:
            unread.append(directory._replace(what="namespaces"))
        return ()
    found = []
    with directory:
        names = directory.names()
        for name in () if isinstance(names, Unread) else names:
            link = directory.link(name)
            if isinstance(link, bytes):
                found.append((name.decode("ascii", "replace"), link))
            elif link.errno in (EACCES, EPERM):
                names = link  # one refusal stands for all ten
                break
    if isinstance(names, Unread) and names.errno not in _GONE:
        unread.append(names._replace(what="namespaces"))
    return tuple(found)


def descriptor_count(directory: Directory, name: bytes) -> int | None:
    """Entries of the descriptor table in directory `name`, as the kernel counts them.

    The size of the directory, since Linux 6.2; 0 may also come from an older kernel, so it tells nothing.
    """
    status = directory.status(name)
    return None if isinstance(status, Unread) else status.st_size or None


def sharing_tables(proc: Proc, pids: Collection[int]) -> dict[int, list[int]]:
    """Those of `pids` whose descriptor table other processes share (CLONE_FILES of clone(2)), with these.

    Only processes that hold equally many descriptors are compared, where the kernel counts them (since Linux 6.2).
    One that may not be compared is one whose descriptors may not be read either, which is said elsewhere.
    """
    alike: dict[int, list[int]] = {}
    for pid in proc.pids():
        count = descriptor_count(proc, b"%d/fd" % pid)
        if count is not None:
            alike.setdefault(count, []).append(pid)
    found: dict[int, list[int]] = {}
    chosen = set(pids)
    for group in alike.values():
        if len(group) > 1 and not chosen.isdisjoint(group):
            for table in shared_tables(group):
                for pid in chosen.intersection(table):
                    found[pid] = [other for other in table if other != pid]
    return found


def shared_tables(pids: Collection[int]) -> list[list[int]]:
    """Those of these processes that share a table, together; who may not be asked shares with nobody."""
    sameness = Sameness()
    order = {0: 0, 1: -1, 2: 1}

    def compare(one: int, other: int) -> int:
        answer = sameness.table_order(one, other)
        return 0 if isinstance(answer, Unread) else order.get(answer, 0)

    allowed = [pid for pid in pids if sameness.same_table(pid, pid) is True]
    tables: list[list[int]] = []
    for pid in sorted(allowed, key=functools.cmp_to_key(compare)):
        if tables and sameness.same_table(tables[-1][0], pid) is True:
            tables[-1].append(pid)
        else:
            tables.append([pid])
    return [sorted(table) for table in tables if len(table) > 1]


def threads(
    task: Directory, *, live: bool = False, waits: bool = False, main: bytes | None = None
) -> Iterator[RawThread | Unread]:
    """Every thread; one that ends meanwhile is left out.

    Args:
        task: the directory of the process.
        live: whether its pids are those that system calls of this process understand.
        waits: whether to read what the threads are stopped in, too.
        main: the stat of the process, where no status is wanted: of an only thread it says all that stat tells.
    """
    directory = task.open(b"task")
    if isinstance(directory, Unread):
        yield directory._replace(what="threads")
        return
    with directory:
        numbers = directory.numbers()
        if isinstance(numbers, Unread):
            yield numbers._replace(what="threads")
            return
        calls = Calls(directory, live=live)
        for tid in numbers:
            stat = main if main is not None and numbers == [task.pid] else directory.read(b"%d/stat" % tid)
            status = b"" if main is not None else directory.read(b"%d/status" % tid)
            if isinstance(stat, bytes) and isinstance(status, bytes):
                thread = RawThread(task.pid or 0, tid, stat, status)
                yield calls.added(thread) if waits else thread
                continue
            for missing in (stat, status):
                if isinstance(missing, Unread) and missing.errno not in _GONE:
                    yield missing
        yield from calls.refused


def held(
    task: Directory,
    pid: int,
    mounts: Mounts,
    patience: Patience,
    wanted: Callable[[RawHeldFile], bool] | None = None,
) -> Iterator[RawHeldFile | Unread]:
    """The files behind ``cwd``, ``root`` and ``exe``; a kernel thread or a zombie has none.

    Or those that are `wanted`, told by all but their status.
    """
    for role in HELD:
        name = role.encode()
        link = task.link(name)
        if isinstance(link, Unread):
            if link.errno not in _GONE:
                yield link
            if link.errno != ENAMETOOLONG:
                continue
            link = b""
        yield from _stated(task, RawHeldFile(pid, role, link), name, mounts, patience, wanted)


def mapped(
    task: Directory,
    pid: int,
    mounts: Mounts,
    patience: Patience,
    wanted: Callable[[RawHeldFile], bool] | None = None,
) -> Iterator[RawHeldFile | Unread]:
    """Every file that memory of the process is a mapping of, once (proc_pid_maps(5)).

    Or those that are `wanted`, told by all but their status.
    """
    maps = task.read_all(b"maps")
    if isinstance(maps, Unread):
        yield maps
        return
    try:
        regions = parse_maps(maps)
    except ValueError:
        yield Unread("maps", EINVAL, pid)
        return
    for (path, device, inode), (span, count, length, rights) in regions.items():
        file = RawHeldFile(pid, "mapped", path, None, None, count, length, rights, device, inode)
        yield from _stated(task, file, b"map_files/" + span, mounts, patience, wanted)


def parse_maps(maps: bytes) -> dict[tuple[bytes, bytes, int], tuple[bytes, int, int, bytes]]:
    """Path, device and inode of each mapped file to facts about its regions.

    These are the name of the first in ``map_files``, their number, their length together in bytes, and the
    different rights that they give, in the order of the lines.

    Raises:
        ValueError: a line has another form than proc_pid_maps(5) gives.
    """
    found: dict[tuple[bytes, bytes, int], tuple[bytes, int, int, bytes]] = {}
    for line in maps.removesuffix(b"\n").split(b"\n") if maps else ():  # a path may hold a carriage return
        words = line.split(None, 5)
        if len(words) < 5:
            raise ValueError(f"not a mapping: {line!r}")
        if len(words) < 6 or words[4] == b"0":
            continue  # anonymous memory, the stack, the vdso
        span, rights, _, device, inode, path = words
        start, _, end = span.partition(b"-")
        first, last = int(start, 16), int(end, 16)
        key = (path.replace(b"\\012", b"\n"), device, int(inode))
        # map_files has its own spelling, without leading zeros
        old = found.get(key, (b"%x-%x" % (first, last), 0, 0, b""))
        seen = old[3] if rights in old[3].split() else old[3] + b" " * bool(old[3]) + rights
        found[key] = (old[0], old[1] + 1, old[2] + last - first, seen)
    return found


def _stated(
    task: Directory,
    file: RawHeldFile,
    name: bytes,
    mounts: Mounts,
    patience: Patience,
    wanted: Callable[[RawHeldFile], bool] | None,
) -> Iterator[RawHeldFile | Unread]:
    """`file` with its mount; its status, through the link `name`, is put off, as stat(2) may block.

    That is so for every file: of one on a mount that was detached (umount2(2), MNT_DETACH) the path looks as if
    it lay in the root directory, and nothing but stat(2) tells the difference.
    """
    mount = mounts.by_path(file.pid, file.link)
    file = file._replace(mount=mount)
    if wanted is not None and not wanted(file):
        return
    if task.recorded:
        yield file
    else:
        patience.ask(file, task.number, name, mount if mount is not None and is_remote(mount.type) else None)
