"""A specimen of io_uring: two files and a buffer registered, work in every state (io_uring(7))."""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
from typing import Any

from . import Scratch, Specimen
from ._calls import syscall

_REGISTER_BUFFERS, _REGISTER_FILES = 0, 2
_SUBMISSIONS = 0x10000000  # IORING_OFF_SQES
_NOP, _POLL_ADD = 0, 6
_POLLIN = 1
_ENTRY = 64  # sizeof(struct io_uring_sqe)


def io_uring(scratch: Scratch) -> Specimen:
    """Of three submissions the kernel takes two: one waits for a pipe, one is done; one it has not seen."""
    parameters = (ctypes.c_uint32 * 30)()
    fd = syscall("io_uring_setup", 8, parameters)
    reader, writer = os.pipe2(os.O_CLOEXEC)
    scratch.kept += [reader, writer]
    path = scratch.path("io uring")
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    files = (ctypes.c_int * 3)(file, -1, reader)
    syscall("io_uring_register", fd, _REGISTER_FILES, files, 3)
    os.close(file)  # the ring holds it now
    address = _register_buffer(fd, scratch)
    _submit(fd, parameters, [(_POLL_ADD, reader, 0x1111), (_NOP, -1, 0x2222), (_NOP, -1, 0x3333)], 2)
    inode = os.fstat(fd).st_ino
    says: dict[str, Any] = {
        "inode": inode,
        "object": f"io_uring:[{inode}]",
        "sq_entries": 8,
        "sq_head": 2,
        "sq_tail": 3,
        "cached_sq_head": 2,
        "cq_entries": 16,
        "cq_head": 0,
        "cq_tail": 1,
        "cached_cq_tail": 1,
        "submissions_pending": 1,
        "completions_waiting": 1,
        "completions": [{"index": 0, "user_data": "0x2222", "result": 0, "completion_flags": "0x0"}],
        "polls": [{"operation": "poll_add", "task_works": False}],
        "file_slots": 3,
        "registered_files": [
            {"index": 0, "name": path},
            {"index": 2, "name": os.readlink(f"/proc/self/fd/{reader}")},
        ],
        "buffer_slots": 1,
        "registered_buffers": [{"index": 0, "address": f"{address:#x}", "size_bytes": 4096}],
    }
    return Specimen(fd, says)


def _register_buffer(fd: int, scratch: Scratch) -> int:
    memory = scratch.keep(mmap.mmap(-1, 4096))
    first = ctypes.c_char.from_buffer(memory)
    address = ctypes.addressof(first)
    syscall("io_uring_register", fd, _REGISTER_BUFFERS, struct.pack("PN", address, 4096), 1)
    return address


def _submit(fd: int, parameters: Any, work: list[tuple[int, int, int]], take: int) -> None:
    """Writes `work`, as (operation, descriptor, user data), into the ring and has the kernel take some of it."""
    tail, array = parameters[11], parameters[16]  # sq_off.tail and sq_off.array of struct io_uring_params
    with mmap.mmap(fd, array + 4 * 8) as ring, mmap.mmap(fd, _ENTRY * 8, offset=_SUBMISSIONS) as entries:
        for place, (operation, target, data) in enumerate(work):
            events = _POLLIN if operation == _POLL_ADD else 0
            entry = struct.pack("=BBHiQQIIQ", operation, 0, 0, target, 0, 0, 0, events, data)
            entries[place * _ENTRY : (place + 1) * _ENTRY] = entry.ljust(_ENTRY, b"\0")
            struct.pack_into("=I", ring, array + 4 * place, place)
        struct.pack_into("=I", ring, tail, len(work))
        syscall("io_uring_enter", fd, take, 0, 0, None, 0)


SPECIMENS = {"io_uring": io_uring}
