"""Texts of a process and its threads to Process and Thread (proc_pid_stat(5), proc_pid_status(5)). Pure."""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from typing import NamedTuple

from . import signals
from .fdinfo import fields
from .model import HeldFile, Limit, Memory, Process, Signals, Switches, Thread
from .raw import RawProcess, RawTask, RawThread
from .stopped import stopped
from .switches import counters
from .text import text
from .times import rfc3339

KERNEL_THREAD = 0x00200000  # PF_KTHREAD of include/linux/sched.h; field 9 of stat holds the task's flags
_IN_KERNEL = KERNEL_THREAD | 0x00000010  # and PF_IO_WORKER, of io_uring

_STATES = {
    "R": "running",
    "S": "sleeping",
    "D": "disk-sleep",
    "T": "stopped",
    "t": "traced",
    "Z": "zombie",
    "X": "dead",
    "x": "dead",
    "K": "wakekill",
    "W": "waking",
    "P": "parked",
    "I": "idle",
}

_CONTAINER = re.compile(
    r"(?:^|/)(?:"
    r"(?:docker|cri-containerd|crio|libpod|containerd)-([0-9a-f]{12,64})\.scope"
    r"|(?:docker|libpod|containerd|kubepods[^/]*(?:/[^/]+)*|actions_job)/([0-9a-f]{64})"
    r"|(?:lxc(?:\.payload)?[./])([^/]+)"
    r"|machine-([^/]+)\.scope"
    r")"
)


_LARGEST = 1 << 64


class Stat(NamedTuple):
    """What fdscope takes from a stat file."""

    name: str
    state: str
    parent_pid: int
    process_group: int
    session: int
    flags: int
    cpu_ticks: int
    """Clock ticks spent on a CPU, in user mode and in the kernel."""
    start_ticks: int
    """Clock ticks after boot."""
    cpu: int


@functools.lru_cache(maxsize=1)
def parse_stat(stat: bytes) -> Stat:
    """The name may hold anything, blanks and parentheses too: fields are counted from the last ``)``.

    Raises:
        ValueError, IndexError: the text has another form.
    """
    start, end = stat.index(b"("), stat.rindex(b")")
    rest = stat[end + 2 :].split()
    return Stat(
        text(stat[start + 1 : end]),
        rest[0].decode("ascii", "replace"),
        _number(rest[1]),
        _number(rest[2]),
        _number(rest[3]),
        _number(rest[6]),
        _number(rest[11]) + _number(rest[12]),
        _number(rest[19]),
        _number(rest[36]),
    )


def _number(word: bytes) -> int:
    number = int(word)
    if abs(number) >= _LARGEST:
        raise ValueError(f"not a number of 64 bits: {number:#x}")
    return number


def parse_limit(limits: bytes) -> Limit | None:
    """The line ``Max open files`` of proc_pid_limits(5); None: there is none.

    Raises:
        ValueError, IndexError: the line has another form.
    """
    for line in limits.splitlines():
        if line.startswith(b"Max open files"):
            soft, hard = line[len(b"Max open files") :].split()[:2]
            return Limit(
                soft=None if soft == b"unlimited" else int(soft),
                hard=None if hard == b"unlimited" else int(hard),
            )
    return None


def parse_cgroup(cgroup: bytes) -> str | None:
    """The control group of a process (cgroups(7)); None: the text names none.

    Where version 1 hierarchies stand beside version 2, the deepest of all paths says most.
    """
    lines = cgroup.split(b"\n")  # not splitlines(): a name may hold a carriage return
    paths = [line.split(b":", 2)[2] for line in lines if line.count(b":") >= 2]
    unified = [line[3:] for line in lines if line.startswith(b"0::")]
    best = next((path for path in unified if path != b"/"), None) or max(paths, key=len, default=None)
    return None if best is None else text(best)


def container_of(cgroup: str) -> str | None:
    """The container that a control group belongs to; None: its name is of no known form.

    Known are those of Docker, containerd, CRI-O, Podman, LXC and systemd-nspawn.
    """
    match = _CONTAINER.search(cgroup)
    return next(group for group in match.groups() if group) if match else None


def parse_command(command: bytes) -> list[str]:
    """The arguments of proc_pid_cmdline(5); empty for kernel threads, zombies and programs without any."""
    return [text(word) for word in command.removesuffix(b"\0").split(b"\0")] if command else []


def _kibibytes(value: bytes | None) -> int | None:
    return None if value is None else int(value.removesuffix(b" kB")) * 1024


def _signals(info: dict[bytes, bytes]) -> Signals | None:
    if b"SigPnd" not in info:
        return None
    pending = int(info[b"SigPnd"], 16) | int(info[b"ShdPnd"], 16)
    return Signals(
        pending=signals.names(b"%x" % pending),
        blocked=signals.names(info[b"SigBlk"]),
        ignored=signals.names(info[b"SigIgn"]),
        caught=signals.names(info[b"SigCgt"]),
    )


def process(
    raw: RawProcess, stat: Stat, boot_time: int | None, ticks_per_s: int, *, bare: bool = False
) -> Process:
    """What the texts tell of a process; its threads and what it holds are added later.

    Args:
        raw: the texts.
        stat: one of them, parsed.
        boot_time: when the machine was booted, in seconds since 1970.
        ticks_per_s: the unit of start times (sysconf(3) _SC_CLK_TCK).
        bare: of its status take the user alone, as to take all of it apart costs most.

    Raises:
        ValueError, KeyError, IndexError: a text has another form than its manual page gives.
    """
    info = fields(raw.status.partition(b"\nGid:")[0] if bare else raw.status)
    kernel_thread = bool(stat.flags & KERNEL_THREAD)
    uids = info.get(b"Uid", b"").split()
    cgroup = parse_cgroup(raw.cgroup)
    return Process(
        pid=raw.pid,
        parent_pid=stat.parent_pid,
        process_group=stat.process_group,
        session=stat.session,
        name=stat.name,
        command=parse_command(raw.command),
        uid=int(uids[1]) if len(uids) > 1 else None,
        state=_STATES.get(stat.state, stat.state),
        started_at=None if boot_time is None else rfc3339(boot_time + stat.start_ticks // ticks_per_s),
        cpu_time_s=stat.cpu_ticks / ticks_per_s,
        kernel_thread=kernel_thread or None,
        cgroup=cgroup,
        container=container_of(cgroup) if cgroup else None,
        namespaces={
            name: int(link.partition(b"[")[2].rstrip(b"]")) for name, link in raw.namespaces if b"[" in link
        }
        or None,
        descriptor_count=raw.descriptor_count,
        descriptor_limit=parse_limit(raw.limits),
        signals=_signals(info),
        memory=None
        if kernel_thread or b"VmSize" not in info
        else Memory(
            resident_bytes=_kibibytes(info.get(b"VmRSS")),
            virtual_bytes=_kibibytes(info.get(b"VmSize")),
            swapped_bytes=_kibibytes(info.get(b"VmSwap")),
        ),
    )


_NO_LIMIT = (1 << 64) - 1


def brief_process(raw: RawTask) -> Process:
    """What the kernel keeps of a process, of which `raw` is the main thread, without its texts."""
    kernel_thread = bool(raw.flags & KERNEL_THREAD)
    limits = [None if limit == _NO_LIMIT else limit for limit in (raw.soft_limit, raw.hard_limit)]
    return Process(
        pid=raw.pid,
        name=text(raw.name),
        uid=raw.uid,
        kernel_thread=kernel_thread or None,
        descriptor_limit=Limit(soft=limits[0], hard=limits[1]),
    )


def brief_thread(raw: RawTask) -> Thread:
    """Likewise of a thread."""
    return Thread(
        tid=raw.tid,
        name=text(raw.name),
        cpu=raw.cpu,
        context_switches=Switches(
            voluntary=raw.voluntary,
            involuntary=raw.involuntary,
            threads_counted=1,
            exited_threads_included=False,
        ),
    )


def shared_files(maps: bytes) -> list[HeldFile]:
    """The files that memory is mapped from so that others see what is written there.

    They are told by proc_pid_maps(5) alone, of which lines of another form are left out.
    """
    found: dict[tuple[bytes, bytes, bytes], list[bytes]] = {}
    begin = maps.find(b"s ")
    while begin >= 0:
        first = maps.rfind(b"\n", 0, begin) + 1
        end = maps.find(b"\n", begin)
        words = maps[first : end if end >= 0 else len(maps)].split(None, 5)
        if len(words) == 6 and words[1].endswith(b"s"):
            found.setdefault((words[3], words[4], words[5]), []).append(words[1])
        begin = maps.find(b"s ", end) if end >= 0 else -1
    files = []
    for (device, inode, path), rights in found.items():
        major, colon, minor = device.partition(b":")
        if colon and inode.isdigit():
            files.append(
                HeldFile(
                    role="mapped",
                    name=text(path.replace(b"\\012", b"\n").removesuffix(b" (deleted)")),
                    inode=int(inode),
                    device=f"{int(major, 16)}:{int(minor, 16)}",
                    mappings=len(rights),
                    rights=[text(one) for one in dict.fromkeys(rights)],
                )
            )
    return files


class Code:
    """Which file each piece of a program's code comes from, as its proc_pid_maps(5) tells it."""

    def __init__(self, maps: bytes) -> None:
        """Lines of another form are left out."""
        self._regions: list[tuple[int, int, int, int, bytes]] = []
        for line in maps.split(b"\n"):
            rights = line.find(b" ") + 1  # most lines are of no code, and to take one apart costs
            if line[rights + 2 : rights + 3] != b"x":
                continue
            words = line.split(None, 5)
            if len(words) == 6:
                start, _, end = words[0].partition(b"-")
                path = words[5].replace(b"\\012", b"\n")
                self._regions.append((int(start, 16), int(end, 16), int(words[2], 16), int(words[4]), path))
        self._starts = [start for start, *_ in self._regions]

    def at(self, address: int) -> tuple[bytes, int, int] | None:
        """Path of the file, or ``[vdso]``, its inode, and the offset in it; None: no file has this address."""
        place = bisect_right(self._starts, address) - 1
        if place < 0 or address >= self._regions[place][1]:
            return None
        start, _, offset, inode, path = self._regions[place]
        return path, inode, address - start + offset


def thread(raw: RawThread, machine: str, code: Code | None = None) -> Thread:
    """What the texts tell of a thread.

    Args:
        raw: the texts.
        machine: the architecture that the program runs on, as uname(2) tells it.
        code: where its program's code comes from.

    Raises:
        ValueError, IndexError: a text has another form than its manual page gives.
    """
    stat = parse_stat(raw.stat)
    info = fields(raw.status)
    told = stopped(raw, stat.state, machine)
    place = None if code is None or told.program_counter is None else code.at(told.program_counter)
    return Thread(
        tid=raw.tid,
        name=stat.name,
        state=_STATES.get(stat.state, stat.state),
        cpu=stat.cpu,
        kernel_thread=bool(stat.flags & _IN_KERNEL) or told.in_kernel or None,
        context_switches=counters(info),
        own_descriptor_table=raw.own_table,
        signals_pending=(signals.names(info[b"SigPnd"]) or None) if b"SigPnd" in info else None,
        signals_blocked=(signals.names(info[b"SigBlk"]) or None) if b"SigBlk" in info else None,
        program_counter=None if told.program_counter is None else f"{told.program_counter:#x}",
        code=None if place is None else f"{text(place[0].rpartition(b'/')[2])}+{place[2]:#x}",
        stack_pointer=None if told.stack_pointer is None else f"{told.stack_pointer:#x}",
        wait=told.wait,
    )
