"""Rates, waits and descriptors over time, of children that do what is known."""

import json
import os
import re
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from bpf_here import needs_bpf
from children import Lab, state_of, until
from program import ENVIRONMENT, PROGRAM, found, run, without_rights

from fdscope import scan
from fdscope.kernel.counters import Counters
from fdscope.watcher import Watch

SLEEPER_WITH_WORKERS = """
import threading
def work(reader, writer):
    while True:
        os.read(reader, 1)
        os.write(writer, b".")
pipes = [os.pipe() for _ in range(4)]
for one, other in ((0, 1), (1, 0), (2, 3), (3, 2)):
    threading.Thread(target=work, args=(pipes[one][0], pipes[other][1]), daemon=True).start()
os.write(pipes[0][1], b".")
os.write(pipes[2][1], b".")
ready()
"""


def counted(pid):
    """Voluntary and involuntary switches of each thread, as the kernel has them."""
    found = {}
    for tid in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{tid}/status") as status:
            lines = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
        found[int(tid)] = (int(lines["voluntary_ctxt_switches"]), int(lines["nonvoluntary_ctxt_switches"]))
    return found


def total(counts):
    return [sum(one[place] for one in counts.values()) for place in (0, 1)]


def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    until(lambda: all(state_of(f"{pid}/task/{tid}") == "T" for tid in os.listdir(f"/proc/{pid}/task")))


def lines_of(*words, **more):
    done = run("watch", "--ndjson", *words, **more)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return done, told[:-1], told[-1]["summary"]


@pytest.mark.parametrize("source", ["proc", pytest.param("bpf", marks=needs_bpf)])
def test_the_count_is_that_of_all_threads_to_the_last_switch(child, source):
    one = child(SLEEPER_WITH_WORKERS)
    stopped(one.pid)
    before = counted(one.pid)
    with Watch([str(one.pid)], interval_s=0.2, source=source) as watch:
        os.kill(one.pid, signal.SIGCONT)
        frames = list(watch.frames(3))
        stopped(one.pid)
        last = watch.frame()
        summary = watch.summary().processes[0]
    after = counted(one.pid)
    grown = [total(after)[place] - total(before)[place] for place in (0, 1)]
    assert [summary.voluntary.total, summary.involuntary.total] == grown
    assert grown[0] > 100
    told = sum(round(frame.processes[0].voluntary_per_s * frame.interval_s) for frame in (*frames, last))
    assert told == pytest.approx(grown[0], rel=0.001, abs=8)  # what rounding to a hundredth and to 0.1 ms leaves
    assert summary.exited_threads_included is (source == "bpf")


def test_the_main_thread_alone_would_have_told_nothing(child):
    """The figures of psutil and of pidstat -w are of the main thread; ours are sums."""
    one = child(SLEEPER_WITH_WORKERS)
    psutil = pytest.importorskip("psutil")
    (process,) = scan([str(one.pid)]).processes
    counts = process.context_switches
    assert (counts.threads_counted, len(process.threads)) == (5, 5)
    assert counts.voluntary == sum(thread.context_switches.voluntary for thread in process.threads)
    main = psutil.Process(one.pid).num_ctx_switches()
    time.sleep(0.2)
    (process,) = scan([str(one.pid)]).processes
    assert process.context_switches.voluntary > 2 * main.voluntary


def test_rates_are_those_of_pidstat(child):
    pidstat = found("pidstat")
    one = child(SLEEPER_WITH_WORKERS)
    theirs = subprocess.Popen(
        [pidstat, "-wt", "-p", str(one.pid), "3", "1"],
        stdout=subprocess.PIPE,
        text=True,
        env={**ENVIRONMENT, "LC_ALL": "C"},
    )
    _, frames, _ = lines_of("--interval", "3", "--count", "1", str(one.pid))
    output = theirs.communicate(timeout=30)[0]
    told = {}
    for line in output.splitlines():
        words = line.split()
        if line.startswith("Average:") and words[2] == "-" and words[3].isdigit():
            told[int(words[3])] = float(words[4])
    (process,) = frames[0]["processes"]
    ours = {thread["tid"]: thread["voluntary_per_s"] for thread in process["threads"]}
    assert set(told) == set(ours)
    # Their three seconds are not ours, and threads of one interpreter take turns unevenly: sums must be near.
    assert sum(ours.values()) == pytest.approx(process["voluntary_per_s"], abs=0.1)
    assert sum(ours.values()) == pytest.approx(sum(told.values()), rel=0.5)


def test_a_thread_that_ended_is_told_and_a_new_one_counts_from_nothing(child):
    one = child(
        """
import threading, time
def short():
    for _ in range(50):
        time.sleep(0.0005)
tell()
while True:
    threads = [threading.Thread(target=short) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
"""
    )
    with Watch([str(one.pid)], interval_s=0.1) as watch:
        frames = list(watch.frames(8))
    assert any(frame.processes[0].threads_new for frame in frames)
    assert any(frame.processes[0].threads_ended for frame in frames)
    rates = [frame.processes[0].voluntary_per_s for frame in frames]
    assert min(rates) >= 0
    assert max(rates) > 50


def test_intervals_do_not_drift(child):
    one = child("ready()")
    began = time.monotonic()
    with Watch([str(one.pid)], interval_s=0.1) as watch:
        frames = list(watch.frames(12))
    assert time.monotonic() - began < 30
    assert sum(frame.interval_s for frame in frames) == pytest.approx(frames[-1].elapsed_s, abs=0.01)
    late = [frame.elapsed_s * 10 % 1 for frame in frames]
    assert sorted(late)[len(late) // 2] < 0.5  # on the grid, if not kept from it
    assert [frame.number for frame in frames] == list(range(1, 13))


def test_waits_are_sampled_at_a_rate_that_is_told(child):
    one = child("reader, writer = os.pipe()\ntell(reader=reader)\nos.read(reader, 1)")
    _, frames, _ = lines_of("--source", "proc", "--count", "1", str(one.pid))
    (frame,) = frames
    assert frame["attribution"] == "sampled"
    assert 1 <= frame["sampling"]["looks"] <= 11
    assert frame["sampling"]["looks_per_s"] == pytest.approx(
        frame["sampling"]["looks"] / frame["interval_s"], rel=0.1
    )
    (wait,) = frame["processes"][0]["waits"]
    assert (wait["syscall"], wait["fd"], wait["model"], wait["share"]) == (
        "read",
        one.told["reader"],
        "blocking",
        1,
    )
    assert re.match(r"pipe:\[\d+\], read end <-> ", wait["what"])
    assert 0 < frame["own_cpu_share"] < 1


LEAK = """
import time
tell()
kept = []
os.read(HOLD, 1)
for _ in range(30):
    kept += os.pipe()
tell()
while True:
    time.sleep(1)
"""


FAST = SLEEPER_WITH_WORKERS.replace("ready()", "tell()\nimport time\ntime.sleep(3600)")


def test_a_main_thread_that_sleeps_does_not_stand_for_workers_that_were_never_found_at_rest(child, monkeypatch):
    one = child(FAST)
    look = Counters.of_thread

    def too_fast(self, tid, name):
        found = look(self, tid, name)
        return b"running\n" if name == b"syscall" and tid != one.pid else found

    with Watch([str(one.pid)], interval_s=0.5, source="proc") as watch:
        monkeypatch.setattr(Counters, "of_thread", too_fast)
        blind = [process for frame in watch.frames(2) for process in frame.processes]
        monkeypatch.setattr(Counters, "of_thread", look)
        seeing = [process for frame in watch.frames(4) for process in frame.processes]
    for process in blind:
        assert process.unseen_share > 0.9
        assert [wait.waits_for for wait in process.waits] == ["time"]
        assert process.verdict.word in ("unknown", "cpu")  # the latter on a machine with more to do
        assert process.verdict.word == "cpu" or process.verdict.evidence.endswith("were never seen to wait")
    assert (seeing[-1].unseen_share or 0.0) < 0.6
    assert seeing[-1].verdict.word in ("io", "lock", "mixed", "cpu")  # of pipes, or of the interpreter's lock


def test_growth_and_the_time_to_the_limit_are_told(child):
    one = child("import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))\n" + LEAK)
    with Watch([str(one.pid)], interval_s=0.1) as watch:
        (first,) = watch.frames(1)
        one.go_on()
        one.hear()
        second = watch.frame()
        until(lambda: watch.frame().processes[0].kinds_growth)  # they are not listed at every frame
        later = watch.frame().processes[0]
    before, after = first.processes[0], second.processes[0]
    assert (before.descriptors_growth, before.seconds_to_limit) == (0, None)
    assert (after.descriptors_growth, after.descriptors) == (60, before.descriptors + 60)
    assert after.descriptor_limit == 100
    assert 0 <= after.seconds_to_limit < 60
    assert later.kinds["pipe"] == before.kinds["pipe"] + 60
    assert later.kinds_growth == {"pipe": 60}


def test_growth_is_counted_from_when_the_watch_began(child):
    one = child("import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))\n" + LEAK)
    if not os.stat(f"/proc/{one.pid}/fd").st_size:
        pytest.skip("before Linux 6.2 only a list tells how many there are, and the first is that of a frame")
    with Watch([str(one.pid)], interval_s=0.1) as watch:
        one.go_on()
        one.hear()
        (process,) = watch.frame().processes
    assert process.descriptors_growth == 60
    assert 0 <= process.seconds_to_limit < 60


CHANGES = """
path, writing = sys.argv[1], None
one = os.open("/dev/null", os.O_RDONLY)
two = os.open("/dev/zero", os.O_RDONLY)
writing = os.open(path, os.O_WRONLY | os.O_CREAT)
tell(one=one, two=two, writing=writing)
os.read(HOLD, 1)
os.close(one)
reader, writer = os.pipe()
os.dup2(reader, two)
os.write(writing, bytes(4096))
tell(reader=reader, writer=writer)
os.read(reader, 1)
"""


def test_what_is_opened_closed_and_replaced_is_told(child, tmp_path):
    tmp_path.chmod(0o777)
    one = child(CHANGES, str(tmp_path / "written"))
    with Watch([str(one.pid)], interval_s=0.1, changes=True) as watch:
        (first,) = watch.frames(1)
        one.go_on()
        more = one.hear()
        time.sleep(0.05)  # so that what the length of the interval is rounded by does not show
        second = watch.frame()
    assert (first.processes[0].changes, first.processes[0].moved) == (None, None)
    changes = {change.fd: change for change in second.processes[0].changes}
    told, pipe = one.told, changes[more["writer"]]
    assert more["reader"] == told["one"]  # the lowest number that was free
    assert (pipe.change, pipe.kind) == ("opened", "pipe")
    assert (changes[told["one"]].change, changes[told["one"]].was) == ("changed", "/dev/null")
    assert (changes[told["two"]].change, changes[told["two"]].kind) == ("changed", "pipe")
    assert changes[told["two"]].was == "/dev/zero"
    assert told["writing"] not in changes
    (moved,) = second.processes[0].moved
    assert (moved.fd, moved.name) == (told["writing"], str(tmp_path / "written"))
    assert moved.bytes_per_s == pytest.approx(4096 / second.interval_s, rel=0.01)


def test_a_name_finds_a_process_that_is_started_again(tmp_path):
    name = f"again{os.getpid()}"[:15]
    program = tmp_path / name
    program.symlink_to("/bin/sleep")
    first = subprocess.Popen([program, "1000"])
    second = None
    try:
        with Watch([name], interval_s=0.1) as watch:
            assert watch.pids == [first.pid]
            (frame,) = watch.frames(1)
            assert [one.name for one in frame.processes] == [name]
            first.kill()
            first.wait()
            frame = watch.frame()
            assert ([one.pid for one in frame.ended], watch.is_over) == ([first.pid], False)
            second = subprocess.Popen([program, "1000"])
            until(lambda: [one.pid for one in watch.frame().processes] == [second.pid])
    finally:
        for one in (first, second):
            if one is not None:
                one.kill()
                one.wait()


def test_a_watch_of_pids_ends_with_them():
    sleeper = subprocess.Popen(["sleep", "1000"])
    waiting = subprocess.Popen(
        [*PROGRAM, "watch", "--ndjson", "--interval", "0.1", str(sleeper.pid)],
        stdout=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    assert waiting.stdout.readline()  # it has found the process
    sleeper.kill()
    sleeper.wait()
    output = waiting.communicate(timeout=30)[0]
    assert waiting.returncode == 0
    last = json.loads(output.splitlines()[-2])
    assert [one["pid"] for one in last["ended"]] == [sleeper.pid]


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        (["--", "/nowhere/to/be/found"], 127, b"cannot run '/nowhere/to/be/found': No such file or directory"),
        (["--", "/etc/passwd"], 126, b"cannot run '/etc/passwd': Permission denied"),
        (["--"], 2, b"watch -- takes a command to run"),
        (["1", "--", "true"], 2, b"watch takes targets, or a command after '--': leave one of them out"),
        (
            ["--interval", "0.05"],
            2,
            b"--interval takes a number of seconds from 0.1 to 86400, or a time as 500ms and 5min are, not '0.05'",
        ),
        (["--interval", "nan"], 2, b"--interval takes a number of seconds"),
        (["--count", "0"], 2, b"--count takes a whole number above 0, not '0'"),
        (["--top", "x"], 2, b"--top takes a whole number above 0, not 'x'"),
        (["--changes", "self"], 2, b"--changes is told with --ndjson only"),
        (["no-process-is-called-so"], 1, b"no process is called 'no-process-is-called-so'"),
        (["999999999"], 1, b"no process is called '999999999'"),
    ],
)
def test_wrong_words_get_one_line(words, status, line):
    done = run("watch", *words)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (status, b"", 1)
    assert line in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_an_interrupt_ends_it_with_a_summary(child, number):
    one = child("ready()")
    watching = subprocess.Popen(
        [*PROGRAM, "watch", "--ndjson", "--interval", "0.1", str(one.pid)], stdout=subprocess.PIPE, env=ENVIRONMENT
    )
    assert watching.stdout.readline()
    watching.send_signal(number)
    rest = watching.communicate(timeout=30)[0]
    assert watching.returncode == 130
    assert "summary" in json.loads(rest.splitlines()[-1])


def test_a_watch_under_nohup_outlives_its_terminal(child):
    one = child("ready()")
    watching = subprocess.Popen(
        ["nohup", *PROGRAM, "watch", "--ndjson", "--interval", "0.1", str(one.pid)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    assert watching.stdout.readline()
    watching.send_signal(signal.SIGHUP)
    for _ in range(5):
        assert "number" in json.loads(watching.stdout.readline())
    watching.terminate()
    watching.communicate(timeout=30)


def test_the_whole_machine_shows_those_that_switch_most():
    _, frames, summary = lines_of("--count", "1", "--interval", "0.5", "--top", "3")
    (frame,) = frames
    assert len(frame["processes"]) <= 3 < frame["processes_total"]
    rates = [one["voluntary_per_s"] + one["involuntary_per_s"] for one in frame["processes"]]
    assert rates == sorted(rates, reverse=True)
    assert frame["machine"]["context_switches_per_s"] > 0
    assert frame["machine"]["cpus"] == len(re.findall(r"^cpu\d", Path("/proc/stat").read_text(), re.M))
    assert summary["processes_total"] >= frame["processes_total"]


def test_processes_that_come_and_go_are_no_trouble():
    storm = subprocess.Popen(["sh", "-c", "while :; do sleep 0.01 & sleep 0.01 & true; done"])
    try:
        done, frames, _ = lines_of("--count", "8", "--interval", "0.1")
    finally:
        storm.kill()
        storm.wait()
    assert (done.returncode, done.stderr, len(frames)) == (0, b"", 8)
    assert any(frame.get("ended") for frame in frames)
    for frame in frames:
        for one in frame["processes"]:
            assert min(one["voluntary_per_s"], one["involuntary_per_s"]) >= 0


@pytest.fixture(scope="module")
def loads():
    running = Lab("loads")
    try:
        yield running
    finally:
        running.end()


@pytest.mark.parametrize("load", ["ping-pong", "lock-fight", "spin"])
def test_the_verdict_on_a_load_is_what_the_lab_says(loads, load):
    if f"load:{load}" in loads.refused:
        pytest.skip(loads.refused[f"load:{load}"])
    one = loads.loads[f"load:{load}"]
    wanted = one["says"]["verdict"]
    words = Counter()
    with Watch([str(pid) for pid in one["pids"]], interval_s=0.5) as watch:
        for frame in watch.frames(20):
            words.update(process.verdict.word for process in frame.processes)
            if words[wanted] >= 6:
                break
    # on a machine with more to do a load may get no CPU, or be found at rest too seldom
    assert words[wanted] == max(words[word] for word in [*words, wanted] if word not in ("idle", "unknown")), words
    assert words[wanted] > 0, words
    if load == "ping-pong":
        busiest = frame.processes[0]
        assert busiest.voluntary_per_s > busiest.involuntary_per_s
        assert "read(" in busiest.verdict.evidence


def test_a_process_of_another_user_is_counted_without_rights(foreign):
    _, frames, _ = lines_of("--count", "2", "--interval", "0.1", str(foreign.pid), preexec_fn=without_rights)
    (process,) = frames[0]["processes"]
    assert process["threads_counted"] == 2
    assert "waits" not in process
    told = {(one["what"], one["reason"]) for one in frames[0]["problems"]}
    assert ("syscall", "permission-denied") in told
    assert ("descriptors", "permission-denied") in told
    assert "problems" not in frames[1]


def test_2000_threads_are_all_counted(child):
    one = child(
        """
import threading
threading.stack_size(65536)
reader, writer = os.pipe()
for _ in range(1999):
    threading.Thread(target=os.read, args=(reader, 1), daemon=True).start()
ready()
"""
    )
    with Watch([str(one.pid)], interval_s=0.5) as watch:
        frames = list(watch.frames(2))
    process = frames[-1].processes[0]
    assert (process.threads_counted, len(process.threads)) == (2000, 20)
    assert frames[-1].sampling.looks <= 11 * 32


def test_memory_stays_the_same_while_processes_die_all_the_time():
    """For a minute, as before a release: FDSCOPE_WATCH_SECONDS=60."""
    seconds = float(os.environ.get("FDSCOPE_WATCH_SECONDS", "6"))
    storm = subprocess.Popen(["sh", "-c", "while :; do sleep 0.005 & sleep 0.005 & sleep 0.005 & wait; done"])
    try:
        with Watch(interval_s=0.1) as watch:
            ended, sizes = 0, []
            for frame in watch.frames(int(seconds * 10)):
                ended += len(frame.ended or ())
                sizes.append(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE"))
    finally:
        storm.kill()
        storm.wait()
    assert ended > 3 * seconds  # of some 200 a second; fewer where the machine is busy
    settled = sizes[len(sizes) // 3]
    assert sizes[-1] - settled < 4 << 20


def test_a_watch_leaves_the_limits_of_its_program_alone(child):
    import resource

    one = child("ready()")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Watch([str(one.pid)]):
        pass
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


ZOMBIE = """
ended = os.fork()
if not ended:
    os._exit(0)
tell(ended=ended)
"""


@pytest.mark.parametrize("asked", ["pid", "name", "all"])
def test_a_zombie_ends_once(child, asked):
    one = child(ZOMBIE.replace("if not", "libc.prctl(15, b'a-zombie', 0, 0, 0)\nif not"))
    ended = one.told["ended"]
    until(lambda: state_of(ended) == "Z")
    with Watch({"pid": [str(ended)], "name": ["a-zombie"], "all": []}[asked], interval_s=0.1) as watch:
        frames = list(watch.frames(4))
    assert [gone.pid for frame in frames for gone in frame.ended or () if gone.pid == ended] == [ended]
    assert len(frames) == (1 if asked == "pid" else 4)


def test_a_watch_opens_nothing_anew_and_lets_everything_go(child):
    one = child(SLEEPER_WITH_WORKERS)
    before = set(os.listdir("/proc/self/fd"))
    with Watch([str(one.pid)], interval_s=0.1) as watch:
        list(watch.frames(2))
        held = set(os.listdir("/proc/self/fd"))
        list(watch.frames(3))
        assert len(set(os.listdir("/proc/self/fd")) - held) <= 1
    assert set(os.listdir("/proc/self/fd")) == before


CHURN = """
import threading, time
tell()
while True:
    more = [threading.Thread(target=time.sleep, args=(0.03,)) for _ in range(2)]
    [thread.start() for thread in more]
    [thread.join() for thread in more]
"""


def test_where_threads_come_and_go_the_verdict_says_what_is_missing(child):
    one = child(CHURN)
    with Watch([str(one.pid)], interval_s=0.3, source="proc") as watch:
        told = [process for frame in watch.frames(10) for process in frame.processes]
    assert any(process.threads_ended for process in told)
    for process in told:
        missing = process.verdict.evidence.endswith("and any that came and went, is not counted")
        assert missing == bool(process.threads_ended)
        assert not (missing and process.verdict.word == "idle")


def test_of_a_whole_machine_the_outlines_leave_out_the_process_that_looks(child):
    one, own = child("ready()"), os.getpid()
    with Watch(source="proc") as watch:
        assert own in watch.pids
        pids = {outline.pid for outline in watch.outlines()}
        assert one.pid in pids
        assert own not in pids
    with Watch([str(own)], source="proc") as watch:
        assert [outline.pid for outline in watch.outlines()] == [own]
