"""What can be seen with present rights on this kernel, and what would unlock the rest (fdscope doctor)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..fdinfo import fields
from ..quantity import many
from ..raw import RawAbilities
from .style import Style
from .table import draw

# include/uapi/linux/capability.h
_CAPABILITIES = {
    "CAP_DAC_READ_SEARCH": 2,
    "CAP_SYS_PTRACE": 19,
    "CAP_SYS_ADMIN": 21,
    "CAP_PERFMON": 38,
    "CAP_BPF": 39,
    "CAP_CHECKPOINT_RESTORE": 40,
}

_PROGRAMS = {
    "files": "all descriptors of the machine in one pass, of every user, whatever /proc refuses",
    "places": "the overview, and who has a port, sooner",
    "tasks": "switches of threads that have ended, and a watch of many threads at little cost",
    "switches": "every switch counted by descriptor, instead of looks at threads now and then",
}


class Finding(NamedTuple):
    """One thing that was looked at."""

    about: str
    """``source``, ``right``, ``setting`` or ``kernel``."""
    name: str
    available: bool
    found: str
    gives: str
    """What it gives, or would give."""


def capabilities(status: bytes) -> set[str]:
    """Those of `_CAPABILITIES` that are in effect (proc_pid_status(5), CapEff)."""
    effective = int(fields(status).get(b"CapEff", b"0"), 16)
    return {name for name, bit in _CAPABILITIES.items() if effective >> bit & 1}


def hidepid(mountinfo: bytes) -> str:
    """How /proc is mounted: ``hidepid=…`` of proc(5); ``0`` if it is not restricted."""
    for line in mountinfo.splitlines():
        if b" /proc " in line and b" - proc " in line:
            for option in line.rpartition(b" ")[2].split(b","):
                if option.startswith(b"hidepid="):
                    return option[8:].decode("ascii", "replace")
    return "0"


def findings(raw: RawAbilities, path: str) -> Iterator[Finding]:
    """Everything that was looked at, sources first."""
    reach = f"descriptors of {raw.readable} of {many(raw.visible, 'process', 'processes')} can be read"
    if raw.live:
        yield Finding("source", "proc", True, f"{path}; {reach}", "everything that this version shows")
    else:
        yield Finding(
            "source", "proc", True, f"{path}, not of this machine; {reach}", "all but what system calls must tell"
        )
    for name, reason in raw.programs:
        yield Finding("source", f"bpf {name}", not reason, reason or "works", _PROGRAMS.get(name, ""))
    have = capabilities(raw.status)
    ptrace = "mappings, namespaces and waits of other users' processes; with the next one also descriptors"
    yield _right("CAP_SYS_PTRACE", have, ptrace)
    listing = "the numbers of other users' descriptors, and paths of what inotify and fanotify watch"
    yield _right("CAP_DAC_READ_SEARCH", have, listing)
    for name in ("CAP_BPF", "CAP_PERFMON"):
        yield _right(name, have | {name} if "CAP_SYS_ADMIN" in have else have, "the bpf programs, with its twin")
    mapped = have & {"CAP_SYS_ADMIN", "CAP_CHECKPOINT_RESTORE"}
    yield Finding(
        "right",
        "CAP_CHECKPOINT_RESTORE",
        bool(mapped) and raw.map_files,
        f"by {' and '.join(sorted(mapped))}" if mapped else "not held",
        "size and links of mapped files (--mapped)",
    )
    hidden = hidepid(raw.mounts)
    shown = "processes of other users in the lists"
    yield Finding("setting", "hidepid", hidden in ("0", "off"), f"hidepid={hidden}", shown)
    info = fields(raw.fdinfo)
    yield _kernel("fdinfo ino:", b"ino" in info, "5.14", "inode numbers of objects that are no files")
    yield _kernel("size of /proc/PID/fd", raw.counts_descriptors, "6.2", "the count of other users' descriptors")
    yield Finding(
        "kernel",
        "kcmp(2)",
        raw.kcmp,
        "works" if raw.kcmp else "refused, or built without CONFIG_KCMP",
        "which threads have a descriptor table of their own",
    )


def _right(name: str, have: Iterable[str], gives: str) -> Finding:
    held = name in have
    return Finding("right", name, held, "held" if held else "not held: run as root", gives)


def _kernel(name: str, there: bool, since: str, gives: str) -> Finding:
    return Finding("kernel", name, there, "there" if there else f"missing: it came with Linux {since}", gives)


def checkup(found: Iterable[Finding], style: Style) -> Iterator[str]:
    """The findings as a table."""
    rows = [[one.about, one.name, "yes" if one.available else "no", one.found, one.gives] for one in found]
    yield from draw(["ABOUT", "NAME", "OK", "FOUND", "GIVES"], rows, style=style)
