"""What leaks is told of processes that open and close one thing after another, in a tree that looks like /proc."""

import os
import time

import pytest
from made_proc import KERNEL_THREAD, Processes

from fdscope import UsageError
from fdscope.leaking import Sampler


@pytest.fixture
def proc(tmp_path):
    return Processes(tmp_path)


def sampled(proc, *samples, words=(), top=None, **more):
    """What is told after samples before which processes come to hold what is said: pid to links."""
    with Sampler(words, proc=str(proc.folder), **more) as sampler:
        for sample in samples:
            for pid, links in sample.items():
                proc.holds(pid, links)
            sampler.sample()
        return sampler.leaks(top)


def trends(found):
    return [
        (one.pid, one.pattern, one.before, one.count, one.grew_in, one.shrank_in, one.intervals)
        for one in found.leaks
    ]


def test_what_is_closed_is_counted_no_more_and_an_interval_in_which_there_were_fewer_counts(proc):
    proc.begin(7)
    counts = (1, 2, 4, 3, 6)
    assert trends(sampled(proc, *({7: ["/a"] * count} for count in counts))) == [(7, "/a", 1, 6, 3, 1, 4)]
    assert trends(sampled(proc, {7: ["/a"]}, {7: ["/a"] * 9}, {7: ["/a"]})) == []


def test_a_number_that_stands_for_something_else_now_is_looked_at_anew(proc):
    proc.begin(7)
    found = sampled(proc, {7: {3: "/a"}}, {7: {3: "/b"}}, {7: {3: "/b", 4: "/b"}})
    assert trends(found) == [(7, "/b", 0, 2, 2, 0, 2)]


def test_sockets_to_one_place_are_one_group_whatever_state_they_came_to(proc):
    proc.begin(7)
    for name in ("net", "ns"):
        (proc.folder / "7" / name).mkdir()
    (proc.folder / "7" / "ns" / "net").symlink_to("net:[5]")

    def table(*states):
        lines = [f"{n}: 0900000A:{n:04X} 0100000A:01BB {state} 0:0 00:0 0 0 0 {n}" for n, state in states]
        (proc.folder / "7" / "net" / "tcp").write_text("\n".join(["head", *lines, ""]))

    links = [f"socket:[{number}]" for number in range(1, 5)]
    with Sampler(proc=str(proc.folder)) as sampler:
        for held, states in (([], ()), (links, ("01", "01", "01", "01")), (links, ("01", "08", "08", "01"))):
            proc.holds(7, held)
            table(*enumerate(states, 1))
            sampler.sample()
        (leak,) = sampler.leaks().leaks
    assert (leak.kind, leak.pattern, leak.growth) == ("tcp", "-> 10.0.0.1:443", 4)
    assert leak.states == {"ESTABLISHED": 2, "CLOSE-WAIT": 2}
    assert (leak.oldest_fd, leak.newest_fd) == (0, 3)


def test_what_never_shrank_comes_first_then_what_grew_most(proc):
    for pid in (7, 8):
        proc.begin(pid)
    found = sampled(
        proc,
        {7: ["/a"], 8: ["/a"]},
        {7: ["/a"] * 2 + ["/b"], 8: ["/a"] * 3},
        {7: ["/a"] * 9 + ["/b"] * 2, 8: ["/a"] * 4},
        {7: ["/a"] * 8 + ["/b"] * 3, 8: ["/a"] * 4},
    )
    assert [(one.pid, one.pattern, one.growth, one.shrank_in) for one in found.leaks] == [
        (7, "/b", 3, 0), (8, "/a", 3, 0), (7, "/a", 7, 1)
    ]  # fmt: skip


def test_of_many_only_the_first_are_told_and_how_many_there_are(proc):
    proc.begin(7)
    found = sampled(proc, {7: []}, {7: ["/a", "/b", "/b", "/c"]}, top=2)
    assert ([one.pattern for one in found.leaks], found.leaks_total) == (["/b", "/a"], 3)


def test_a_process_that_came_later_is_told_of_from_then_on_and_its_soft_limit_counts(proc):
    proc.begin(7, soft=500)
    with Sampler(proc=str(proc.folder)) as sampler:
        sampler.sample()
        sampler.sample()
        proc.begin(8, soft=300)
        for count in (2, 5, 8):
            proc.holds(8, ["/a"] * count)
            sampler.sample()
        found = sampler.leaks()
    assert trends(found) == [(8, "/a", 2, 8, 2, 0, 2)]
    assert (found.samples, found.processes, found.leaks[0].descriptor_limit) == (5, 2, 300)


def test_neither_threads_of_the_kernel_nor_fdscope_itself_are_watched_unless_it_is_asked_for(proc):
    proc.begin(7)
    proc.begin(8, "kworker", flags=KERNEL_THREAD)
    proc.begin(9, "fdscope")
    (proc.folder / "self").symlink_to("9")
    for words, pids in (((), [7]), (("9",), [9]), (("self",), [9])):
        with Sampler(words, proc=str(proc.folder)) as sampler:
            sampler.sample()
            assert sampler.pids == pids


def test_only_processes_of_which_the_expression_is_true_are_watched(proc):
    proc.begin(7, "web", uid=5)
    proc.begin(8, "db", uid=6)
    for where, pids in (("uid == 6", [8]), ("process == 'web'", [7]), ("pid > 8", [])):
        with Sampler(proc=str(proc.folder), where=where) as sampler:
            sampler.sample()
            assert sampler.pids == pids
    with pytest.raises(UsageError, match="'fd' is known only of what they hold"):
        Sampler(proc=str(proc.folder), where="fd > 2")


def test_who_has_ended_and_was_not_waited_for_is_over(proc):
    proc.begin(7)
    proc.begin(8)
    with Sampler(("7", "8"), proc=str(proc.folder)) as sampler:
        for links in ([], ["/a"]):
            proc.holds(7, links)
            sampler.sample()
        proc.holds(7, [])
        proc.told(7, state="Z")
        sampler.sample()
        assert sampler.pids == [8]
        (leak,) = sampler.leaks().leaks
    assert (leak.pid, leak.count, leak.process_ended, leak.example) == (7, 1, True, None)


def test_a_pid_that_is_nobodys_is_told(proc):
    found = sampled(proc, {}, words=["7"])
    assert (found.processes, found.leaks) == (0, [])
    with Sampler(["7"], proc=str(proc.folder)) as sampler:
        sampler.sample()
        assert sampler.unmatched == ["7"]


def test_that_it_was_ended_early_is_told(proc):
    with Sampler(proc=str(proc.folder)) as sampler:
        assert sampler.leaks().interrupted is None
        sampler.interrupted = True
        assert sampler.leaks().interrupted is True


def test_a_sampler_lets_everything_go(proc):
    proc.begin(7)
    before = os.listdir("/proc/self/fd")
    assert trends(sampled(proc, {7: []}, {7: ["/a"]}))
    assert os.listdir("/proc/self/fd") == before


def test_where_a_sample_costs_much_the_next_one_is_put_off(proc):
    class Slow(Sampler):
        def _spent(self):
            self.sample()
            return 60.0

    proc.begin(7)
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        time.sleep(seconds)

    with Slow(proc=str(proc.folder), interval_s=0.05) as sampler:
        sampler.run(0.2, sleep)
    assert len(slept) == 1
