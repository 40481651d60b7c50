"""io_uring: two rings through which a program and the kernel pass work (io_uring(7), io_uring/fdinfo.c)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Struct

from ..fdinfo import fields
from ..model import MAP, POLL, said
from ..quantity import many
from ..raw import Machine, RawDescriptor
from ..text import text
from ._basics import KernelObject, basics, bits, details, enumerated

# include/uapi/linux/io_uring.h: operations by number, flags of a submission by bit
_OPERATIONS = (
    *"nop readv writev fsync read_fixed write_fixed poll_add poll_remove sync_file_range sendmsg recvmsg".split(),
    *"timeout timeout_remove accept async_cancel link_timeout connect fallocate openat close".split(),
    *"files_update statx read write fadvise madvise send recv openat2 epoll_ctl splice".split(),
    *"provide_buffers remove_buffers tee shutdown renameat unlinkat mkdirat symlinkat linkat".split(),
    *"msg_ring fsetxattr setxattr fgetxattr getxattr socket uring_cmd send_zc sendmsg_zc".split(),
    *"read_multishot waitid futex_wait futex_wake futex_waitv fixed_fd_install ftruncate bind".split(),
    *"listen recv_zc epoll_wait readv_fixed writev_fixed pipe".split(),
)
_SUBMISSION_FLAGS = "fixed_file io_drain io_link io_hardlink async buffer_select cqe_skip_success".split()
_WORD = re.compile(rb"(\w+)[:=]([^\s,]+)")
_ESCAPE = re.compile(rb"\\([0-7]{3})")


class Submission(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Work that stands in the submission ring and that the kernel has not taken yet."""

    index: Annotated[int, said("place in its table")]
    operation: Annotated[str, said("what is to be done: IORING_OP_…")]
    target_fd: Annotated[int | None, said("descriptor that it is about; with fixed_file, a registered file")] = (
        None
    )
    submission_flags: Annotated[list[str] | None, said("how it is to be done: IOSQE_…")] = None
    user_data: Annotated[str | None, said("what the program wants to be told with the result, in hexadecimal")] = (
        None
    )
    arguments: Annotated[dict[str, str] | None, said("the rest of it, as the kernel prints it")] = None


class Completion(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A result that the program has not taken yet."""

    index: Annotated[int | None, said("place in its table")] = None
    user_data: Annotated[str, said("what the program wants to be told with the result, in hexadecimal")]
    result: Annotated[int, said("what the call would have returned; below zero, an error of errno(3)")]
    completion_flags: Annotated[str, said("IORING_CQE_F_… and the buffer that was used, in hexadecimal")]
    extra: Annotated[list[str] | None, said("the other half of a completion of 32 bytes, in hexadecimal")] = None


class Poll(Struct, frozen=True, kw_only=True):
    """An operation that waits until its file is ready."""

    operation: Annotated[str, said("what is to be done: IORING_OP_…")]
    task_works: Annotated[bool, said("true: its task has work of this kind to do before it returns")]


class RegisteredFile(Struct, frozen=True, kw_only=True):
    """A file that the ring itself holds open, so that no descriptor needs to.

    Before Linux 6.13 only the last part of its path is told.
    """

    index: Annotated[int, said("place in its table")]
    name: Annotated[str, said("path of the file, or what the kernel calls the object")]


class RegisteredBuffer(Struct, frozen=True, kw_only=True):
    """Memory of the program that the kernel keeps in place."""

    index: Annotated[int, said("place in its table")]
    address: Annotated[str, said("where it begins, in hexadecimal")]
    size_bytes: Annotated[int, said("size in bytes")]


class Personality(Struct, frozen=True, kw_only=True):
    """Credentials that were registered, for submissions to run with; newer kernels keep them to themselves."""

    id: Annotated[int, said("the number that submissions name it by")]
    credentials: Annotated[dict[str, str], said("users, groups and capabilities, as proc_pid_status(5) has them")]


class IoUring(KernelObject, tag="io_uring", kw_only=True):
    """A pair of rings in shared memory. Indexes only grow, and wrap at 2^32: entries are their difference.

    Linux 5.16 and later tell of the rings, and older ones of what is registered. A ring that is busy in the
    very moment tells nothing but its flags: all fields are left out then.
    """

    sq_entries: Annotated[int | None, said("places in the submission ring")] = None
    sq_head: Annotated[int | None, said("submissions that the kernel has taken, modulo 2^32")] = None
    sq_tail: Annotated[int | None, said("submissions that the program has made, modulo 2^32")] = None
    cached_sq_head: Annotated[int | None, said("submissions that the kernel has begun to take")] = None
    cq_entries: Annotated[int | None, said("places in the completion ring")] = None
    cq_head: Annotated[int | None, said("completions that the program has taken, modulo 2^32")] = None
    cq_tail: Annotated[int | None, said("completions that the kernel has made, modulo 2^32")] = None
    cached_cq_tail: Annotated[int | None, said("completions that the kernel is about to show")] = None
    submissions_pending: Annotated[int | None, said("submissions that the kernel has not taken")] = None
    completions_waiting: Annotated[int | None, said("completions that the program has not taken")] = None
    submissions: Annotated[list[Submission] | None, said("submissions that the kernel has not taken")] = None
    completions: Annotated[list[Completion] | None, said("completions that the program has not taken")] = None
    overflow: Annotated[list[Completion] | None, said("completions that found no place in the ring")] = None
    polls: Annotated[list[Poll] | None, said("operations that wait for something to become ready")] = None
    sq_thread: Annotated[int | None, said("thread of the kernel that takes submissions (SQPOLL)")] = None
    sq_thread_cpu: Annotated[int | None, said("the CPU that this thread runs on")] = None
    sq_total_time_s: Annotated[float | None, said("CPU time of this thread, in seconds")] = None
    sq_work_time_s: Annotated[float | None, said("the part of it that was work, in seconds")] = None
    file_slots: Annotated[int | None, said("places in the table of registered files")] = None
    registered_files: Annotated[list[RegisteredFile] | None, said("files that the ring holds open")] = None
    buffer_slots: Annotated[int | None, said("places in the table of registered buffers")] = None
    registered_buffers: Annotated[
        list[RegisteredBuffer] | None, said("memory that the kernel keeps in place for it")
    ] = None
    personalities: Annotated[list[Personality] | None, said("credentials that submissions may name")] = None
    napi: Annotated[str | None, said("whether it polls network devices: enabled or disabled")] = None
    napi_tracking: Annotated[str | None, said("how it learns which devices to poll: dynamic or static")] = None
    napi_busy_poll_ns: Annotated[int | None, said("how long it polls a device, in nanoseconds")] = None
    napi_prefer_busy_poll: Annotated[bool | None, said("true: it asks devices to be polled only")] = None

    known_by = (("anon_inode", b"io_uring"),)
    verbs = frozenset({POLL, MAP})
    unit = "submissions and completions"

    @classmethod
    def decode(cls, raw: RawDescriptor, machine: Machine) -> IoUring:
        """Masks are hexadecimal, indexes decimal, times microseconds; entries stand indented under a heading."""
        lines, entries = _sections(raw.fdinfo)
        info = fields(lines)
        known = basics(raw, info)
        for field, (key, read) in _LINES.items():
            if key in info:
                known[field] = read(info[key])
        for field, (key, parse) in _LISTS.items():
            known[field] = [one for one in map(parse, entries.get(key, ())) if one is not None] or None
        known["personalities"] = _personalities(entries.get(b"Personalities", [])) or None
        for field, head, tail in _DIFFERENCES:
            if head in known and tail in known:
                known[field] = (known[tail] - known[head]) % 2**32
        if b"SqMask" in info and b"ino" in info:
            # Its own since Linux 5.16 (commit 91a9ab7c942a), which is also the first to tell of the rings.
            known["object"] = f"io_uring:[{known['inode']}]"
        return cls(details=details(lines, _KNOWN), **known)

    def acts_alone(self) -> bool:
        """A submission that was taken is worked on by the kernel."""
        return True

    def works_on(self) -> list[tuple[int | None, str | None, str]]:
        """Files of submissions that wait to be taken, and registered files; and of what is under way, nothing.

        The kernel tells a registered file by its path, or its last part before Linux 6.13: what has the same one
        may be another.
        """
        return [
            *(
                (one.target_fd, None, f"a submission ({one.operation}) stands in the ring of")
                for one in self.submissions or ()
                if one.target_fd is not None
                and one.target_fd >= 0
                and "fixed_file" not in (one.submission_flags or ())
            ),
            *(
                (None, one.name, f"it, or one of this name, is registered as file {one.index} with the ring of")
                for one in self.registered_files or ()
            ),
        ]

    def describe(self) -> str:
        """``rings of 8 and 16, 1 submission pending, 2 registered files``."""
        parts = [
            "rings" if self.sq_entries is None else f"rings of {self.sq_entries:,} and {self.cq_entries or 0:,}"
        ]
        for count, noun in (
            (self.submissions_pending, "submission"),
            (self.completions_waiting, "completion"),
            (len(self.polls or ()), "poll"),
            (len(self.registered_files or ()), "registered file"),
            (len(self.registered_buffers or ()), "registered buffer"),
        ):
            if count:
                parts.append(many(count, noun))
        if self.sq_thread is not None:
            parts.append(f"thread {self.sq_thread} submits")
        return ", ".join(parts)


def _sections(data: bytes) -> tuple[bytes, dict[bytes, list[bytes]]]:
    """The lines that begin at the margin, and the indented ones by the key of the line that they stand under."""
    lines: list[bytes] = []
    entries: dict[bytes, list[bytes]] = {}
    key = b""
    for line in data.split(b"\n"):
        if line[:1] in (b" ", b"\t"):
            entries.setdefault(key, []).append(line.strip())
        elif line:
            key = line.partition(b":")[0]
            lines.append(line)
    return b"\n".join(lines), entries


def _submission(line: bytes) -> Submission:
    index, _, rest = line.partition(b":")
    found = dict(_WORD.findall(rest))
    operation, data = found.pop(b"opcode"), found.pop(b"user_data", None)
    fd, flags = found.pop(b"fd", None), found.pop(b"flags", b"0")
    return Submission(
        index=int(index),
        operation=enumerated(operation, _OPERATIONS) if operation.isdigit() else text(operation).lower(),
        target_fd=None if fd is None else int(fd),
        submission_flags=bits(int(flags, 16), _SUBMISSION_FLAGS) or None,
        user_data=None if data is None else f"{int(data):#x}",
        arguments={text(key): text(value) for key, value in found.items()} or None,
    )


def _completion(line: bytes) -> Completion:
    index, colon, rest = line.partition(b": ")  # an overflow has no index, and = for the colons after it
    found = dict(_WORD.findall(rest if colon else line))
    flags = found[b"flag"] if b"flag" in found else found[b"flags"]
    extra = [f"{int(found[key]):#x}" for key in (b"extra1", b"extra2") if key in found]
    return Completion(
        index=int(index) if colon else None,
        user_data=f"{int(found[b'user_data']):#x}",
        result=int(found[b"res"]),
        completion_flags=f"{int(flags, 16):#x}",
        extra=extra or None,
    )


def _poll(line: bytes) -> Poll:
    found = dict(_WORD.findall(line))
    return Poll(
        operation=enumerated(found[b"op"], _OPERATIONS), task_works=int(found.get(b"task_works", b"0")) != 0
    )


def _file(line: bytes) -> RegisteredFile | None:
    index, _, path = line.partition(b": ")
    if path == b"<none>":
        return None
    path = _ESCAPE.sub(lambda match: bytes((int(match[1], 8) & 0xFF,)), path)
    return RegisteredFile(index=int(index), name=text(path))


def _buffer(line: bytes) -> RegisteredBuffer | None:
    index, _, place = line.partition(b": ")
    if place == b"<none>":
        return None
    address, _, length = place.partition(b"/")
    return RegisteredBuffer(index=int(index), address=f"{int(address, 16):#x}", size_bytes=int(length))


def _personalities(lines: list[bytes]) -> list[Personality]:
    found: list[tuple[int, dict[str, str]]] = []
    for line in lines:
        key, colon, value = line.partition(b":")
        if colon and found:
            found[-1][1][text(key)] = " ".join(text(value).split())
        else:
            found.append((int(line), {}))
    return [Personality(id=number, credentials=credentials) for number, credentials in found]


def _entries(mask: bytes) -> int:
    return int(mask, 16) + 1


def _or_none(number: bytes) -> int | None:
    return None if int(number) < 0 else int(number)


def _seconds(microseconds: bytes) -> float:
    return int(microseconds) / 10**6


_LINES: dict[str, tuple[bytes, Callable[[bytes], Any]]] = {
    "sq_entries": (b"SqMask", _entries),
    "sq_head": (b"SqHead", int),
    "sq_tail": (b"SqTail", int),
    "cached_sq_head": (b"CachedSqHead", int),
    "cq_entries": (b"CqMask", _entries),
    "cq_head": (b"CqHead", int),
    "cq_tail": (b"CqTail", int),
    "cached_cq_tail": (b"CachedCqTail", int),
    "sq_thread": (b"SqThread", _or_none),
    "sq_thread_cpu": (b"SqThreadCpu", _or_none),
    "sq_total_time_s": (b"SqTotalTime", _seconds),
    "sq_work_time_s": (b"SqWorkTime", _seconds),
    "file_slots": (b"UserFiles", int),
    "buffer_slots": (b"UserBufs", int),
    "napi": (b"NAPI", text),
    "napi_tracking": (b"napi tracking", text),
    "napi_busy_poll_ns": (b"napi_busy_poll_dt", int),
    "napi_prefer_busy_poll": (b"napi_prefer_busy_poll", lambda value: value == b"true"),
}
_LISTS: dict[str, tuple[bytes, Callable[[bytes], Any]]] = {
    "submissions": (b"SQEs", _submission),
    "completions": (b"CQEs", _completion),
    "overflow": (b"CqOverflowList", _completion),
    "polls": (b"PollList", _poll),
    "registered_files": (b"UserFiles", _file),
    "registered_buffers": (b"UserBufs", _buffer),
}
_DIFFERENCES = (
    ("submissions_pending", "sq_head", "sq_tail"),
    ("completions_waiting", "cq_head", "cq_tail"),
)
_KNOWN = {b"Personalities", *(key for key, _ in (*_LINES.values(), *_LISTS.values()))}
