"""What the BPF programs write, taken apart: nothing is lost between pieces, and each number is in its place."""

import os
import struct
from collections import Counter

from hypothesis import example, given
from hypothesis import strategies as st

from fdscope.kernel.programs import files, places, switches
from fdscope.kernel.programs.owners import MOST_INODES, NO_LEADER, REPEATS, Owners, settings
from fdscope.kernel.programs.tasks import tasks
from fdscope.raw import RawMount, RawTask

MOUNT = RawMount(b"8:1", b"/", b"/", b"ext4", b"/dev/sda1")
NUMBERS = st.integers(0, 2**32 - 1)
LARGE = st.integers(0, 2**63 - 1)
NO_SOCKET, SOCKET, PIPE = 0, 1, 2


def mounts_of(_):
    return {7: MOUNT}


def record(one):
    """The bytes of one record."""
    mode, device, nlink, uid, gid, block_size, size, blocks, rdev = one["status"]
    position, flags, mount_id, inode = one["numbers"]
    tail = b"" if one["pipe"] is None else struct.pack("=4I", *one["pipe"])
    rest = b"".join(struct.pack("=QII", number, fd, 0) for fd, number in one["members"])
    more = one["link"] + one["lines"] + rest + tail
    head = struct.pack(
        "=I3H2B3i3Qq2IQ6I2Q2I",
        120 + len(more), len(one["link"]), len(one["lines"]), len(one["members"]), 0, PIPE if tail else 0,
        one["pid"], one["pid"], one["fd"], one["open_file"], one["pid"], 77, position,
        flags, mount_id, inode, mode, device, nlink, uid, gid, block_size, size, blocks, rdev, 0xEF53,
    )  # fmt: skip
    return head + more


DESCRIPTORS = st.fixed_dictionaries(
    {
        "pid": st.integers(1, 3),
        "fd": st.integers(0, 1000),
        "link": st.sampled_from([b"/a", b"pipe:[5]", b"anon_inode:[eventfd]", b"/b\xff\n", b"socket:[9]"]),
        "lines": st.sampled_from([b"", b"eventfd-count: 5\n", b"scm_fds: 0\n"]),
        "numbers": st.tuples(st.integers(-1, 2**62), NUMBERS, st.sampled_from([7, 8]), LARGE),
        "status": st.tuples(*[NUMBERS] * 6, LARGE, LARGE, NUMBERS),
        "open_file": LARGE,
        "members": st.lists(st.tuples(st.integers(0, 2**31), LARGE), max_size=3),
        "pipe": st.none() | st.tuples(*[st.integers(0, 2**20)] * 4),
    }
)
"""The values of one record."""
BARE = {
    "pid": 1, "fd": 0, "link": b"/a", "lines": b"", "numbers": (0, 0, 7, 0), "status": (0,) * 9, "open_file": 0,
    "members": [], "pipe": None,
}  # fmt: skip
OTHERWISE = {
    "fd": 5, "lines": b"scm_fds: 0\n", "numbers": (9, 0, 7, 0), "open_file": 3, "members": [(0, 0)],
    "pipe": (1, 2, 3, 4),
}  # fmt: skip


@given(st.lists(DESCRIPTORS, max_size=6), st.integers(1, 300))
def test_every_record_comes_back_whatever_the_pieces_are(written, piece):
    data = b"".join(map(record, written))
    reader, found, rest = files.Records(mounts_of), [], b""
    for begin in range(0, len(data), piece):
        rest += data[begin : begin + piece]
        taken, used = reader.take(rest)
        found += taken
        rest = rest[used:]
    assert rest == b""
    assert len(found) == len(written)
    for raw, one in zip(found, written, strict=True):
        assert (raw.pid, raw.tid, raw.fd, raw.link, raw.fdinfo) == (
            one["pid"], None, one["fd"], one["link"], one["lines"],
        )  # fmt: skip
        assert (raw.open_file, tuple(raw.numbers)) == (one["open_file"], one["numbers"])
        assert (raw.members or ()) == tuple(one["members"])
        is_path, known = one["link"][:1] == b"/", one["numbers"][2] == 7
        assert raw.mount == (MOUNT if is_path and known else None)
        assert raw.magic == (0xEF53 if is_path and not known else None)
        assert (raw.status is None) == (not is_path)
        if is_path:
            assert raw.status == (one["numbers"][3], *one["status"])
        if one["pipe"] is not None:
            waiting, pages, readers, writers = one["pipe"]
            assert raw.pipe == (waiting, pages * os.sysconf("SC_PAGESIZE"), readers, writers)


@given(st.lists(DESCRIPTORS, max_size=6))
def test_only_what_is_wanted_is_made(written):
    data = b"".join(map(record, written))
    found, used = files.Records(mounts_of).take(data, lambda link: link == b"/a")
    assert used == len(data)
    assert [raw.fd for raw in found] == [one["fd"] for one in written if one["link"] == b"/a"]


@given(st.lists(DESCRIPTORS, min_size=2, max_size=6))
@example([BARE, *(BARE | {name: value} for name, value in OTHERWISE.items())])
def test_descriptors_with_one_likeness_differ_only_in_what_it_does_not_cover(written):
    found, _ = files.Records(mounts_of).take(b"".join(map(record, written)))
    first = {}
    for raw in found:
        if raw.alike is not None:
            like = first.setdefault((raw.alike, raw.mount), raw)
            same = raw._replace(pid=like.pid, fd=like.fd, tid=like.tid, open_file=like.open_file)
            assert same._replace(numbers=raw.numbers._replace(position=like.numbers.position)) == like


PLACES = st.lists(
    st.tuples(st.integers(1, 2), st.integers(0, 5), st.integers(1, 9), st.sampled_from([b"socket:[", b"pipe:["])),
    max_size=12,
)


def place(pid, fd, inode, link):
    family = 1 if link == b"socket:[" else 0
    look = struct.pack("=3I4x3H2x32s", 0o140777, 0, 0, family, 1, 0, link)
    return struct.pack("=2i2Q2I", pid, pid, pid, 77, 0, 0) + struct.pack("=i4xQ", fd, inode) + look


@given(PLACES, st.integers(1, 400))
def test_counts_are_the_number_of_records_that_are_alike(held, piece):
    data = b"".join(place(pid, 0, 0, link) for pid, _, _, link in held)
    counts = places.Places(mounts_of).counts(data[at : at + piece] for at in range(0, len(data), piece))
    told = {(count.pid, count.raw.link): count.number for count in counts}
    assert told == Counter((pid, link) for pid, _, _, link in held)
    assert len({id(count.raw) for count in counts}) == len({link for *_, link in held})


@given(PLACES, st.integers(1, 400))
def test_places_of_sockets_are_those_of_the_records(held, piece):
    data = b"".join(place(*one) for one in held)
    links = places.Places(mounts_of).sockets(data[at : at + piece] for at in range(0, len(data), piece))
    told = [(one.pid, fd, link) for one in links for fd, link in one.found]
    assert sorted(told) == sorted((pid, fd, b"socket:[%d]" % inode) for pid, fd, inode, _ in held)


@given(
    st.lists(st.tuples(st.tuples(*[NUMBERS] * 4), st.tuples(*[LARGE] * 10), st.binary(max_size=15)), max_size=5)
)
def test_tasks_come_back_with_their_names_to_the_first_nul(written):
    data = b"".join(
        struct.pack("=2i4I10Q16s", 5, number, *small, *large, name)
        for number, (small, large, name) in enumerate(written)
    )
    wanted = [
        RawTask(5, number, *small, *large, name.partition(b"\0")[0])
        for number, (small, large, name) in enumerate(written)
    ]
    assert list(tasks(data + b"a part of the next")) == wanted


WAYS = st.dictionaries(
    st.tuples(st.integers(1, 3), st.integers(-1, 2)), st.tuples(st.integers(1, 9), st.integers(0, 99)), max_size=6
)


@given(st.lists(WAYS, max_size=6))
def test_what_a_map_grows_by_adds_up_to_what_is_in_it(steps):
    totals, seen, summed = {}, {}, Counter()
    for step in steps:
        for (tid, call), (times, nanoseconds) in step.items():
            before = totals.get((tid, call), (0, 0))
            totals[tid, call] = before[0] + times, before[1] + nanoseconds
        keys = b"".join(switches.KEY.pack(tid, 1, call, 1, 0, 0) for tid, call in totals)
        values = b"".join(switches.VALUE.pack(*total) for total in totals.values())
        grown = switches.grown(seen, keys, values)
        assert {(way.tid, way.call) for way, _ in grown} == set(step)
        for way, total in grown:
            summed[way.tid, way.call, "times"] += total.switches
            summed[way.tid, way.call, "ns"] += total.off_ns
    for (tid, call), (times, nanoseconds) in totals.items():
        assert (summed[tid, call, "times"], summed[tid, call, "ns"]) == (times, nanoseconds)


def test_what_begins_again_in_a_map_is_counted_from_there():
    seen = {}
    key = switches.KEY.pack(1, 1, 0, 1, 0, 0)
    switches.grown(seen, key, switches.VALUE.pack(10, 100))
    ((_, total),) = switches.grown(seen, key, switches.VALUE.pack(3, 30))
    assert total == (3, 30)


def test_a_table_that_threads_share_is_told_once_and_one_of_its_own_by_its_thread():
    owners = Owners(mounts_of)
    assert owners.label(1, 1, 100, 0) is None
    assert owners.label(1, 2, 100, 0) == REPEATS
    assert owners.label(1, 3, 200, 0) == 3
    assert owners.label(1, 1, 100, 0) is None
    assert owners.label(5, 6, 300, NO_LEADER) is None  # the main thread has ended: the first that lives speaks
    assert owners.label(5, 7, 300, NO_LEADER) == REPEATS
    assert owners.label(5, 8, 400, NO_LEADER) == 8
    assert owners.tables == {1: 100, 5: 300}


def test_settings_hold_what_is_wanted_and_a_key_of_their_own():
    told = struct.unpack("=16s6I8Q", settings(process=5, types=2, user=0, counted=True, inodes=[9]))
    assert told[1:] == (5, 2, 0, True, True, 0, 9, *(0,) * (MOST_INODES - 1))
    assert settings()[:16] != settings()[:16]
    assert settings(key=b"k" * 16) == settings(key=b"k" * 16)
