"""What a thread is stopped in: its syscall and wchan files, and the memory that its arguments point to."""

from __future__ import annotations

import os
from _thread import get_native_id
from errno import EACCES, ENOENT, EPERM, ESRCH

from .. import syscalls
from ..raw import RawThread, Unread
from .root import Directory
from .states import has_ended, is_ending, is_of_kernel

_WIDE = 1 << 32
_GONE = (ENOENT, ESRCH)
_TRIES = 3
"""How often a call is looked at until it stays the same while its memory is read."""


class Calls:
    """Reads the calls of one process's threads; what is refused for one is not asked of the next."""

    def __init__(self, directory: Directory, *, live: bool) -> None:
        """`directory` is its ``task``; `live`: its pids are those that system calls of this process understand."""
        self._directory = directory
        self._live = live
        self._machine = os.uname().machine
        self._bits: int | None = None
        self.refused: list[Unread] = []
        """What could not be read, once for all threads."""

    def added(self, thread: RawThread) -> RawThread:
        """The thread with its system call; one of the kernel, or that has ended, or is this one, has none."""
        if has_ended(thread.stat) or (self._live and thread.tid == get_native_id()):
            return thread
        if is_of_kernel(thread.stat):
            return thread._replace(function=self._read(thread.tid, b"wchan"))
        for _ in range(_TRIES):
            found = self._looked_at(thread)
            if not found.memory or self._read(thread.tid, b"syscall") == found.syscall:
                return found
        return found._replace(memory=())  # what was read may be of another call, or of nobody's

    def _looked_at(self, thread: RawThread) -> RawThread:
        call = self._read(thread.tid, b"syscall")
        if call in (b"", b"running\n"):
            return thread._replace(syscall=call, function=self._read(thread.tid, b"wchan") if not call else b"")
        thread = thread._replace(syscall=call, function=self._read(thread.tid, b"wchan"))
        try:
            inside = syscalls.parse(call)
        except ValueError:
            return thread
        if inside is None or inside.number < 0:
            return thread
        bits = self._bits_of(thread.tid, inside.stack_pointer)
        return thread._replace(bits=bits, memory=self._memory(thread, inside, bits))

    def _read(self, tid: int, name: bytes) -> bytes:
        if any(one.what == name.decode() for one in self.refused):
            return b""
        content = self._directory.read(b"%d/%s" % (tid, name))
        if isinstance(content, Unread):
            if content.errno not in _GONE and not is_ending(self._directory, b"%d/" % tid):
                self.refused.append(content._replace(what=name.decode()))
            return b""
        return content

    def _bits_of(self, tid: int, stack_pointer: int) -> int:
        """Of an address of the program; asked only where its stack lies so low that it may be a 32-bit one."""
        if stack_pointer >= _WIDE:
            return 64
        if self._bits is None:
            vector = self._directory.read(b"%d/auxv" % tid)
            self._bits = bits_of(vector if isinstance(vector, bytes) else b"")
        return self._bits

    def _memory(self, thread: RawThread, inside: syscalls.Inside, bits: int) -> tuple[tuple[int, bytes], ...]:
        if not self._live or any(one.what == "memory" for one in self.refused):
            return ()
        function = thread.function.decode("ascii", "replace")
        name = syscalls.name_of(inside.number, self._machine, bits)
        if name == "restart_syscall":
            name = syscalls.restarted(function)
        call = syscalls.Call(name, inside.arguments, bits)
        found: dict[int, bytes] = {}
        self._fetch(thread.tid, call, found)
        try:
            real = syscalls.unpacked(call, found)
        except ValueError:
            return tuple(found.items())
        if real is not call:
            self._fetch(thread.tid, real, found)
        return tuple(found.items())

    def _fetch(self, tid: int, call: syscalls.Call, found: dict[int, bytes]) -> None:
        for pointed in syscalls.pointed(call):
            from .memory import memory  # costs 2 ms, which only select and poll, and sleepers, take

            content = memory(tid, pointed.address, pointed.size_bytes)
            if isinstance(content, bytes):
                found[pointed.address] = content
            elif content.errno in (EACCES, EPERM):
                self.refused.append(content._replace(pid=self._directory.pid))
                return


def bits_of(vector: bytes) -> int:
    """Of an address of a program, by its proc_pid_auxv(5); 64 where that is not known.

    The vector begins with a type, a small number: read as 64 bits it is large if it is made of words of 32.
    """
    return 32 if int.from_bytes(vector[:8], "little") >= _WIDE else 64
