"""Columns by name, and rows in order."""

import pytest
from made import KIND, process

from fdscope.kinds._tcp_info import TcpInfo
from fdscope.model import IoModel, Peer
from fdscope.report.columns import USUAL, USUAL_OF_MANY, chosen, column, described, sorted_rows
from fdscope.selection import UsageError
from fdscope.vocabulary import word
from fdscope.where import parse


def values(name, **more):
    one = process(**more)
    return [column(name).value(one, descriptor) for descriptor in one.descriptors]


def test_a_column_is_a_fact_of_the_process_or_of_the_descriptor():
    assert {name: values(name) for name in ("pid", "user", "command", "kind", "size_bytes", "flags", "what")} == {
        "pid": [42, 42],
        "user": ["ann", "ann"],
        "command": ["/bin/web\n -x "] * 2,
        "kind": ["pipe", "regular"],
        "size_bytes": [None, 2000],
        "flags": [["cloexec"], ["append"]],  # largefile, which nearly all have, is left out
        "what": ["pipe:[5], read end", "/a, 2.0 KiB, at 7"],
    }
    assert values("user", user=None) == [1000, 1000]


def test_of_many_alike_a_column_names_each_once():
    peers = [
        Peer(pid=pid, fd=3, process=name, kind="pipe") for pid, name in ((5, "a"), (6, "b"), (7, "a"), (8, None))
    ]
    models = [IoModel(model=model, evidence="") for model in ("blocking", "multiplexed", "blocking")]
    held = [KIND["pipe"](fd=3, peers=peers, io_models=models)]
    assert values("peer", descriptors=held) == [["a", "b", "8"]]
    assert values("io_models", descriptors=held) == [["blocking", "multiplexed"]]
    assert values("peers.process", descriptors=[KIND["pipe"](fd=3, peers=peers[3:])]) == [None]


def names(wish):
    return [one.name for one in chosen(wish, USUAL)]


def test_columns_are_chosen_or_added_before_the_last():
    assert names(None) == list(USUAL)
    assert names(" fd, name,") == ["fd", "name"]
    assert names("+inode,fd,name") == ["fd", "kind", "access", "flags", "inode", "name", "what"]
    for wish in ("", "+", ","):
        with pytest.raises(UsageError):
            names(wish)


def fds(descriptors, keys):
    one = process(descriptors=descriptors)
    return [row.fd for _, row in sorted_rows([(one, descriptor) for descriptor in descriptors], keys)]


def test_rows_are_sorted_by_the_first_key_and_then_by_the_next():
    rows = [
        KIND["regular"](fd=3, size_bytes=9, name="b"),
        KIND["regular"](fd=20, size_bytes=10, name="a"),
        KIND["regular"](fd=5, size_bytes=9, name="a"),
        KIND["pipe"](fd=1),
    ]
    assert fds(rows, None) == [3, 20, 5, 1]
    assert fds(rows, "fd") == [1, 3, 5, 20]
    assert fds(rows, "size_bytes,fd") == [3, 5, 20, 1]
    assert fds(rows, "-size_bytes, -fd") == [20, 5, 3, 1]
    assert fds(rows, "name,size_bytes") == [5, 20, 3, 1]
    assert fds(rows, "-kind,fd") == [3, 5, 20, 1]


def test_a_column_of_different_things_can_be_sorted():
    rows = [KIND["regular"](fd=1, flags=["sync"]), KIND["regular"](fd=2, flags=["append", "sync"])]
    assert fds(rows, "flags") == [2, 1]


def test_what_has_no_value_comes_last_both_ways_and_numbers_are_numbers():
    rows = [
        KIND["tcp"](fd=1, tcp=TcpInfo(rtt_us=9)),
        KIND["tcp"](fd=2, tcp=TcpInfo(rtt_us=10)),
        KIND["tcp"](fd=3),
        KIND["pipe"](fd=4, waiters=[10]),
        KIND["pipe"](fd=5, waiters=[9, 1]),
    ]
    assert fds(rows, "tcp.rtt_us,fd") == [1, 2, 3, 4, 5]
    assert fds(rows, "-tcp.rtt_us,-fd") == [2, 1, 5, 4, 3]
    assert fds(rows, "waiters,fd") == [5, 4, 1, 2, 3]


@pytest.mark.parametrize("wish", ["", ",", "fd,", "-"])
def test_an_order_by_nothing_is_refused(wish):
    with pytest.raises(UsageError, match="--sort takes names of columns"):
        sorted_rows((), wish)


def test_a_name_that_is_near_a_column_is_told():
    with pytest.raises(UsageError, match=r"^there is no column 'remote_prot': did you mean 'remote_port'\?$"):
        column("remote_prot")
    with pytest.raises(UsageError, match=r"^there is no column 'tcp.rtt': did you mean 'tcp.rtt_us'\?$"):
        sorted_rows((), "-tcp.rtt")


def test_a_file_held_without_a_descriptor_is_a_row_with_its_role():
    one = process()
    names = "pid fd kind access flags what size_bytes peers".split()
    found = [[column(name).value(one, file) for name in names] for file in one.files]
    assert found == [
        [42, "cwd", None, None, None, "/home, deleted", 4096, None],
        [42, "exe", None, None, None, "/bin/web, 2.0 KiB", 2048, None],
        [42, "mapped", None, None, None, "/lib, 1.0 KiB, 4.0 KiB mapped r--p r-xp", 1024, None],
    ]


def test_the_usual_columns_are_what_the_vocabulary_says_of_them():
    for name in (*USUAL_OF_MANY, "role"):
        found = column(name)
        assert (found.header, found.to_right) == (word(name).header, word(name).is_number)


def test_a_field_is_described_once_with_the_kinds_that_have_it():
    found = described()
    assert len({one.name for one in found}) == len(found)
    by_name = {one.name: one for one in found}
    assert by_name["fd"].kinds == ()
    assert ("tcp.rtt_us" in by_name, "tcp.local_port" in by_name) == (True, False)  # a field of tcp, the kind tcp
    assert by_name["size_bytes"].kinds == ("dma-buf", "memfd", "regular", "secretmem", "symlink")
    assert by_name["count"] == (
        "count", "COUNT", "right", "integer", "the counter's value now", ("eventfd",), (), "",
    )  # fmt: skip
    units = {name: by_name[name].unit for name in ("size_bytes", "position", "tcp.rtt_us", "cpu_time_s", "fd")}
    assert list(units.values()) == ["bytes", "bytes", "us", "s", ""]
    assert [by_name[name].header for name in ("receive_queue_bytes", "tcp.rtt_us")] == ["RECV-Q", "TCP.RTT_US"]
    assert by_name["access"][2:4] == ("left", "string")
    assert by_name["access"].choices == ("r", "w", "rw", "path")
    assert [one.name for one in found if not one.help or not one.header or not one.type] == []


NAMES = [one.name for one in described()]


def test_every_column_can_be_shown_sorted_by_and_asked_for():
    one = process()
    rows = [(one, held) for held in (*one.descriptors, *one.files)]
    wanted = {id(held) for _, held in rows}
    for name in NAMES:
        assert {id(held) for _, held in sorted_rows(rows, f"-{name},fd")} == wanted
        assert [one.name for one in chosen(name, USUAL)] == [name]
        there = parse(f"exists {name}")
        missing = parse(f"not exists {name}")
        assert [there.fits(*row) for row in rows] == [not missing.fits(*row) for row in rows]
