"""What threads wait in, told of live ones: of the lab's, and of children made for what the lab has not."""

import json
import os
import re
import signal
import struct
import subprocess
import tempfile
from pathlib import Path

import pytest
from children import Lab, state_of, the_wait, until, waits_of
from program import found, run, text, without_rights

from fdscope import scan, waits


def on(thread):
    return {one.fd: one.events for one in thread.wait.on or ()}


def own_processes(lab):
    """The lab, and what of it has a process of its own."""
    return [lab.pid, *(one["says"]["pid"] for one in lab.waits.values() if "pid" in one["says"])]


def test_every_wait_of_the_lab_is_told_as_the_lab_says_it(lab):
    assert len(lab.waits) >= 12
    told = {one.tid: one for pid in own_processes(lab) for one in waits([str(pid)]).waits}
    for name, one in lab.waits.items():
        says, wait = one["says"], told[one["tid"]].wait
        assert wait.syscall in says["syscall"], name
        for fact in ("waits_for", "model", "phase", "timeout_s"):
            assert getattr(wait, fact) == says.get(fact), (name, fact)
        assert sorted(other.fd for other in wait.on or ()) == says["on"], name
        if "events" in says:
            assert {str(other.fd): other.events for other in wait.on} == says["events"], name
        if "holder" in says:
            assert [holder.pid for holder in wait.held_by] == [says["holder"]], name
        assert wait.kernel_function


def test_strace_says_the_same_of_the_lab():
    """Only after fdscope has looked, and of a lab of its own: strace attaches, and so interrupts the calls."""
    strace = found("strace")
    running = Lab("waits")
    try:
        told = {one["tid"]: one for one in running.waits.values()}
        until(lambda: all(tid in waits_of(running.pid) for tid, one in told.items() if "pid" not in one["says"]))
        ours = waits_of(running.pid)
        done = subprocess.run(
            ["timeout", "-s", "INT", "2", strace, "-f", "-p", str(running.pid)], capture_output=True, text=True
        )
    finally:
        running.end()
    if "Operation not permitted" in done.stderr:
        pytest.skip("strace may not attach to a child of this user here")
    seen = dict(re.findall(r"\[pid +(\d+)\] (\w+)\(", done.stderr))
    compared = {
        ours[int(tid)].wait.syscall: call
        for tid, call in seen.items()
        if int(tid) in ours and call != "restart_syscall"
    }
    assert compared == {call: call for call in compared}
    assert len(compared) >= 10


def test_a_thread_of_the_kernel_reads_nothing():
    (process,) = scan(["2"]).processes
    (thread,) = process.threads
    assert (process.kernel_thread, thread.kernel_thread, thread.program_counter) == (True, True, None)
    assert thread.wait is None or (thread.wait.syscall, thread.wait.on) == (None, None)


WORKER = """
import struct, time
entries = ctypes.create_string_buffer(120)
ring = checked(libc.syscall(425, 4, entries))
import mmap
reader, writer = os.pipe()
offsets = struct.unpack_from("10I", entries, 40)
rings = mmap.mmap(ring, 4096, offset=0)
submissions = mmap.mmap(ring, 4096, offset=0x10000000)
buffer = ctypes.create_string_buffer(8)
# IORING_OP_READ with IOSQE_ASYNC: handed to a worker of the kernel, which waits in it
submissions[:32] = struct.pack("BBHiQQII", 22, 16, 0, reader, 2**64 - 1, ctypes.addressof(buffer), 8, 0)
struct.pack_into("I", rings, offsets[6], 0)
struct.pack_into("I", rings, offsets[1], 1)
checked(libc.syscall(426, ring, 1, 0, 0, None, 0))
while len(os.listdir("/proc/self/task")) < 2:
    time.sleep(0.001)
ready(tids=[int(tid) for tid in os.listdir("/proc/self/task") if int(tid) != os.getpid()])
"""


def test_a_worker_of_io_uring_is_told_apart_and_not_read_as_a_call(child):
    one = child(WORKER)
    the_wait(one)
    process, thread = the_wait(one, one.told["tids"][0])
    assert thread.kernel_thread is True
    assert thread.wait is None or (thread.wait.syscall, thread.wait.on) == (None, None)
    assert process.threads[0].wait.syscall == "read"


SELECTING = """
import resource, select
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
pairs = [os.pipe() for _ in range(600)]
high = pairs[-1][0]
low, full = pairs[0][0], pairs[1][1]
os.set_blocking(full, False)
try:
    while True:
        os.write(full, bytes(65536))
except BlockingIOError:
    pass
tell(low=low, high=high, full=full)
if sys.argv[1] == "select":
    os.dup2(high, 1000)
    select.select([low, 1000], [full], [low], 3600)
else:
    poll = select.poll()
    for reader, writer in pairs:
        if writer == full:
            continue
        poll.register(reader, select.POLLIN | select.POLLPRI)
    poll.register(full, select.POLLOUT)
    poll.poll()
"""


def test_the_sets_of_select_are_those_that_were_given(child):
    one = child(SELECTING, "select")
    _, thread = the_wait(one)
    assert on(thread) == {one.told["low"]: ["in", "pri"], 1000: ["in"], one.told["full"]: ["out"]}
    assert (thread.wait.model, thread.wait.timeout_s) == ("multiplexed", 3600)


def test_a_set_of_600_is_read_whole(child):
    one = child(SELECTING, "poll")
    _, thread = the_wait(one)
    assert len(thread.wait.on) == 600
    assert on(thread)[one.told["high"]] == ["in", "pri"]
    assert on(thread)[one.told["full"]] == ["out"]
    assert thread.wait.timeout_s is None


MANY = """
import resource, select, socket
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
pairs = [socket.socketpair() for _ in range(812)]
pairs[7][1].send(bytes(700))
pairs[800][1].send(bytes(9000))
watcher = select.epoll()
for one, _ in pairs:
    watcher.register(one, select.EPOLLIN)
events = watcher.poll(0)
for one, _ in (pairs[7], pairs[800]):
    watcher.modify(one, select.EPOLLIN | select.EPOLLET)
watcher.poll(0)
tell(epoll=watcher.fileno(), little=pairs[7][0].fileno(), much=pairs[800][0].fileno())
watcher.poll(3600)
"""


def test_an_epoll_says_how_many_it_watches_and_which_are_busiest(child):
    one = child(MANY)
    _, thread = the_wait(one)
    wait = thread.wait
    assert (wait.model, wait.watching, on(thread)) == ("multiplexed", 812, {one.told["epoll"]: None})
    assert [(queue.fd, queue.queued_bytes) for queue in wait.busiest] == [
        (one.told["much"], 9000),
        (one.told["little"], 700),
    ]
    line = text("waits", "--no-headers", str(one.pid))
    assert f"{one.told['epoll']} epoll watching 812 descriptors, the busiest {one.told['much']} unix" in line


OF_A_CHILD = """
reader, writer = os.pipe()
other = os.fork()
if not other:
    os.close(writer)
    os.read(reader, 1)  # until the other ends
    os._exit(0)
pidfd = os.pidfd_open(other)
tell(pidfd=pidfd, writer=writer)
os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
"""


def test_who_waits_for_a_child_by_its_pidfd_waits_on_a_descriptor(child):
    one = child(OF_A_CHILD)
    process, thread = the_wait(one)
    assert (thread.wait.syscall, thread.wait.waits_for, on(thread)) == (
        "waitid",
        "child",
        {one.told["pidfd"]: None},
    )
    (pidfd,) = [row for row in process.descriptors if row.fd == one.told["pidfd"]]
    assert [(model.model, model.threads) for model in pidfd.io_models] == [("blocking", [one.pid])]


RESTARTED = """
import select
reader, _ = os.pipe()
poll = select.poll()
poll.register(reader, select.POLLIN)
tell(reader=reader)
poll.poll(3_600_000)
"""


def test_a_call_that_a_stop_interrupted_keeps_its_name_and_set(child):
    one = child(RESTARTED)
    the_wait(one)
    os.kill(one.pid, signal.SIGSTOP)
    until(lambda: state_of(one.pid) == "T")
    _, thread = the_wait(one)
    assert (thread.wait.waits_for, thread.wait.model, thread.wait.syscall) == ("stopped", None, "poll")
    os.kill(one.pid, signal.SIGCONT)
    until(lambda: state_of(one.pid) == "S")
    _, thread = the_wait(one)
    assert (thread.wait.syscall, thread.wait.restarted, thread.wait.timeout_s) == ("poll", True, None)
    assert on(thread) == {one.told["reader"]: ["in"]}


def elf32():
    """A program for i386, without a library: poll of descriptor 0 for ever, through int 0x80."""
    base = 0x08048000
    code = bytes.fromhex(
        "bb 00 00 00 00"  # mov ebx, set
        "b9 01 00 00 00"  # mov ecx, 1
        "be ff ff ff ff"  # mov esi, -1
        "89 f2"  # mov edx, esi
        "b8 a8 00 00 00"  # mov eax, 168
        "cd 80"
    )
    start = base + 84
    code = code.replace(b"\xbb\0\0\0\0", b"\xbb" + struct.pack("<I", start + len(code)))
    image = code + struct.pack("<ihh", 0, 1, 0)
    size = 84 + len(image)
    head = (
        b"\x7fELF\x01\x01\x01"
        + bytes(9)
        + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, start, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    )
    return head + struct.pack("<IIIIIIII", 1, 0, base, base, size, size, 7, 0x1000) + image


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="32-bit programs of another architecture")
def test_a_32_bit_program_has_calls_of_its_own_table():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program"
        path.write_bytes(elf32())
        path.chmod(0o755)
        reader, writer = os.pipe()
        try:
            one = subprocess.Popen([path], stdin=reader)
        except OSError as error:
            pytest.skip(f"this kernel does not run 32-bit programs: {error}")
        try:
            until(lambda: state_of(one.pid) == "S")
            (told,) = waits_of(one.pid).values()
            assert (told.wait.syscall, told.wait.model, told.wait.timeout_s) == ("poll", "multiplexed", None)
            assert [(other.fd, other.events, other.kind) for other in told.on] == [(0, ["in"], "pipe")]
        finally:
            one.kill()
            one.wait()
            os.close(reader)
            os.close(writer)


LOCKED = """
import fcntl
held = os.open(sys.argv[1], os.O_RDWR)
child = os.fork()
if child:
    fcntl.lockf(held, fcntl.LOCK_EX, 10, 5)
    os.write(w, b"x")
    stay()
else:
    os.read(r, 1)
    tell(holder=os.getppid(), waiter=os.getpid(), fd=held)
    libc.prctl(1, 9, 0, 0, 0)
    fcntl.lockf(held, fcntl.LOCK_SH)
"""


def test_who_holds_a_posix_lock_is_named_with_its_bytes(child, tmp_path):
    (tmp_path / "locked").touch()
    (tmp_path / "locked").chmod(0o666)
    one = child("r, w = os.pipe()\n" + LOCKED, str(tmp_path / "locked"))
    waiter = one.told["waiter"]
    until(lambda: state_of(waiter) == "S" and waits_of(waiter)[waiter].wait.syscall == "fcntl")
    wait = waits_of(waiter)[waiter].wait
    assert (wait.waits_for, wait.model, [other.fd for other in wait.on]) == (
        "file-lock",
        "blocking",
        [one.told["fd"]],
    )
    (holder,) = wait.held_by
    assert (holder.pid, holder.type, holder.mode, holder.start, holder.end) == (one.pid, "posix", "write", 5, 14)
    assert f"posix write lock held by {holder.process}[{one.pid}]" in text("waits", "--wide", str(waiter))


def test_of_a_splice_only_the_side_that_it_waits_for_is_told(child):
    one = child(
        """
first, second = os.pipe(), os.pipe()
tell(source=first[0])
os.splice(first[0], second[1], 1)
"""
    )
    _, thread = the_wait(one)
    assert (thread.wait.syscall, list(on(thread))) == ("splice", [one.told["source"]])


@pytest.mark.parametrize("sleep", ["select.select([], [], [], 3600)", "select.poll().poll(3600 * 1000)"])
def test_to_wait_for_no_descriptor_is_to_sleep(child, sleep):
    one = child(f"import select\ntell()\n{sleep}")
    _, thread = the_wait(one)
    assert (thread.wait.waits_for, thread.wait.model, thread.wait.on) == ("time", None, None)
    assert thread.wait.timeout_s == pytest.approx(3600)


FUTEXES = """
words = (ctypes.c_uint32 * 2)()
class Waiter(ctypes.Structure):
    _fields_ = [("value", ctypes.c_uint64), ("address", ctypes.c_uint64), ("flags", ctypes.c_uint32),
                ("reserved", ctypes.c_uint32)]
waiters = (Waiter * 2)(*[Waiter(0, ctypes.addressof(words) + 4 * place, 128 | 2) for place in range(2)])
tell(address=ctypes.addressof(words))
libc.syscall(449, waiters, 2, 0, None, 1)  # futex_waitv(2), of the same number on all architectures
tell(refused=True)
"""


def test_of_several_futexes_the_first_is_named(child):
    one = child(FUTEXES)
    _, thread = the_wait(one)
    if thread.wait.syscall != "futex_waitv":
        pytest.skip("no futex_waitv(2) here, which Linux has since 5.16")
    wait = thread.wait
    assert (wait.futex, wait.futexes, wait.shared_futex, wait.timed) == (hex(one.told["address"]), 2, None, False)
    assert f"futex {wait.futex} and 1 more" in text("waits", str(one.pid))


def test_without_the_right_what_flags_and_epolls_tell_is_told_and_the_rest_is_a_problem(foreign):
    done = run("waits", "--json", str(foreign.pid), preexec_fn=without_rights)
    told = json.loads(done.stdout)
    assert done.returncode == 3
    assert {"what": "syscall", "reason": "permission-denied", "pid": foreign.pid} in told["problems"]
    assert (told["threads_total"], [one for one in told["waits"] if "syscall" in one["wait"]]) == (2, [])
    assert told["threads_unknown"] + len(told["waits"]) == 2


def test_a_thread_that_runs_waits_for_nothing(child):
    one = child("tell()\nwhile True: pass")
    until(lambda: state_of(one.pid) == "R")
    (process,) = scan([str(one.pid)]).processes
    assert (process.threads[0].wait, process.threads[0].program_counter) == (None, None)
    assert json.loads(run("waits", "--json", str(one.pid)).stdout)["waits"] == []
    done = run("waits", str(one.pid))
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr == b"fdscope: no thread waits; looked at 1\n"


def test_500_threads_are_told_one_a_row(child):
    one = child(
        """
import threading
threading.stack_size(65536)
reader, writer = os.pipe()
for _ in range(500):
    threading.Thread(target=os.read, args=(reader, 1), daemon=True).start()
ready(reader=reader)
"""
    )
    rows = text("waits", "--format", "csv", str(one.pid)).splitlines()
    assert len(rows) == 502
    assert sum(",blocking,waiting,read," in row for row in rows) == 501
    (process,) = scan([str(one.pid)]).processes
    (read,) = [descriptor for descriptor in process.descriptors if descriptor.fd == one.told["reader"]]
    assert (len(read.waiters), read.waiters_total) == (8, 500)
    assert read.io_models[0].evidence == "500 threads are in read(2), and O_NONBLOCK is not set"


def test_a_row_tells_who_is_at_the_other_end(child):
    one = child("ready()")
    the_wait(one)
    (row,) = text("waits", "--format", "tsv", "--no-headers", str(one.pid)).splitlines()
    assert re.search(rf"\t{one.hold} pipe:\[\d+\], read end  <-> \S+\[{os.getpid()}\] fd \d+$", row)


@pytest.mark.parametrize(
    ("words", "status"),
    [(["waits", "--json", "--ndjson"], 2), (["waits", "nobody-is-called-so"], 1), (["waits", "--pids"], 2)],
)
def test_wrong_words_get_one_line(words, status):
    done = run(*words)
    assert (done.returncode, done.stdout) == (status, b"" if status == 2 else done.stdout)
    assert done.stderr.count(b"\n") == 1
    assert done.stderr.startswith(b"fdscope: ")
