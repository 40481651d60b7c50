"""Parsers of the kernel's texts: right on real text, and on any other nothing but the errors they name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope import fdinfo, host, signals, switches
from fdscope.kernel.descriptors import may_block
from fdscope.kernel.mounts import mount_number, parse_mountinfo, unescape
from fdscope.kernel.processes import parse_maps
from fdscope.kernel.states import has_ended, is_of_kernel
from fdscope.kernel.tables import lock_key, parse_devices, parse_lock_waiters, parse_misc, parse_partitions
from fdscope.model import Switches
from fdscope.raw import RawLoad, RawMount, RawSystem
from fdscope.report.checkup import capabilities, hidepid
from fdscope.tasks import container_of
from fdscope.text import text

PROMISED = (ValueError, KeyError, IndexError)

DEVICES = (
    b"Character devices:\n  1 mem\n  4 /dev/vc/0\n  4 tty\n 10 misc\n136 pts\n\n"
    b"Block devices:\n  7 loop\n254 virtblk\n"
)
MISC = b"229 fuse\n200 tun\n"
PARTITIONS = b"major minor  #blocks  name\n\n 254        0   20971520 vda\n   7        0      1024 loop0\n"
LOCKS = (
    b"1: FLOCK  ADVISORY  WRITE 10 fe:00:5 0 EOF\n"
    b"1: -> FLOCK  ADVISORY  WRITE 11 fe:00:5 0 EOF\n"
    b"1:  -> FLOCK  ADVISORY  READ 12 fe:00:5 0 EOF\n"
    b"2: POSIX  ADVISORY  READ 13 fe:00:6 0 9\n"
    b"3: OFDLCK ADVISORY  WRITE -1 fe:00:7 0 9\n"
    b"3: -> OFDLCK ADVISORY  WRITE -1 fe:00:7 0 9\n"
)
MOUNTINFO = (
    b"22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
    b"23 22 0:5 / /a\\040b rw shared:7 master:1 - fuse.sshfs me@host:/x\\134y rw\n"
    b"24 22 0:6 /sub /car\rriage rw,nosuid shared:8 - tmpfs  rw\n"
    b"25 22 0:6 - - rw - ext4 - rw\n"
)
MAPS = (
    b"5600a0000000-5600a0001000 r--p 00000000 fe:00 99                         /usr/bin/x y\n"
    b"5600a0001000-5600a0003000 r-xp 00001000 fe:00 99                         /usr/bin/x y\n"
    b"5600a0003000-5600a0004000 r--p 00003000 fe:00 99                         /usr/bin/x y\n"
    b"7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n"
    b"7f0000002000-7f0000003000 rw-s 00000000 00:01 5                          /odd\rname\\012 (deleted)\n"
    b"7ffd00000000-7ffd00001000 rw-p 00000000 00:00 0                          [stack]\n"
)
STATUS = b"Name:\tx\nUid:\t0\t1\t2\t3\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n"
STAT = b"cpu  1 2\ncpu0 1\ncpu1 1\nctxt 99\nbtime 1700000000\nprocesses 5\n"
FDINFO = (
    b"pos:\t10\nflags:\t02\nmnt_id:\t22\nino:\t7\n"
    b"tfd:        4 events:       19 data: 5  pos:0 ino:8 sdev:9\ntfd:  6\n"
)


def mangled(*texts):
    """Texts that are nearly right: pieces of real ones joined in any order, with other bytes between."""
    pieces = sorted({word for text in texts for line in text.splitlines(True) for word in (line, *line.split())})
    odd = st.sampled_from([b" ", b"\n", b"\r", b"\t", b":", b"-", b"\\", b"\0", b"\xff", b"9" * 5000, b"-1", b")"])
    return st.one_of(
        st.binary(), st.lists(st.one_of(st.sampled_from(pieces), odd, st.binary(max_size=4))).map(b"".join)
    )


def test_devices_are_known_by_block_and_major():
    found = parse_devices(DEVICES)
    assert found == {
        (False, 1): b"mem",
        (False, 4): b"/dev/vc/0",  # of two the first
        (False, 10): b"misc",
        (False, 136): b"pts",
        (True, 7): b"loop",
        (True, 254): b"virtblk",
    }


def test_misc_devices_and_partitions_are_known_by_number():
    assert parse_misc(MISC) == {229: b"fuse", 200: b"tun"}
    assert parse_partitions(PARTITIONS) == {(254, 0): b"vda", (7, 0): b"loop0"}


def test_a_line_of_a_table_in_another_form_is_left_out():
    assert parse_devices(b"Character devices:\n  x mem\n  1\n  7 a b\n") == {(False, 7): b"a b"}
    assert parse_misc(b"x fuse\n229\n200 tun\n") == {200: b"tun"}
    assert parse_partitions(b"8 0 1\nx 0 1 a\n8 x 1 a\n8 1 1 sda1\n") == {(8, 1): b"sda1"}
    assert parse_lock_waiters(b"1: FLOCK -> a\n1: -> FLOCK ADVISORY WRITE\n1: -> FLOCK ADVISORY WRITE x f\n") == {}


def test_waiters_belong_to_the_lock_above_them():
    assert parse_lock_waiters(LOCKS) == {
        lock_key(b"FLOCK ADVISORY WRITE 10 fe:00:5 0 EOF"): [11, 12],
        b"OFDLCK ADVISORY WRITE -1 fe:00:7 0 9": [-1],
    }


def test_mounts_are_known_by_id_and_a_carriage_return_in_a_path_ends_no_line():
    assert parse_mountinfo(MOUNTINFO) == {
        22: RawMount(b"254:0", b"/", b"/", b"ext4", b"/dev/vda"),
        23: RawMount(b"0:5", b"/", b"/a b", b"fuse.sshfs", b"me@host:/x\\y"),
        24: RawMount(b"0:6", b"/sub", b"/car\rriage", b"tmpfs", b""),
        25: RawMount(b"0:6", b"-", b"-", b"ext4", b"-"),
    }


@pytest.mark.parametrize(
    "line", [b"22 1 254:0 / / rw\n", b"22 1 254:0 / / rw - ext4\n", b"x 1 254:0 / / rw - ext4 a rw\n", b"\n"]
)
def test_a_mount_table_in_another_form_is_refused(line):
    with pytest.raises(ValueError):
        parse_mountinfo(MOUNTINFO + line)


@pytest.mark.parametrize(
    ("mount", "blocks"),
    [
        (RawMount(b"", b"", b"", b"ext4", b""), False),
        (RawMount(b"", b"", b"", b"nfs4", b""), True),
        (RawMount(b"", b"", b"", b"fuse.sshfs", b""), True),
        (RawMount(b"", b"", b"", b"fusectl.x", b""), False),
        (None, True),
    ],
)
def test_only_a_local_mount_answers_for_sure(mount, blocks):
    assert may_block(mount) is blocks


def test_regions_of_one_file_are_one_mapping_with_their_length_and_each_of_their_rights():
    assert parse_maps(MAPS) == {
        (b"/usr/bin/x y", b"fe:00", 99): (b"5600a0000000-5600a0001000", 3, 0x4000, b"r--p r-xp"),
        (b"/odd\rname\n (deleted)", b"00:01", 5): (b"7f0000002000-7f0000003000", 1, 0x1000, b"rw-s"),
    }


def test_the_name_of_a_region_in_map_files_has_no_leading_zeros():
    line = b"00400000-00500000 r-xp 00000000 fe:00 99 /bin/x\n"
    assert parse_maps(line) == {(b"/bin/x", b"fe:00", 99): (b"400000-500000", 1, 0x100000, b"r-xp")}


@pytest.mark.parametrize("line", [b"1-2 r--p 0 fe:00\n", b"x-2 r--p 0 fe:00 1 /a\n", b"1-2 r--p 0 fe:00 y /a\n"])
def test_mappings_in_another_form_are_refused(line):
    with pytest.raises(ValueError):
        parse_maps(MAPS + line)


def test_an_empty_table_holds_nothing():
    assert parse_maps(b"") == parse_mountinfo(b"") == parse_devices(b"") == parse_lock_waiters(b"") == {}


def test_switches_are_two_counters_or_unknown():
    assert switches.parse(STATUS) == Switches(
        voluntary=12, involuntary=3, threads_counted=1, exited_threads_included=False
    )
    assert switches.parse(b"Name:\tx\n") is None
    with pytest.raises(ValueError):
        switches.parse(b"voluntary_ctxt_switches:\tmany\nnonvoluntary_ctxt_switches:\t3\n")


def test_signals_have_the_names_of_the_manual():
    assert signals.names(b"0000000180014002") == ["SIGINT", "SIGTERM", "SIGCHLD", "SIG32", "SIG33"]
    assert signals.names(b"0" * 16) == []
    assert signals.names(b"8000000200000000") == ["SIGRTMIN", "SIGRTMIN+30"]
    assert [signals.name(number) for number in (0, 1, 31, 32, 34, 64)] == [
        "SIG0",
        "SIGHUP",
        "SIGSYS",
        "SIG32",
        "SIGRTMIN",
        "SIGRTMIN+30",
    ]


def test_fields_keep_the_first_of_equal_keys_and_values_gives_them_all():
    assert fdinfo.fields(FDINFO)[b"pos"] == b"10"
    assert [fdinfo.words(b"tfd:" + line)[b"tfd"] for line in fdinfo.values(FDINFO, b"tfd")] == [b"4", b"6"]
    assert fdinfo.words(b"tfd:        4 events:       19 data: 5  pos:0") == {
        b"tfd": b"4",
        b"events": b"19",
        b"data": b"5",
        b"pos": b"0",
    }
    assert fdinfo.words(b"a: b c d: e:1") == {b"a": b"b", b"e": b"1"}


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (b"pos:\t0\nflags:\t02\nmnt_id:\t1\nino:\t5\n", b""),
        (b"pos:\t0\nflags:\t02\nmnt_id:\t1\nino:\t5\nsize: 1\nab\n", b"size: 1\nab\n"),
        (b"pos:\t0\nflags:\t02\nmnt_id:\t1\nsize: 1\n", b"pos:\t0\nflags:\t02\nmnt_id:\t1\nsize: 1\n"),
        (b"", b""),
    ],
)
def test_the_special_lines_follow_the_four_that_all_have(text, rest):
    assert fdinfo.special(text) == rest


def test_a_mount_id_is_a_number_or_unknown():
    assert mount_number(FDINFO) == 22
    assert mount_number(b"pos:\t0\n") is None
    assert mount_number(b"pos:\t0\nflags:\t0\nmnt_id:\tx\n") is None
    assert mount_number(b"pos:\t0\nflags:\t0\nmnt_id:\t7") == 7


def test_the_machine_is_told_from_its_texts_and_a_missing_one_is_left_out():
    told = host.host(RawSystem(b"box\n", b"6.18\n", STAT, b"100\t5\t2000\n", frozenset({b"0\n"})))
    assert (told.hostname, told.kernel, told.boot_time) == ("box", "6.18", "2023-11-14T22:13:20Z")
    assert (told.cpus, told.cpu_sockets, told.context_switches) == (2, 1, 99)
    assert (told.open_files.allocated, told.open_files.maximum) == (95, 2000)
    assert (told.cpu_cores, told.load_average, told.memory_total_bytes, told.memory_available_bytes) == (None,) * 4
    busy = host.host(RawSystem(b"", b"", b"", b"1 2 3 4\n", frozenset()), RawLoad((1.005, 2.0, 0.126), 100, 50, 3))
    assert (busy.cpu_cores, busy.load_average) == (3, [1.0, 2.0, 0.13])
    assert (busy.memory_total_bytes, busy.memory_available_bytes, busy.open_files) == (100, 50, None)
    assert host.host(RawSystem(b"", b"", b"", b"", frozenset()), RawLoad(None, 1, 1, None)).load_average is None
    assert host.boot_time(b"btimes 5\nbtime 7\n") == 7
    assert host.host(RawSystem(b"", b"", b"cpu  1\ncpus 2\ncpu0 1\n", b"", frozenset())).cpus == 1
    empty = host.host(RawSystem(b"", b"", b"", b"", frozenset()))
    assert (empty.hostname, empty.boot_time, empty.cpus, empty.open_files) == (None, None, None, None)


ALWAYS = {  # parsers that leave out what they do not understand, and never raise
    "fields": (fdinfo.fields, FDINFO),
    "values": (lambda data: list(fdinfo.values(data, b"tfd")), FDINFO),
    "words": (fdinfo.words, FDINFO),
    "special": (fdinfo.special, FDINFO),
    "has ended": (has_ended, b"1 (x) Z 0\n"),
    "is of kernel": (is_of_kernel, b"1 (x) S 0 1 1 0 -1 4194304 0\n"),
    "hidepid": (hidepid, MOUNTINFO + b"26 1 0:5 / /proc rw - proc proc rw,hidepid=2\n"),
    "container": (lambda data: container_of(text(data)), b"/system.slice/docker-0123456789ab.scope /lxc/web"),
    "mount_number": (mount_number, FDINFO),
    "unescape": (unescape, MOUNTINFO),
    "lock_key": (lock_key, LOCKS),
}
MAY_REFUSE = {
    "mountinfo": (parse_mountinfo, MOUNTINFO),
    "maps": (parse_maps, MAPS),
    "switches": (switches.parse, STATUS),
    "signals": (signals.names, b"0000000180014002"),
    "devices": (parse_devices, DEVICES),
    "misc": (parse_misc, MISC),
    "partitions": (parse_partitions, PARTITIONS),
    "lock waiters": (parse_lock_waiters, LOCKS),
    "capabilities": (capabilities, b"CapEff:\t000001ffffffffff\n"),
    "host": (lambda data: host.host(RawSystem(data, data, data, data, frozenset({data}))), STAT),
}


@pytest.mark.parametrize("parser", sorted(ALWAYS))
@given(data=st.data())
def test_text_of_any_sort_is_read_as_far_as_it_goes(parser, data):
    parse, real = ALWAYS[parser]
    parse(data.draw(mangled(real)))


@pytest.mark.parametrize("parser", sorted(MAY_REFUSE))
@given(data=st.data())
def test_text_of_any_sort_is_read_or_refused(parser, data):
    parse, real = MAY_REFUSE[parser]
    try:
        parse(data.draw(mangled(real)))
    except PROMISED:
        pass


@given(st.binary(), st.sets(st.integers(0, 255)))
def test_an_escaped_field_comes_back(data, others):
    escaped = b"".join(b"\\%03o" % byte if byte in others | set(b"\\") else bytes([byte]) for byte in data)
    assert unescape(escaped) == data


@given(st.sets(st.integers(1, 64)))
def test_a_signal_set_has_one_name_for_each_bit(numbers):
    mask = sum(1 << (number - 1) for number in numbers)
    assert signals.names(b"%016x" % mask) == [signals.name(number) for number in sorted(numbers)]


@given(st.dictionaries(st.integers(1, 2**31), st.binary(min_size=1).filter(lambda path: b"\0" not in path)))
def test_every_mount_of_a_table_is_found_whatever_its_path(points):
    table = b"".join(
        b"%d 1 0:9 / /%s rw shared:1 - ext4 /dev/x rw\n"
        % (number, b"".join(b"\\%03o" % byte if byte in b" \t\n\\" else bytes([byte]) for byte in path))
        for number, path in points.items()
    )
    assert {number: mount.point for number, mount in parse_mountinfo(table).items()} == {
        number: b"/" + path for number, path in points.items()
    }
