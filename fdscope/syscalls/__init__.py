"""System calls: proc_pid_syscall(5) of a thread, names by number, and what a call waits for. Pure."""

from __future__ import annotations

import functools
from importlib import import_module
from typing import NamedTuple

INPUT, OUTPUT, TRANSFER, CONNECTION, CONNECT = "input", "output", "transfer", "connection", "connect"
READINESS, COMPLETION, FILE_LOCK, LOCK, TIME = "readiness", "completion", "file-lock", "lock", "time"
CHILD, SIGNAL, MESSAGE, STORAGE, OPENING, DEVICE = "child", "signal", "message", "storage", "opening", "device"
MEMORY, STOPPED, OTHER = "memory", "stopped", "other"

MOST_POLLED = 65_536
"""How many descriptors of one poll(2) or select(2) are looked at."""

FIRST_ARGUMENT, TWO_ARGUMENTS, POLLED = 1, 2, 3
"""Which arguments of a call tell one wait from another; POLLED: how many poll(2) waits for, and if one, which."""

_TABLES = {
    ("x86_64", 64): "x86_64",
    ("x86_64", 32): "i386",
    ("i686", 32): "i386",
    ("i586", 32): "i386",
    ("i386", 32): "i386",
    ("aarch64", 64): "arm64",
    ("riscv64", 64): "arm64",
    ("loongarch64", 64): "arm64",
}
_X32 = 0x40000000  # __X32_SYSCALL_BIT of arch/x86/include/uapi/asm/unistd.h


class Inside(NamedTuple):
    """Where a thread is that does not run: the words of its syscall file."""

    number: int
    """Of the system call; -1: it is blocked, but not in one, as by a page fault."""
    arguments: tuple[int, ...]
    """As the registers hold them: none, or six."""
    stack_pointer: int
    program_counter: int


class Call(NamedTuple):
    """A system call that a thread is in."""

    name: str
    arguments: tuple[int, ...]
    bits: int
    """Of an address and a long of the program: 64, or 32."""


class Pointed(NamedTuple):
    """Memory of the program that a call's arguments point to."""

    address: int
    size_bytes: int


class Meaning(NamedTuple):
    """What a system call waits for, and where its arguments say on what."""

    waits_for: str
    model: str | None = "blocking"
    files: tuple[int, ...] = ()
    """Places of the arguments that are descriptors."""
    timeout: tuple[int, str] | None = None
    """Place of the argument that says for how long; and ``ms``, ``timespec``, ``timeval`` or ``timespec64``."""
    set: str = ""
    """``poll`` or ``select``: the arguments point to the set that it waits on."""


def parse(line: bytes) -> Inside | None:
    """A thread's syscall file; None: it runs, or waits for a CPU.

    Raises:
        ValueError: the text has another form.
    """
    words = line.split()
    if words == [b"running"]:
        return None
    if len(words) not in (3, 9):
        raise ValueError(f"not a system call: {line!r}")
    numbers = [int(word, 16) for word in words[1:]]
    return Inside(int(words[0]), tuple(numbers[:-2]), numbers[-2], numbers[-1])


@functools.cache
def _names(table: str) -> tuple[str, ...]:
    names: str = import_module(f".{table}", __package__).NAMES
    return tuple(names.split())


def name_of(number: int, machine: str, bits: int) -> str:
    """The name of a system call; ``syscall 1234`` where this machine has none of that number, or is not known.

    Args:
        number: as parsed.
        machine: as uname(2) tells it.
        bits: of an address of the program.
    """
    table = _TABLES.get((machine, bits))
    if table == "x86_64" and number >= _X32:
        number -= _X32
    names = _names(table) if table else ()
    known = 0 <= number < len(names) and names[number] != "-"
    return names[number] if known else f"syscall {number}"


def _meanings() -> dict[str, Meaning]:
    """By name. Descriptors and timeouts stand where the manual page of the call has them."""
    found: dict[str, Meaning] = {}

    def add(names: str, meaning: Meaning) -> None:
        found.update(dict.fromkeys(names.split(), meaning))

    add(
        "read pread64 readv preadv preadv2 recv recvfrom recvmsg recvmmsg recvmmsg_time64 getdents getdents64 "
        "readahead",
        Meaning(INPUT, files=(0,)),
    )
    add(
        "write pwrite64 writev pwritev pwritev2 send sendto sendmsg sendmmsg vmsplice", Meaning(OUTPUT, files=(0,))
    )
    add("mq_timedreceive", Meaning(INPUT, files=(0,), timeout=(4, "timespec")))
    add("mq_timedreceive_time64", Meaning(INPUT, files=(0,), timeout=(4, "timespec64")))
    add("mq_timedsend", Meaning(OUTPUT, files=(0,), timeout=(4, "timespec")))
    add("mq_timedsend_time64", Meaning(OUTPUT, files=(0,), timeout=(4, "timespec64")))
    add("sendfile sendfile64 tee", Meaning(TRANSFER, files=(0, 1)))
    add("splice copy_file_range", Meaning(TRANSFER, files=(0, 2)))
    add("accept accept4", Meaning(CONNECTION, files=(0,)))
    add("connect", Meaning(CONNECT, files=(0,)))
    add(
        "fsync fdatasync syncfs sync_file_range fallocate ftruncate ftruncate64 fadvise64",
        Meaning(STORAGE, files=(0,)),
    )
    add("sync", Meaning(STORAGE))
    add("open openat openat2 creat", Meaning(OPENING))
    add("ioctl", Meaning(DEVICE, files=(0,)))
    add("flock", Meaning(FILE_LOCK, files=(0,)))
    add("fcntl fcntl64", Meaning(OTHER, None, files=(0,)))
    add("poll", Meaning(READINESS, "multiplexed", timeout=(2, "ms"), set="poll"))
    add("ppoll", Meaning(READINESS, "multiplexed", timeout=(2, "timespec"), set="poll"))
    add("ppoll_time64", Meaning(READINESS, "multiplexed", timeout=(2, "timespec64"), set="poll"))
    add("select _newselect", Meaning(READINESS, "multiplexed", timeout=(4, "timeval"), set="select"))
    add("pselect6", Meaning(READINESS, "multiplexed", timeout=(4, "timespec"), set="select"))
    add("pselect6_time64", Meaning(READINESS, "multiplexed", timeout=(4, "timespec64"), set="select"))
    add("epoll_wait epoll_pwait", Meaning(READINESS, "multiplexed", files=(0,), timeout=(3, "ms")))
    add("epoll_pwait2", Meaning(READINESS, "multiplexed", files=(0,), timeout=(3, "timespec64")))
    add("io_uring_enter", Meaning(COMPLETION, "asynchronous", files=(0,)))
    add("io_getevents io_pgetevents", Meaning(COMPLETION, "asynchronous", timeout=(4, "timespec")))
    add("io_pgetevents_time64", Meaning(COMPLETION, "asynchronous", timeout=(4, "timespec64")))
    add("io_submit", Meaning(COMPLETION, "asynchronous"))
    add("nanosleep", Meaning(TIME, None, timeout=(0, "timespec")))
    add("clock_nanosleep", Meaning(TIME, None, timeout=(2, "timespec")))
    add("clock_nanosleep_time64", Meaning(TIME, None, timeout=(2, "timespec64")))
    add("futex", Meaning(LOCK, None, timeout=(3, "timespec")))
    add("futex_time64", Meaning(LOCK, None, timeout=(3, "timespec64")))
    add("futex_wait", Meaning(LOCK, None, timeout=(4, "timespec64")))
    add("futex_waitv", Meaning(LOCK, None, timeout=(3, "timespec64")))
    add("wait4 waitpid waitid vfork", Meaning(CHILD, None))
    add("pause sigsuspend rt_sigsuspend", Meaning(SIGNAL, None))
    add("rt_sigtimedwait", Meaning(SIGNAL, None, timeout=(2, "timespec")))
    add("rt_sigtimedwait_time64", Meaning(SIGNAL, None, timeout=(2, "timespec64")))
    add("msgrcv msgsnd semop ipc", Meaning(MESSAGE, None))
    add("semtimedop", Meaning(MESSAGE, None, timeout=(3, "timespec")))
    add("semtimedop_time64", Meaning(MESSAGE, None, timeout=(3, "timespec64")))
    add(
        "close lseek _llseek fstat fstat64 newfstatat fstatat64 statx fchmod fchown fchown32 fstatfs fstatfs64 "
        "fchdir fsetxattr fgetxattr flistxattr fremovexattr shutdown bind listen getsockname getpeername "
        "setsockopt getsockopt epoll_ctl inotify_add_watch timerfd_settime timerfd_gettime mq_notify "
        "mq_getsetattr process_madvise pidfd_send_signal finit_module io_uring_register unlinkat mkdirat renameat "
        "renameat2 linkat readlinkat fchmodat fchownat faccessat faccessat2",
        Meaning(OTHER, None, files=(0,)),
    )
    return found


MEANINGS = _meanings()
_SELECT_OLD = 82  # sys_old_select of i386: its one argument points to all five

# The first part of kernel functions that a call waits in when a stop has interrupted it and it goes on as
# restart_syscall(2), which keeps the registers, to the name of the call (fs/select.c, kernel/futex, kernel/time).
_RESTARTED = {"poll_schedule_timeout": "poll", "do_sys_poll": "poll", "do_poll": "poll", "futex": "futex"}
_RESTARTED_SLEEP = ("hrtimer_nanosleep", "do_nanosleep", "common_nsleep", "alarm_timer_nsleep")

# net/socket.c, sys_socketcall: calls by number from 1
_SOCKETCALLS = (
    "socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown "
    "setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg"
).split()
_F_SETLKW, _F_OFD_SETLKW, _F_SETLKW64 = 7, 38, 14  # include/uapi/asm-generic/fcntl.h
_TIMER_ABSTIME = 1
_P_PIDFD = 3  # include/uapi/linux/wait.h
_SIGNAL_SET_BYTES = 8  # 64 signals, on all of these architectures
_FUTEX2_PRIVATE = 128  # include/uapi/linux/futex.h, whose struct futex_waitv has 24 bytes and at most 128 fellows
_WAITER_BYTES, _MOST_FUTEXES = 24, 128
_ENTER_EXT_ARG = 8  # include/uapi/linux/io_uring.h: a time may stand in what the last argument points to
_AT_FDCWD = (-100) & 0xFFFFFFFF


def restarted(kernel_function: str) -> str:
    """The call that goes on as restart_syscall(2), as far as where it waits tells it; empty: not known."""
    if kernel_function.startswith(_RESTARTED_SLEEP):
        return "nanosleep"
    return next((call for begin, call in _RESTARTED.items() if kernel_function.startswith(begin)), "")


def meaning_of(call: Call) -> Meaning:
    """What a call waits for; of a name that is not known only that."""
    meaning = MEANINGS.get(call.name, Meaning(OTHER, None))
    if meaning.set and not call.arguments[1 if meaning.set == "poll" else 0] & 0xFFFFFFFF:
        return meaning._replace(waits_for=TIME, model=None)  # for no descriptor: to sleep
    if call.name.startswith("fcntl") and len(call.arguments) > 1:
        waits = call.arguments[1] in (_F_SETLKW, _F_OFD_SETLKW) or (
            call.arguments[1] == _F_SETLKW64 and call.bits == 32
        )
        return meaning._replace(waits_for=FILE_LOCK, model="blocking") if waits else meaning
    if call.name == "waitid" and call.arguments and call.arguments[0] & 0xFFFFFFFF == _P_PIDFD:
        return meaning._replace(model="blocking", files=(1,))
    return meaning


def telling(machine: str) -> dict[int, int]:
    """By number of a call of 64-bit programs, which of its arguments tell one wait from another."""
    found = {}
    table = _TABLES.get((machine, 64))
    for number, name in enumerate(_names(table) if table else ()):
        meaning = MEANINGS.get(name)
        if name in ("poll", "ppoll"):
            found[number] = POLLED
        elif name in ("fcntl", "waitid") or (meaning is not None and meaning.files[:2] == (0, 1)):
            found[number] = TWO_ARGUMENTS
        elif name in ("futex", "futex_wait") or (
            meaning is not None and (meaning.files[:1] == (0,) or meaning.set == "select")
        ):
            found[number] = FIRST_ARGUMENT
    return found


def descriptors(call: Call) -> list[int]:
    """The descriptors among its arguments, each once; negative ones and AT_FDCWD are none."""
    found = [call.arguments[place] & 0xFFFFFFFF for place in meaning_of(call).files if place < len(call.arguments)]
    return list(dict.fromkeys(fd for fd in found if fd != _AT_FDCWD and fd < 1 << 31))


def pointed(call: Call) -> list[Pointed]:
    """The memory that says what a call waits on and for how long."""
    meaning, arguments = meaning_of(call), call.arguments
    if call.name == "socketcall" and len(arguments) > 1:
        return [Pointed(arguments[1], 24)]
    if call.name == "select" and call.bits == 32 and arguments:
        return [Pointed(arguments[0], 20)]
    found = []
    if call.name == "futex_waitv" and arguments[1] & 0xFFFFFFFF:
        found.append(Pointed(arguments[0], _WAITER_BYTES * min(arguments[1] & 0xFFFFFFFF, _MOST_FUTEXES)))
    if call.name.startswith("rt_sigtimedwait"):
        found.append(Pointed(arguments[0], _SIGNAL_SET_BYTES))
    if meaning.set == "poll" and arguments[1]:
        found.append(Pointed(arguments[0], 8 * min(arguments[1] & 0xFFFFFFFF, MOST_POLLED)))
    elif meaning.set == "select":
        length = _set_bytes(arguments[0], call.bits)
        found += [Pointed(address, length) for address in arguments[1:4] if address and length]
    if meaning.timeout is not None and meaning.timeout[1] != "ms" and arguments[meaning.timeout[0]]:
        found.append(Pointed(arguments[meaning.timeout[0]], _span_bytes(meaning.timeout[1], call.bits)))
    return found


def _set_bytes(highest: int, bits: int) -> int:
    """Bytes of a set of select(2), in whole longs; no more than there can be descriptors."""
    longs = (min(highest & 0xFFFFFFFF, MOST_POLLED) + bits - 1) // bits
    return longs * bits // 8


def _span_bytes(form: str, bits: int) -> int:
    return 16 if form == "timespec64" or bits == 64 else 8


def unpacked(call: Call, memory: dict[int, bytes]) -> Call:
    """The call behind socketcall(2) or the old select(2) of i386, whose arguments stand in memory; else itself.

    Raises:
        ValueError: the memory could not be read, or there is no such call.
    """
    if call.name == "socketcall":
        place = call.arguments[0] - 1
        if not 0 <= place < len(_SOCKETCALLS):
            raise ValueError(f"not a socketcall: {call.arguments[0]}")
        return Call(_SOCKETCALLS[place], _words(memory, call.arguments[1], 6), call.bits)
    if call.name == "select" and call.bits == 32:
        return Call("_newselect", _words(memory, call.arguments[0], 5), call.bits)
    return call


def _words(memory: dict[int, bytes], address: int, number: int) -> tuple[int, ...]:
    data = memory.get(address, b"")
    if len(data) < 4 * number:
        raise ValueError(f"{len(data)} bytes where {number} arguments should stand")
    return tuple(int.from_bytes(data[4 * place : 4 * place + 4], "little") for place in range(number))


_POLLED = {1: "in", 2: "pri", 4: "out", 64: "rdnorm", 128: "rdband", 256: "wrnorm", 512: "wrband", 0x2000: "rdhup"}
# include/uapi/asm-generic/poll.h, but for err, hup and nval, which poll(2) tells whether asked for or not


def watched(call: Call, memory: dict[int, bytes]) -> dict[int, list[str]] | None:
    """The set of a poll(2) or select(2): number to the events that it waits for; None: it could not be read."""
    meaning, arguments = meaning_of(call), call.arguments
    found: dict[int, list[str]] = {}
    if meaning.set == "poll":
        data = memory.get(arguments[0]) if arguments[1] else b""
        if data is None:
            return None
        for place in range(0, len(data) - 7, 8):
            fd = int.from_bytes(data[place : place + 4], "little", signed=True)
            wanted = int.from_bytes(data[place + 4 : place + 6], "little")
            if fd >= 0:  # a negative one is passed over
                told = found.setdefault(fd, [])
                told += [name for bit, name in _POLLED.items() if wanted & bit and name not in told]
        return found
    for address, event in zip(arguments[1:4], ("in", "out", "pri"), strict=True):
        if not address:
            continue
        if address not in memory and _set_bytes(arguments[0], call.bits):
            return None
        number = int.from_bytes(memory.get(address, b""), "little")
        for fd in range(min(arguments[0] & 0xFFFFFFFF, MOST_POLLED)):
            if number >> fd & 1:
                found.setdefault(fd, []).append(event)
    return dict(sorted(found.items()))


def timeout_s(call: Call, memory: dict[int, bytes]) -> float | None:
    """For how long it was asked to wait at most, in seconds; None: without end, until a date, or not known."""
    meaning = meaning_of(call)
    if meaning.timeout is None or _until_a_date(call):
        return None
    place, form = meaning.timeout
    if form == "ms":
        wanted = call.arguments[place] & 0xFFFFFFFF
        return None if wanted >= 1 << 31 else wanted / 1000
    data = memory.get(call.arguments[place], b"")
    half = _span_bytes(form, call.bits) // 2
    if len(data) < 2 * half:
        return None
    seconds = int.from_bytes(data[:half], "little", signed=True)
    rest = int.from_bytes(data[half : 2 * half], "little", signed=True)
    return seconds + rest / (1e6 if form == "timeval" else 1e9)


def is_timed(call: Call) -> bool | None:
    """Whether it was asked to wait until a time at most; None: not known.

    A socket may have a timeout of its own (SO_RCVTIMEO), which no argument tells.
    """
    meaning = meaning_of(call)
    if meaning.timeout is None:
        hidden = call.name == "io_uring_enter" and bool(call.arguments[3] & _ENTER_EXT_ARG)
        return None if hidden or meaning.waits_for in (TIME, OTHER) else False
    place, form = meaning.timeout
    if form == "ms":
        return call.arguments[place] & 0xFFFFFFFF < 1 << 31
    return bool(call.arguments[place])


def _until_a_date(call: Call) -> bool:
    """Whether the time that it is given is a point in time (clock_nanosleep(2), futex(2), mq_receive(3))."""
    if call.name.startswith("clock_nanosleep"):
        return bool(call.arguments[1] & _TIMER_ABSTIME)
    if call.name.startswith(("mq_timed", "futex_wait")):
        return True
    # include/uapi/linux/futex.h: of those that wait only FUTEX_WAIT is told a span; 128 and 256 are flags
    return call.name.startswith("futex") and call.arguments[1] & ~0x180 & 0xFFFFFFFF != 0


def signal_set(call: Call, memory: dict[int, bytes]) -> int | None:
    """What sigtimedwait(2) waits for, bit 0 for signal 1; None: another call, or it could not be read."""
    data = memory.get(call.arguments[0], b"") if call.name.startswith("rt_sigtimedwait") else b""
    return int.from_bytes(data, "little") if len(data) == _SIGNAL_SET_BYTES else None


class Futex(NamedTuple):
    """A word of memory that a thread waits for (futex(2))."""

    address: int
    private: bool
    """Whether only threads of the same process can end the wait (FUTEX_PRIVATE_FLAG, FUTEX2_PRIVATE)."""


def futexes(call: Call, memory: dict[int, bytes]) -> list[Futex]:
    """The words that a futex call waits for, the first that changes ends it; empty: no such call, or not read."""
    if call.name in ("futex", "futex_time64"):
        return [Futex(call.arguments[0], bool(call.arguments[1] & _FUTEX2_PRIVATE))]
    if call.name == "futex_wait":
        return [Futex(call.arguments[0], bool(call.arguments[3] & _FUTEX2_PRIVATE))]
    if call.name != "futex_waitv":
        return []
    found = []
    data = memory.get(call.arguments[0], b"")
    for start in range(0, len(data) - _WAITER_BYTES + 1, _WAITER_BYTES):
        address = int.from_bytes(data[start + 8 : start + 16], "little")
        flags = int.from_bytes(data[start + 16 : start + 20], "little")
        found.append(Futex(address, bool(flags & _FUTEX2_PRIVATE)))
    return found


_READS, _WRITES = ("pipe_wait_readable",), ("pipe_wait_writable", "wait_for_space")
"""The first part of kernel functions (fs/splice.c, fs/pipe.c) in which one side of a transfer is waited for."""


def waiting_side(call: Call, kernel_function: str) -> list[int]:
    """The descriptors of a call that moves data between two: the one that it waits for, where that is told."""
    both = descriptors(call)
    source, sink = (both[-1:], both[:1]) if call.name.startswith("sendfile") else (both[:1], both[-1:])
    if kernel_function.startswith(_READS):
        return source
    return sink if kernel_function.startswith(_WRITES) else both
