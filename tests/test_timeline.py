"""Frames as lines over time: who is worth a line, and where it has gaps."""

import signal

import pytest

from fdscope.frame import Frame, MachineFrame, ProcessFrame, Sampling, Verdict
from fdscope.selection import UsageError
from fdscope.timeline import MOST_DRAWN, interval_for, lines, timeline
from fdscope.watcher import Watch
from fdscope.where import parse


def told(pid, voluntary=0.0, involuntary=0.0, descriptors=None):
    return ProcessFrame(
        pid=pid,
        name=f"p{pid}",
        voluntary_per_s=voluntary,
        involuntary_per_s=involuntary,
        threads_counted=1,
        descriptors=descriptors,
        verdict=Verdict(word="idle", evidence=""),
    )


def frame(*processes):
    return Frame(
        schema="fdscope.frame/1",
        fdscope="0",
        taken_at="2026-11-23T05:02:00.000Z",
        number=1,
        elapsed_s=1.0,
        interval_s=1.0,
        machine=MachineFrame(),
        processes=list(processes),
        processes_total=len(processes),
        attribution="sampled",
        sampling=Sampling(looks=0, looks_per_s=0.0),
        own_cpu_share=0.0,
    )


def test_a_process_that_was_not_told_in_a_frame_has_a_gap_there():
    (one,) = lines([frame(told(1, 5.0, 1.0, 3)), frame(), frame(told(1, 7.0, 0.0, None))])
    assert (one.pid, one.name) == (1, "p1")
    assert one.voluntary_per_s == [5.0, None, 7.0]
    assert one.involuntary_per_s == [1.0, None, 0.0]
    assert one.descriptors == [3, None, None]


def test_those_that_stand_out_by_any_fact_have_a_line():
    many = [told(pid, voluntary=float(pid), descriptors=100) for pid in range(1, 40)]
    leaking = [told(90, descriptors=5), told(91, involuntary=3.0)]
    found = [one.pid for one in lines([frame(*many, *leaking), frame(told(90, descriptors=9))])]
    assert found == [*range(1, MOST_DRAWN + 1), *range(40 - MOST_DRAWN, 40), 90, 91]


def test_who_does_nothing_has_no_line():
    assert lines([frame(told(1))]) == []


def test_as_many_frames_are_made_as_can_be_drawn():
    assert [interval_for(seconds) for seconds in (0.1, 1, 8, 30, 300, 3600)] == [0.1, 0.125, 1.0, 1.0, 1.0, 12.0]


def test_a_watch_of_a_process_is_a_line_with_a_value_for_each_frame(child):
    one = child("ready()")
    found = timeline([str(one.pid)], 0.3, source="proc")
    assert len(found.elapsed_s) == len(found.switches_per_s) == len(found.open_files) == 3
    assert found.elapsed_s == sorted(found.elapsed_s)
    assert all(value > 0 for value in (*found.switches_per_s, *found.open_files))
    assert (found.processes_total, found.interrupted) == (1, False)
    (line,) = found.processes
    assert (line.pid, line.descriptors) == (one.pid, [5, 5, 5])


def test_what_is_known_only_of_descriptors_cannot_be_watched():
    with pytest.raises(UsageError, match="report --for chooses processes by what they are: 'kind' is known"):
        timeline([], 1, where=parse('kind == "tcp"'))


def test_an_interrupt_before_the_first_look_ends_the_watch_with_nothing_seen():
    found = timeline(["self"], 0.2, begin=lambda: signal.raise_signal(signal.SIGINT))
    assert (found.interrupted, found.elapsed_s, found.open_files, found.processes) == (True, [], [], [])


def test_what_was_seen_before_an_interrupt_is_told(monkeypatch):
    def two_frames(watch, most):
        yield frame(told(1, voluntary=5.0))
        yield frame(told(1, voluntary=6.0))
        raise KeyboardInterrupt

    monkeypatch.setattr(Watch, "frames", two_frames)
    found = timeline(["self"], 3600)
    assert (found.interrupted, found.elapsed_s, len(found.open_files)) == (True, [1.0, 1.0], 2)
    assert [one.voluntary_per_s for one in found.processes] == [[5.0, 6.0]]
