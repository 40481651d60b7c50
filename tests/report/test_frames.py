"""Frames, summaries, the live screen and waits as text: word for word, and with names that mean harm."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import switches

from fdscope.answers import Cycle, CycleLink, ThreadWait, Waited, Waits
from fdscope.frame import (
    CommandTotal,
    Frame,
    MachineFrame,
    ProcessFrame,
    ProcessSummary,
    Sampling,
    Spread,
    Summary,
    ThreadRate,
    Verdict,
    WaitShare,
)
from fdscope.model import LockHolder, Peer, Process, Thread, Wait, WaitOn
from fdscope.report import frames, live
from fdscope.report.style import Style, columns
from fdscope.report.waits import cycle_lines, on, threads
from fdscope.report.waits import waits as told_waits

PLAIN = Style(unicode=False)


def process(pid=12, **more):
    facts = {
        "pid": pid,
        "name": "nginx",
        "voluntary_per_s": 1204.4,
        "involuntary_per_s": 3.0,
        "threads_counted": 2,
        "cpu_share": 0.125,
        "queue_share": 0.02,
        "descriptors": 812,
        "descriptors_growth": 3,
        "descriptor_limit": 1024,
        "seconds_to_limit": 90.0,
        "kinds": {"tcp": 800, "epoll": 12},
        "kinds_growth": {"tcp": 4, "pipe": -1},
        "waits": [
            WaitShare(
                waits_for="readiness",
                model="multiplexed",
                syscall="epoll_wait",
                fd=8,
                what="epoll",
                share=0.9,
                switches_share=0.95,
            ),
            WaitShare(waits_for="lock", syscall="futex", futex="0x7f", share=0.1, switches_share=0.05),
        ],
        "threads": [
            ThreadRate(
                tid=12,
                name="nginx",
                voluntary_per_s=1200,
                involuntary_per_s=3,
                cpu_share=0.1,
                waits="epoll_wait(8)",
            ),
            ThreadRate(tid=13, name="aio", voluntary_per_s=4.4, involuntary_per_s=0),
        ],
        "verdict": Verdict(
            word="io", evidence="1,204 voluntary and 3 involuntary switches/s; epoll_wait(8) epoll 95 %"
        ),
    }
    return ProcessFrame(**facts | more)


def frame(*processes, **more):
    facts = {
        "schema": "fdscope.frame/1",
        "fdscope": "1",
        "taken_at": "2026-11-23T12:34:56.789Z",
        "number": 3,
        "elapsed_s": 3.0,
        "interval_s": 1.0,
        "machine": MachineFrame(
            context_switches_per_s=45120.0, running=3, blocked=1, cpus=2, cpu_pressure=0.12, io_pressure=0.0
        ),
        "processes": list(processes),
        "processes_total": len(processes),
        "attribution": "sampled",
        "sampling": Sampling(looks=320, looks_per_s=320.0),
        "own_cpu_share": 0.0061,
    }
    return Frame(**facts | more)


def test_a_frame_is_a_line_for_each_process():
    assert list(frames.lines(frame(process()), PLAIN, whole_machine=False)) == [
        "12:34:56  nginx[12]  1,204 vol/s 3 invol/s, cpu 12 %, without a CPU 2 %, 2 threads, 812 fds (+3), at the "
        "limit of 1,024 in 1 min 30 s  waits for I/O: epoll_wait(8) epoll 95 %\n"
    ]


def test_of_the_machine_those_that_are_not_switched_are_left_out():
    idle = process(13, voluntary_per_s=0, involuntary_per_s=0)
    lines = list(frames.lines(frame(process(), idle), PLAIN, whole_machine=True))
    assert (
        lines[0]
        == "12:34:56  machine  45,120 switches/s · 3 running on 2 CPUs · 1 in state D · PSI cpu 12 %, io 0 %\n"
    )
    assert len(lines) == 2


def summary(**more):
    spread = Spread(total=3612, mean_per_s=1204.0, peak_per_s=1300.0)
    one = ProcessSummary(
        pid=12,
        name="nginx",
        watched_s=3,
        voluntary=spread,
        involuntary=Spread(total=9, mean_per_s=3, peak_per_s=5),
        threads_peak=2,
        cpu_time_s=0.4,
        descriptors_first=809,
        descriptors_last=812,
        descriptors_peak=812,
        verdicts={"io": 2, "idle": 1},
    )
    return Summary(frames=3, elapsed_s=3.0, own_cpu_time_s=0.02, processes=[one], processes_total=1, **more)


def test_a_summary_has_totals_means_and_peaks():
    assert "".join(frames.summary(summary(), PLAIN)).splitlines() == [
        "",
        "3 intervals in 3 s; fdscope itself took 0.02 s of CPU",
        "PID  PROCESS   VOL  MEAN/S  PEAK/S  INVOL  MEAN/S  PEAK/S  CPU    FDS         MOSTLY",
        " 12  nginx    3612    1204    1300      9       3       5  0.4 s  809 -> 812  waits for I/O",
        "the last switches of threads that ended between two intervals are not counted",
    ]
    total = CommandTotal(status=0, voluntary=4000, involuntary=9, cpu_time_s=0.5, exited_threads_included=True)
    last = "".join(frames.summary(summary(command=total), PLAIN)).splitlines()[-1]
    assert (
        last
        == "the command, with all that it waited for: 4,000 voluntary and 9 involuntary switches, 0.5 s of CPU"
    )


def shown(one, view=None, width=80, height=24, style=PLAIN):
    view = view or live.View("nginx")
    if one is not None:
        view.remember(one)
    return ["".join(span.text for span in line) for line in live.screen(one, view, width, height, style)]


def test_the_screen_is_told_whole():
    assert [line.rstrip() for line in shown(frame(process()))] == [
        "fdscope watch nginx                                               3 s, every 1 s",
        "machine  45,120 switches/s · 3 running on 2 CPUs · 1 in state D · PSI cpu 12 ...",
        "fdscope itself 0.6 % CPU · 320 looks at threads a second · sorted by switches",
        "",
        "    PID NAME              VOL/S  INVOL/S    CPU  NOCPU      FDS TREND",
        "     12 nginx             1,204        3   12 %    2 %    812+3        # io",
        "",
        "nginx[12]: waits for I/O: 1,204 voluntary and 3 involuntary switches/s;",
        "epoll_wait(8) epoll 95 %",
        "descriptors  812 fds (+3), at the limit of 1,024 in 1 min 30 s",
        "             tcp 800 (+4), epoll 12, pipe 0 (-1)",
        "waits    95 % ######## multiplexed   epoll_wait(8)      epoll",
        "          5 % ........ (lock)        futex              futex 0x7f",
        "threads 2        TID NAME               VOL/S  INVOL/S    CPU  IN",
        "                  12 nginx              1,200        3   10 %  epoll_wait(8)",
        "                  13 aio                    4        0",
        *[""] * 7,
        "q quit  space pause  s sort  t threads  arrows choose  h help",
    ]


def test_before_the_first_interval_is_over_the_screen_says_so():
    assert shown(None)[2] == "the first interval is not over yet"
    assert shown(frame())[4] == "no process to watch now"


@pytest.mark.parametrize(("width", "height"), [(80, 24), (20, 5), (1, 1), (200, 60), (40, 10)])
def test_no_screen_is_larger_than_the_terminal(width, height):
    many = [process(pid, voluntary_per_s=pid) for pid in range(30)]
    for view in (live.View("x"), live.View("x" * 300)):
        for help_ in (False, True):
            view.help = help_
            lines = shown(frame(*many), view, width, height, Style())
            assert len(lines) <= height
            assert all(columns(line) <= width for line in lines)


def test_keys_change_what_is_seen():
    view = live.View("x")
    one = frame(process(1), process(2, voluntary_per_s=9999, descriptors=1))
    assert [each.pid for each in view.ordered(one)] == [2, 1]
    for name in list(live.SORTS)[1:]:
        assert view.press("s", one)
        assert view.sort == name
    view.sort = "descriptors"
    assert [each.pid for each in view.ordered(one)] == [1, 2]
    for key, pid in (("down", 2), ("down", 2), ("up", 1), ("up", 1)):
        view.press(key, one)
        assert view.chosen == pid
    view.press("t", one)
    lines = shown(one, view)
    assert lines.index(next(line for line in lines if line.startswith("threads"))) < lines.index(
        next(line for line in lines if line.startswith("waits"))
    )
    for key, name in ((" ", "paused"), ("h", "help"), ("t", "threads")):
        before = getattr(view, name)
        view.press(key, one)
        assert getattr(view, name) is not before
    assert view.press("z", one) is True
    assert view.press("down", None) is True
    assert view.press("q", one) is False


def test_a_sparkline_is_scaled_to_its_highest():
    assert live.spark([0, 1, 4, 8], 6) == "   ▂▅█"
    assert live.spark([], 3) == "   "
    assert live.spark([0, 0], 3) == "   "
    assert live.spark([5] * 100, 4) == "████"
    assert live.spark([5] * 100, 4, unicode=False) == "####"


@pytest.mark.parametrize(
    ("verdicts", "mostly"),
    [({"unknown": 3, "io": 1, "idle": 2}, "idle"), ({"unknown": 3}, "not seen"), ({}, "809 -> 812")],
)
def test_a_summary_says_what_was_found_out_most(verdicts, mostly):
    found = summary()
    found.processes[0].verdicts = verdicts
    assert "".join(frames.summary(found, PLAIN)).splitlines()[3].endswith(mostly)


def test_of_many_processes_those_that_did_nothing_are_only_counted():
    still = Spread(total=0, mean_per_s=0.0, peak_per_s=0.0)
    found = summary()
    (busy,) = found.processes
    idle = msgspec.structs.replace(busy, pid=13, voluntary=still, involuntary=still, cpu_time_s=0.0)
    found.processes = [busy, *[idle] * 19]
    found.processes_total = 20
    assert len("".join(frames.summary(found, PLAIN)).splitlines()) == 3 + 20 + 1
    found.processes_total = 21
    lines = "".join(frames.summary(found, PLAIN)).splitlines()
    assert (len(lines), lines[4]) == (6, "and 20 processes more")


HOSTILE = st.text(st.characters(codec=None) | st.sampled_from("\x1b\n\u202e\udcff\\\x9b"), max_size=30)


@given(HOSTILE, HOSTILE, st.integers(1, 120))
def test_no_name_brings_a_control_character_to_the_terminal(name, what, width):
    bad = process(
        name=name,
        waits=[WaitShare(waits_for="input", model="blocking", syscall="read", fd=3, what=what, share=1.0)],
        threads=[ThreadRate(tid=12, name=what, voluntary_per_s=1, involuntary_per_s=0)],
        verdict=Verdict(word="io", evidence=f"1; read(3) {what}"),
    )
    view = live.View(name)
    for style in (Style(unicode=False), Style(width=width)):
        for line in shown(frame(bad), view, width, 24, style):
            assert line.isprintable()
        for line in frames.lines(frame(bad), style, whole_machine=False):
            assert line.removesuffix("\n").isprintable()
    broken = summary()
    broken.processes[0].name = name
    for line in frames.summary(broken, PLAIN):
        assert line.strip("\n").isprintable()


def waiting(**more):
    facts = {
        "pid": 12,
        "process": "nginx",
        "tid": 12,
        "thread": "nginx",
        "state": "sleeping",
        "wait": Wait(
            waits_for="input",
            syscall="read",
            model="blocking",
            phase="waiting",
            on=[WaitOn(fd=7)],
            timed=False,
            kernel_function="anon_pipe_read.isra.0",
        ),
        "on": [
            Waited(
                fd=7,
                kind="pipe",
                description="pipe:[5], read end",
                peers=[Peer(pid=9, fd=4, process="sh", kind="pipe")],
                peers_total=3,
            )
        ],
    }
    return ThreadWait(**facts | more)


def answer(*found, cycles=()):
    return Waits(
        fdscope="1",
        taken_at="2026-11-23T12:34:56Z",
        duration_s=0.1,
        threads_total=1,
        threads_unknown=0,
        waits=list(found),
        cycles=list(cycles),
        problems=[],
    )


def test_a_wait_is_a_row():
    assert "".join(told_waits(answer(waiting()), PLAIN)).splitlines() == [
        "PID  PROCESS  MODEL     SYSCALL  TIMEOUT  FUNCTION        ON",
        " 12  nginx    blocking  read              anon_pipe_read  "
        "7 pipe:[5], read end  <-> sh[9] fd 4 and 2 more",
    ]


def test_threads_of_the_kernel_are_shown_when_they_are_asked_for():
    worker = waiting(kernel_thread=True, process="kworker")
    assert list(told_waits(answer(worker), PLAIN)) == []
    assert "kworker" in "".join(told_waits(answer(worker), PLAIN, everyone=True))


@pytest.mark.parametrize(
    ("wait", "descriptors", "said"),
    [
        (
            Wait(waits_for="readiness", on=[WaitOn(fd=5)], watching=812),
            [
                Waited(fd=5, kind="epoll"),
                Waited(fd=9, kind="tcp", description="ESTABLISHED", queued_bytes=9, watched=True),
            ],
            "5 epoll watching 812 descriptors, the busiest 9 tcp ESTABLISHED",
        ),
        (
            Wait(waits_for="readiness", on=[WaitOn(fd=5)], watching=2),
            [
                Waited(fd=5, kind="epoll"),
                *(Waited(fd=fd, kind="tty", description="/dev/tty", events=["in"], watched=True) for fd in (6, 7)),
            ],
            "5 epoll watching 2 descriptors: 6 tty /dev/tty (in); 7 tty /dev/tty (in)",
        ),
        (
            Wait(waits_for="readiness", on=[WaitOn(fd=fd) for fd in range(5)]),
            [Waited(fd=fd, kind="eventfd", description="counter 0", events=["in", "out"]) for fd in range(5)],
            "5 descriptors; 0 eventfd counter 0 (in out); 1 eventfd counter 0 (in out); "
            "2 eventfd counter 0 (in out); 2 more",
        ),
        (Wait(waits_for="input", on=[WaitOn(fd=3)], phase="copying"), [Waited(fd=3)], "3, gone by now; copying"),
        (Wait(waits_for="lock", futex="0x7f", shared_futex=True), [], "futex 0x7f, shared"),
        (Wait(waits_for="readiness", on_unread=True), [], "the set could not be read"),
        (
            Wait(
                waits_for="file-lock",
                on=[WaitOn(fd=3)],
                held_by=[
                    LockHolder(type="flock", mode="write", pid=8, process="pg"),
                    LockHolder(type="ofd", mode="read"),
                ],
            ),
            [Waited(fd=3, kind="regular", description="/a", other_end="unread")],
            "3 regular /a  (other end in no process that could be read); flock write lock held by pg[8]; "
            "ofd read lock held by whom the kernel does not name",
        ),
    ],
)
def test_what_is_waited_on_is_told_in_a_line(wait, descriptors, said):
    assert on(12, wait, descriptors) == said


def link(pid, other, tid=None):
    return CycleLink(
        pid=pid, process=f"p{pid}\x1b", tid=tid or pid, syscall="read", fd=3, kind="pipe", waits_for=other
    )


def test_cycles_are_told_by_how_sure_they_are():
    dead = Cycle(links=[link(1, 2), link(2, 1, 20)], deadlock=True)
    assert list(cycle_lines(dead, PLAIN)) == [
        "deadlock: 2 processes wait for each other, and no other thread that is seen can end it\n",
        "  p1\\x1b[1] in read on fd 3 (pipe) waits for p2\\x1b[2]\n",
        "  p2\\x1b[2] thread 20 in read on fd 3 (pipe) waits for p1\\x1b[1]\n",
    ]
    alone = Cycle(links=[link(1, 1)], deadlock=True)
    assert (
        next(cycle_lines(alone, PLAIN))
        == "deadlock: waits for itself, and no other thread that is seen can end it\n"
    )
    alone.unsure = ["not all could be read", "process 1 has a handler of SIGALRM"]
    told = "can end it; but not all could be read, and process 1 has a handler of SIGALRM\n"
    assert next(cycle_lines(alone, PLAIN)).endswith(told)
    loose = Cycle(links=[link(1, 2), link(2, 1)], deadlock=False)
    assert next(cycle_lines(loose, PLAIN)).startswith("cycle: 2 processes wait for each other; another thread")
    assert "".join(told_waits(answer(waiting(), cycles=[dead]), PLAIN)).count("\n") == 6


def test_of_many_threads_those_that_are_switched_most_are_shown():
    many = [Thread(tid=tid, name="x", context_switches=switches(tid, 0)) for tid in range(1, 40)]
    lines = list(threads(Process(pid=1, name="x", threads=many), PLAIN, 3, ""))
    assert [line.split()[0] for line in lines[1:-1]] == ["37", "38", "39"]
    assert lines[-1] == "and 36 threads more, which switched less: fdscope waits 1\n"


@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_wait_brings_a_control_character_to_the_terminal(name, description, other):
    bad = waiting(
        process=name,
        thread=other,
        tid=13,
        on=[
            Waited(
                fd=7,
                kind="regular",
                description=description,
                peers=[Peer(pid=9, fd=4, process=other, kind="pipe")],
                peers_total=1,
            )
        ],
        wait=Wait(
            waits_for="file-lock",
            syscall="flock",
            on=[WaitOn(fd=7)],
            held_by=[LockHolder(type="flock", mode="write", pid=1, process=name)],
        ),
    )
    for line in told_waits(answer(bad), Style(width=120)):
        assert line.removesuffix("\n").isprintable()
