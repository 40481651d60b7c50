"""Processes fall into the groups that a word, or the patterns of a file, say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope.grouping import PATTERNS, WORDS, Grouping, grouping, unit_of
from fdscope.model import Process
from fdscope.report.safe import printable
from fdscope.selection import UsageError

WEB = Process(
    pid=7,
    name="nginx",
    command=["nginx:", "worker", "-q", "fast"],
    user="www-data",
    uid=33,
    cgroup="/system.slice/nginx.service",
)


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        ("/system.slice/nginx.service", "nginx.service"),
        ("/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"),
        ("/user.slice/user-1000.slice/session-3.scope", "user-1000.slice"),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope", "user@1000.service"),
        ("/system.slice/docker-0123456789abcdef.scope", "docker-0123456789abcdef.scope"),
        ("/machine.slice/machine-box.scope/payload", "machine-box.scope"),
        ("/kubepods.slice/kubepods-burstable.slice", "kubepods-burstable.slice"),
        ("/init.scope", "init.scope"),
        ("/some/where", "none"),
        ("/", "none"),
        (None, "none"),
    ],
)
def test_the_unit_of_a_process_is_the_first_below_the_slices(cgroup, unit):
    assert unit_of(cgroup) == unit


@given(st.text())
def test_any_control_group_has_a_unit(cgroup):
    assert unit_of(cgroup)


@pytest.mark.parametrize(
    ("by", "group"),
    [("name", "nginx"), ("unit", "nginx.service"), ("container", "none"), ("user", "www-data")],
)
def test_a_word_groups_by_what_it_says(by, group):
    assert Grouping(by)(WEB) == group


def test_a_container_is_called_as_docker_calls_it_and_others_by_their_name():
    by = Grouping("container")
    assert by(Process(pid=1, container="0123456789ab" + "c" * 52)) == "0123456789ab"
    assert by(Process(pid=1, container="build-box")) == "build-box"


@pytest.mark.parametrize(("by", "group"), [("name", "unknown"), ("user", "unknown"), ("unit", "none")])
def test_of_a_process_of_which_nothing_is_known_the_group_says_so(by, group):
    assert Grouping(by)(Process(pid=1)) == group


def test_the_first_rule_of_which_all_patterns_are_found_names_the_group_and_parts_of_them_may_be_in_it():
    by = grouping(
        "map.toml",
        {
            "otherwise": "user",
            "group": [
                {"name": "never", "process": "nginx", "user": "root"},
                {"name": "web-{queue}", "process": "^nginx$", "command": "-q (?P<queue>\\w+)"},
                {"name": "late", "process": "nginx"},
            ],
        },
        printable,
    )
    assert by(WEB) == "web-fast"
    assert by(Process(pid=1, name="nginx")) == "late"
    assert by(Process(pid=1, name="redis", user="redis")) == "redis"


def test_every_pattern_is_asked_of_its_own_field():
    process = Process(
        pid=1,
        name="in-process",
        user="in-user",
        cgroup="/in-unit.service",
        container="in-container",
        command=["in-command"],
    )
    for word in PATTERNS:
        value = "/in-unit" if word == "cgroup" else f"^in-{word}"
        by = grouping("map", {"group": [{"name": "found", word: value}]}, str)
        assert (word, by(process)) == (word, "found")


@given(st.text(max_size=200), st.sampled_from(sorted(WORDS)))
def test_groups_that_are_different_are_written_differently_and_in_one_printable_line(name, by):
    process = Process(pid=1, name=name, user=name, cgroup=f"/{name}.service", container=name)
    group = Grouping(by, (), printable)(process)
    assert group
    assert group.isprintable()


def test_a_name_that_looks_like_the_escape_of_another_is_another_group():
    by = Grouping("name", (), printable)
    assert by(Process(pid=1, name="a\nb")) != by(Process(pid=1, name="a\\nb"))


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({}, "map: there is no [[group]] in it"),
        ({"group": "x"}, "map: there is no [[group]] in it"),
        ({"groups": []}, "map: 'groups' means nothing"),
        ({"otherwise": "pid", "group": [{}]}, "map: otherwise is one of name, unit, container, user, not 'pid'"),
        ({"group": [{"process": "x"}]}, "map: group 1 has no name"),
        ({"group": [{"name": "x"}]}, "map: group 1 has no pattern"),
        ({"group": [{"name": "x", "procces": "x"}]}, "map: group 1 has 'procces': did you mean 'process'?"),
        ({"group": [{"name": "x", "process": "("}]}, "map: group 1: process is no regular expression"),
        ({"group": [{"name": "x", "process": 7}]}, "map: group 1: process is no regular expression"),
    ],
)
def test_a_table_that_makes_no_sense_is_told_with_the_place(table, told):
    with pytest.raises(UsageError) as raised:
        grouping("map", table, printable)
    assert told in str(raised.value)


def test_a_name_is_cut_before_it_fills_a_label():
    assert grouping("name", None, str)(Process(pid=1, name="n" * 150)) == "n" * 100
