"""System calls by number, and what their arguments say they wait for."""

import re
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope import syscalls
from fdscope.syscalls import Call, Inside, Pointed

FDS, TIME = 0x7F0000001000, 0x7F0000002000


def call(name, *arguments, bits=64):
    return Call(name, (*arguments, *[0] * (6 - len(arguments))), bits)


def test_the_words_of_a_syscall_file_are_told_apart():
    line = b"0 0x9 0x7fc3d0f1a570 0x1 0x0 0x0 0x0 0x7ffd26836198 0x7fc3d130d2ad\n"
    assert syscalls.parse(line) == Inside(0, (9, 0x7FC3D0F1A570, 1, 0, 0, 0), 0x7FFD26836198, 0x7FC3D130D2AD)
    assert syscalls.parse(b"-1 0x7ffd26836198 0x7fc3d130d2ad\n") == Inside(-1, (), 0x7FFD26836198, 0x7FC3D130D2AD)
    assert syscalls.parse(b"running\n") is None


@given(
    st.binary(max_size=200) | st.lists(st.integers(-9, 2**66).map(hex), max_size=10).map(" ".join).map(str.encode)
)
def test_any_syscall_file_is_read_or_refused(line):
    try:
        found = syscalls.parse(line)
    except ValueError:
        return
    assert found is None or isinstance(found, Inside)


@pytest.mark.parametrize(
    ("machine", "bits", "number", "name"),
    [
        ("x86_64", 64, 0, "read"),
        ("x86_64", 64, 232, "epoll_wait"),
        ("x86_64", 64, 270, "pselect6"),
        ("x86_64", 64, 426, "io_uring_enter"),
        ("x86_64", 64, 0x40000000 + 1, "write"),  # x32
        ("x86_64", 32, 3, "read"),
        ("x86_64", 32, 142, "_newselect"),
        ("x86_64", 32, 414, "ppoll_time64"),
        ("i686", 32, 102, "socketcall"),
        ("aarch64", 64, 63, "read"),
        ("aarch64", 64, 22, "epoll_pwait"),
        ("riscv64", 64, 73, "ppoll"),
        ("aarch64", 64, 244, "syscall 244"),
        ("aarch64", 32, 3, "syscall 3"),  # a 32-bit program on Arm 64 has a table that is not known here
        ("m68k", 64, 3, "syscall 3"),
        ("x86_64", 64, 9999, "syscall 9999"),
        ("x86_64", 64, -1, "syscall -1"),
    ],
)
def test_calls_have_their_names(machine, bits, number, name):
    assert syscalls.name_of(number, machine, bits) == name


@pytest.mark.parametrize(
    ("header", "machine", "bits"),
    [("x86_64-linux-gnu/asm/unistd_64.h", "x86_64", 64), ("x86_64-linux-gnu/asm/unistd_32.h", "x86_64", 32)],
)
def test_the_tables_are_those_of_the_headers_of_this_machine(header, machine, bits):
    path = Path("/usr/include") / header
    if not path.exists():
        pytest.skip(f"no kernel headers here: {path}")
    known = re.findall(r"#define __NR_(\w+) (\d+)", path.read_text())
    assert len(known) > 300
    assert [one for one in known if syscalls.name_of(int(one[1]), machine, bits) != one[0]] == []


def test_every_call_with_a_meaning_is_in_a_table():
    known = {name for table in ("x86_64", "i386", "arm64") for name in syscalls._names(table)}
    multiplexed = set(syscalls._SOCKETCALLS)  # behind socketcall(2)
    assert set(syscalls.MEANINGS) - known - multiplexed == set()


@pytest.mark.parametrize(
    ("of", "found"),
    [
        (call("read", 7), [7]),
        (call("read", 2**64 - 100), []),
        (call("splice", 3, 0, 4), [3, 4]),
        (call("sendfile", 5, 5), [5]),
        (call("openat", (-100) & (2**64 - 1)), []),
        (call("poll", FDS, 2), []),
        (call("syscall 999", 3), []),
        (call("waitid", 3, 26), [26]),  # P_PIDFD
        (call("waitid", 1, 26), []),  # P_PID
        (call("epoll_wait", 2**32 + 9), [9]),  # an int: the upper half of the register is not looked at
    ],
)
def test_descriptors_stand_where_the_manual_page_has_them(of, found):
    assert syscalls.descriptors(of) == found


def test_the_set_of_poll_is_read_from_memory():
    entries = struct.pack("ihhihhihh", 5, 1, 0, -1, 1, 0, 7, 4 | 0x2000, 4)
    polling = call("poll", FDS, 3, 1500)
    assert syscalls.pointed(polling) == [Pointed(FDS, 24)]
    assert syscalls.watched(polling, {FDS: entries}) == {5: ["in"], 7: ["out", "rdhup"]}
    assert syscalls.timeout_s(polling, {}) == 1.5
    assert syscalls.watched(polling, {}) is None
    assert syscalls.watched(call("poll", 0, 0, 2**32 - 1), {}) == {}
    assert syscalls.timeout_s(call("poll", 0, 0, 2**32 - 1), {}) is None


@pytest.mark.parametrize("bits", [32, 64])
def test_the_sets_of_select_are_bits_of_longs(bits):
    read, write = bytearray(16), bytearray(16)
    read[0], read[12], write[1] = 0b101, 0x80, 0b10
    name = "pselect6" if bits == 64 else "_newselect"
    selecting = call(name, 104, FDS, FDS + 64, 0, TIME, bits=bits)
    assert [one.size_bytes for one in syscalls.pointed(selecting)] == [16, 16, 16 if bits == 64 else 8]
    memory = {
        FDS: bytes(read),
        FDS + 64: bytes(write),
        TIME: struct.pack("<qq" if bits == 64 else "<ii", 2, 500000),
    }
    assert syscalls.watched(selecting, memory) == {0: ["in"], 2: ["in"], 9: ["out"], 103: ["in"]}
    assert syscalls.timeout_s(selecting, memory) == (2.0005 if bits == 64 else 2.5)
    assert syscalls.watched(selecting, {FDS: bytes(read)}) is None


def test_a_set_beyond_what_select_was_given_is_not_looked_at():
    assert syscalls.watched(call("select", 3, FDS), {FDS: b"\xff" * 8}) == {0: ["in"], 1: ["in"], 2: ["in"]}


@pytest.mark.parametrize(
    ("of", "seconds"),
    [
        (call("nanosleep", TIME), 1.5),
        (call("clock_nanosleep", 1, 0, TIME), 1.5),
        (call("clock_nanosleep", 1, 1, TIME), None),  # until a date
        (call("futex", FDS, 128, 0, TIME), 1.5),
        (call("futex", FDS, 128 | 9, 0, TIME), None),  # FUTEX_WAIT_BITSET: until a date
        (call("ppoll", FDS, 1, 0), None),
        (call("epoll_wait", 3, FDS, 8, 250), 0.25),
        (call("read", 3), None),
    ],
)
def test_a_timeout_is_what_the_call_was_given(of, seconds):
    assert syscalls.timeout_s(of, {TIME: struct.pack("qq", 1, 500_000_000)}) == seconds


def test_socketcall_is_the_call_behind_it():
    arguments = struct.pack("<6I", 9, 0x1000, 64, 0, 0, 0)
    outer = call("socketcall", 10, FDS, bits=32)
    assert syscalls.pointed(outer) == [Pointed(FDS, 24)]
    inner = syscalls.unpacked(outer, {FDS: arguments})
    assert (inner.name, syscalls.descriptors(inner)) == ("recv", [9])
    for bad in (call("socketcall", 99, FDS, bits=32), call("socketcall", 0, FDS, bits=32)):
        with pytest.raises(ValueError, match="socketcall"):
            syscalls.unpacked(bad, {FDS: arguments})
    with pytest.raises(ValueError, match="0 bytes"):
        syscalls.unpacked(outer, {})


def test_the_old_select_of_i386_has_its_arguments_in_memory():
    outer = call("select", FDS, bits=32)
    inner = syscalls.unpacked(outer, {FDS: struct.pack("<5I", 3, 0x1000, 0, 0, 0)})
    assert (inner.name, inner.arguments) == ("_newselect", (3, 0x1000, 0, 0, 0))


@pytest.mark.parametrize(
    ("command", "bits", "waits_for"),
    [(7, 64, "file-lock"), (38, 64, "file-lock"), (6, 64, "other"), (14, 32, "file-lock"), (14, 64, "other")],
)
def test_fcntl_waits_for_a_lock_only_if_it_asks_for_one(command, bits, waits_for):
    meaning = syscalls.meaning_of(call("fcntl", 3, command, bits=bits))
    assert (meaning.waits_for, meaning.files) == (waits_for, (0,))


def test_a_futex_is_private_where_its_flag_says_so():
    assert syscalls.futexes(call("futex", FDS, 128 | 9), {}) == [(FDS, True)]
    assert syscalls.futexes(call("futex", FDS, 9), {}) == [(FDS, False)]
    assert syscalls.futexes(call("read", 3, 128), {}) == []
    assert syscalls.futexes(call("futex_wait", FDS, 0, 0, 128 | 2), {}) == [(FDS, True)]
    assert syscalls.futexes(call("futex_wait", FDS, 0, 0, 2), {}) == [(FDS, False)]


def test_several_futexes_stand_in_memory():
    several = call("futex_waitv", FDS, 2, 0, 0, 1)
    assert syscalls.pointed(several) == [(FDS, 48)]
    words = struct.pack("QQII", 0, 0x1000, 128 | 2, 0) + struct.pack("QQII", 0, 0x2000, 2, 0)
    assert syscalls.futexes(several, {FDS: words}) == [(0x1000, True), (0x2000, False)]
    assert syscalls.futexes(several, {}) == []
    assert syscalls.pointed(call("futex_waitv", FDS, 0, 0, 0, 1)) == []


@pytest.mark.parametrize(
    ("of", "timed"),
    [
        (call("read", 3), False),
        (call("poll", FDS, 1, 500), True),
        (call("poll", FDS, 1, 2**32 - 1), False),
        (call("poll", 0, 0, 500), True),
        (call("ppoll", FDS, 1, 0), False),
        (call("ppoll", FDS, 1, TIME), True),
        (call("futex", FDS, 128, 0, 0), False),
        (call("futex", FDS, 128, 0, TIME), True),
        (call("futex", FDS, 137, 0, TIME), True),  # until a date
        (call("futex_wait", FDS, 0, 0, 130, TIME), True),
        (call("futex_waitv", FDS, 1, 0, TIME), True),
        (call("mq_timedreceive", 3, FDS, 9, 0, 0), False),
        (call("mq_timedreceive", 3, FDS, 9, 0, TIME), True),
        (call("semop", 3, FDS, 1), False),
        (call("io_uring_enter", 3, 0, 1, 1), False),
        (call("io_uring_enter", 3, 0, 1, 1 | 8, FDS, 24), None),
        (call("io_submit", FDS, 1, FDS), False),
        (call("syscall 999"), None),
    ],
)
def test_a_call_is_timed_where_it_was_given_a_time(of, timed):
    assert syscalls.is_timed(of) is timed


def test_to_poll_nothing_is_to_sleep():
    for nothing in (call("poll", 0, 0, 500), call("ppoll", FDS, 0, TIME), call("pselect6", 0, 0, 0, 0, TIME)):
        assert (syscalls.meaning_of(nothing).waits_for, syscalls.meaning_of(nothing).model) == ("time", None)
    assert syscalls.meaning_of(call("poll", FDS, 1, 500)).waits_for == "readiness"


@pytest.mark.parametrize(
    ("of", "function", "waited_for"),
    [
        (call("splice", 3, 0, 5), "pipe_wait_readable", [3]),
        (call("splice", 3, 0, 5), "pipe_wait_writable", [5]),
        (call("splice", 3, 0, 5), "sock_alloc_send_pskb", [3, 5]),
        (call("tee", 3, 5), "pipe_wait_readable", [3]),
        (call("sendfile", 5, 3), "pipe_wait_writable", [5]),
        (call("sendfile", 5, 3), "pipe_wait_readable", [3]),
    ],
)
def test_of_two_sides_the_kernel_function_may_tell_which_one_is_waited_for(of, function, waited_for):
    assert syscalls.waiting_side(of, function) == waited_for


ANY = st.builds(
    Call,
    st.sampled_from([*syscalls.MEANINGS, "socketcall", "restart_syscall", "syscall 7"]),
    st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 70), min_size=6, max_size=6).map(tuple),
    st.sampled_from([32, 64]),
)


@given(ANY, st.binary(max_size=64))
def test_no_arguments_are_too_strange(of, content):
    memory = {}
    for one in syscalls.pointed(of):
        assert 0 < one.size_bytes <= 8 * syscalls.MOST_POLLED
        memory[one.address] = content
    try:
        inner = syscalls.unpacked(of, memory)
    except ValueError:
        return
    if syscalls.meaning_of(inner).set:
        found = syscalls.watched(inner, memory)
        assert found is None or all(fd >= 0 and events is not None for fd, events in found.items())
    syscalls.timeout_s(inner, memory)
    assert all(0 <= fd < 2**31 for fd in syscalls.descriptors(inner))
