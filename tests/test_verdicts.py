"""Why a process is switched: every rule, and its figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope.frame import VERDICTS, Verdict, WaitShare
from fdscope.verdicts import Busy, verdict


def way(waits_for="input", share=1.0, **more):
    return WaitShare(**{"waits_for": waits_for, "syscall": "read", "share": share, "switches_share": share} | more)


def busy(voluntary=0.0, involuntary=0.0, cpu=0.0, queue=0.0, running=1, cpus=2, waits=()):
    return Busy(voluntary, involuntary, 4, cpu, queue, running, cpus, list(waits))


@pytest.mark.parametrize(
    ("figures", "word", "evidence"),
    [
        (busy(), "idle", "0 switches/s"),
        (busy(10, 5, waits=[way(fd=3, what="pipe:[5]")]), "idle", "15 switches/s; waits in read(3) pipe:[5]"),
        (
            busy(5, 900, 1.0, 0.5, running=6),
            "cpu",
            "5 voluntary and 900 involuntary switches/s; ready, but without a CPU, for 50 % of the time; "
            "6 threads want 2 CPUs",
        ),
        (busy(99, 0, 0.01, 0.09, waits=[way()]), "idle", None),
        (busy(0, 3, 0.01, 0.98, running=5), "cpu", None),  # it gets next to nothing of the CPU
        (busy(100, 0, 0.01, 0.01, waits=[way()]), "io", None),
        (busy(1, 2, 1.0, 0.9, running=2), "cpu", None),
        (busy(1, 2, 1.0, None, running=6), "cpu", None),
        (
            busy(1, 30, 1.0, None, running=2),
            "running",
            "100 % of a CPU, only 1 voluntary and 30 involuntary switches/s",
        ),
        (busy(1, 30, 1.0, 0.01, running=9), "running", None),
        (
            busy(1204, 3, 0.2, waits=[way(fd=7, what="unix"), way("lock", 0.1, futex="0x7f", syscall="futex")]),
            "io",
            "1,204 voluntary and 3 involuntary switches/s; read(7) unix 91 %",
        ),
        (
            busy(500, 3, waits=[way("lock", 0.9, futex="0x7f", syscall="futex")]),
            "lock",
            "500 voluntary and 3 involuntary switches/s; futex 0x7f 100 %",
        ),
        (busy(500, 3, waits=[way("time", syscall="nanosleep")]), "timer", None),
        (
            busy(500, 3, waits=[way(share=0.5), way("lock", 0.5)]),
            "mixed",
            "500 voluntary and 3 involuntary switches/s; by waits: io 50 %, lock 50 %",
        ),
        (busy(500, 3, waits=[way("child", syscall="wait4")]), "mixed", None),
        (busy(500, 3), "unknown", "500 voluntary and 3 involuntary switches/s; no thread was seen to wait"),
        (busy(3, 500, 0.1, 0.0, waits=[way()]), "io", None),  # taken away often, but always given back at once
    ],
)
def test_each_rule(figures, word, evidence):
    found = verdict(figures)
    assert found.word == word
    assert evidence is None or found.evidence == evidence


@pytest.mark.parametrize(
    ("unseen", "word", "evidence"),
    [
        (0.0, "timer", "read(3) 100 %"),
        (0.3, "timer", "read(3) 70 %"),
        (0.5, "mixed", "by waits: timer 50 %, not seen 50 %"),
        (0.6, "unknown", "the threads that make 60 % of the voluntary ones were never seen to wait"),
        (0.99, "unknown", "the threads that make 99 % of the voluntary ones were never seen to wait"),
        (1.0, "unknown", "the threads that make 100 % of the voluntary ones were never seen to wait"),
    ],
)
def test_who_sleeps_does_not_stand_for_those_who_were_never_found_to_wait(unseen, word, evidence):
    found = verdict(busy(9000, 5, waits=[way("time", fd=3)])._replace(unseen=unseen))
    assert found == Verdict(word=word, evidence=f"9,000 voluntary and 5 involuntary switches/s; {evidence}")


def test_the_name_of_a_file_is_told_as_it_is():
    named = busy(9000, 5, waits=[way(fd=3, what="100% %s")])
    assert verdict(named).evidence.endswith("; read(3) 100% %s 100 %")


def test_what_is_missing_is_said_and_nothing_is_called_idle_for_it():
    few = busy(10, 5)._replace(ended=2)
    assert verdict(few) == Verdict(
        word="unknown",
        evidence="15 switches/s; what 2 threads that ended did last, and any that came and went, is not counted",
    )
    many = busy(1000, 5, waits=[way(fd=3)])._replace(ended=1)
    assert verdict(many).word == "io"


NUMBERS = st.floats(0, 1e9)


@given(
    NUMBERS,
    NUMBERS,
    st.none() | st.floats(0, 512),
    st.none() | st.floats(0, 512),
    st.none() | st.integers(0, 1000),
    st.none() | st.integers(1, 512),
    st.lists(
        st.builds(
            way,
            st.sampled_from(["input", "lock", "time", "child", "storage"]),
            st.floats(0, 1),
            fd=st.none() | st.integers(0, 9),
        ),
        max_size=4,
    ),
    st.floats(0, 1),
)
def test_any_figures_have_a_verdict(voluntary, involuntary, cpu, queue, running, cpus, waits, unseen):
    assert verdict(Busy(voluntary, involuntary, 1, cpu, queue, running, cpus, waits, unseen)).word in VERDICTS
