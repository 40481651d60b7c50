"""Looks become samples: sums by group, counters that never fall, growth over a window, a bound that holds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from fdscope.figures import Figures, Look
from fdscope.metrics import METRICS, of_exporter
from fdscope.remembering import LEAST_SERIES, Memory


def process(pid=1, group="web", *, count=10, limit=100, kinds=None, switches=(0, 0), started_s=5.0, **more):
    kinds = {"tcp": count} if kinds is None else kinds
    return Figures(
        pid=pid,
        started_s=started_s,
        group=group,
        threads=1,
        count=count,
        limit=limit,
        is_read=True,
        kinds=kinds,
        voluntary=switches[0],
        involuntary=switches[1],
        **more,
    )


def look(*processes, **more):
    usual = {"taken_at_s": 1e9, "up_s": 5.0, "duration_s": 0.1, "source": "proc", "fdscope": "1", "problems": {}}
    return Look(processes=list(processes), open_files=(5, 100), **{**usual, **more})


def values(families):
    """Name and labels to value."""
    found = {}
    for family in families:
        for labels, value in family.samples:
            key = (family.metric.name.removeprefix("fdscope_"), *sorted(labels.items()))
            assert key not in found
            found[key] = value
    return found


def of_group(families, group):
    """What is told of a group: name, and what other labels say, to value."""
    return {
        " ".join((name, *(value for label, value in labels if label != "group"))).removeprefix("group_"): value
        for (name, *labels), value in values(families).items()
        if ("group", group) in labels
    }


def memory(window_s=16.0, most_series=2000, **more):
    return Memory(window_s=window_s, most_series=most_series, **more)


def test_a_group_has_the_sum_of_its_processes_and_the_worst_of_their_limits_and_shares():
    told = memory(whole_lives=True).take(
        look(
            process(1, count=10, limit=100, kinds={"tcp": 7, "pipe": 3}, switches=(5, 2), waits={"blocking": 1}),
            process(2, count=30, limit=40, kinds={"tcp": 30}, switches=(1, 1), waits={"blocking": 1, "none": 2}),
        ),
        0.0,
    )
    assert of_group(told, "web") == {
        "processes": 2,
        "threads": 2,
        "unread_processes": 0,
        "descriptors tcp": 37,
        "descriptors pipe": 3,
        "descriptor_limit": 40,
        "descriptor_share_ratio": 0.75,
        "deleted_bytes": 0,
        "context_switches voluntary": 6,
        "context_switches involuntary": 3,
        "waiting_threads blocking": 2,
        "waiting_threads none": 2,
    }


def test_an_object_that_several_processes_of_a_group_hold_counts_once_and_in_two_groups_twice():
    shared = {
        "deleted": {"1:2": 4096},
        "listeners": {"socket:[1]": (6, 8)},
        "queues": [(("socket:[1]", "tcp", "receive"), 9)],
        "directions": {("tcp", "receive"), ("tcp", "send")},
    }
    told = memory().take(look(process(1, **shared), process(2, **shared), process(3, "other-one", **shared)), 0.0)
    for group in ("web", "other-one"):
        found = of_group(told, group)
        assert found["deleted_bytes"] == 4096
        assert (found["backlog_connections"], found["backlog_share_ratio"]) == (6, 0.75)
        assert (found["queue_bytes receive tcp"], found["queue_bytes send tcp"]) == (9, 0)


def test_a_process_without_a_limit_has_no_share_and_one_that_could_not_be_read_is_counted():
    alone = process(1, limit=None)
    alone.is_read = False
    found = of_group(memory().take(look(alone), 0.0), "web")
    assert "descriptor_limit" not in found
    assert "descriptor_share_ratio" not in found
    assert found["unread_processes"] == 1


def test_of_a_listener_whose_limit_is_not_known_the_connections_are_told_alone():
    found = of_group(memory().take(look(process(listeners={"socket:[1]": (6, None)})), 0.0), "web")
    assert found["backlog_connections"] == 6
    assert "backlog_share_ratio" not in found
    both = {"socket:[1]": (6, None), "socket:[2]": (1, 4)}
    found = of_group(memory().take(look(process(listeners=both)), 0.0), "web")
    assert (found["backlog_connections"], found["backlog_share_ratio"]) == (7, 0.25)


def test_a_process_that_may_open_nothing_is_not_near_its_limit():
    seen = memory()
    for second in range(20):
        told = seen.take(look(process(1, count=6 + second, limit=0), process(2, count=5)), float(second))
    found = of_group(told, "web")
    assert (found["descriptor_limit"], found["descriptor_share_ratio"]) == (0, 0.05)
    assert found["descriptor_growth_per_second"] == 1
    assert "time_to_limit_seconds" not in found


def switches(families, group="web"):
    found = of_group(families, group)
    return found["context_switches voluntary"], found["context_switches involuntary"]


def test_a_process_that_ends_leaves_its_switches_and_one_that_has_its_pid_later_adds_its_own():
    seen = memory(whole_lives=True)
    assert switches(seen.take(look(process(1, switches=(10, 1)), process(2, switches=(5, 5))), 0.0)) == (15, 6)
    assert switches(seen.take(look(process(2, switches=(6, 5))), 1.0)) == (16, 6)
    told = seen.take(look(process(1, switches=(3, 0), started_s=9.0), process(2, switches=(6, 5))), 2.0)
    assert switches(told) == (19, 6)


def test_what_was_before_the_first_look_is_not_counted_so_that_a_restart_is_no_jump():
    """A sum without those that have ended would be lower than before, and all of it an increase to Prometheus."""
    seen = memory()
    assert switches(seen.take(look(process(1, switches=(10, 1)), up_s=100.0), 0.0)) == (0, 0)
    told = seen.take(
        look(
            process(1, switches=(12, 1)),
            process(2, started_s=100.5, switches=(3, 2)),  # has begun meanwhile
            process(3, started_s=50.0, switches=(1000, 1000)),  # could not be read before
            up_s=160.0,
        ),
        60.0,
    )
    assert switches(told) == (5, 2)
    again = [process(1, switches=(13, 1)), process(3, started_s=50.0, switches=(1004, 1000))]
    assert switches(seen.take(look(*again, up_s=220.0), 120.0)) == (10, 2)


def test_a_counter_that_is_lower_once_is_not_added_twice():
    seen = memory(whole_lives=True)
    seen.take(look(process(switches=(100, 7))), 0.0)
    told = seen.take(look(process(switches=(60, 7))), 1.0)  # without the threads that ended
    assert switches(told) == (100, 7)
    assert switches(seen.take(look(process(switches=(110, 8))), 2.0)) == (110, 8)


def test_a_process_that_could_not_be_read_once_is_no_new_one():
    seen = memory(window_s=1.6, whole_lives=True)
    for second, present in enumerate((True, False, True)):
        told = seen.take(look(*[process(switches=(50, 0))] * present), second)
    assert switches(told) == (50, 0)


def test_a_process_that_changes_its_group_leaves_what_it_has_done():
    seen = memory(whole_lives=True)
    seen.take(look(process(group="sh", switches=(10, 1))), 0.0)
    told = seen.take(look(process(group="web", switches=(14, 1))), 1.0)
    assert (switches(told, "sh"), switches(told, "web")) == ((10, 1), (4, 0))


def test_what_was_told_once_of_a_group_is_told_as_0_later_while_the_group_is_there():
    seen = memory()
    seen.take(look(process(kinds={"tcp": 1, "pipe": 2}, waits={"blocking": 1})), 0.0)
    found = of_group(seen.take(look(process(kinds={"tcp": 1})), 1.0), "web")
    assert (found["descriptors pipe"], found["waiting_threads blocking"]) == (0, 0)
    seen.take(look(), 2.0)
    assert "descriptors pipe" not in of_group(seen.take(look(process(kinds={"tcp": 1})), 3.0), "web")


def growth(seen, counts, **more):
    """Growth and time to the limit after looks a second apart."""
    for second, count in enumerate(counts):
        told = seen.take(look(process(count=count, limit=1000, **more)), float(second))
    found = of_group(told, "web")
    return found.get("descriptor_growth_per_second"), found.get("time_to_limit_seconds")


def test_growth_is_not_known_before_half_the_window_has_been_seen():
    assert growth(memory(), [10, 20, 30]) == (None, None)


def test_growth_is_over_the_window_and_tells_when_the_limit_is_reached():
    assert growth(memory(), range(100, 300, 5)) == (5.0, (1000 - 295) / 5)


def test_what_goes_up_and_down_or_only_began_or_has_stopped_does_not_grow():
    assert growth(memory(), [10, 90] * 10) == (0, None)
    assert growth(memory(), [10] * 20) == (0, None)
    assert growth(memory(), [10, *[50] * 12]) == (0, None)
    assert growth(memory(), [*[10] * 12, 50]) == (0, None)


def test_the_group_has_the_growth_of_the_process_that_grows_fastest_and_of_a_new_one_none():
    seen = memory()
    for second in range(17):
        new = [process(3, count=second * 100)] if second > 11 else []
        told = seen.take(look(process(1, count=10 + second), process(2, count=500), *new), float(second))
    assert of_group(told, "web")["descriptor_growth_per_second"] == 1


def test_the_time_is_that_of_the_process_that_is_at_its_limit_first_however_slowly_it_grows():
    seen = memory()
    for second in range(17):
        fast, slow = process(1, count=10 * second, limit=100_000), process(2, count=second, limit=36)
        told = seen.take(look(fast, slow), float(second))
    found = of_group(told, "web")
    assert (found["descriptor_growth_per_second"], found["time_to_limit_seconds"]) == (10, 20)


def many(number, **more):
    return [process(pid, f"group-{pid:03}", count=number - pid, **more) for pid in range(number)]


def test_groups_beyond_the_bound_are_one_and_the_number_of_them_is_told():
    told = values(memory(most_series=LEAST_SERIES).take(look(*many(100)), 0.0))
    folded = told["groups_folded",]
    assert 0 < folded < 100
    assert told["group_processes", ("group", "other")] == folded
    assert ("group_processes", ("group", "group-000")) in told
    assert ("group_processes", ("group", "group-099")) not in told
    assert sum(value for (name, *_), value in told.items() if name == "group_descriptors") == sum(range(101))


def test_reasons_of_problems_take_their_room_from_the_groups():
    problems = {f"reason-{number}": 1 for number in range(30)}
    told = values(memory(most_series=LEAST_SERIES).take(look(*many(100), problems=problems), 0.0))
    assert told["series",] == len(told) + 4 <= LEAST_SERIES  # those that the exporter tells of itself


def test_a_group_that_is_shown_keeps_its_place_when_larger_ones_come():
    seen = memory(most_series=LEAST_SERIES)
    seen.take(look(process(1000, "first", count=1)), 0.0)
    told = values(seen.take(look(process(1000, "first", count=1), *many(100)), 1.0))
    assert told["group_processes", ("group", "first")] == 1


def test_a_group_that_is_called_other_is_told_with_the_rest_and_its_counters_stay():
    seen = memory(most_series=LEAST_SERIES, whole_lives=True)
    for second in range(3):
        those = many(100, switches=(10 + second, 0))
        families = seen.take(look(*those, process(1000, "other", count=1)), float(second))
        told = values(families)
        folded = told["groups_folded",]
        assert told["group_processes", ("group", "other")] == folded + 1
        assert switches(families, "other") == (folded * (10 + second), 0)


names = st.sampled_from([*(f"group-{number}" for number in range(60)), "other"])
figures = st.builds(
    lambda pid, group, count, kinds, switches, waits: process(
        pid, group, count=count, kinds=kinds, switches=switches, waits=waits
    ),
    st.integers(1, 80),
    names,
    st.integers(0, 1000) | st.none(),
    st.dictionaries(st.sampled_from("abcdefghij"), st.integers(0, 9), max_size=4),
    st.tuples(st.integers(0, 100), st.integers(0, 100)),
    st.dictionaries(st.sampled_from(["blocking", "none"]), st.integers(1, 3)),
)


@settings(max_examples=25)
@given(st.lists(st.lists(figures, max_size=80, unique_by=lambda one: one.pid), min_size=1, max_size=3))
def test_whatever_comes_there_are_no_more_series_than_the_bound_and_no_more_switches_than_were_seen(looks):
    seen = memory(window_s=2.0, most_series=LEAST_SERIES)
    for second, processes in enumerate(looks):
        families = [*seen.take(look(*processes, problems={"failed": 1}), float(second)), *of_exporter(1.0, {})]
        told = values(families)
        assert told["series",] == len(told) <= LEAST_SERIES
        assert sum(value for (name, *_), value in told.items() if name == "group_processes") == len(processes)


def test_nothing_is_remembered_of_those_that_have_ended_but_sums():
    seen = memory(window_s=1.6)
    for second in range(300):
        seen.take(look(*(process(second * 10 + number, f"job-{second}") for number in range(10))), float(second))
    assert len(seen._known) <= 20
    assert len(values(seen.take(look(), 300.0))) <= 2000


def test_every_metric_is_told_with_its_help():
    families = [*memory().take(look(process()), 0.0), *of_exporter(0.5, {"done": 3})]
    assert {family.metric for family in families} == set(METRICS)
    told = values(families)
    assert told["scans", ("result", "done")] == 3
    assert told["scans", ("result", "late")] == 0
    assert [one.name for one in METRICS if not one.help.endswith(".")] == []
