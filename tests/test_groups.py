"""Descriptors counted by what they have in common."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope.groups import groups, words_of
from fdscope.kinds import KINDS
from fdscope.kinds._file import Lock
from fdscope.model import HeldFile, Peer, Process, kind_name
from fdscope.selection import UsageError
from fdscope.vocabulary import is_of_peers, is_of_waits

KIND = {kind_name(kind): kind for kind in KINDS}


def grouped(wish, *rows):
    return [(one.values, one.count, one.processes, one.objects, one.sums) for one in groups(rows, words_of(wish))]


def test_an_object_that_several_hold_is_one_object_and_its_bytes_count_once():
    log = {"object": "inode:1:1", "size_bytes": 10, "allocated_bytes": 4096}
    gone = {"object": "inode:1:2", "name": "/tmp/x", "filesystem": "ext4", "deleted": True}
    one, two = Process(pid=1, name="a"), Process(pid=2, name="a")
    rows = [
        (one, KIND["regular"](fd=3, **log)),
        (one, KIND["regular"](fd=4, **log)),
        (two, KIND["regular"](fd=3, **log)),
        (two, KIND["regular"](fd=5, size_bytes=5, allocated_bytes=512, **gone)),
        (two, KIND["pipe"](fd=6)),
        (two, HeldFile(role="mapped", device="1", inode=1, size_bytes=10, mapped_bytes=8192)),
        (one, HeldFile(role="mapped", device="1", inode=1, size_bytes=10, mapped_bytes=4096)),
    ]
    assert grouped("kind", *rows) == [
        (
            {"kind": "regular"},
            4, 2, 2,
            {"size_bytes": 15, "allocated_bytes": 4608, "reclaimable_bytes": 512},
        ),
        ({}, 2, 2, 1, {"size_bytes": 10, "mapped_bytes": 12288}),
        ({"kind": "pipe"}, 1, 1, 1, {}),
    ]  # fmt: skip


def test_memory_that_never_had_a_name_is_no_space_of_a_file_system():
    shared = {"role": "mapped", "device": "0:1", "deleted": True, "mapped_bytes": 4096}
    rows = [
        (Process(pid=1), HeldFile(name="/dev/zero", inode=1, allocated_bytes=4096, **shared)),
        (Process(pid=1), HeldFile(name="/tmp/x", inode=2, allocated_bytes=512, **shared)),
    ]
    ((*_, sums),) = grouped("user", *rows)
    assert sums["reclaimable_bytes"] == 512


def test_sizes_of_elements_do_not_add_up():
    table = KIND["bpf-map"](fd=3, key_bytes=4, value_bytes=8, memory_bytes=100)
    assert grouped("kind", (Process(pid=1), table)) == [({"kind": "bpf-map"}, 1, 1, 1, {"memory_bytes": 100})]


def test_a_table_that_processes_share_counts_once():
    pids = (5, 6, 7)
    processes = [Process(pid=pid, name="n", shares_table_with=[one for one in pids if one != pid]) for pid in pids]
    rows = [(process, KIND["pipe"](fd=fd)) for process in processes for fd in (0, 1)]
    assert grouped("process", *rows) == [({"process": "n"}, 2, 3, 2, {})]
    assert [one[:2] for one in grouped("pid", *rows)] == [({"pid": pid}, 2) for pid in pids]


def test_what_has_no_name_of_its_own_is_as_many_objects_as_there_are_descriptors():
    one = Process(pid=1)
    rows = [
        (one, KIND["epoll"](fd=3)),
        (one, KIND["epoll"](fd=3, tid=7)),
        (Process(pid=2), KIND["epoll"](fd=3)),
        (one, HeldFile(role="cwd", name="/a")),
        (one, HeldFile(role="root", name="/a")),
        (one, HeldFile(role="mapped", name="/a", device="1")),
        (one, HeldFile(role="mapped", name="/b", device="1")),
    ]
    assert grouped("kind", *rows) == [({}, 4, 1, 4, {}), ({"kind": "epoll"}, 3, 2, 3, {})]


def test_the_own_table_of_a_thread_is_not_the_one_that_its_process_shares():
    processes = [Process(pid=5, shares_table_with=[6]), Process(pid=6, shares_table_with=[5])]
    rows = [(process, KIND["pipe"](fd=3, tid=tid)) for process in processes for tid in (None, process.pid + 10)]
    assert grouped("kind", *rows) == [({"kind": "pipe"}, 3, 2, 3, {})]


def test_a_row_counts_once_for_each_word_of_a_list_and_once_for_an_empty_one():
    one = Process(pid=1)
    locks = [Lock(type=type_, mode="read", start=0) for type_ in ("posix", "posix", "flock")]
    rows = [
        (one, KIND["regular"](fd=3, flags=["append", "sync"], locks=locks)),
        (one, KIND["regular"](fd=4, flags=[])),
    ]
    assert [(values, count) for values, count, *_ in grouped("flags", *rows)] == [
        ({}, 1), ({"flags": "append"}, 1), ({"flags": "sync"}, 1)
    ]  # fmt: skip
    assert [(values, count) for values, count, *_ in grouped("locks.type", *rows)] == [
        ({}, 1), ({"locks.type": "flock"}, 1), ({"locks.type": "posix"}, 1)
    ]  # fmt: skip


def test_groups_of_one_size_are_in_the_order_of_their_values():
    rows = [(Process(pid=1), KIND["pipe"](fd=fd)) for fd in (10, 9, 2)]
    assert [values["fd"] for values, *_ in grouped("fd", *rows)] == [2, 9, 10]


def test_a_descriptor_with_several_peers_is_in_the_group_of_each_and_without_one_where_it_leads():
    one = Process(pid=1, name="me")
    rows = [
        (one, KIND["pipe"](fd=1, peers=[Peer(pid=2, fd=0, process=name, kind="pipe") for name in "aba"])),
        (one, KIND["tcp"](fd=2, remote_address="10.0.0.1", other_end="elsewhere")),
        (one, KIND["pipe"](fd=3, other_end="no-reader")),
        (one, KIND["regular"](fd=4)),
        (one, HeldFile(role="cwd")),
    ]
    assert {tuple(values.values()): count for values, count, *_ in grouped("peer", *rows)} == {
        ("a",): 1,
        ("b",): 1,
        ("10.0.0.1",): 1,
        ("no-reader",): 1,
        (): 2,
    }
    assert ({"peer": "a", "kind": "pipe"}, 1, 1, 1, {}) in grouped("peer,kind", *rows)


def test_a_user_without_a_name_is_told_by_number():
    rows = [(Process(pid=1, uid=7), KIND["pipe"](fd=1)), (Process(pid=2, uid=0, user="root"), KIND["pipe"](fd=1))]
    assert [one[0] for one in grouped("user", *rows)] == [{"user": "7"}, {"user": "root"}]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 5), st.none() | st.integers(0, 9))))
def test_groups_of_one_value_add_up_to_all(drawn):
    rows = [
        (
            Process(pid=pid, name=f"n{pid}"),
            KIND["regular"](fd=fd, object=None if size is None else f"o{size}", size_bytes=size, access="r"),
        )
        for pid, fd, size in drawn
    ]
    found = groups(rows, words_of("process,fd"))
    assert sum(one.count for one in found) == len(rows)
    assert [one.count for one in found] == sorted((one.count for one in found), reverse=True)
    (whole,) = groups(rows, words_of("access")) or [None]
    if whole is not None:
        assert whole.sums.get("size_bytes", 0) == sum({size for *_, size in drawn if size is not None})


def test_what_cannot_be_grouped_is_said():
    for wish, why in (
        ("", "takes names of columns"),
        ("kin", "did you mean 'kind'"),
        ("locks", "locks is made of others"),
        ("memory", "memory is made of others"),
    ):
        with pytest.raises(UsageError, match=why):
            words_of(wish)
    assert [one.name for one in words_of("kind, kind,locks.type,access,flags")] == [
        "kind", "locks.type", "access", "flags",
    ]  # fmt: skip


def test_only_what_the_words_ask_for_is_looked_for():
    wishes = "kind,user peer peers.kind tcp.peers.pid targets.stale io_models io_models.model threads.name"
    words = {wish: words_of(wish) for wish in wishes.split()}
    assert {wish: (any(map(is_of_peers, of)), any(map(is_of_waits, of))) for wish, of in words.items()} == {
        "kind,user": (False, False),
        "peer": (True, False),
        "peers.kind": (True, False),
        "tcp.peers.pid": (True, False),
        "targets.stale": (True, False),
        "io_models": (False, True),
        "io_models.model": (False, True),
        "threads.name": (False, True),
    }
