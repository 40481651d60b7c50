"""The answers of diff and leaks. Data only, as in model.py."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .model import Limit, Problem, said

BECAME: dict[str, str] = {
    "stayed": "it was there both times: the same pid, and started at the same time",
    "ended": "it was there before, and is not there any more",
    "started": "it was not there before",
    "emptied": "it is there both times, and held something of what was asked about only before",
    "filled": "it is there both times, and holds something of what was asked about only now",
}
"""What became of a process from one snapshot to the other."""


class Moment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A snapshot that was compared."""

    taken_at: Annotated[str, said("when it was begun (RFC 3339, UTC)")]
    hostname: Annotated[str | None, said("name of the machine")] = None
    targets: Annotated[list[str] | None, said("the words it was asked about; left out: the whole machine")] = None
    processes: Annotated[int, said("how many processes it has")]


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A field of a descriptor that says something else now."""

    field: Annotated[str, said("its name")]
    before: Annotated[str | None, said("what it said before, as text; left out: nothing")] = None
    after: Annotated[str | None, said("what it says now")] = None


class ChangeGroup(Struct, kw_only=True, omit_defaults=True):
    """Descriptors of one process that lead to alike places, and became different in the same way."""

    change: Annotated[
        Literal["opened", "closed", "changed"],
        said("what became of them; a number that stands for another object now was closed, and opened"),
    ]
    count: Annotated[int, said("how many they are")]
    kind: Annotated[str, said("kind of their objects (fdscope-kinds(7))")]
    pattern: Annotated[
        str | None,
        said("where they lead to, with * for what tells one from the next; left out: nowhere that has a name"),
    ] = None
    state: Annotated[str | None, said("the state that they are in, or were in; of files: deleted")] = None
    fds: Annotated[str, said("their numbers, as --fd takes them: 3-10,12; now, or before if they were closed")]
    tid: Annotated[int | None, said("the thread whose own descriptor table they are in")] = None
    example: Annotated[str, said("the first of them, in one line")]
    facts: Annotated[list[Fact] | None, said("of changed ones, what says something else now")] = None


class KindChange(Struct, kw_only=True):
    """The descriptors of one kind, over all processes."""

    kind: Annotated[str, said("the kind")]
    before: Annotated[int, said("how many there were, those of processes that have ended too")]
    after: Annotated[int, said("how many there are, those of processes that have started too")]
    growth: Annotated[int, said("by how many there are more; below zero: fewer")]
    opened: Annotated[int, said("how many were opened, in processes that were there both times")]
    closed: Annotated[int, said("how many were closed there")]
    changed: Annotated[int, said("how many of the others changed there")]


class ProcessChange(Struct, kw_only=True, omit_defaults=True):
    """A process that is not as it was."""

    pid: Annotated[int, said("process id")]
    process: Annotated[str | None, said("the process's name; now, if it is there now")] = None
    started_at: Annotated[str | None, said("when it was started (RFC 3339, UTC)")] = None
    became: Annotated[str, Meta(extra_json_schema={"enum": list(BECAME)}), said("what became of it")]
    before: Annotated[int | None, said("descriptors asked about that it held; left out: not known")] = None
    after: Annotated[int | None, said("how many it holds")] = None
    descriptor_limit: Annotated[Limit | None, said("how many it may have")] = None
    opened: Annotated[int, said("how many were opened")] = 0
    closed: Annotated[int, said("how many were closed")] = 0
    changed: Annotated[int, said("how many changed")] = 0
    groups: Annotated[
        list[ChangeGroup] | None, said("those, alike ones together, the most first; of processes there both times")
    ] = None


class Difference(Struct, kw_only=True):
    """The answer of ``fdscope diff``: what became different from one snapshot to another."""

    schema: Annotated[Literal["fdscope.diff/1"], said("the form of this document")] = "fdscope.diff/1"
    fdscope: Annotated[str, said("version of fdscope that compared them")]
    before: Annotated[Moment, said("the first snapshot")]
    after: Annotated[Moment, said("the second one")]
    same: Annotated[bool, said("true: nothing is different; false also if nothing could be compared")]
    compared: Annotated[int, said("processes that were there both times, and whose descriptors could be read")]
    started: Annotated[int, said("processes that have started")]
    ended: Annotated[int, said("processes that have ended")]
    opened: Annotated[int, said("descriptors that were opened, in processes that were there both times")]
    closed: Annotated[int, said("descriptors that were closed there")]
    changed: Annotated[int, said("descriptors that changed there")]
    kinds: Annotated[list[KindChange], said("kinds of which there are more or fewer, or other ones, most first")]
    processes: Annotated[list[ProcessChange], said("those that are not as they were, most changes first")]
    problems: Annotated[list[Problem], said("what could not be compared, and why")]


class Leak(Struct, kw_only=True, omit_defaults=True):
    """Descriptors of one process that lead to alike places and that grew in number."""

    pid: Annotated[int, said("process id")]
    process: Annotated[str | None, said("the process's name")] = None
    kind: Annotated[str, said("kind of their objects (fdscope-kinds(7))")]
    pattern: Annotated[
        str | None,
        said("where they lead to, with * for what tells one from the next; left out: nowhere that has a name"),
    ] = None
    before: Annotated[int, said("how many there were when the watch began")]
    count: Annotated[int, said("how many there are now")]
    growth: Annotated[int, said("by how many they grew")]
    per_s: Annotated[float, said("that, a second")]
    grew_in: Annotated[int, said("in how many intervals they became more")]
    shrank_in: Annotated[int, said("in how many they became fewer; 0: what is opened stays open")]
    intervals: Annotated[int, said("in how many intervals the process was looked at")]
    share: Annotated[float, said("of all descriptors of the process now, from 0 to 1")]
    descriptors: Annotated[int, said("descriptors of the process now")]
    descriptor_limit: Annotated[int | None, said("how many it may have: the soft limit")] = None
    seconds_to_limit: Annotated[
        float | None, said("when the rest of it will be filled, should all that grows in this process go on so")
    ] = None
    oldest_fd: Annotated[int, said("the number of the one that was seen first")]
    newest_fd: Annotated[int, said("the number of the one that was seen last")]
    states: Annotated[dict[str, int] | None, said("of sockets, how many are in each state now")] = None
    example: Annotated[str | None, said("the newest of them, in one line; left out: it is gone by now")] = None
    process_ended: Annotated[bool | None, said("true: the process has ended; all that is as it was then")] = None


class Leaks(Struct, kw_only=True, omit_defaults=True):
    """The answer of ``fdscope leaks``: what grows without shrinking."""

    schema: Annotated[Literal["fdscope.leaks/1"], said("the form of this document")]
    fdscope: Annotated[str, said("version of fdscope that watched")]
    taken_at: Annotated[str, said("when it was begun (RFC 3339, UTC)")]
    duration_s: Annotated[float, said("how long it watched, in seconds")]
    samples: Annotated[int, said("how often it looked")]
    interrupted: Annotated[bool | None, said("true: it was ended before its time")] = None
    processes: Annotated[int, said("processes that were watched")]
    leaks: Annotated[
        list[Leak],
        said("groups that grew and never shrank, or whose floor rose; those that never shrank first, most first"),
    ]
    leaks_total: Annotated[int, said("how many such groups there are in all")]
    problems: Annotated[list[Problem], said("what could not be read, and why")]
