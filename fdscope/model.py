"""The nouns: what fdscope says about a machine. Data only; nothing here reads or prints.

Each field is declared once with its sentence (`said`). From that one declaration come the JSON key, the
JSON Schema, the column and the line of the manual. A field that is None was not told by the kernel or could
not be read; JSON leaves it out.

Annotations stay text until the schema or the manual asks for them: evaluating them would cost more than
the rest of a small process's report.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from .quantity import size
from .raw import Machine, RawDescriptor

READ, WRITE, SEEK, POLL, MAP = "read", "write", "seek", "poll", "map"
VERBS = (READ, WRITE, SEEK, POLL, MAP)


def said(sentence: str, *, any_case: bool = False, header: str = "", adds_up: bool = True) -> Meta:
    """A field's one line of documentation; schema, manual and column help all print it.

    Args:
        sentence: what it is.
        any_case: it is a word of a protocol, and capitals mean nothing where it is compared.
        header: the heading of its column, where its name in capitals would not do.
        adds_up: whether the sum of such numbers of several objects means anything.
    """
    told = {"any_case": any_case, "header": header, "single": not adds_up}
    return Meta(description=sentence, extra={name: value for name, value in told.items() if value} or None)


class Holder(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A descriptor of a process, named from outside."""

    pid: Annotated[int, said("process id")]
    fd: Annotated[int, said("number in the descriptor table")]
    process: Annotated[str | None, said("the process's name")] = None
    tid: Annotated[int | None, said("the thread whose own descriptor table this is in")] = None


class Peer(Holder, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A descriptor at the other end."""

    kind: Annotated[str, said("kind of its object")]


class Watcher(Holder, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An epoll that watches a descriptor."""

    events: Annotated[list[str], said("events that it waits for")]


class Watched(Struct, kw_only=True, omit_defaults=True):
    """A file that an epoll watches: the number is the one it was added under, in the process that added it."""

    fd: Annotated[int, said("number in the descriptor table")]
    events: Annotated[list[str], said("events that it waits for")]
    inode: Annotated[int | None, said("inode number")] = None
    stale: Annotated[
        bool | None,
        said("true: that number stands for another file now, or for none, and the one that was added lives on"),
    ] = None
    held_as: Annotated[
        list[int] | None, said("of a stale one: numbers under which the same process still holds the file")
    ] = None


class End(NamedTuple):
    """What an object offers for meeting others."""

    key: str
    """Names this end; unique among all kinds, so it begins with a word of the kind."""
    seeks: tuple[str, ...]
    """Keys of the ends that it faces; its own key, if all who hold it face each other."""
    links: tuple[str, ...] = ()
    """What ``/proc/PID/fd/N`` of a descriptor at a sought end points to: so it is found in other processes."""
    line: str = ""
    """A line of fdinfo that those with a sought link have if they are meant, where the link is that of many."""
    missing: str = ""
    """The value of `other_end` when nobody holds a sought end: ``no-reader``; empty: then nothing is missing."""
    by_path: bool = False
    """Whether those links are paths, so that another process may hold the same by another name."""
    mutual: bool = True
    """Whether those that it seeks face it, too: clients of a listener face what it accepted, not the listener."""


OTHER_ENDS: dict[str, str] = {
    "closed": "the other end has been closed",
    "no-reader": "no process holds a reading end: unless one is in flight, a write fails with EPIPE and SIGPIPE",
    "no-writer": "no process holds a writing end: unless one is in flight, a read ends with 0, end of file",
    "not-connected": "it is connected to nothing",
    "listening": "it waits for connections",
    "elsewhere": "it leads to another machine, or to a network namespace that could not be looked at",
    "unbound": "no socket is bound to the address that it sends to",
    "unclaimed": "no process holds it: it waits to be accepted, is in flight, is the kernel's, or is not open",
    "unread": "no process that could be read holds it, and some could not be read or seen",
}


OUTCOMES: dict[str, str] = {
    "data": "a read gives what waits, at once",
    "accepted": "a write takes what it is given, at once, or a part of it",
    "end-of-file": "a read gives 0 bytes at once: there is no more",
    "data-or-end-of-file": "a read gives what is left, if anything is, or else 0 bytes; it does not wait",
    "blocks": "the call waits until something happens",
    "fails": "the call fails with `error`",
    "unknown": "only the call itself, or whoever holds the descriptor, could tell",
}


class Prospect(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What the kernel would do if a call were made on a descriptor now, by a process that holds it."""

    outcome: Annotated[str, Meta(extra_json_schema={"enum": list(OUTCOMES)}), said("what the call would come to")]
    error: Annotated[str | None, said("the error that it would fail with, by its name in errno(3)")] = None
    signal: Annotated[str | None, said("the signal that the caller would be sent besides")] = None
    available_bytes: Annotated[int | None, said("bytes that wait to be read, where that is known")] = None
    why: Annotated[str, said("the reason, in a sentence")]


MODELS: dict[str, str] = {
    "blocking": "a call on it waits until it is done",
    "nonblocking": "a call on it that would have to wait fails at once, with EAGAIN",
    "multiplexed": "select, poll or epoll waits for it, together with others",
    "signal-driven": "a signal says that it is ready",
    "asynchronous": "the kernel does the work, and says when it is done: io_uring or aio",
}
"""I/O models (Stevens, UNIX Network Programming, volume 1, section 6.2)."""

WAITS_FOR: dict[str, str] = {
    "input": "something to read",
    "output": "room to write",
    "transfer": "input of one descriptor, or room in the other",
    "connection": "a client that connects",
    "connect": "the answer of a server",
    "readiness": "one of several descriptors to become ready",
    "completion": "asynchronous input or output to be done",
    "opening": "a file to be opened: a device, a server, or the other end of a fifo",
    "device": "a device, or whatever an ioctl(2) is about",
    "storage": "data to be stored",
    "file-lock": "a lock on a file",
    "lock": "a lock or condition of the program: a futex",
    "time": "time to pass",
    "child": "a child process to end, or to execute its program",
    "signal": "a signal",
    "message": "a message or semaphore of System V IPC",
    "memory": "a page of memory to be brought in",
    "stopped": "to be continued: a signal or a debugger has stopped it",
    "other": "something that only the kernel function, or the system call, gives a hint of",
}


class WaitOn(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A descriptor that a thread waits on."""

    fd: Annotated[int, said("number in the thread's descriptor table")]
    events: Annotated[list[str] | None, said("events that select, poll or epoll waits for")] = None


class LockHolder(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Who holds a file lock that a thread waits for (proc_locks(5))."""

    type: Annotated[str, said("by which call it was taken: flock, posix for fcntl(2), ofd, lease")]
    mode: Annotated[str, said("read is shared, write exclusive")]
    pid: Annotated[
        int | None, said("the process that took it, though it may have handed it down; left out for OFD locks")
    ] = None
    process: Annotated[str | None, said("the process's name")] = None
    inode: Annotated[int | None, said("inode number of the file")] = None
    device: Annotated[str | None, said("major:minor of the device that holds the inode")] = None
    start: Annotated[int | None, said("first byte that is locked")] = None
    end: Annotated[int | None, said("last byte that is locked; left out: to the end of the file")] = None


class Queue(Struct, frozen=True, kw_only=True, gc=False):
    """A descriptor that has something to read."""

    fd: Annotated[int, said("number in the descriptor table")]
    queued_bytes: Annotated[int, said("what waits to be read")]


class Wait(Struct, kw_only=True, omit_defaults=True, gc=False):
    """What a thread is stopped in."""

    waits_for: Annotated[str, Meta(extra_json_schema={"enum": list(WAITS_FOR)}), said("what it waits for")]
    syscall: Annotated[
        str | None, said("the system call that it is in; left out: in none, or that could not be read")
    ] = None
    restarted: Annotated[
        bool | None, said("true: a stop interrupted the call, and the kernel has gone on with it")
    ] = None
    model: Annotated[
        str | None,
        Meta(extra_json_schema={"enum": list(MODELS)}),
        said("by which I/O model; left out: it waits for no input or output"),
    ] = None
    phase: Annotated[
        Literal["waiting", "copying"] | None,
        said("of input and output: waiting for data or room, or copying, the other half of the work"),
    ] = None
    on: Annotated[list[WaitOn] | None, said("descriptors that it waits on, by number")] = None
    on_unread: Annotated[bool | None, said("true: the set that it waits on could not be read")] = None
    watching: Annotated[int | None, said("of epoll_wait(2): descriptors that the epoll watches")] = None
    busiest: Annotated[
        list[Queue] | None, said("of those the ones with most to read, the fullest first; at most 8")
    ] = None
    timed: Annotated[
        bool | None,
        said("whether the call ends by itself when a time has come; left out: the kernel does not tell"),
    ] = None
    timeout_s: Annotated[
        float | None,
        said("how long it asked to wait at most; left out: without end, until a date, or see timed"),
    ] = None
    signals: Annotated[list[str] | None, said("of sigwaitinfo(2): the signals that it waits for")] = None
    futex: Annotated[str | None, said("address of the lock in the program's memory, in hexadecimal")] = None
    futexes: Annotated[int | None, said("of futex_waitv(2): how many it waits for; futex is the first")] = None
    shared_futex: Annotated[bool | None, said("true: another process may let the lock go")] = None
    held_by: Annotated[list[LockHolder] | None, said("the file locks that it waits for, and who holds them")] = (
        None
    )
    kernel_function: Annotated[str | None, said("the kernel function that it is stopped in")] = None


class IoModel(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One I/O model by which a descriptor is used, or set to be used."""

    model: Annotated[str, Meta(extra_json_schema={"enum": list(MODELS)}), said("the model")]
    evidence: Annotated[str, said("how that is known")]
    threads: Annotated[list[int] | None, said("threads that wait on it in this way, by thread id")] = None


class Descriptor(Struct, tag_field="kind", kw_only=True, omit_defaults=True, gc=False):
    """A number in a descriptor table, and the object behind it."""

    fd: Annotated[int, said("number in the descriptor table")]
    name: Annotated[str | None, said("path of the file, or what the kernel calls the object")] = None
    access: Annotated[
        Literal["r", "w", "rw", "path"] | None,
        said(
            "what the open file description allows; path: it was opened with O_PATH; left out: not known, or "
            "neither reading nor writing, the access mode 3 of open(2)"
        ),
    ] = None
    flags: Annotated[
        list[str] | None, said("close-on-exec and the file status flags, by their names in open(2)")
    ] = None
    position: Annotated[int | None, said("offset in bytes at which the next read or write begins")] = None
    inode: Annotated[int | None, said("inode number")] = None
    device: Annotated[str | None, said("major:minor of the device that holds the inode")] = None
    mount_id: Annotated[int | None, said("the mount it was opened through (proc_pid_mountinfo(5))")] = None
    object: Annotated[str | None, said("names the object; equal for descriptors of one object")] = None
    tid: Annotated[int | None, said("the thread whose own descriptor table this is in")] = None
    open_file: Annotated[
        str | None,
        said("names the open file description; equal for descriptors that share one; left out: not known"),
    ] = None
    shared_with: Annotated[
        list[Holder] | None, said("other descriptors of the same open file description; the first 8")
    ] = None
    shared_total: Annotated[int | None, said("how many those are in all")] = None
    peers: Annotated[list[Peer] | None, said("descriptors at the other end; the first 8")] = None
    peers_total: Annotated[int | None, said("how many those are in all")] = None
    other_end: Annotated[
        str | None,
        Meta(extra_json_schema={"enum": list(OTHER_ENDS)}),
        said("why no peer is named, where there could be one"),
    ] = None
    watched_by: Annotated[list[Watcher] | None, said("epolls that wait for its events; the first 8")] = None
    watched_total: Annotated[int | None, said("how many those are in all")] = None
    io_models: Annotated[
        list[IoModel] | None, said("I/O models by which it is used, or set to be used, and how that is known")
    ] = None
    waiters: Annotated[
        list[int] | None,
        said("threads of its process that wait on it, or on an epoll that watches it; the first 8"),
    ] = None
    waiters_total: Annotated[int | None, said("how many those are in all")] = None

    known_by: ClassVar[tuple[Hashable, ...]] = ()
    """What this kind is recognised by; see kinds/__init__.py for the forms."""
    verbs: ClassVar[frozenset[str]] = frozenset()
    """What the kernel lets one do with it, of VERBS."""
    unit: ClassVar[str] = ""
    """In what unit it moves: ``bytes``, ``messages``, ``events``, ``a counter``; empty: nothing moves."""
    in_file_system: ClassVar[bool] = False
    """Whether the object has a name in a file system."""

    meets: ClassVar[frozenset[str]] = frozenset()
    """Kinds other than its own that may be at its other end."""
    one_open_file: ClassVar[bool] = False
    """Whether an object that has a name of its own has never more than one open file description."""
    own_inode: ClassVar[bool] = False
    """Whether its inode number is that of no other object of its kind, as that of an anonymous inode is."""

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> Descriptor:
        """The descriptor that `raw` tells of; pure.

        Raises:
            ValueError, KeyError, IndexError, OverflowError: the kernel speaks otherwise than this kind knows.
        """
        raise NotImplementedError

    def describe(self) -> str:
        """The object in one line. May hold hostile text: it must pass report/safe.py."""
        return self.name or ""

    def ends(self) -> tuple[End, ...]:
        """What it offers for meeting others; none for an object that has no other end."""
        return ()

    def only_peers(self) -> bool:
        """Whether nobody but its peers can end a wait on it: no other process can come to its other end."""
        return False

    def in_flight(self) -> int:
        """Descriptors that were sent to it and that no process has taken yet (unix(7), SCM_RIGHTS)."""
        return 0

    def acts_alone(self) -> bool:
        """Whether the kernel may read and write for it while no thread of the process runs."""
        return False

    def queued(self) -> int | None:
        """Bytes that wait to be read from it; None: not known."""
        return None

    def works_on(self) -> Sequence[tuple[int | None, str | None, str]]:
        """What it does asynchronous work on: number or name of a descriptor of its process, and how."""
        return ()

    def registrations(self) -> Sequence[Watched]:
        """What it waits for on behalf of others; links.py marks those that have gone astray."""
        return ()

    def would_read(self, holder: Process | None) -> Prospect | None:
        """What a read(2) of `holder` would come to, where this kind knows more than prospects.py finds out.

        Asked only when it is open for reading.
        """
        return None

    def would_write(self, holder: Process | None) -> Prospect | None:
        """The same for write(2)."""
        return None

    def would_wait(self, until: str) -> Prospect:
        """A call that cannot be served yet: it blocks or, if it is nonblocking, fails at once."""
        if "nonblock" in (self.flags or ()):
            return Prospect(
                outcome="fails", error="EAGAIN", why=f"{until}, and it is nonblocking: it must not wait"
            )
        return Prospect(outcome="blocks", why=until)


LINKED = tuple("open_file shared_with shared_total peers peers_total other_end watched_by watched_total".split())
"""The fields of a descriptor that only a look at other descriptors tells."""


class Switches(Struct, frozen=True, kw_only=True):
    """Context switches, summed over the threads that were counted."""

    voluntary: Annotated[int, said("times a thread gave the CPU up because it had to wait")]
    involuntary: Annotated[int, said("times the CPU was taken from a thread that could have gone on")]
    threads_counted: Annotated[int, said("threads whose counters are in the sums")]
    exited_threads_included: Annotated[bool, said("whether threads that have ended are in the sums")]


class Thread(Struct, kw_only=True, omit_defaults=True, gc=False):
    """One thread of a process, and what the kernel keeps of it while it does not run."""

    tid: Annotated[int, said("thread id; equal to the pid for the main thread")]
    name: Annotated[str | None, said("the thread's name, at most 15 bytes")] = None
    state: Annotated[str | None, said("running, sleeping, disk-sleep, stopped, traced, zombie, idle, …")] = None
    cpu: Annotated[int | None, said("the CPU it ran on last")] = None
    cpu_socket: Annotated[int | None, said("the physical package that this CPU sits in")] = None
    kernel_thread: Annotated[
        bool | None, said("true: it is a thread of the kernel, or one that works for the process in the kernel")
    ] = None
    context_switches: Annotated[Switches | None, said("this thread's own")] = None
    own_descriptor_table: Annotated[
        bool | None, said("whether it has a descriptor table apart from its process's; left out: not known")
    ] = None
    signals_pending: Annotated[list[str] | None, said("sent to this thread and not yet delivered")] = None
    signals_blocked: Annotated[list[str] | None, said("held back by this thread")] = None
    program_counter: Annotated[
        str | None, said("address of its next instruction, in hexadecimal; left out: it runs, or that is not told")
    ] = None
    code: Annotated[
        str | None,
        said("the file that this instruction comes from, and the offset in that file: libc.so.6+0x1182d"),
    ] = None
    symbol: Annotated[
        str | None, said("function of the program and offset in it, where --symbols asks for it")
    ] = None
    stack_pointer: Annotated[str | None, said("address of the top of its stack, in hexadecimal")] = None
    wait: Annotated[Wait | None, said("what it is stopped in; left out: it runs, or that is not known")] = None


class HeldFile(Struct, kw_only=True, omit_defaults=True, gc=False):
    """A file that a process holds without a descriptor."""

    role: Annotated[
        Literal["cwd", "root", "exe", "mapped"],
        said("current directory, root directory, program text, or a memory mapping"),
    ]
    name: Annotated[str | None, said("path of the file")] = None
    inode: Annotated[int | None, said("inode number")] = None
    device: Annotated[str | None, said("major:minor of the device that holds the inode")] = None
    size_bytes: Annotated[int | None, said("size in bytes")] = None
    allocated_bytes: Annotated[int | None, said("space that it takes in its file system, in bytes")] = None
    links: Annotated[int | None, said("names that the inode has in its file system")] = None
    deleted: Annotated[bool | None, said("true: it has no name left in its file system")] = None
    filesystem: Annotated[str | None, said("file-system type")] = None
    source: Annotated[str | None, said("what is mounted: a block device, a server, a bind source")] = None
    mappings: Annotated[int | None, said("how many mappings of the process map it")] = None
    mapped_bytes: Annotated[int | None, said("length of those mappings together, in bytes")] = None
    rights: Annotated[
        list[str] | None, said("the different rights that they give: r, w, x, and s for shared or p for private")
    ] = None

    def describe(self) -> str:
        """The file in one line. May hold hostile text: it must pass report/safe.py."""
        parts = [self.name or "a path too long to be told"]
        if self.deleted:
            parts.append("deleted")
        if self.role in ("exe", "mapped") and self.size_bytes is not None:
            parts.append(size(self.size_bytes))
        if self.mapped_bytes is not None:
            parts.append(f"{size(self.mapped_bytes)} mapped {' '.join(self.rights or ())}")
        return ", ".join(parts)


class Limit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RLIMIT_NOFILE (getrlimit(2)): one more than the highest descriptor number allowed."""

    soft: Annotated[int | None, said("the limit in force; left out: unlimited")] = None
    hard: Annotated[int | None, said("how far the process itself may raise it; left out: unlimited")] = None


class Signals(Struct, frozen=True, kw_only=True):
    """Signal sets of a process, by name (proc_pid_status(5))."""

    pending: Annotated[list[str], said("sent to the process or its main thread and not yet delivered")]
    blocked: Annotated[list[str], said("held back by the main thread")]
    ignored: Annotated[list[str], said("thrown away")]
    caught: Annotated[list[str], said("handled by a function of the program")]


class Memory(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Memory of a process (proc_pid_status(5))."""

    resident_bytes: Annotated[int | None, said("in physical memory now")] = None
    virtual_bytes: Annotated[int | None, said("address space")] = None
    swapped_bytes: Annotated[int | None, said("anonymous memory that is swapped out")] = None


class Process(Struct, kw_only=True, omit_defaults=True, gc=False):
    """A process and all that it holds."""

    pid: Annotated[int, said("process id")]
    parent_pid: Annotated[int | None, said("process id of its parent")] = None
    process_group: Annotated[
        int | None, said("its process group (setpgid(2)), by the process id of who founded it")
    ] = None
    session: Annotated[int | None, said("its session (setsid(2)), by the process id of who founded it")] = None
    ancestors: Annotated[
        list[int] | None, said("processes that it descends from, its parent first; told where it is asked for")
    ] = None
    name: Annotated[str | None, said("the process's name, at most 15 bytes (proc_pid_comm(5))")] = None
    command: Annotated[list[str] | None, said("arguments; empty for kernel threads and zombies")] = None
    uid: Annotated[int | None, said("effective user id")] = None
    user: Annotated[str | None, said("name of that user on this machine")] = None
    state: Annotated[str | None, said("running, sleeping, disk-sleep, stopped, traced, zombie, idle, …")] = None
    started_at: Annotated[str | None, said("when it was started (RFC 3339, UTC)")] = None
    cpu_time_s: Annotated[float | None, said("CPU time it has used, in user mode and in the kernel")] = None
    kernel_thread: Annotated[bool | None, said("true: it is a thread of the kernel")] = None
    cgroup: Annotated[str | None, said("its control group (cgroups(7))")] = None
    container: Annotated[str | None, said("name of the container, as its control group tells it")] = None
    namespaces: Annotated[
        dict[str, int] | None, said("inode of each namespace that it lives in (namespaces(7))")
    ] = None
    descriptor_count: Annotated[int | None, said("entries of its descriptor table")] = None
    descriptor_kinds: Annotated[dict[str, int] | None, said("of them so many of each kind")] = None
    descriptor_limit: Annotated[Limit | None, said("how many descriptors it may have")] = None
    shares_table_with: Annotated[
        list[int] | None, said("other processes that have the same descriptor table (CLONE_FILES of clone(2))")
    ] = None
    context_switches: Annotated[Switches | None, said("summed over all its threads")] = None
    signals: Annotated[Signals | None, said("its signal sets")] = None
    memory: Annotated[Memory | None, said("its memory")] = None
    threads: Annotated[list[Thread], said("its threads")] = msgspec.field(default_factory=list)
    descriptors: Annotated[list[Descriptor] | None, said("left out: they could not be read")] = None
    files: Annotated[list[HeldFile] | None, said("files held without a descriptor")] = None


class Object(Struct, kw_only=True, omit_defaults=True):
    """An object that several descriptors refer to, or that faces another one."""

    id: Annotated[str, said("the value of `object` in those descriptors")]
    kind: Annotated[str, said("kind of those descriptors")]
    holders: Annotated[list[Holder], said("those descriptors, of the processes shown and of others")]
    faces: Annotated[list[str], said("objects at its other end, by their id")] = msgspec.field(
        default_factory=list
    )


REASONS: dict[str, str] = {
    "permission-denied": "the kernel refuses it; it takes root, or CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH",
    "vanished": "the process, thread or descriptor went away while it was read",
    "no-such-process": "no process has this pid",
    "no-such-descriptor": "the process has no descriptor of this number",
    "pid-reused": "the pid belongs to another process than the one that was selected",
    "timed-out": "the file system that holds it did not answer in time",
    "too-long": "the path is longer than the kernel can tell",
    "unsupported": "this kernel does not offer it",
    "not-understood": "the kernel's text is not in a form that fdscope knows",
    "failed": "another error; detail names it",
}


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that could not be read, and why; part of every answer."""

    what: Annotated[str, said("the file or fact that is missing")]
    reason: Annotated[str, Meta(extra_json_schema={"enum": list(REASONS)}), said("why it is missing")]
    pid: Annotated[int | None, said("the process it belongs to")] = None
    fd: Annotated[int | None, said("the descriptor it belongs to")] = None
    detail: Annotated[str | None, said("more, for people")] = None


class OpenFiles(Struct, frozen=True, kw_only=True):
    """Open file descriptions of the whole machine (proc_sys_fs(5), file-nr)."""

    allocated: Annotated[int, said("open file descriptions that the kernel holds")]
    maximum: Annotated[int, said("how many it would hold")]


class Host(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The machine."""

    hostname: Annotated[str | None, said("name of the machine")] = None
    kernel: Annotated[str | None, said("release of the kernel")] = None
    boot_time: Annotated[str | None, said("when it was booted (RFC 3339, UTC)")] = None
    cpus: Annotated[int | None, said("CPUs that are online")] = None
    cpu_sockets: Annotated[int | None, said("physical packages that those CPUs sit in")] = None
    cpu_cores: Annotated[int | None, said("cores; only told of a whole machine, as the three below")] = None
    load_average: Annotated[
        list[float] | None, said("tasks that run or want to, on average over 1, 5 and 15 minutes")
    ] = None
    memory_total_bytes: Annotated[int | None, said("physical memory")] = None
    memory_available_bytes: Annotated[int | None, said("of it, what new programs could have")] = None
    open_files: Annotated[OpenFiles | None, said("open file descriptions")] = None
    context_switches: Annotated[int | None, said("context switches of all CPUs since boot")] = None


class Snapshot(Struct, kw_only=True):
    """One look at a machine, or at the processes that were asked about."""

    schema: Annotated[Literal["fdscope.snapshot/1"], said("the form of this document")] = "fdscope.snapshot/1"
    fdscope: Annotated[str, said("version of fdscope that took it")]
    taken_at: Annotated[str, said("when it was begun (RFC 3339, UTC)")]
    duration_s: Annotated[float, said("how long it took, in seconds")]
    targets: Annotated[list[str] | None, said("the words that were asked about; left out: the whole machine")] = (
        None
    )
    where: Annotated[str | None, said("the expression that chose among them; left out: none did")] = None
    own_pid: Annotated[
        int | None, said("process id of the fdscope that took it, which is one of the processes of its machine")
    ] = None
    sources: Annotated[list[str], said("where its facts come from: bpf, proc")]
    host: Annotated[Host, said("the machine")]
    processes: Annotated[list[Process], said("by pid")]
    objects: Annotated[
        list[Object], said("each object that several descriptors refer to or that faces another, once")
    ]
    problems: Annotated[list[Problem], said("what could not be read, and why")]

    def rows(self, columns: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """A flat row for each descriptor, for data frames: see `fdscope.rows`.

        Args:
            columns: fields, as in ``--columns``; None: the usual ones.

        Raises:
            UsageError: there is no such field.
        """
        from . import rows as room  # what fields there are takes all kinds to tell, and few ask for rows

        return room.rows(self, room.USUAL if columns is None else columns)


def kind_name(kind: type[Descriptor]) -> str:
    """The value of ``kind`` in JSON."""
    tag: Any = kind.__struct_config__.tag
    return str(tag)
