"""The answers of explain, who and waits, and groups of descriptors. Data only, as in model.py."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .model import OTHER_ENDS, Descriptor, HeldFile, Peer, Problem, Process, Prospect, Switches, Wait, said


class Explanation(Struct, kw_only=True, omit_defaults=True):
    """One descriptor, told from its number out to its other ends."""

    schema: Annotated[Literal["fdscope.explain/1"], said("the form of this document")]
    fdscope: Annotated[str, said("version of fdscope that took it")]
    taken_at: Annotated[str, said("when it was begun (RFC 3339, UTC)")]
    duration_s: Annotated[float, said("how long it took, in seconds")]
    process: Annotated[
        Process | None,
        said(
            "the process that holds it, without its descriptors and files; of its threads those that wait for it"
        ),
    ] = None
    descriptor: Annotated[Descriptor | None, said("the descriptor; left out: problems say why")] = None
    read: Annotated[Prospect | None, said("what a read(2) would come to")] = None
    write: Annotated[Prospect | None, said("what a write(2) would come to")] = None
    problems: Annotated[list[Problem], said("what could not be read, and why")]


class Asked(Struct, kw_only=True, omit_defaults=True):
    """One of the objects that ``fdscope who`` was asked about, and what it turned out to be."""

    object: Annotated[str, said("the word that was given")]
    form: Annotated[
        Literal["file", "below", "mount", "internet", "unix", "link", "pidfd", "deleted"],
        said(
            "how it was understood: a file by device and inode, everything below a directory, a mount, sockets "
            "by address, sockets by name, an object by its link, pidfds of a process, deleted files"
        ),
    ]
    name: Annotated[str | None, said("path of the file or mount, symbolic links followed")] = None
    device: Annotated[str | None, said("major:minor of the device that holds the inode")] = None
    inode: Annotated[int | None, said("inode number")] = None
    directory: Annotated[bool | None, said("true: it is a directory")] = None
    missing: Annotated[bool | None, said("true: nothing is there now; who held it is told by its name")] = None
    mount_id: Annotated[int | None, said("the mount (proc_pid_mountinfo(5))")] = None
    filesystem: Annotated[str | None, said("file-system type of the mount")] = None
    source: Annotated[str | None, said("what is mounted")] = None
    sockets: Annotated[int | None, said("how many sockets it means")] = None
    sockets_unclaimed: Annotated[int | None, said("how many of them no process holds that could be read")] = None
    uses_total: Annotated[int, said("how many uses were found")] = 0


class Use(Struct, kw_only=True, omit_defaults=True, gc=False):
    """One way in which one process holds an object that was asked about."""

    asked: Annotated[str, said("which of the objects asked about: its word")]
    pid: Annotated[int, said("process id")]
    process: Annotated[str | None, said("the process's name")] = None
    uid: Annotated[int | None, said("its effective user id")] = None
    user: Annotated[str | None, said("name of that user on this machine")] = None
    fd: Annotated[int | None, said("number in the descriptor table; left out: it is held without")] = None
    tid: Annotated[int | None, said("the thread whose own descriptor table this is in")] = None
    role: Annotated[
        Literal["cwd", "root", "exe", "mapped"] | None,
        said("current directory, root directory, program text, or a memory mapping"),
    ] = None
    access: Annotated[Literal["r", "w", "rw", "path"] | None, said("what the descriptor allows")] = None
    kind: Annotated[str | None, said("kind of the object")] = None
    frees_bytes: Annotated[
        int | None, said("space that is free when nobody holds the file any more; of deleted files only")
    ] = None
    descriptor: Annotated[Descriptor | None, said("all that is known of the descriptor")] = None
    file: Annotated[HeldFile | None, said("all that is known of a file held without a descriptor")] = None


KEEPS: dict[str, str] = {
    "mounted": "a file system is mounted from this device",
    "mount": "something is mounted on a directory of it",
    "copy": "another mount namespace has it mounted too, and keeps it when it is unmounted here",
    "swap": "memory is swapped out to it",
    "loop": "a loop device is made of it",
}


class Keep(Struct, kw_only=True, omit_defaults=True):
    """Something other than a process that keeps an object busy."""

    asked: Annotated[str, said("which of the objects asked about: its word")]
    why: Annotated[str, Meta(extra_json_schema={"enum": list(KEEPS)}), said("in what way")]
    name: Annotated[str, said("the mount point, or the file that is swapped to or made a device of")]
    source: Annotated[str | None, said("what is mounted there, or the loop device")] = None
    filesystem: Annotated[str | None, said("file-system type of that mount")] = None
    mount_namespace: Annotated[int | None, said("inode of the mount namespace that has the copy")] = None
    pids: Annotated[list[int] | None, said("processes that live in it; the first 8")] = None


class Holdings(Struct, kw_only=True):
    """The answer of ``fdscope who``: who holds the objects that were asked about."""

    schema: Annotated[Literal["fdscope.who/1"], said("the form of this document")] = "fdscope.who/1"
    fdscope: Annotated[str, said("version of fdscope that gave it")]
    taken_at: Annotated[str, said("when it was begun (RFC 3339, UTC)")]
    duration_s: Annotated[float, said("how long it took, in seconds")]
    asked: Annotated[list[Asked], said("the objects, in the order in which they were given")]
    uses: Annotated[
        list[Use], said("by object asked about, process and descriptor; of deleted files the largest first")
    ]
    keeps: Annotated[list[Keep], said("what else keeps them busy")]
    reclaimable_bytes: Annotated[
        int, said("space that would be free if the deleted files were held no more, each counted once")
    ]
    problems: Annotated[list[Problem], said("what could not be read, and why")]


class Waited(Struct, kw_only=True, omit_defaults=True, gc=False):
    """A descriptor that a thread waits on, with what it is and who could end the wait."""

    fd: Annotated[int, said("number in the thread's descriptor table")]
    events: Annotated[list[str] | None, said("events that select, poll or epoll waits for")] = None
    kind: Annotated[str | None, said("kind of its object; left out: there is no such descriptor by now")] = None
    description: Annotated[str | None, said("what it is, in one line")] = None
    peers: Annotated[list[Peer] | None, said("descriptors at the other end; the first 8")] = None
    peers_total: Annotated[int | None, said("how many those are in all")] = None
    other_end: Annotated[
        str | None,
        Meta(extra_json_schema={"enum": list(OTHER_ENDS)}),
        said("why no peer is named, where there could be one"),
    ] = None
    queued_bytes: Annotated[int | None, said("what waits to be read, where that is known")] = None
    watched: Annotated[bool | None, said("true: it is one of those that the epoll watches")] = None


class ThreadWait(Struct, kw_only=True, omit_defaults=True, gc=False):
    """A thread that waits."""

    pid: Annotated[int, said("process id")]
    process: Annotated[str | None, said("the process's name")] = None
    tid: Annotated[int, said("thread id; equal to the pid for the main thread")]
    thread: Annotated[str | None, said("the thread's name")] = None
    kernel_thread: Annotated[bool | None, said("true: it is a thread of the kernel")] = None
    state: Annotated[str | None, said("sleeping, disk-sleep, stopped, traced, idle, …")] = None
    context_switches: Annotated[Switches | None, said("this thread's own")] = None
    wait: Annotated[Wait, said("what it is stopped in")]
    on: Annotated[
        list[Waited] | None,
        said("the descriptors that it waits on; after an epoll some of those that it watches, the fullest first"),
    ] = None


class CycleLink(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A thread that waits for the next process of a cycle."""

    pid: Annotated[int, said("process id")]
    process: Annotated[str | None, said("the process's name")] = None
    tid: Annotated[int, said("thread id")]
    syscall: Annotated[str | None, said("the system call that it is in")] = None
    fd: Annotated[int, said("the descriptor that it waits on")]
    kind: Annotated[str, said("kind of its object")]
    waits_for: Annotated[int, said("the process at the other end")]


class Cycle(Struct, kw_only=True, omit_defaults=True):
    """Processes that each wait, blocking, for the next one, and the last for the first."""

    links: Annotated[list[CycleLink], said("one for each process")]
    deadlock: Annotated[
        bool,
        said(
            "true: all threads of these processes wait without end for each other, and no other process that "
            "could be read holds an end; false: another thread, or another process at one of the ends, could"
        ),
    ]
    unsure: Annotated[
        list[str] | None,
        said("of a deadlock: why something that is not seen may end it: an end held elsewhere, a handler"),
    ] = None


class Waits(Struct, kw_only=True):
    """The answer of ``fdscope waits``: which threads wait, on what, and by which I/O model."""

    schema: Annotated[Literal["fdscope.waits/1"], said("the form of this document")] = "fdscope.waits/1"
    fdscope: Annotated[str, said("version of fdscope that gave it")]
    taken_at: Annotated[str, said("when it was begun (RFC 3339, UTC)")]
    duration_s: Annotated[float, said("how long it took, in seconds")]
    threads_total: Annotated[int, said("threads that were looked at, those of the kernel too")]
    threads_unknown: Annotated[
        int, said("how many of them do not run, and what they wait for could not be found out")
    ]
    waits: Annotated[list[ThreadWait], said("threads that wait, by process and thread")]
    cycles: Annotated[list[Cycle], said("processes that wait for each other")]
    problems: Annotated[list[Problem], said("what could not be read, and why")]


Level = Literal["ok", "warning", "critical", "unknown"]


class Limits(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a value of ``fdscope check`` may be; one that is above it is too high."""

    check: Annotated[str, said("the check, by the name of its option: max-share, no-deleted-over, …")]
    warn: Annotated[float | None, said("above it is a warning; shares are from 0 to 1, rates a second")] = None
    crit: Annotated[float | None, said("above it is critical")] = None


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that ``fdscope check`` does not find in order, or could not judge."""

    check: Annotated[
        str,
        said(
            "the check, by the name of its option; process: whether one that was asked about is there; unread: "
            "whether all that matters could be read"
        ),
    ]
    level: Annotated[Level, said("how bad it is; unknown: it could not be judged")]
    pid: Annotated[int | None, said("the process that it is about; of several the first")] = None
    process: Annotated[str | None, said("the process's name")] = None
    value: Annotated[float | None, said("what was found, in the unit of the limits")] = None
    warn: Annotated[float | None, said("the limit above which it is a warning")] = None
    crit: Annotated[float | None, said("the limit above which it is critical")] = None
    text: Annotated[str, said("the same for people")]


class Metric(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A number of the performance data, as monitoring systems store and draw them."""

    label: Annotated[str, said("its name, which stays the same from one check to the next")]
    value: Annotated[float, said("its value; shares are in percent")]
    unit: Annotated[Literal["%", "B"] | None, said("its unit; left out: a plain number, or a second")] = None
    warn: Annotated[float | None, said("above it is a warning")] = None
    crit: Annotated[float | None, said("above it is critical")] = None
    min: Annotated[float | None, said("the least that it can be")] = None
    max: Annotated[float | None, said("the most that it can be")] = None


class Check(Struct, kw_only=True, omit_defaults=True):
    """The answer of ``fdscope check``: whether all is in order."""

    schema: Annotated[Literal["fdscope.check/1"], said("the form of this document")]
    fdscope: Annotated[str, said("version of fdscope that gave it")]
    taken_at: Annotated[str, said("when it was begun (RFC 3339, UTC)")]
    status: Annotated[Level, said("the worst that was found; the exit status is 0, 1, 2 or 3 in this order")]
    summary: Annotated[str, said("the most important of it in a line, for people")]
    processes_total: Annotated[
        int | None,
        said("processes that were judged, those of the kernel left out; left out: only what some hold was"),
    ] = None
    limits: Annotated[list[Limits], said("what was checked, against which limits")]
    by_default: Annotated[bool, said("whether nobody chose those limits")]
    listeners_expected: Annotated[
        str | None, said("the listeners that were in order; left out: that was not checked")
    ] = None
    measured_s: Annotated[float | None, said("over how many seconds rates were measured")] = None
    findings: Annotated[list[Finding], said("what is not in order, or could not be judged, the worst first")]
    metrics: Annotated[list[Metric], said("the performance data")]
    problems: Annotated[list[Problem], said("what could not be read, and why")]


class Group(Struct, kw_only=True, gc=False):
    """Descriptors that have something in common."""

    values: Annotated[
        dict[str, str | int | float | bool],
        said("the fields that they were grouped by, with what they have there; left out: nothing"),
    ]
    count: Annotated[
        int, said("descriptors, and files held without one where these were chosen; of a shared table each once")
    ]
    processes: Annotated[int, said("processes that hold them")]
    objects: Annotated[int, said("different objects that they refer to")]
    sums: Annotated[
        dict[str, int],
        said(
            "sums of their fields in bytes, each object counted once, mapped_bytes once for each process; "
            "reclaimable_bytes is what the deleted files among them take"
        ),
    ]


class Groups(Struct, kw_only=True):
    """The answer of ``fdscope --group-by``: descriptors counted by what they have in common."""

    schema: Annotated[Literal["fdscope.groups/1"], said("the form of this document")] = "fdscope.groups/1"
    fdscope: Annotated[str, said("version of fdscope that took it")]
    taken_at: Annotated[str, said("when it was begun (RFC 3339, UTC)")]
    duration_s: Annotated[float, said("how long it took, in seconds")]
    by: Annotated[list[str], said("the fields that descriptors were grouped by")]
    groups: Annotated[
        list[Group],
        said("the largest first, or as --sort has it; a descriptor is in several where a field of it is a list"),
    ]
    problems: Annotated[list[Problem], said("what could not be read, and why")]
