"""What a watch says: a Frame for each interval, and the summary at its end. Data only, as in model.py."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from .model import MODELS, WAITS_FOR, Problem, said

VERDICTS: dict[str, str] = {
    "idle": "it hardly runs",
    "io": "it waits for input and output: it is switched out because of its descriptors",
    "lock": "its threads wait for locks of the program: futexes",
    "cpu": "it wants more CPU than it gets: it is switched out so that others can run",
    "timer": "it sleeps and wakes by the clock",
    "running": "it computes, and is hardly switched",
    "mixed": "no single reason stands out",
    "unknown": "what its threads wait for could not be seen",
}


class Verdict(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Why threads are switched, in a word, with the figures that say so."""

    word: Annotated[str, Meta(extra_json_schema={"enum": list(VERDICTS)}), said("the verdict")]
    evidence: Annotated[str, said("the figures that it rests on")]


class WaitShare(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A way in which threads were seen to wait, of all times that they were looked at."""

    waits_for: Annotated[str, Meta(extra_json_schema={"enum": list(WAITS_FOR)}), said("what for")]
    model: Annotated[
        str | None, Meta(extra_json_schema={"enum": list(MODELS)}), said("by which I/O model; left out: no I/O")
    ] = None
    syscall: Annotated[str | None, said("the system call")] = None
    fd: Annotated[int | None, said("the descriptor, where the call is about one")] = None
    what: Annotated[str | None, said("what it is and who is at its other end, as far as that is known")] = None
    futex: Annotated[str | None, said("address of the lock, in hexadecimal")] = None
    share: Annotated[
        float,
        said(
            "from 0 to 1, of the times that threads were looked at; where switches are counted, of the time that "
            "threads were off their CPU by their own will"
        ),
    ]
    switches_share: Annotated[
        float | None,
        said(
            "of the voluntary switches of threads that were seen to wait, those of this way: an estimate, unless "
            "switches are counted"
        ),
    ] = None
    switches_per_s: Annotated[
        float | None, said("voluntary switches of this way a second; only where switches are counted")
    ] = None


class ThreadRate(Struct, kw_only=True, omit_defaults=True, gc=False):
    """A thread over one interval."""

    tid: Annotated[int, said("thread id; equal to the pid for the main thread")]
    name: Annotated[str | None, said("the thread's name, at most 15 bytes")] = None
    voluntary_per_s: Annotated[float, said("voluntary context switches a second")]
    involuntary_per_s: Annotated[float, said("involuntary context switches a second")]
    cpu_share: Annotated[float | None, said("time on a CPU, as a share of the interval")] = None
    queue_share: Annotated[float | None, said("time that it was ready and waited for a CPU, as such a share")] = (
        None
    )
    waits: Annotated[str | None, said("the call that it was last seen to wait in: read(7)")] = None


class Change(Struct, kw_only=True, omit_defaults=True, gc=False):
    """A descriptor that was opened or closed in an interval, or whose number stands for another object now."""

    fd: Annotated[int, said("number in the descriptor table")]
    change: Annotated[Literal["opened", "closed", "changed"], said("what became of it")]
    kind: Annotated[str | None, said("kind of the object now, or that it had")] = None
    name: Annotated[str | None, said("path of the object, or what the kernel calls it")] = None
    was: Annotated[str | None, said("what the number stood for before, where it has changed")] = None


class Moved(Struct, kw_only=True, omit_defaults=True, gc=False):
    """A regular file whose position has moved."""

    fd: Annotated[int, said("number in the descriptor table")]
    name: Annotated[str | None, said("path of the file")] = None
    bytes_per_s: Annotated[float, said("how far the position moved forward, in bytes a second")]


class ProcessFrame(Struct, kw_only=True, omit_defaults=True, gc=False):
    """A process over one interval."""

    pid: Annotated[int, said("process id")]
    name: Annotated[str | None, said("the process's name")] = None
    voluntary_per_s: Annotated[float, said("voluntary context switches a second, of all threads")]
    involuntary_per_s: Annotated[float, said("involuntary context switches a second, of all threads")]
    threads_counted: Annotated[int, said("threads that live now, and are in the sums")]
    threads_new: Annotated[int | None, said("of them those that began in this interval")] = None
    threads_ended: Annotated[
        int | None,
        said(
            "threads seen before that ended in it: their last switches are in no sum, and nothing of threads that "
            "came and went between two looks"
        ),
    ] = None
    exited_threads_included: Annotated[
        bool, said("whether switches of threads that have ended are in the sums")
    ] = False
    cpu_share: Annotated[float | None, said("time on CPUs, where 1 is one CPU all the time")] = None
    queue_share: Annotated[float | None, said("time that threads were ready and waited for a CPU, likewise")] = (
        None
    )
    descriptors: Annotated[int | None, said("entries of its descriptor table; left out: not allowed to know")] = (
        None
    )
    descriptors_growth: Annotated[int | None, said("how many more than when it was first seen")] = None
    descriptor_limit: Annotated[int | None, said("the soft limit; left out: unlimited, or not known")] = None
    seconds_to_limit: Annotated[
        float | None, said("time until that limit at the growth of the last minute; left out: it does not grow")
    ] = None
    kinds: Annotated[dict[str, int] | None, said("descriptors by kind")] = None
    kinds_growth: Annotated[dict[str, int] | None, said("of kinds whose number has changed, by how many")] = None
    kinds_age_s: Annotated[
        float | None, said("how long ago kinds were counted: of very many descriptors not every time")
    ] = None
    waits: Annotated[
        list[WaitShare] | None, said("how its threads were seen to wait, the most frequent first")
    ] = None
    models: Annotated[
        dict[str, float] | None,
        said(
            "share of the looks that saw a thread wait by each I/O model; none: it waited for no input or output"
        ),
    ] = None
    unseen_share: Annotated[
        float | None,
        said(
            "of the voluntary switches of threads that were looked at, those of threads that were never found to "
            "wait, as they are switched too fast"
        ),
    ] = None
    waiting_threads: Annotated[
        dict[str, int] | None,
        said(
            "threads by the I/O model that they wait by at the end of the interval; none: for no input or output, "
            "running: for nothing; told by top"
        ),
    ] = None
    threads: Annotated[list[ThreadRate] | None, said("threads that were switched most; at most 20")] = None
    changes: Annotated[list[Change] | None, said("with --changes: what was opened and closed")] = None
    moved: Annotated[list[Moved] | None, said("with --changes: regular files that were read or written")] = None
    verdict: Annotated[Verdict, said("why it is switched")]


class MachineFrame(Struct, kw_only=True, omit_defaults=True, gc=False):
    """The machine over one interval."""

    context_switches_per_s: Annotated[float | None, said("context switches of all CPUs")] = None
    running: Annotated[int | None, said("threads that run or want to, now")] = None
    blocked: Annotated[int | None, said("threads in state D, now")] = None
    cpus: Annotated[int | None, said("CPUs that are online")] = None
    cpu_pressure: Annotated[
        float | None, said("share of the time in which some thread waited for a CPU (PSI); left out: not told")
    ] = None
    io_pressure: Annotated[float | None, said("the same for storage")] = None
    memory_pressure: Annotated[float | None, said("the same for memory")] = None


class Sampling(Struct, frozen=True, kw_only=True, gc=False):
    """How often threads were looked at between two frames."""

    looks: Annotated[int, said("how often a thread was looked at, all together")]
    looks_per_s: Annotated[float, said("that, a second; it is bounded")]


class Ended(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A process that ended, or was begun, in an interval."""

    pid: Annotated[int, said("process id")]
    name: Annotated[str | None, said("the process's name")] = None


class Frame(Struct, kw_only=True, omit_defaults=True, gc=False):
    """Rates over one interval of a watch."""

    schema: Annotated[Literal["fdscope.frame/1"], said("the form of this document")]
    fdscope: Annotated[str, said("version of fdscope that made it")]
    taken_at: Annotated[str, said("when the interval ended (RFC 3339, UTC)")]
    number: Annotated[int, said("which frame of the watch, from 1")]
    elapsed_s: Annotated[float, said("time since the watch began, in seconds")]
    interval_s: Annotated[float, said("how long the interval was, in seconds")]
    machine: Annotated[MachineFrame, said("the machine")]
    where: Annotated[
        str | None, said("the expression that chose among them, of what top has exported; left out: none did")
    ] = None
    processes: Annotated[
        list[ProcessFrame],
        said("those that were switched most first; of what top has exported, as it showed them"),
    ]
    processes_total: Annotated[int, said("processes that are watched; they may be more than are shown")]
    begun: Annotated[list[Ended] | None, said("processes that were first seen in this interval")] = None
    ended: Annotated[list[Ended] | None, said("processes that ended in it")] = None
    attribution: Annotated[
        Literal["sampled", "counted"],
        said(
            "how it is known what switches were for: sampled, by looks at threads; counted, each one, by a BPF "
            "program"
        ),
    ]
    switches_not_counted: Annotated[
        int | None, said("since the watch began, switches that the BPF program had no room to tell the reason of")
    ] = None
    sampling: Annotated[Sampling, said("how often threads were looked at")]
    own_cpu_share: Annotated[float, said("CPU time that fdscope itself took, as a share of the interval")]
    problems: Annotated[list[Problem] | None, said("what could not be read, each told once")] = None


class Spread(Struct, frozen=True, kw_only=True, gc=False):
    """A rate over a whole watch."""

    total: Annotated[float, said("all together")]
    mean_per_s: Annotated[float, said("a second, on average")]
    peak_per_s: Annotated[float, said("a second, in the busiest interval")]


class ProcessSummary(Struct, kw_only=True, omit_defaults=True, gc=False):
    """A process over a whole watch."""

    pid: Annotated[int, said("process id")]
    name: Annotated[str | None, said("the process's name")] = None
    watched_s: Annotated[float, said("for how long it was watched, in seconds")]
    voluntary: Annotated[Spread, said("voluntary context switches")]
    involuntary: Annotated[Spread, said("involuntary context switches")]
    exited_threads_included: Annotated[
        bool, said("whether switches of threads that have ended are in the totals")
    ] = False
    threads_peak: Annotated[int, said("most threads at one time")]
    cpu_time_s: Annotated[float | None, said("CPU time that it took")] = None
    descriptors_first: Annotated[int | None, said("descriptors when it was first seen")] = None
    descriptors_last: Annotated[int | None, said("descriptors when it was last seen")] = None
    descriptors_peak: Annotated[int | None, said("most descriptors at one time")] = None
    verdicts: Annotated[dict[str, int], said("how many frames had which verdict")]


class CommandTotal(Struct, frozen=True, kw_only=True, gc=False):
    """What a command took from its first instant to its end, with all that it waited for (getrusage(2))."""

    status: Annotated[int, said("its exit status; of one that a signal ended, 128 and the signal's number")]
    voluntary: Annotated[int, said("voluntary context switches")]
    involuntary: Annotated[int, said("involuntary context switches")]
    cpu_time_s: Annotated[float, said("CPU time that it took")]
    exited_threads_included: Annotated[bool, said("true: threads that have ended are in the totals")]


class Summary(Struct, kw_only=True, omit_defaults=True, gc=False):
    """What a watch has seen, at its end."""

    frames: Annotated[int, said("frames that were made")]
    elapsed_s: Annotated[float, said("how long it watched, in seconds")]
    own_cpu_time_s: Annotated[float, said("CPU time that fdscope itself took")]
    processes: Annotated[list[ProcessSummary], said("those that were switched most first; at most 100")]
    processes_total: Annotated[int, said("processes that were watched, at one time or another")]
    command: Annotated[CommandTotal | None, said("of a command that was run to be watched")] = None


class Line(Struct, kw_only=True, gc=False):
    """A process over the frames of a watch: a value for each, None where it was not among those that were told."""

    pid: int
    name: str | None
    voluntary_per_s: list[float | None]
    involuntary_per_s: list[float | None]
    descriptors: list[int | None]


class Timeline(Struct, kw_only=True, gc=False):
    """What a watch has seen, frame by frame, as it is drawn. It is no document of its own."""

    began_at: str
    """When it began (RFC 3339, UTC)."""
    elapsed_s: list[float]
    """When each frame was made, in seconds from then on."""
    switches_per_s: list[float | None]
    """Context switches of all CPUs."""
    open_files: list[int | None]
    """Open file descriptions of the whole machine."""
    processes: list[Line]
    """Those that were switched most, and those whose descriptors changed most."""
    processes_total: int
    """How many processes were watched in the end."""
    interrupted: bool
    """Whether it was ended before its time."""


class Rate(NamedTuple):
    """How fast a process is switched, and opens more descriptors than it closes."""

    pid: int
    name: str
    voluntary_per_s: float
    involuntary_per_s: float
    descriptors_per_s: float | None
    """Below 0 where it closes more; None: not allowed to know."""


class Outline(NamedTuple):
    """A process over one interval, as far as a table of all of them shows it."""

    pid: int
    name: str
    is_kernel: bool = False
    voluntary_per_s: float = 0.0
    involuntary_per_s: float = 0.0
    descriptors: int | None = None
    """None: not allowed to know."""
    growth: int = 0
    """How many more than when it was first seen."""
    limit: int | None = None
    """The soft limit; None: unlimited, or not known."""
    seconds_to_limit: float | None = None
    """At the growth of the last minute; None: it does not grow."""

    @property
    def switches_per_s(self) -> float:
        """Of both sorts."""
        return self.voluntary_per_s + self.involuntary_per_s

    @property
    def share(self) -> float | None:
        """Descriptors held, as a share of the soft limit; None: one of the two is not known."""
        return None if self.descriptors is None or not self.limit else self.descriptors / self.limit
