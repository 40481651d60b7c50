"""With BPF every switch of a watched process is counted, by thread, system call and descriptor."""

import ctypes
import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from bpf_here import needs_bpf
from children import until
from program import PROGRAM

from fdscope.kernel.bpf import library
from fdscope.watcher import Watch

pytestmark = needs_bpf

PAIR = """
import threading, time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
request, answer = os.pipe(), os.pipe()
def waits_in_read(tid, fd):
    # So that no byte is there before it is asked for, which would be no wait.
    asked = f" {fd:#x} ".encode()
    syscall = os.open(f"/proc/self/task/{tid}/syscall", os.O_RDONLY)
    def wait():
        while asked not in os.pread(syscall, 100, 0):
            os.sched_yield()
    return wait
def serve():
    asked = waits_in_read(os.getpid(), answer[0])
    while os.read(request[0], 1):
        asked()
        os.write(answer[1], b'.')
server = threading.Thread(target=serve, daemon=True)
server.start()
serving = waits_in_read(server.native_id, request[0])
tell(reads=answer[0], serves=request[0])
os.read(HOLD, 1)
for _ in range(500):
    serving()
    os.write(request[1], b'.')
    os.read(answer[0], 1)
tell()
while True:
    time.sleep(1)
"""


def ways(process):
    """System call and descriptor to the switches in an interval."""
    return {(one.syscall, one.fd): one for one in process.waits or ()}


def test_each_descriptor_gets_the_switches_that_it_caused(child):
    one = child(PAIR)
    with Watch([str(one.pid)], interval_s=0.2, source="bpf") as watch:
        one.go_on()
        one.hear()
        frame = watch.frame()
    (process,) = frame.processes
    assert (frame.attribution, frame.switches_not_counted, frame.sampling.looks) == ("counted", None, 0)
    found = ways(process)
    seconds = frame.interval_s
    for number in (one.told["reads"], one.told["serves"]):
        wait = found["read", number]
        assert wait.switches_per_s * seconds == pytest.approx(500, abs=5)  # what rounding leaves
        assert wait.model == "blocking"
        assert "pipe" in wait.what
        assert wait.switches_share > 0.2
    told = sum(wait.switches_per_s for wait in process.waits)
    assert told == pytest.approx(process.voluntary_per_s, rel=0.05)
    assert sum(wait.share for wait in process.waits) == pytest.approx(1, abs=0.01)


WAITS = """
import ctypes, select, socket, threading, time
polled, _ = os.pipe()
polled_again, _ = os.pipe()
one, other = socket.socketpair()
epoll = select.epoll()
lock = threading.Lock()
lock.acquire()
def in_poll():
    poller = select.poll()
    poller.register(polled)
    poller.poll()
def in_poll_again():
    poller = select.poll()
    poller.register(polled_again)
    while True:
        poller.poll(1)
def in_sleep():
    while True:
        time.sleep(0.001)
for work in (in_poll, in_poll_again, lambda: one.recv(1), epoll.poll, lock.acquire, in_sleep):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.1)
tell(polled=polled_again, socket=one.fileno(), epoll=epoll.fileno())
os.read(HOLD, 1)
"""


def test_threads_that_sleep_all_the_time_are_there_with_what_they_sleep_on(child):
    one = child(WAITS)
    with Watch([str(one.pid)], interval_s=0.3, source="bpf") as watch:
        (frame,) = watch.frames(1)
    (process,) = frame.processes
    found = ways(process)
    told = one.told
    asleep = [("recvfrom", told["socket"]), ("epoll_wait", told["epoll"])]
    for way in [*asleep, ("poll", None)]:  # the memory of one that sleeps already is not read
        assert found[way].switches_per_s == 0, way
        assert 0.1 < found[way].share < 0.2, way  # of seven threads that hardly run
    assert found["poll", told["polled"]].switches_per_s * frame.interval_s > 50
    locks = [wait for wait in process.waits if wait.futex]
    assert {(wait.waits_for, wait.fd) for wait in locks} == {("lock", None)}
    sleeps = next(wait for wait in process.waits if wait.waits_for == "time")
    assert sleeps.switches_per_s * frame.interval_s > 50
    assert {rate.waits for rate in process.threads} >= {f"{name}({fd})" for name, fd in asleep}


CHURN = """
import threading, time
tell()
os.read(HOLD, 1)
def live():
    for _ in range(5):
        time.sleep(0.0001)
for _ in range(200):
    thread = threading.Thread(target=live)
    thread.start()
    thread.join()
tell()
while True:
    time.sleep(1)
"""


def test_threads_that_come_and_go_between_two_looks_are_counted(child):
    one = child(CHURN)
    with Watch([str(one.pid)], interval_s=60, source="bpf") as watch:
        one.go_on()
        one.hear()
        frame = watch.frame()
    (process,) = frame.processes
    assert process.exited_threads_included
    sleeps = next(wait for wait in process.waits if wait.waits_for == "time")
    assert sleeps.switches_per_s * frame.interval_s >= 990
    assert process.voluntary_per_s * frame.interval_s >= 1000
    assert "not counted" not in process.verdict.evidence


SPIN = """
import time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
if not os.fork():
    end = time.monotonic() + 20
    while time.monotonic() < end:
        pass
    os._exit(0)
tell()
end = time.monotonic() + 20
while time.monotonic() < end:
    pass
"""


def test_a_cpu_that_is_taken_away_is_no_wait(child):
    one = child(SPIN)
    with Watch([str(one.pid)], interval_s=0.5, source="bpf") as watch:
        (frame,) = watch.frames(1)
    (process,) = frame.processes
    assert process.involuntary_per_s > 5
    assert all(wait.switches_per_s < process.involuntary_per_s for wait in process.waits or ())
    assert process.queue_share > 0.2


def programs():
    """The numbers of all BPF programs in the kernel (bpf(2), BPF_PROG_GET_NEXT_ID)."""
    library()
    following = ctypes.CDLL("libbpf.so.1").bpf_prog_get_next_id
    found, number = set(), ctypes.c_uint32(0)
    while following(number, ctypes.byref(number)) == 0:
        found.add(number.value)
    return found


def programs_of(pid):
    """Those that a process holds."""
    told = ""
    for path in Path(f"/proc/{pid}/fdinfo").iterdir():
        with suppress(FileNotFoundError):  # it opens and closes files meanwhile
            told += path.read_text()
    return set(map(int, re.findall(r"^prog_id:\t(\d+)", told, re.M)))


@pytest.mark.parametrize("number", [2, 9, 15])
def test_however_a_watch_ends_its_programs_go_with_it(child, number):
    one = child(WAITS)
    watching = subprocess.Popen(
        [*PROGRAM, "watch", "--source", "bpf", "--ndjson", "--interval", "0.1", str(one.pid)],
        stdout=subprocess.PIPE,
        text=True,
    )
    with watching:
        assert json.loads(watching.stdout.readline())["attribution"] == "counted"
        own = programs_of(watching.pid)
        assert len(own) >= 3
        assert own <= programs()
        watching.send_signal(number)
        watching.stdout.read()
    until(lambda: not own & programs())  # the kernel lets them go a moment after the last holder


def test_of_a_command_and_its_children_every_switch_is_counted(tmp_path):
    script = (
        "import os, time\nfor _ in range(20):\n if not os.fork():\n  time.sleep(0.01); os._exit(0)\n os.wait()"
    )
    done = subprocess.run(
        [
            *PROGRAM,
            "watch",
            "--source",
            "bpf",
            "--ndjson",
            "--interval",
            "0.2",
            "--",
            sys.executable,
            "-c",
            script,
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == 0
    frames = [json.loads(line) for line in done.stderr.splitlines()]
    assert all(frame["attribution"] == "counted" for frame in frames if "schema" in frame)
    calls = {
        wait.get("syscall")
        for frame in frames
        for one in frame.get("processes", ())
        for wait in one.get("waits", ())
    }
    assert calls & {"wait4", "waitid"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a pid namespace")
def test_in_a_pid_namespace_numbers_are_those_of_proc_there(tmp_path):
    inside = (
        "import json, os, subprocess, sys\n"
        "child = subprocess.Popen(['sleep', '1000'])\n"
        f"words = {PROGRAM!r}\n"
        "watch = [*words, 'watch', '--source', 'bpf', '--ndjson', '--interval', '0.2', '--count', '1']\n"
        "print(subprocess.run([*watch, str(child.pid)], stdout=subprocess.PIPE).stdout.decode().splitlines()[0])\n"
        "for source in ('bpf', 'proc'):\n"
        "    command = [*words, '--source', source, '--json']\n"
        "    print(subprocess.run(command, stdout=subprocess.PIPE).stdout.decode().strip())\n"
        "child.kill()\n"
    )
    done = subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", inside],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.skip(f"no pid namespace here: {done.stderr.strip()}")
    frame, told, by_proc = map(json.loads, done.stdout.splitlines())
    (process,) = frame["processes"]
    assert process["pid"] == 2
    assert [wait["waits_for"] for wait in process["waits"]] == ["time"]
    assert [rate["tid"] for rate in process["threads"]] == [2]

    def held(answer):
        by_pid = {one["pid"]: one["descriptors"] for one in answer["processes"]}
        return [one["fd"] for one in by_pid[1]], [(one["fd"], one["name"]) for one in by_pid[2]]

    assert told["sources"] == ["bpf", "proc"]
    assert held(told) == held(by_proc)
    assert {one["pid"] for one in told["processes"]} <= set(range(1, 10))
