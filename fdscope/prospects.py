"""What would the kernel do on read(2) and write(2) now? (fs/read_write.c, read(2), write(2), pipe(7), socket(7)).

Judged from what is known of a descriptor, without touching it; knows no kind. First comes what the kernel
checks of every descriptor before it asks the object, then what the kind itself knows better, then the fields
and verbs. Where only the call would tell, the answer is ``unknown``, and says what it hangs on.
"""

from __future__ import annotations

from msgspec import structs

from .answers import Explanation
from .model import POLL, READ, WRITE, Descriptor, Problem, Process, Prospect, Snapshot, Thread

_UNTOLD = Prospect(outcome="unknown", why="its flags could not be read, so it is not known what it was opened for")
_NO_READER = "no process holds a reading end (unless one is in flight)"
_PLACE = Prospect(
    outcome="fails",
    error="EBADF",
    why="it is only a place in the file system (O_PATH), not opened for reading or writing",
)


def reading(descriptor: Descriptor, holder: Process | None = None) -> Prospect:
    """What a read(2) of some bytes would come to, if `holder` made it now."""
    return (
        _forbidden(descriptor, "r", "reading")
        or descriptor.would_read(holder)
        or _without(descriptor, READ)
        or _read_by_fields(descriptor)
    )


def writing(descriptor: Descriptor, holder: Process | None = None) -> Prospect:
    """What a write(2) of some bytes would come to, if `holder` made it now."""
    found = (
        _forbidden(descriptor, "w", "writing")
        or descriptor.would_write(holder)
        or _without(descriptor, WRITE)
        or _write_by_fields(descriptor)
    )
    ignored = () if holder is None or holder.signals is None else holder.signals.ignored
    if found.signal in ignored:
        told = f"{found.why}; the process ignores {found.signal} and only gets the error"
        return structs.replace(found, signal=None, why=told)
    return found


def _forbidden(descriptor: Descriptor, letter: str, doing: str) -> Prospect | None:
    """What the kernel finds out before it asks the object."""
    if descriptor.access == "path":
        return _PLACE
    if descriptor.flags is None and descriptor.access is None:
        return _UNTOLD
    if letter not in (descriptor.access or ""):
        return Prospect(outcome="fails", error="EBADF", why=f"it was not opened for {doing}")
    return None


def _without(descriptor: Descriptor, verb: str) -> Prospect | None:
    """What is the same for all kinds that lack a verb."""
    if verb in descriptor.verbs:
        return None
    return Prospect(outcome="fails", error="EINVAL", why=f"there is no {verb}(2) for an object of this kind")


def _read_by_fields(descriptor: Descriptor) -> Prospect:
    waiting = getattr(descriptor, "receive_queue_bytes", None)
    if waiting:
        return Prospect(outcome="data", why="something waits in its receive queue")
    if waiting == 0 and _takes_from_anybody(descriptor):
        return descriptor.would_wait("no message waits in its receive queue")
    if descriptor.other_end == "no-writer":
        return Prospect(
            outcome="data-or-end-of-file",
            why="no process holds a writing end (unless one is in flight): it gives what is left, and then 0",
        )
    if _perhaps(descriptor, "no-writer"):
        return Prospect(
            outcome="unknown",
            why="it ends, with 0, if a process that could not be read holds no writing end: no other does",
        )
    return _untold(descriptor, "whether something waits in it", "if nothing does")


def _takes_from_anybody(descriptor: Descriptor) -> bool:
    """Whether it is a socket of messages, which no other end can end."""
    messages = getattr(descriptor, "socket_type", None) in ("datagram", "raw", "packet")
    return messages and not getattr(descriptor, "shutdown", None)


def _write_by_fields(descriptor: Descriptor) -> Prospect:
    if descriptor.other_end == "no-reader":
        return Prospect(outcome="fails", error="EPIPE", signal="SIGPIPE", why=_NO_READER)
    if _perhaps(descriptor, "no-reader"):
        return Prospect(
            outcome="unknown",
            why="it fails with EPIPE if a process that could not be read holds no reading end: no other does",
        )
    return _untold(descriptor, "whether it has room", "if it has none")


def _perhaps(descriptor: Descriptor, missing: str) -> bool:
    """Whether this would be so, if processes that could not be read hold no other end."""
    return descriptor.other_end == "unread" and any(end.missing == missing for end in descriptor.ends())


def _untold(descriptor: Descriptor, question: str, otherwise: str) -> Prospect:
    """What would have to be asked of the object itself, which fdscope never opens."""
    if POLL not in descriptor.verbs:
        return Prospect(outcome="unknown", why="what its driver would do is not told without opening it")
    wait = descriptor.would_wait("")
    does = "it blocks" if wait.error is None else f"it fails with {wait.error}"
    return Prospect(outcome="unknown", why=f"{question} is not told without opening it; {otherwise}, {does}")


def _waiting(process: Process, descriptor: Descriptor | None) -> list[Thread]:
    """The threads that are named as waiting for a descriptor."""
    named = set((descriptor.waiters if descriptor is not None else None) or ())
    return [thread for thread in process.threads if thread.tid in named]


def explanation(snapshot: Snapshot, process: Process | None, number: int, word: str = "") -> Explanation:
    """A descriptor of a process of the snapshot, with what would come of reading and writing it.

    Of the problems those stay that belong to it, or to no descriptor; that it is missing is one of them.

    Args:
        snapshot: where its process was looked at.
        process: that process; None: it was not found.
        number: the descriptor's.
        word: what the process was asked for by: of a thread that has a descriptor table of its own, its id.
    """
    problems = snapshot.problems
    descriptor = None
    if process is not None and process.descriptors is not None:
        alike = {one.tid: one for one in process.descriptors if one.fd == number}
        own = [one.tid for one in process.descriptors if one.tid is not None and f"{one.tid}" == word]
        descriptor = alike.get(own[0] if own else None)
        if descriptor is None:
            problems = [*problems, _missing(process, number, own[0] if own else None, list(alike))]
    return Explanation(
        schema="fdscope.explain/1",
        fdscope=snapshot.fdscope,
        taken_at=snapshot.taken_at,
        duration_s=snapshot.duration_s,
        process=None
        if process is None
        else structs.replace(process, descriptors=None, files=None, threads=_waiting(process, descriptor)),
        descriptor=descriptor,
        read=None if descriptor is None else reading(descriptor, process),
        write=None if descriptor is None else writing(descriptor, process),
        problems=[
            one
            for one in problems
            if one.fd in (None, number) and (process is None or one.pid in (None, process.pid))
        ],
    )


def _missing(process: Process, number: int, tid: int | None, tables: list[int | None]) -> Problem:
    """That there is no such descriptor in the table of the process, or of this thread of it."""
    name = f"process {process.name or '?'} [{process.pid}]"
    told = (
        f"{name} has no descriptor {number}"
        if tid is None
        else f"thread {tid} of {name} has no descriptor {number}"
    )
    others = [f"{one}" for one in tables if one is not None]
    if others:
        told += f", but threads with a table of their own have: give one of the thread ids {', '.join(others[:8])}"
    return Problem(what="descriptor", reason="no-such-descriptor", pid=process.pid, fd=number, detail=told)
