"""Threads that wait, each in another well-known way: every I/O model and both phases of a transfer.

The models are those of Stevens (UNIX Network Programming, volume 1, section 6.2); waits that are of no input
or output stand beside them. A thread tells its id and then enters its call, for good: what it waits for does
not come, all signals are blocked in it, and no two of them wait for the same thing.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import queue
import select
import signal
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from . import Refused, Scratch
from ._calls import libc, syscall
from .io_uring import _POLL_ADD, _submit

_PR_SET_NAME = 15
_A_DAY_S = 86_400

_GET_EVENTS = 1  # IORING_ENTER_GETEVENTS
_IOCB_CMD_POLL = 5  # include/uapi/linux/aio_abi.h

_NEW = 0xAA00  # USERFAULTFD_IOC_NEW, of /dev/userfaultfd
_API, _REGISTER, _ZEROPAGE = 0xC018AA3F, 0xC020AA00, 0xC020AA04  # UFFDIO_API and so on
_VERSION, _MISSING = 0xAA, 1


class Waiting(NamedTuple):
    """A thread of this process that waits, and facts that a look at its wait must tell."""

    tid: int
    says: dict[str, Any]
    """Of a wait, as in JSON: ``waits_for``, ``model``, ``phase``, ``timeout_s`` where one was given; ``syscall``:
    the names that it may have, by architecture and C library; ``on``: numbers of descriptors; ``events`` of
    select(2) and poll(2): number to events; ``holder`` of flock(2): the pid of who has the lock; ``socket`` of
    sigwaitinfo(2): the number of the descriptor that sends the signal; ``pid`` of a wait that is not in the lab's
    own process."""


def reading(scratch: Scratch) -> Waiting:
    """Waits in read(2) of a pipe that is empty."""
    reader, _ = os.pipe2(os.O_CLOEXEC)
    return _blocking("read", lambda: os.read(reader, 1), ["read"], "input", reader)


def receiving(scratch: Scratch) -> Waiting:
    """Waits in recv(2) from a stream socket (unix(7)) that was sent nothing."""
    one, _ = _connected(scratch)
    return _blocking("recv", lambda: one.recv(1), ["recvfrom"], "input", one.fileno())


def accepting(scratch: Scratch) -> Waiting:
    """Waits in accept(2) of a unix listener that nobody connects to."""
    listener = _listener(scratch, "nobody-connects", 1)
    return _blocking("accept", listener.accept, ["accept", "accept4"], "connection", listener.fileno())


def writing(scratch: Scratch) -> Waiting:
    """Waits in write(2) to a pipe that is full."""
    writer = _full_pipe()
    return _blocking("write", lambda: os.write(writer, b"."), ["write"], "output", writer)


def connecting(scratch: Scratch) -> Waiting:
    """Waits in connect(2) to a unix listener whose backlog is full: with listen(2) of 0 that is one connection."""
    path = _listener(scratch, "nobody-accepts", 0).getsockname()
    scratch.keep(socket.socket(socket.AF_UNIX)).connect(path)
    one = scratch.keep(socket.socket(socket.AF_UNIX))
    return _blocking("connect", lambda: one.connect(path), ["connect"], "connect", one.fileno())


def locking_a_file(scratch: Scratch) -> Waiting:
    """Waits in flock(2) on a file that a child of the lab has locked."""
    path = scratch.path("locked")
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def lock() -> None:  # an open file description of its own, for locks belong to these
        fcntl.flock(os.open(path, os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)

    holder = scratch.child("lock-holder", _pause, prepare=lock)
    waiting = _blocking("flock", lambda: fcntl.flock(file, fcntl.LOCK_EX), ["flock"], "file-lock", file)
    waiting.says["holder"] = holder
    return waiting


def selecting(scratch: Scratch) -> Waiting:
    """Waits in select(2) until one pipe can be read or another one can be written."""
    reader, _ = os.pipe2(os.O_CLOEXEC)
    writer = _full_pipe()
    span_s = _A_DAY_S + 0.5

    def wait() -> None:
        while not any(select.select([reader], [writer], [], span_s)):
            pass

    says = {"timeout_s": span_s, "events": {str(reader): ["in"], str(writer): ["out"]}}
    return _multiplexed("select", wait, ["select", "pselect6"], [reader, writer], says)


def polling(scratch: Scratch) -> Waiting:
    """Waits in poll(2) on a pipe to be read, one to be written, and a socket, each for other events."""
    reader, _ = os.pipe2(os.O_CLOEXEC)
    writer = _full_pipe()
    end = _connected(scratch)[0].fileno()
    asked = select.poll()
    asked.register(reader, select.POLLIN)
    asked.register(writer, select.POLLOUT)
    asked.register(end, select.POLLIN | select.POLLPRI | select.POLLRDHUP)

    def wait() -> None:
        while not asked.poll(_A_DAY_S * 1000):
            pass

    events = {str(reader): ["in"], str(writer): ["out"], str(end): ["in", "pri", "rdhup"]}
    says = {"timeout_s": _A_DAY_S, "events": events}
    return _multiplexed("poll", wait, ["poll", "ppoll"], [reader, writer, end], says)


def watching(scratch: Scratch) -> Waiting:
    """Waits in epoll_wait(2) on an epoll that watches a pipe and a socket."""
    reader, _ = os.pipe2(os.O_CLOEXEC)
    one, _ = _connected(scratch)
    watching = scratch.keep(select.epoll())
    watching.register(reader, select.EPOLLIN)
    watching.register(one, select.EPOLLIN | select.EPOLLRDHUP)
    return _multiplexed("epoll", watching.poll, ["epoll_wait", "epoll_pwait"], [watching.fileno()], {})


def completing_by_io_uring(scratch: Scratch) -> Waiting:
    """Waits in io_uring_enter(2) until one operation is complete; the only one waits for a pipe that is empty."""
    parameters = (ctypes.c_uint32 * 30)()
    ring = syscall("io_uring_setup", 8, parameters)
    reader, _ = os.pipe2(os.O_CLOEXEC)
    _submit(ring, parameters, [(_POLL_ADD, reader, 0x4444)], 1)
    wait = _again(lambda: syscall("io_uring_enter", ring, 0, 1, _GET_EVENTS, None, 0))
    return _asynchronous("io_uring", wait, ["io_uring_enter"], [ring])


def completing_by_aio(scratch: Scratch) -> Waiting:
    """Waits in io_getevents(2) until one operation is complete; the only one waits for a pipe that is empty.

    Since Linux 4.19 (commit bfe4037e722e "aio: implement IOCB_CMD_POLL").
    """
    context = ctypes.c_ulong()
    syscall("io_setup", 1, ctypes.byref(context))
    reader, _ = os.pipe2(os.O_CLOEXEC)
    # struct iocb: key and flags change places where the byte order is the other one; both are 0
    block = struct.pack("=QIIHhIQQqQII", 0, 0, 0, _IOCB_CMD_POLL, 0, reader, select.POLLIN, 0, 0, 0, 0, 0)
    submitted = (ctypes.c_void_p * 1)(ctypes.addressof(scratch.keep(ctypes.create_string_buffer(block, 64))))
    syscall("io_submit", context, ctypes.c_long(1), submitted)
    events = scratch.keep((ctypes.c_uint64 * 4)())  # one struct io_event
    one = ctypes.c_long(1)
    wait = _again(lambda: syscall("io_getevents", context, one, one, events, None))
    return _asynchronous("aio", wait, ["io_getevents"], [])


def taking_a_signal(scratch: Scratch) -> Waiting:
    """Waits in sigwaitinfo(2) for the signal that a socket sends when it is ready (O_ASYNC of open(2)).

    The main thread has a handler for the signal, but blocks it too, else the kernel would rather wake that one.
    """
    number = signal.SIGRTMIN + 1
    one, _ = _connected(scratch)
    signal.pthread_sigmask(signal.SIG_BLOCK, [number])
    signal.signal(number, lambda *_: None)
    fcntl.fcntl(one, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(one, fcntl.F_SETSIG, number)
    fcntl.fcntl(one, fcntl.F_SETFL, fcntl.fcntl(one, fcntl.F_GETFL) | os.O_ASYNC)
    says = {"phase": "waiting", "socket": one.fileno()}
    return _start(
        "signal", lambda: signal.sigwaitinfo([number]), ["rt_sigtimedwait"], "signal", "signal-driven", [], says
    )


def sleeping(scratch: Scratch) -> Waiting:
    """Waits in clock_nanosleep(2) for a day, not until a date, as time.sleep() would have it (Python 3.11)."""
    a_day = (ctypes.c_long * 2)(_A_DAY_S, 0)  # struct timespec

    def wait() -> None:
        while True:
            libc.nanosleep(a_day, None)

    waiting = _other("sleep", wait, ["clock_nanosleep", "nanosleep"], "time")
    waiting.says["timeout_s"] = _A_DAY_S
    return waiting


def locking(scratch: Scratch) -> Waiting:
    """Waits in futex(2), by a lock that was taken once."""
    taken = threading.Lock()
    taken.acquire()
    return _other("lock", taken.acquire, ["futex"], "lock")


def taking_a_status(scratch: Scratch) -> Waiting:
    """Waits in wait4(2), by waitpid(2) of a child that stays."""
    pid = scratch.child("child", _pause)
    return _other("child", lambda: os.waitpid(pid, 0), ["wait4"], "child")


def copying(scratch: Scratch) -> Waiting:
    """Waits in read(2) of a pipe that has data, to copy it into a page that is missing and nobody provides.

    The kernel holds the lock of the pipe while it copies: nobody else can open it, read it or ask how much is
    in it (FIONREAD) until the lab ends. Neither can the thread be stopped, by a signal or a debugger: while a
    signal is pending that does not kill it, the kernel tries the copy over and over (fault_signal_pending() in
    include/linux/sched/signal.h). So it has a process of its own, and a debugger can attach to the lab. When a
    stop is over (SIGCONT) the other thread of that gives it the page, and it begins anew.
    """
    reader, writer = os.pipe2(os.O_CLOEXEC)
    memory = mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    page = ctypes.c_char.from_buffer(memory)
    address = ctypes.addressof(page)

    def prepare() -> None:
        faults = _faults()
        fcntl.ioctl(faults, _API, struct.pack("QQQ", _VERSION, 0, 0))
        fcntl.ioctl(faults, _REGISTER, struct.pack("QQQQ", address, mmap.PAGESIZE, _MISSING, 0))

        def provide(*_: object) -> None:
            try:
                fcntl.ioctl(faults, _ZEROPAGE, struct.pack("QQQQ", address, mmap.PAGESIZE, 0, 0))
            except OSError:  # it is there already
                pass

        signal.signal(signal.SIGCONT, provide)
        waiting = _start("copy", wait, ["read"], "input", "blocking", [reader], {"phase": "copying"})
        os.write(tell, b"%d" % waiting.tid)

    def wait() -> None:
        while True:
            memory.madvise(mmap.MADV_DONTNEED)
            os.write(writer, b"hello")
            libc.read(reader, ctypes.byref(page), 5)

    told, tell = os.pipe2(os.O_CLOEXEC)
    try:
        pid = scratch.child("lab-copy", _pause, (reader, writer, tell), prepare)
        tid = int(os.read(told, 20))
    finally:
        for number in (reader, writer, told, tell):
            os.close(number)
    says = {"syscall": ["read"], "waits_for": "input", "model": "blocking", "on": [reader]}
    return Waiting(tid, says | {"phase": "copying", "pid": pid})


def _faults() -> int:
    """A userfaultfd(2) that is told of faults of the kernel too.

    Raises:
        OSError: that is not allowed.
    """
    try:
        return syscall("userfaultfd", os.O_CLOEXEC)
    except OSError:
        pass
    try:
        device = os.open("/dev/userfaultfd", os.O_RDWR | os.O_CLOEXEC)
        try:
            return fcntl.ioctl(device, _NEW, os.O_CLOEXEC)
        finally:
            os.close(device)
    except OSError:
        reason = "to let the kernel wait for a page takes CAP_SYS_PTRACE, or the right to open /dev/userfaultfd"
        raise OSError(errno.EPERM, f"{reason} (userfaultfd(2))") from None


def _start(
    name: str,
    wait: Callable[[], object],
    syscalls: list[str],
    waits_for: str,
    model: str | None,
    on: list[int],
    says: dict[str, Any],
) -> Waiting:
    """Starts the thread; returns when it is about to wait."""
    told: queue.SimpleQueue[int] = queue.SimpleQueue()

    def live() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # signals belong to the main thread
        libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)
        told.put(threading.get_native_id())
        try:
            wait()
        except OSError:  # the lab ends, and closes what it holds
            pass

    try:
        threading.Thread(target=live, name=name, daemon=True).start()
    except RuntimeError as error:
        raise Refused(str(error)) from None
    common = {"syscall": syscalls, "waits_for": waits_for, "model": model, "on": sorted(on)}
    return Waiting(told.get(), common | {"phase": "waiting" if model else None} | says)


def _blocking(name: str, wait: Callable[[], object], syscalls: list[str], waits_for: str, fd: int) -> Waiting:
    return _start(name, wait, syscalls, waits_for, "blocking", [fd], {})


def _multiplexed(
    name: str, wait: Callable[[], object], syscalls: list[str], on: list[int], says: dict[str, Any]
) -> Waiting:
    return _start(name, wait, syscalls, "readiness", "multiplexed", on, says)


def _asynchronous(name: str, wait: Callable[[], object], syscalls: list[str], on: list[int]) -> Waiting:
    return _start(name, wait, syscalls, "completion", "asynchronous", on, {})


def _other(name: str, wait: Callable[[], object], syscalls: list[str], waits_for: str) -> Waiting:
    """Of a wait that is on no descriptor."""
    return _start(name, wait, syscalls, waits_for, None, [], {})


def _again(call: Callable[[], object]) -> Callable[[], None]:
    """Makes `call`, once more whenever it fails with EINTR, as some do when a stop is over (signal(7))."""

    def wait() -> None:
        while True:
            try:
                call()
            except InterruptedError:
                continue
            return

    return wait


def _pause() -> None:
    while True:
        signal.pause()


def _connected(scratch: Scratch) -> tuple[socket.socket, socket.socket]:
    """Two stream sockets that nothing is sent over."""
    ends: tuple[socket.socket, socket.socket] = scratch.keep(socket.socketpair())
    return ends


def _listener(scratch: Scratch, name: str, backlog: int) -> socket.socket:
    listener: socket.socket = scratch.keep(socket.socket(socket.AF_UNIX))
    listener.bind(scratch.path(name))
    listener.listen(backlog)
    return listener


def _full_pipe() -> int:
    """The write end of a pipe that takes no more."""
    _, writer = os.pipe2(os.O_CLOEXEC)
    room = fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, mmap.PAGESIZE)
    os.write(writer, bytes(room))
    return writer


WAITS: dict[str, Callable[[Scratch], Waiting]] = {
    "flock": locking_a_file,  # this and the next fork, which is better done while there are few threads
    "child": taking_a_status,
    "read": reading,
    "recv": receiving,
    "accept": accepting,
    "write": writing,
    "connect": connecting,
    "select": selecting,
    "poll": polling,
    "epoll": watching,
    "io_uring": completing_by_io_uring,
    "aio": completing_by_aio,
    "signal": taking_a_signal,
    "sleep": sleeping,
    "lock": locking,
    "copy": copying,
}
