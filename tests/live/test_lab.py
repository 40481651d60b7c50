"""The lab's threads really wait as they say, its loads really switch, and nothing outlives it."""

import os
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
from children import Lab, state_of, until
from program import ENVIRONMENT, PROGRAM, run

from fdscope.lab import full_names, offered
from fdscope.lab.switching import LOADS
from fdscope.lab.waiting import WAITS

# arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h
NUMBERS = {
    "x86_64": {
        "read": 0,
        "write": 1,
        "poll": 7,
        "select": 23,
        "nanosleep": 35,
        "connect": 42,
        "accept": 43,
        "recvfrom": 45,
        "wait4": 61,
        "flock": 73,
        "rt_sigtimedwait": 128,
        "futex": 202,
        "io_getevents": 208,
        "clock_nanosleep": 230,
        "epoll_wait": 232,
        "pselect6": 270,
        "ppoll": 271,
        "epoll_pwait": 281,
        "accept4": 288,
        "io_uring_enter": 426,
    },
    "aarch64": {
        "io_getevents": 4,
        "epoll_pwait": 22,
        "flock": 32,
        "read": 63,
        "write": 64,
        "pselect6": 72,
        "ppoll": 73,
        "futex": 98,
        "nanosleep": 101,
        "clock_nanosleep": 115,
        "rt_sigtimedwait": 137,
        "accept": 202,
        "connect": 203,
        "recvfrom": 207,
        "accept4": 242,
        "wait4": 260,
        "io_uring_enter": 426,
    },
}
MODELS = {
    "blocking": "read recv accept write connect flock copy",
    "multiplexed": "select poll epoll",
    "asynchronous": "io_uring aio",
    "signal-driven": "signal",
    None: "sleep lock child",
}


def numbers(syscalls):
    table = NUMBERS.get(os.uname().machine)
    if table is None:
        pytest.skip(f"the numbers of system calls on {os.uname().machine} are not known here")
    return {table[name] for name in syscalls if name in table}


def inside(task):
    """The system call that a task is in, and its arguments (proc_pid_syscall(5)); none, if it runs."""
    try:
        words = Path(f"/proc/{task}/syscall").read_text().split()
    except FileNotFoundError:
        pytest.skip("this kernel was built without proc_pid_syscall(5)")
    except PermissionError:
        pytest.skip("this process may not look at what its child waits in (ptrace_scope)")
    return (None, []) if words == ["running"] else (int(words[0]), [int(word, 16) for word in words[1:-2]])


def wait_of(lab, name):
    if f"wait:{name}" in lab.refused:
        pytest.skip(f"refused here: {lab.refused[f'wait:{name}']}")
    one = lab.waits[f"wait:{name}"]
    return f"{one['says'].get('pid', lab.pid)}/task/{one['tid']}", one["says"]


def gone(pid):
    """Whether a process has ended; whose parent is gone it may be a while until its status is taken."""
    try:
        return state_of(pid) in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def children_of(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def switches(pid):
    """Voluntary and involuntary ones of a process of one thread (proc_pid_status(5))."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(lines["voluntary_ctxt_switches"]), int(lines["nonvoluntary_ctxt_switches"])


@pytest.mark.parametrize("name", WAITS)
def test_a_thread_waits_in_the_call_that_it_says(name, lab):
    task, says = wait_of(lab, name)
    wanted = numbers(says["syscall"])
    until(lambda: inside(task)[0] in wanted and state_of(task) in "SD")
    assert Path(f"/proc/{task}/comm").read_text() == f"{name}\n"
    _, arguments = inside(task)
    if name not in ("select", "poll", "aio", "signal", "sleep", "lock", "child"):
        assert says["on"] == [arguments[0]]


@pytest.mark.parametrize("name", WAITS)
def test_a_wait_says_its_model_and_phase(name, lab):
    _, says = wait_of(lab, name)
    assert name in MODELS[says["model"]].split()
    phase = "copying" if name == "copy" else "waiting"
    assert says["phase"] == (phase if says["model"] else None)
    owner = says.get("pid", lab.pid)
    assert [fd for fd in says["on"] if not os.path.lexists(f"/proc/{owner}/fd/{fd}")] == []
    if "events" in says:
        assert sorted(map(int, says["events"])) == says["on"]


def test_a_copy_waits_for_a_page_that_nobody_provides(lab):
    task, _ = wait_of(lab, "copy")
    until(lambda: Path(f"/proc/{task}/wchan").read_text() in ("handle_userfault", "0"))


def test_a_copy_goes_on_when_it_was_stopped():
    running = Lab("copy")
    try:
        task, says = wait_of(running, "copy")
        until(lambda: inside(task)[0] in numbers(["read"]))
        os.kill(says["pid"], signal.SIGSTOP)
        until(lambda: inside(task)[0] is None)  # it cannot stop, and tries on
        os.kill(says["pid"], signal.SIGCONT)
        until(lambda: inside(task)[0] in numbers(["read"]) and state_of(task) == "S")
    finally:
        running.end()


def test_who_waits_for_a_file_lock_waits_for_its_holder(lab):
    _, says = wait_of(lab, "flock")
    assert says["holder"] in children_of(lab.pid)
    inode = Path(f"/proc/{lab.pid}/fd/{says['on'][0]}").stat().st_ino
    lines = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    here = [words for words in lines if words[-3].endswith(f":{inode}")]
    held = [int(words[4]) for words in here if "->" not in words]
    waiting = [int(words[5]) for words in here if "->" in words]
    assert (held, waiting) == ([says["holder"]], [lab.pid])


def test_a_socket_that_drives_by_a_signal_sends_one_that_is_caught(lab):
    _, says = wait_of(lab, "signal")
    flags = Path(f"/proc/{lab.pid}/fdinfo/{says['socket']}").read_text().split("flags:")[1].split()[0]
    status = dict(line.split(":\t") for line in Path(f"/proc/{lab.pid}/status").read_text().splitlines())
    assert int(flags, 8) & os.O_ASYNC
    assert int(status["SigCgt"], 16) & int(status["SigBlk"], 16)


@pytest.fixture(scope="module")
def loaded():
    """A lab with its loads alone."""
    running = Lab("loads")
    try:
        yield running
    finally:
        running.end()


@pytest.fixture(params=LOADS)
def load(request, loaded):
    name = f"load:{request.param}"
    if name in loaded.refused:
        pytest.skip(f"refused here: {loaded.refused[name]}")
    return loaded.loads[name]


def test_a_load_switches_as_it_says(load):
    pids = load["pids"]
    before = [switches(pid) for pid in pids]

    def grew():
        """By how much, voluntary and involuntary, of each process."""
        return [
            (now[0] - then[0], now[1] - then[1]) for now, then in zip(map(switches, pids), before, strict=True)
        ]

    sort = 1 if load["says"]["verdict"] == "cpu" else 0
    until(lambda: all(one[sort] >= 5 for one in grew()))
    if sort:
        assert all(voluntary < involuntary for voluntary, involuntary in grew())


def test_those_who_fight_for_a_lock_wait_for_it(loaded):
    if "load:lock-fight" in loaded.refused:
        pytest.skip(f"refused here: {loaded.refused['load:lock-fight']}")
    futex = numbers(["futex"])
    for pid in loaded.loads["load:lock-fight"]["pids"]:
        until(lambda pid=pid: inside(pid)[0] in futex)


def test_those_who_spin_share_one_cpu(loaded):
    if "load:spin" in loaded.refused:
        pytest.skip(f"refused here: {loaded.refused['load:spin']}")
    (cpus,) = {frozenset(os.sched_getaffinity(pid)) for pid in loaded.loads["load:spin"]["pids"]}
    assert len(cpus) == 1


def test_a_process_of_a_load_is_known_by_its_name_gives_way_and_holds_no_more_than_it_needs(load):
    names = [Path(f"/proc/{pid}/comm").read_text().strip() for pid in load["pids"]]
    expected = {"ping-pong": ["lab-ping", "lab-pong"]}
    expected["lock-fight"] = [f"lab-lock-{number}" for number in (1, 2, 3, 4)]
    expected["spin"] = [f"lab-spin-{number}" for number in (1, 2)]
    assert names == expected[load["name"].removeprefix("load:")]
    for pid in load["pids"]:
        assert os.getpriority(os.PRIO_PROCESS, pid) == 19
        held = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
        pipes = [link for link in held if link.startswith("pipe:")]
        assert sorted(set(held) - set(pipes)) == ["/dev/null"]
        assert (len(held), len(pipes)) == ((5, 2) if load["name"] == "load:ping-pong" else (3, 0))


@pytest.mark.parametrize("number", [2, 9])
def test_no_child_of_a_lab_outlives_it(number):
    """Not one that is killed either; with the copy in it, which the kernel gives up then."""
    with tempfile.TemporaryDirectory(prefix="labs-") as folder:
        running = Lab("flock", "child", "copy", "loads", env={**ENVIRONMENT, "TMPDIR": folder})
        try:
            children = children_of(running.pid)
            loads = [pid for one in running.loads.values() for pid in one["pids"]]
            assert set(loads) < set(children)
            assert running.waits["wait:flock"]["says"]["holder"] in children
            running.process.send_signal(number)
            assert running.process.wait(10) == {2: 130, 9: -9}[number]
            until(lambda: all(map(gone, children)))
            assert bool(os.listdir(folder)) is (number == 9)
        finally:
            running.process.kill()
            running.process.stdout.close()


def test_an_end_of_the_lab_is_quiet():
    running = Lab("waits", stderr=subprocess.PIPE)
    running.end()
    with running.process.stderr as told:
        assert told.read() == b""


def test_names_are_kinds_first_then_waits_and_loads():
    groups = offered()
    assert full_names([]) == [*groups["kinds"], *groups["waits"], *groups["loads"]]
    assert full_names(["loads"]) == ["load:ping-pong", "load:lock-fight", "load:spin"]
    words = ["epoll", "wait:epoll", "read", "spin", "load:spin"]
    assert full_names(words) == ["epoll", "wait:epoll", "wait:read", "load:spin", "load:spin"]
    with pytest.raises(KeyError):
        full_names(["wait:pipe"])


def test_what_is_not_in_the_lab_is_wrong_usage():
    done = run("lab", "--json", "pipe", "wait:unicorn")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"no specimen 'wait:unicorn'" in done.stderr


def test_the_lab_says_how_to_look_at_what_it_has():
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*PROGRAM, "lab", "pipe", "read", "recv"], env=ENVIRONMENT, **streams) as process:
        try:
            pid = int(process.stdout.readline())
            told = process.stderr.readline().decode()
            process.send_signal(2)
            assert process.wait(10) == 130
        finally:
            process.kill()
    what = "1 specimen, 2 waiting threads"
    assert (pid, told) == (process.pid, f"lab: {what}; look at them with: fdscope {pid}, fdscope waits {pid}\n")
