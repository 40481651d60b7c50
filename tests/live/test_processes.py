"""Processes that are odd: dead, dying, nameless, huge, of the kernel, of somebody else."""

import ctypes
import json
import os
import resource
import subprocess
import sys
import time

import pytest
from children import state_of, until, without_others
from program import PROGRAM, run, text, without_rights

from fdscope import scan

RUN_ON_ITSELF = f"os.execv({sys.executable!r}, {[*PROGRAM, '--json', 'self']!r})"


def test_a_zombie_holds_nothing_and_is_told_as_one(child):
    one = child("pid = os.fork()\nif not pid:\n    os._exit(0)\nready(pid=pid)")
    pid = one.told["pid"]
    until(lambda: state_of(pid) == "Z")
    snapshot = scan([str(pid)])
    (process,) = snapshot.processes
    assert (process.pid, process.parent_pid, process.state) == (pid, one.pid, "zombie")
    assert (process.descriptors, process.files, process.command) == ([], None, [])
    assert (process.descriptor_count, process.memory) == (0, None)
    assert [problem for problem in snapshot.problems if problem.reason != "permission-denied"] == []


def test_a_kernel_thread_is_told_as_one():
    try:
        with open("/proc/2/comm") as file:
            name = file.read().strip()
    except FileNotFoundError:
        name = ""
    if name != "kthreadd":
        pytest.skip("kernel threads are not visible in this pid namespace")
    snapshot = scan(["2"])
    (process,) = snapshot.processes
    assert (process.pid, process.name, process.kernel_thread) == (2, "kthreadd", True)
    assert (process.command, process.memory, process.parent_pid) == ([], None, 0)
    assert {problem.reason for problem in snapshot.problems} <= {"permission-denied"}
    if os.geteuid() == 0:
        assert process.descriptors == []


def test_a_process_that_wiped_its_command_line(child):
    """It has overwritten its arguments, as some programs do to write a title there."""
    source = """
with open("/proc/self/stat", "rb") as file:
    words = file.read().rpartition(b") ")[2].split()
start, end = int(words[45]), int(words[46])
ctypes.memset(start, 0, end - start)
ready()
"""
    one = child(source)
    process, problems = one.scan()
    with open(f"/proc/{one.pid}/cmdline", "rb") as file:
        length = len(file.read())
    assert process.command == [""] * length
    assert problems == []


def test_a_program_started_without_any_argument(child):
    source = """
pid = os.fork()
if not pid:
    os.dup2(HOLD, 0)
    argv = (ctypes.c_char_p * 1)(None)
    libc.execve(b"/bin/cat", argv, argv)
    os._exit(1)
ready(pid=pid)
"""
    one = child(source)
    pid = one.told["pid"]
    until(lambda: "python" not in os.readlink(f"/proc/{pid}/exe"))
    (process,) = scan([str(pid)]).processes
    assert process.command in ([], [""])  # since Linux 5.18 (commit dcd46d897adb) an empty word is added
    assert {file.role for file in process.files} == {"cwd", "root", "exe"}


def test_standard_streams_that_are_closed_are_not_there(child):
    one = child("for number in (0, 1, 2):\n    os.close(number)\nready()")
    process, problems = one.scan()
    assert problems == []
    assert [row.fd for row in process.descriptors] == sorted([one.pipe, one.hold])
    assert process.descriptor_count == 2


@pytest.mark.parametrize("closed", ["0", "1", "2", "012"])
def test_the_program_runs_without_standard_streams(closed, tmp_path):
    """No descriptor that it opens for itself takes the place of a closed stream and is written to."""
    numbers = [int(one) for one in closed]
    code = f"import os; [os.close(number) for number in {numbers}]; {RUN_ON_ITSELF}"
    with open(tmp_path / "out", "wb") as out, open(tmp_path / "err", "wb") as err:
        done = subprocess.run([sys.executable, "-I", "-c", code], stdin=0, stdout=out, stderr=err, timeout=60)
    said = (tmp_path / "out").read_bytes(), (tmp_path / "err").read_bytes()
    if "1" in closed:
        assert done.returncode == 4
        assert said[0] == b""
    else:
        assert done.returncode == 0
        assert json.loads(said[0])["processes"][0]["pid"] > 0
    assert b"Traceback" not in said[1]


def test_a_process_with_as_many_descriptors_as_it_may_have(child):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    many = min(hard, 20_000) - 100
    source = f"""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, ({hard}, {hard}))
fd = os.open("/dev/null", os.O_RDONLY)
for number in range(50, 50 + {many} - 6):
    os.dup2(fd, number)
os.close(fd)
ready()
"""
    one = child(source)
    process, problems = one.scan()
    assert problems == []
    assert [row.fd for row in process.descriptors][-1] == many + 43
    assert process.descriptor_count == len(process.descriptors) == len(os.listdir(f"/proc/{one.pid}/fd"))
    assert (process.descriptor_limit.soft, process.descriptor_limit.hard) == (hard, hard)


CHURN = """
import time
tell()
while os.getppid() == PARENT:
    pids = []
    for number in range(10):
        pid = os.fork()
        if not pid:
            os.open("/dev/null", os.O_RDONLY)
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
"""


def test_a_whole_machine_is_told_while_processes_come_and_go(child):
    one = child(f"PARENT = {os.getpid()}\n{CHURN}")
    began = time.monotonic()
    with open("/proc/stat") as file:
        before = int(file.read().partition("processes ")[2].split()[0])
    for _ in range(10):
        told = json.loads(text("--json"))
        assert one.pid in [process["pid"] for process in told["processes"]]
        assert os.getpid() in [process["pid"] for process in told["processes"]]
        strange = ("failed", "not-understood", "unsupported", "pid-reused")
        others = [
            one for one in without_others(told["problems"]) if not one["what"].startswith("status")
        ]  # of dead servers
        assert [problem for problem in others if problem["reason"] in strange] == []
    with open("/proc/stat") as file:
        after = int(file.read().partition("processes ")[2].split()[0])
    assert (after - before) / (time.monotonic() - began) > 100, "too few processes came and went"


def test_a_process_that_is_gone_is_said_to_be_gone(child):
    one = child("ready()")
    one.end()
    snapshot = scan([str(one.pid)])
    assert snapshot.processes == []
    assert [(problem.pid, problem.reason) for problem in snapshot.problems] == [(one.pid, "no-such-process")]
    assert run("--json", str(one.pid)).returncode == 1


def test_a_pid_beyond_all_pids_is_nobody():
    assert run("--json", "4194305").returncode == 1
    done = run("--json", "9" * 5000)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)


def test_a_directory_that_is_held_never_tells_of_the_next_process_of_its_pid(child):
    """The same pid is given out again at once (clone3(2), set_tid; here ns_last_pid); the reader notices."""
    from fdscope.kernel.root import Directory, Proc
    from fdscope.raw import Unread

    one = child("ready()")
    with Proc() as proc:
        task = proc.process(one.pid)
        assert isinstance(task, Directory)
        with task:
            one.end()
            again = _with_pid(one.pid)
            try:
                answers = [task.read(b"stat"), task.open(b"fd"), task.open(b"task"), task.link(b"cwd")]
            finally:
                os.kill(again, 9)
                os.waitpid(again, 0)
    assert [type(answer) for answer in answers] == [Unread] * 4


def _with_pid(pid):
    """A new child with this very pid."""
    for _ in range(50):
        try:
            with open("/proc/sys/kernel/ns_last_pid", "w") as file:
                file.write(str(pid - 1))
        except OSError as error:
            pytest.skip(f"pids cannot be chosen here: {error.strerror}")
        new = os.fork()
        if not new:
            time.sleep(60)
            os._exit(0)
        if new == pid:
            return new
        os.kill(new, 9)
        os.waitpid(new, 0)
    pytest.skip("others took the pid each time")
    return 0


def test_of_another_users_process_everything_but_its_descriptors_is_told(foreign):
    pid = foreign.pid
    done = run("--json", str(pid), preexec_fn=without_rights)
    told = json.loads(done.stdout)
    (process,) = told["processes"]
    assert (process["pid"], process["uid"], process["state"]) == (pid, 65534, "sleeping")
    assert process["descriptor_count"] == foreign.told["descriptors"]
    assert set(process["descriptor_limit"]) <= {"soft", "hard"}
    assert process["context_switches"]["threads_counted"] == len(process["threads"]) == 2
    assert process["command"][0] == sys.executable
    assert process["memory"]["resident_bytes"] > 0
    assert "descriptors" not in process
    assert {(one["what"], one["reason"]) for one in without_others(told["problems"])} == {
        (what, "permission-denied")
        for what in ("descriptors", "namespaces", "maps", "syscall", "cwd", "root", "exe")
    }
    assert (done.returncode, done.stderr) == (3, b"")


def test_an_own_process_beside_anothers_makes_the_answer_a_good_one(foreign):
    done = run("--json", "self", str(foreign.pid), preexec_fn=without_rights)
    told = json.loads(done.stdout)
    assert (done.returncode, len(told["processes"])) == (0, 2)
    assert sum("descriptors" in process for process in told["processes"]) == 1


def test_a_whole_machine_is_told_without_rights(foreign):
    told = json.loads(text("--json", preexec_fn=without_rights))
    assert foreign.pid in [process["pid"] for process in told["processes"]]


def test_the_first_process_is_told_to_everyone():
    done = run("--json", "1")
    assert (done.returncode in (0, 3), done.stderr) == (True, b"")
    (process,) = json.loads(done.stdout)["processes"]
    assert (process["pid"], process["context_switches"]["voluntary"] > 0) == (1, True)
    assert process["started_at"]
    assert (done.returncode == 3) == ("descriptors" not in process)


@pytest.mark.parametrize("limit", [8, 12, 20])
def test_a_program_that_may_open_few_descriptors_says_what_it_could_not_read(limit, child):
    one = child("ready()")

    def limited():
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    told = json.loads(text("--json", str(one.pid), preexec_fn=limited))
    assert told["processes"][0]["pid"] == one.pid


def test_without_rights_mapped_files_are_told_without_their_status_and_that_is_said_once():
    told = json.loads(text("--json", "--mapped", "self", preexec_fn=without_rights))
    mapped = [file for file in told["processes"][0]["files"] if file["role"] == "mapped"]
    assert [file["name"] for file in mapped if "libc" in file["name"]]
    assert all(file["mapped_bytes"] > 0 and file["mappings"] > 0 for file in mapped)
    assert {"inode" in file for file in mapped} == {False}
    assert [(one["what"], one["reason"]) for one in without_others(told["problems"])] == [
        ("status of mapped files", "permission-denied")
    ]


def test_a_program_that_inherits_ignored_signals_of_children_still_waits_for_them():
    """SIGCHLD ignored, as some supervisors leave it: then no child can be waited for (wait(2))."""
    code = f"import os, signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN); {RUN_ON_ITSELF}"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    (process,) = json.loads(done.stdout)["processes"]
    assert all(file["inode"] for file in process["files"])


def without_ptrace():
    """Root as it is in a container: it may open what it likes, but not look into the processes of others."""
    ctypes.CDLL(None).prctl(24, 19, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_SYS_PTRACE


def test_root_without_the_right_to_ptrace_is_told_once_of_each_refusal(foreign):
    told = json.loads(run("--json", "--mapped", str(foreign.pid), preexec_fn=without_ptrace).stdout)
    assert "descriptors" not in told["processes"][0]
    assert {one["reason"] for one in without_others(told["problems"])} == {"permission-denied"}
    refused = sorted(one["what"] for one in without_others(told["problems"]))
    always = ["cwd", "descriptors", "exe", "namespaces", "root", "syscall"]
    of_mappings = (["maps", "maps"], ["status of mapped files"])  # newer kernels let CAP_PERFMON read maps
    assert refused in [sorted([*always, *some]) for some in of_mappings]


def test_a_long_fdinfo_is_read_whole(child):
    one = child(
        """
import resource, select
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
watcher = select.epoll()
reader, _ = os.pipe()
numbers = [os.dup(reader) for _ in range(min(hard, 4096) - 100)]
for number in numbers:
    watcher.register(number, select.EPOLLIN)
ready(fd=watcher.fileno(), numbers=numbers)
"""
    )
    process, problems = one.scan()
    (row,) = [row for row in process.descriptors if row.fd == one.told["fd"]]
    assert problems == []
    assert [target.fd for target in row.targets] == one.told["numbers"]


def test_a_scan_leaves_neither_a_descriptor_nor_a_child_behind(lab, child):
    watched = child(
        """
import threading
started = threading.Event()
def apart():
    checked(libc.unshare(0x400))  # CLONE_FILES
    started.set()
    os.read(HOLD, 1)
threading.Thread(target=apart, daemon=True).start()
started.wait()
ready()
"""
    )

    def held():
        numbers = os.listdir("/proc/self/fd")  # and the one by which they are listed
        with open("/proc/thread-self/children") as children:
            return numbers, children.read()

    scan(["self"])
    before = held()
    for targets in ([str(lab.pid)], [str(watched.pid)], ["no-process-has-this-name"], []):
        scan(targets, mapped=True)
        assert (targets, held()) == (targets, before)
