"""Threads: their tables, their counters, where they stop, and processes that outlive their main thread."""

import os
import signal

import pytest
from children import state_of, the_wait, until, without_others
from program import run, text

from fdscope import scan

THREADS = """
import threading
CLONE_FS, CLONE_FILES = 0x200, 0x400
def thread(run):
    started = threading.Event()
    tids = []
    def body():
        tids.append(threading.get_native_id())
        run()
        started.set()
        if leave_others:
            while True:
                os.read(HOLD, 1)
        os.read(HOLD, 1)
    threading.Thread(target=body, daemon=True).start()
    started.wait()
    return tids[0]
leave_others = False
kept = os.open("/dev/null", os.O_RDONLY)
"""


def numbers(tid, pid):
    return sorted(int(name) for name in os.listdir(f"/proc/{pid}/task/{tid}/fd"))


@pytest.fixture
def kcmp(child):
    """Skips where the kernel cannot say whether two threads share a table."""
    one = child(THREADS + "thread(lambda: None)\nready()")
    _, problems = one.scan()
    if [problem for problem in problems if problem.what == "descriptor tables of threads"]:
        pytest.skip(f"kcmp(2) is not to be had here: {problems[0].reason}")
    one.end()


def test_threads_that_share_the_table_add_nothing_to_it(kcmp, child):
    one = child(THREADS + "tids = [thread(lambda: None) for _ in range(3)]\nready(tids=tids)")
    process, problems = one.scan()
    assert problems == []
    assert [row.fd for row in process.descriptors] == numbers(one.pid, one.pid)
    assert process.descriptor_count == len(process.descriptors)
    assert {row.tid for row in process.descriptors} == {None}
    assert [thread.tid for thread in process.threads] == sorted([one.pid, *one.told["tids"]])
    assert {thread.own_descriptor_table for thread in process.threads} == {False}


def test_a_thread_with_a_table_of_its_own_is_told_apart_once(kcmp, child):
    one = child(
        THREADS
        + """
def apart():
    checked(libc.unshare(CLONE_FILES))
    os.dup2(kept, 500)
    os.close(kept)
shared = thread(lambda: None)
own = thread(apart)
ready(own=own, kept=kept)
"""
    )
    process, problems = one.scan()
    own, kept = one.told["own"], one.told["kept"]
    assert problems == []
    by_table = {tid: [row.fd for row in process.descriptors if row.tid == tid] for tid in (None, own)}
    assert by_table == {None: numbers(one.pid, one.pid), own: numbers(own, one.pid)}
    assert kept in by_table[None]
    assert kept not in by_table[own]
    assert 500 in by_table[own]
    assert 500 not in by_table[None]
    assert process.descriptor_count == len(by_table[None])
    assert len(process.descriptors) == len(by_table[None]) + len(by_table[own])
    assert [thread.tid for thread in process.threads if thread.own_descriptor_table] == [own]
    assert [file.role for file in process.files] == ["cwd", "root", "exe"]


def test_threads_that_share_a_table_apart_are_counted_once(kcmp, child):
    one = child(
        THREADS
        + """
seconds = []
def apart():
    checked(libc.unshare(CLONE_FILES))
    os.dup2(kept, 501)
    seconds.append(thread(lambda: None))  # inherits the table of the thread that starts it
first = thread(apart)
ready(first=first, second=seconds[0])
"""
    )
    process, problems = one.scan()
    pair = {one.told["first"], one.told["second"]}
    assert problems == []
    assert {thread.tid for thread in process.threads if thread.own_descriptor_table} == pair
    tables = {row.tid for row in process.descriptors}
    assert len(tables) == 2
    assert tables - {None} <= pair
    assert [row.fd for row in process.descriptors if row.tid is None] == numbers(one.pid, one.pid)
    assert [row.fd for row in process.descriptors if row.tid is not None] == numbers(one.told["first"], one.pid)


def test_descriptors_outlive_the_main_thread(child):
    one = child(
        THREADS
        + """
leave_others = True
tid = thread(lambda: None)
tell(tid=tid, cwd=os.getcwd())
libc.syscall(ctypes.c_long({"x86_64": 60}.get(os.uname().machine, 93)), 0)  # exit(2), of this thread alone
"""
    )
    until(lambda: state_of(one.pid) == "Z" and state_of(f"{one.pid}/task/{one.told['tid']}") == "S")
    process, problems = one.scan()
    # without privilege the kernel refuses the namespaces of a task that has let its memory go (ptrace(2))
    refused = {("namespaces", "permission-denied")} if os.geteuid() else set()
    assert {(problem.what, problem.reason) for problem in problems} == refused
    assert [thread.wait is None for thread in process.threads] == [True, False]
    assert [row.fd for row in process.descriptors] == numbers(one.told["tid"], one.pid)
    assert process.descriptor_count == len(process.descriptors) > 2
    assert {row.tid for row in process.descriptors} == {None}
    assert {thread.tid: thread.state for thread in process.threads}[one.pid] == "zombie"
    assert {file.role: file.name for file in process.files}["cwd"] == one.told["cwd"]
    assert sorted(file.role for file in process.files) == ["cwd", "exe", "root"]
    assert all(file.inode and file.filesystem for file in process.files)


def test_context_switches_are_the_sum_over_all_threads(child):
    one = child(
        THREADS
        + """
import time
tids = [thread(lambda: [time.sleep(0.001) for _ in range(20 * number)]) for number in range(1, 5)]
ready(tids=tids)
"""
    )
    os.kill(one.pid, signal.SIGSTOP)
    tids = [one.pid, *one.told["tids"]]
    until(lambda: all(state_of(f"{one.pid}/task/{tid}") == "T" for tid in tids))
    process, problems = one.scan()
    expected = {}
    for tid in tids:
        with open(f"/proc/{one.pid}/task/{tid}/status") as file:
            status = dict(line.split(":", 1) for line in file)
        expected[tid] = (int(status["voluntary_ctxt_switches"]), int(status["nonvoluntary_ctxt_switches"]))
    total = process.context_switches
    assert problems == []
    assert {
        thread.tid: (thread.context_switches.voluntary, thread.context_switches.involuntary)
        for thread in process.threads
    } == expected
    assert total.voluntary == sum(voluntary for voluntary, _ in expected.values()) > 200
    assert total.involuntary == sum(involuntary for _, involuntary in expected.values())
    assert (total.threads_counted, total.exited_threads_included) == (5, False)
    assert total.voluntary > expected[one.pid][0]
    assert (process.state, {thread.state for thread in process.threads}) == ("stopped", {"stopped"})


def test_a_thread_id_is_no_process_and_its_process_is_shown(child):
    one = child(THREADS + "ready(tid=thread(lambda: None))")
    tid = one.told["tid"]
    snapshot = scan([str(tid)])
    assert [process.pid for process in snapshot.processes] == [one.pid]
    (problem,) = without_others(snapshot.problems)
    assert (problem.pid, problem.what, problem.reason) == (tid, "process", "no-such-process")
    assert problem.detail == f"{tid} is a thread of process {one.pid}, which is shown"
    assert run("--json", str(tid)).returncode == 0
    both = scan([str(tid), str(one.pid)])
    assert [process.pid for process in both.processes] == [one.pid]


def test_threads_that_come_and_go_cost_no_problem(child):
    one = child(
        THREADS
        + """
def churn():
    while True:
        more = threading.Thread(target=lambda: libc.unshare(CLONE_FILES))
        more.start()
        more.join()
threading.Thread(target=churn, daemon=True).start()
threading.Thread(target=churn, daemon=True).start()
ready()
"""
    )
    own = numbers(one.pid, one.pid)
    for _ in range(100):
        process, problems = one.scan()
        assert problems == []
        assert [row.fd for row in process.descriptors if row.tid is None] == own


def test_the_code_is_a_file_that_the_process_maps_and_an_offset_in_it(lab):
    tasks = os.listdir(f"/proc/{lab.pid}/task")
    until(lambda: all(state_of(f"{lab.pid}/task/{tid}") == "S" for tid in tasks))  # a thread that runs has no code
    (process,) = scan([str(lab.pid)], mapped=True).processes
    mapped = {file.name.rpartition("/")[2] for file in process.files if file.role == "mapped"}
    for thread in process.threads:
        name, _, offset = thread.code.rpartition("+")
        assert name in mapped | {"[vdso]"}
        assert int(offset, 16) > 0
        assert int(thread.stack_pointer, 16) > 0


def test_symbols_are_the_functions_of_the_library(child):
    pytest.importorskip("elftools")
    one = child("ready()")
    the_wait(one)
    (process,) = scan([str(one.pid)], symbols=True).processes
    name, _, offset = process.threads[0].symbol.partition("+")
    assert name in ("read", "__read", "__libc_read", "__read_nocancel")
    assert 0 < int(offset, 16) < 4096
    assert name in text("--symbols", str(one.pid))


def test_counts_of_cpus_and_packages_are_told_of_each_thread(lab):
    snapshot = scan([str(lab.pid)])
    for thread in snapshot.processes[0].threads:
        assert 0 <= thread.cpu < os.cpu_count()
        if snapshot.host.cpu_sockets:
            assert thread.cpu_socket is not None
