"""Limits and lists of listeners from words, and what is above them."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope.answers import Finding, Limits
from fdscope.selection import UsageError
from fdscope.thresholds import (
    MEASURES,
    Expected,
    Listener,
    Value,
    expected,
    is_expected,
    judged,
    level,
    limits,
    worst,
)


@pytest.mark.parametrize(
    ("name", "word", "warn", "crit"),
    [
        ("max-share", "0.8", None, 0.8),
        ("max-share", "80%", None, 0.8),
        ("max-share", "1", None, 1.0),
        ("max-share", "0", None, 0.0),
        ("max-share", " 0.8 , 95% ", 0.8, 0.95),
        ("max-share", "0.8,", 0.8, None),
        ("max-share", ",0.8", None, 0.8),
        ("max-system-share", "80%,80%", 0.8, 0.8),
        ("max-descriptors", "10k,1M", 10_000, 1_000_000),
        ("max-growth", "10/s,600/min", 10.0, 10.0),
        ("max-growth", "3/min", None, 0.05),
        ("max-switches", "50k/s", None, 50_000.0),
        ("max-involuntary", "500", None, 500.0),
        ("no-deleted-over", "1G", None, 1 << 30),
        ("no-deleted-over", "1GB,1GiB", 10**9, 1 << 30),
    ],
)
def test_one_value_is_critical_and_the_first_of_two_a_warning(name, word, warn, crit):
    assert limits(name, word) == Limits(check=name, warn=warn, crit=crit)


@pytest.mark.parametrize(
    ("name", "word", "why"),
    [
        ("max-share", "80", "a share, as 0.8 or 80%"),
        ("max-share", "120%", "a share, as 0.8 or 80%"),
        ("max-share", "-0.1", "a share, as 0.8 or 80%"),
        ("max-share", "nan", "a share, as 0.8 or 80%"),
        ("max-share", "0_1", "a share, as 0.8 or 80%"),
        ("max-share", "\u0660.\u0665", "a share, as 0.8 or 80%"),
        ("max-share", "", "a share, as 0.8 or 80%"),
        ("max-share", ",", "a share, as 0.8 or 80%"),
        ("max-share", "0.9,0.8", "critical at 0.8, before it warns at 0.9"),
        ("max-share", "0.1,0.2,0.3", "a share, as 0.8 or 80%"),
        ("max-descriptors", "many", "a number, as 500 or 10k"),
        ("max-growth", "10/fortnight", "a rate, as 10/s or 50k/s"),
        ("no-deleted-over", "1 lot", "a size, as 500M or 1G"),
    ],
)
def test_what_is_no_limit_is_told_with_what_would_be_one(name, word, why):
    with pytest.raises(UsageError, match=f"^--{name} .*{re.escape(why)}"):
        limits(name, word)


@given(
    st.sampled_from(sorted(MEASURES)), st.text(max_size=30) | st.from_regex(r"[0-9.,%/kMGsBmin]*", fullmatch=True)
)
def test_any_word_is_a_limit_or_wrong_usage(name, word):
    with contextlib.suppress(UsageError):
        found = limits(name, word)
        assert found.warn is None or found.crit is None or 0 <= found.warn <= found.crit


@given(st.floats(0, 10), st.floats(0, 10), st.floats(0, 10))
def test_what_is_above_a_limit_is_judged_and_what_equals_it_is_not(value, warn, crit):
    both = Limits(check="max-share", warn=warn, crit=crit)
    assert level(value, both) == ("critical" if value > crit else "warning" if value > warn else "ok")
    assert (level(warn, Limits(check="max-share", warn=warn)), level(crit, both) == "critical") == ("ok", False)


def test_findings_come_with_the_worst_first_and_say_which_limit_was_passed():
    values = [Value(0.5, "a", 1, "x"), Value(0.9, "b", 2, "y"), Value(0.85, "c", 3), Value(0.99, "d", 4)]
    assert judged(values, Limits(check="max-share", warn=0.8, crit=0.95)) == [
        Finding(
            check="max-share", level="critical", pid=4, value=0.99, warn=0.8, crit=0.95,
            text="d; critical above 95 %",
        ),
        Finding(
            check="max-share", level="warning", pid=2, process="y", value=0.9, warn=0.8, crit=0.95,
            text="b; warning above 80 %",
        ),
        Finding(
            check="max-share", level="warning", pid=3, value=0.85, warn=0.8, crit=0.95,
            text="c; warning above 80 %",
        ),
    ]  # fmt: skip


def test_of_values_alike_the_lowest_pid_comes_first_and_all_are_told_with_four_digits():
    values = [Value(29 / 30, "a", 7), Value(29 / 30, "b", 3)]
    found = judged(values, Limits(check="max-share", crit=0.8))
    assert [(one.pid, one.value) for one in found] == [(3, 0.9667), (7, 0.9667)]


@pytest.mark.parametrize(
    ("word", "shown"), [("12.5/s", "12.5/s"), ("10/s", "10/s"), ("1234.5", "1,234/s"), ("3/min", "3/min")]
)
def test_a_limit_is_shown_as_a_rate(word, shown):
    (found,) = judged([Value(1e9, "a")], limits("max-growth", word))
    assert found.text == f"a; critical above {shown}"


def test_what_is_known_to_be_wrong_outweighs_what_could_not_be_judged():
    def found(*levels):
        return worst([Finding(check="x", level=one, text="") for one in levels])

    assert found() == "ok"
    assert found("unknown") == "unknown"
    assert found("unknown", "warning") == "warning"
    assert found("warning", "critical", "unknown") == "critical"


def fits(words, protocol, address, port):
    return is_expected(Listener(protocol, address, port), expected(words))


@pytest.mark.parametrize(
    ("words", "yes", "no"),
    [
        ("22", [("tcp", "0.0.0.0", 22), ("udp", "::", 22)], [("tcp", "0.0.0.0", 23)]),
        ("8000-8010", [("tcp", "::", 8000), ("tcp", "::", 8010)], [("tcp", "::", 7999), ("tcp", "::", 8011)]),
        ("22, 80", [("tcp", "::", 22), ("tcp", "::", 80)], [("tcp", "::", 443)]),
        ("127.0.0.1:5432", [("tcp", "127.0.0.1", 5432)], [("tcp", "0.0.0.0", 5432), ("tcp", "127.0.0.1", 1)]),
        ("127.0.0.1:5432", [("tcp", "::ffff:127.0.0.1", 5432)], [("tcp", "::1", 5432)]),
        ("10.0.0.0/8:*", [("tcp", "10.1.2.3", 1)], [("tcp", "11.0.0.1", 1), ("tcp", "fd00::1", 1)]),
        ("[::1]:80", [("tcp", "::1", 80)], [("tcp", "::", 80)]),
        ("[fd00::]/8:1-9", [("tcp", "fd00::5", 9)], [("tcp", "fe00::5", 9), ("tcp", "fd00::5", 10)]),
        ("[fd00::/8]:*", [("tcp", "fd00::5", 9)], [("tcp", "fe00::5", 9)]),
        ("localhost:*", [("tcp", "127.0.0.53", 1), ("udp", "::1", 2)], [("tcp", "10.0.0.1", 1)]),
        ("*:22", [("tcp", "10.0.0.1", 22)], [("tcp", "10.0.0.1", 23)]),
        ("*", [("tcp", "10.0.0.1", 22), ("vsock", "any", 1 << 20)], []),
        ("tcp:22", [("tcp", "::", 22)], [("udp", "::", 22)]),
        ("udp:*", [("udp", "::", 22)], [("tcp", "::", 22)]),
        ("udp:127.0.0.1:53", [("udp", "127.0.0.1", 53)], [("tcp", "127.0.0.1", 53), ("udp", "::", 53)]),
        ("vsock:1024", [("vsock", "any", 1024)], [("vsock", "3", 1025), ("tcp", "::", 1024)]),
        ("127.0.0.0/8:*", [], [("vsock", "any", 1024), ("tcp", None, None)]),
        ("none", [], [("tcp", "::", 22), ("udp", "::", 22), ("vsock", "any", 1)]),
    ],
)
def test_a_listener_is_expected_by_its_port_address_and_protocol(words, yes, no):
    assert [fits(words, *one) for one in yes] == [True] * len(yes)
    assert [fits(words, *one) for one in no] == [False] * len(no)


@pytest.mark.parametrize(
    ("words", "yes", "no"),
    [
        ("22", ["/run/x", "@x", None], []),
        ("none", ["/run/x"], []),
        ("unix:/run/*", ["/run/x"], ["/run/a/x", "/tmp/x", None]),
        ("unix:/run/**,unix:@dbus*", ["/run/a/x", "@dbus-1"], ["@x"]),
        ("unix:*", ["/run/a/x", "@x", None], []),
    ],
)
def test_unix_sockets_are_judged_only_where_one_is_named(words, yes, no):
    def is_fine(path):
        return is_expected(Listener("unix", path=path), expected(words))

    assert [is_fine(path) for path in yes] == [True] * len(yes)
    assert [is_fine(path) for path in no] == [False] * len(no)


@pytest.mark.parametrize(
    "words",
    ["", ",", "ssh", "22-", "9-1", "-5", ":22", "tcp:", "unix:", "1.2.3.4", "x:22", "300.1.1.1:2", "22,none"],
)
def test_what_is_no_listener_is_told_in_one_line(words):
    with pytest.raises(UsageError, match=r"^--no-listener-except[: ]") as error:
        expected(words)
    assert "\n" not in str(error.value)


@given(st.text(max_size=40) | st.from_regex(r"(tcp|udp|unix|vsock)?:?[\[\]:.0-9a-f/*,-]*", fullmatch=True))
def test_any_list_means_something_or_is_wrong_usage(words):
    with contextlib.suppress(UsageError):
        for one in expected(words):
            assert isinstance(one, Expected)
            is_expected(Listener("tcp", "127.0.0.1", 80), [one])
            is_expected(Listener("unix", path="/run/x"), [one])
