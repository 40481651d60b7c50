"""What descriptors have in common that lead to alike places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope.kinds import KINDS
from fdscope.model import Peer, kind_name
from fdscope.patterns import MANY, Pattern, folded, joined, pattern

KIND = {kind_name(kind): kind for kind in KINDS}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("/var/log/app-3.log.12", "/var/log/app-*.log.*"),
        ("/a/123e4567-e89b-12d3-a456-426614174000/b", "/a/*/b"),
        ("/objects/da39a3ee5e6b4b0d3255bfef95601890afd80709", "/objects/*"),
        ("/cache/deadbeef7", "/cache/*"),
        ("/a/decade/facade", "/a/decade/facade"),
        ("pipe:[4711]", "pipe:[*]"),
        ("/dev/nvme0n1p1", "/dev/nvme*n*p*"),
        ("", ""),
    ],
)
def test_digits_and_hashes_fold(text, wanted):
    assert folded(text) == wanted


@given(st.text())
def test_folding_again_changes_nothing_and_never_makes_longer(text):
    once = folded(text)
    assert folded(once) == once
    assert len(once) <= len(text)
    assert not any("0" <= one <= "9" for one in once)


def tcp(here, there=None, **more):
    local_address, _, local_port = here.rpartition(":")
    remote_address, _, remote_port = (there or "").rpartition(":")
    return KIND["tcp"](
        fd=3,
        local_address=local_address,
        local_port=int(local_port),
        remote_address=remote_address or None,
        remote_port=int(remote_port) if there else None,
        **more,
    )


@pytest.mark.parametrize(
    ("descriptor", "text", "state"),
    [
        (tcp("10.0.0.9:40001", "10.0.0.1:443", state="ESTABLISHED"), "-> 10.0.0.1:443", "ESTABLISHED"),
        (tcp("10.0.0.9:40001", "10.0.0.1:50000", state="CLOSE-WAIT"), "-> 10.0.0.1:50000", "CLOSE-WAIT"),
        (tcp("10.0.0.9:80", "10.0.0.1:50000", state="ESTABLISHED"), ":80 <- 10.0.0.1", "ESTABLISHED"),
        (tcp("::1:50001", "::1:50000", accepted_from=[7]), ":50001 <- ::1", ""),
        (tcp("::1:50001", "::1:443"), "-> [::1]:443", ""),
        (tcp("0.0.0.0:40001", backlog=0, state="LISTEN"), "0.0.0.0:40001", "LISTEN"),
        (tcp("0.0.0.0:40001"), "0.0.0.0:*", ""),
        (tcp("0.0.0.0:53"), "0.0.0.0:53", ""),
        (KIND["regular"](fd=3, name="/tmp/a-1.log", deleted=True), "/tmp/a-1.log", "deleted"),
        (
            KIND["unix"](fd=3, path="/run/a.sock", socket_type="stream", state="LISTEN"),
            "stream /run/a.sock",
            "LISTEN",
        ),
        (KIND["pipe"](fd=3, name="pipe:[5]", access="r"), "pipe:[5]", ""),
        (
            KIND["pipe"](fd=3, name="pipe:[5]", peers=[Peer(pid=2, fd=1, process="cat", kind="pipe")] * 2),
            "pipe:[5] <-> cat",
            "",
        ),
        (KIND["eventfd"](fd=3, count=7, eventfd_id=2), "counter 7", ""),
    ],
)
def test_the_pattern_of_one_descriptor_says_where_it_leads(descriptor, text, state):
    found = pattern(descriptor)
    assert (found.text, found.state) == (text, state)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__struct_config__.tag)
def test_every_kind_has_a_pattern_even_if_nothing_is_known_of_it(kind):
    found = pattern(kind(fd=3))
    assert found.kind == kind.__struct_config__.tag
    assert joined([found]) == {found: found}


def texts(descriptors):
    return sorted({one.text for one in joined(map(pattern, descriptors)).values()})


def files(*names):
    return [KIND["regular"](fd=3, name=name) for name in names]


def test_one_alone_and_what_all_have_in_common_stay_as_they_are():
    assert texts(files("/run/user/1000/bus")) == ["/run/user/1000/bus"]
    assert texts(files("/v2/app-1.log", "/v2/app-2.log")) == ["/v2/app-*.log"]
    assert texts(files("/a/x.log", "/b/x.log")) == ["/a/x.log", "/b/x.log"]


def test_names_that_begin_or_end_alike_fold_with_each_other():
    letters = "aqzmk"
    assert len(letters) == MANY
    assert texts(files(*(f"/t/{one}b{end}" for one in letters for end in (".log", ".tmp")))) == [
        "/t/*b.log", "/t/*b.tmp"
    ]  # fmt: skip
    assert texts(files(*(f"/t/{begin}{one}" for one in letters for begin in ("abc", "xyz")))) == [
        "/t/abc*", "/t/xyz*"
    ]  # fmt: skip


def test_names_of_letters_fold_where_there_are_many_in_one_directory():
    random = ["tmpabcdefg", "tmpqqqqqqq", "tmpzyxwvut", "tmpmnbvcxy", "tmplkjhgfd"]
    assert len(random) == MANY
    assert texts(files(*(f"/tmp/{name}.tmp" for name in random), "/tmp/other")) == ["/tmp/other", "/tmp/tmp*.tmp"]
    assert texts(files(*(f"/tmp/{name}/part" for name in random))) == ["/tmp/tmp*/part"]
    assert len(texts(files(*(f"/tmp/{name}" for name in random[1:])))) == MANY - 1


def test_addresses_are_apart_unless_there_are_many_of_them():
    few = [tcp("10.0.0.9:40001", f"10.0.0.{number}:443") for number in (1, 2)]
    assert texts(few) == ["-> 10.0.0.1:443", "-> 10.0.0.2:443"]
    many = [tcp("10.0.0.9:40001", f"10.0.0.{number}:443") for number in range(1, 40)]
    assert texts(many) == ["-> 10.0.0.*:443"]
    clients = [tcp("10.0.0.9:80", f"10.{number}.0.7:{50000 + number}") for number in range(40)]
    assert texts(clients) == [":80 <- 10.*.0.7"]


PATTERNS = st.lists(
    st.builds(
        Pattern,
        st.sampled_from("ab"),
        st.lists(st.text("ab1./", max_size=3), max_size=3).map(tuple),
        st.sampled_from(["", "X"]),
        st.booleans(),
    ),
    max_size=30,
)


@given(PATTERNS)
def test_joining_keeps_kind_state_and_number_of_parts_and_never_makes_more(patterns):
    found = joined(patterns)
    assert set(found) == set(patterns)
    assert len(set(found.values())) <= len(set(patterns))
    for one, case in found.items():
        assert (one.kind, one.state, len(one.parts)) == (case.kind, case.state, len(case.parts))
