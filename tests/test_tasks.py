"""Texts of processes and threads: right on real text, and on any other nothing but the errors they name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope.model import Limit, Memory, Signals, Switches
from fdscope.raw import RawProcess, RawThread
from fdscope.tasks import (
    Code,
    Stat,
    container_of,
    parse_cgroup,
    parse_command,
    parse_limit,
    parse_stat,
    process,
    shared_files,
    thread,
)
from fdscope.text import text

PROMISED = (ValueError, KeyError, IndexError)

REST = (
    b" S 1 41 40 0 -1 4194560 1 2 3 4 50 7 0 0 20 0 1 0 1234 2000896 200 18446744073709551615 1 1 0 0 0 0 0 "
    b"4096 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
)
STATUS = (
    b"Name:\tx\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t42\nPid:\t42\nUid:\t1000\t1001\t1002\t1003\n"
    b"VmSize:\t    1954 kB\nVmRSS:\t     800 kB\nVmSwap:\t       0 kB\nThreads:\t1\n"
    b"SigPnd:\t0000000000000001\nShdPnd:\t0000000000000002\nSigBlk:\t0000000000004000\n"
    b"SigIgn:\t0000000000001000\nSigCgt:\t0000000000000000\n"
    b"voluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n"
)
LIMITS = (
    b"Limit                     Soft Limit           Hard Limit           Units     \n"
    b"Max processes             9                    9                    processes \n"
    b"Max open files            1024                 unlimited            files     \n"
)
CGROUP = b"3:name=systemd:/init.scope\n0::/system.slice/docker-0123456789ab.scope\n"
NAMESPACES = (("mnt", b"mnt:[4026531841]"), ("net", b"net:[4026531840]"))


def test_a_process_is_told_from_its_texts():
    raw = RawProcess(42, b"42 (x)" + REST, STATUS, LIMITS, CGROUP, b"/bin/x\0-y\0\0", NAMESPACES, 7)
    found = process(raw, parse_stat(raw.stat), 1700000000, 100)
    assert (found.pid, found.parent_pid, found.name, found.state) == (42, 1, "x", "sleeping")
    assert (found.process_group, found.session) == (41, 40)
    assert found.command == ["/bin/x", "-y", ""]
    assert (found.uid, found.kernel_thread, found.started_at) == (1001, None, "2023-11-14T22:13:32Z")
    assert found.cpu_time_s == 0.57
    assert (found.cgroup, found.container) == ("/system.slice/docker-0123456789ab.scope", "0123456789ab")
    assert found.namespaces == {"mnt": 4026531841, "net": 4026531840}
    assert (found.descriptor_count, found.descriptor_limit) == (7, Limit(soft=1024, hard=None))
    assert found.signals == Signals(
        pending=["SIGHUP", "SIGINT"], blocked=["SIGTERM"], ignored=["SIGPIPE"], caught=[]
    )
    assert found.memory == Memory(resident_bytes=819200, virtual_bytes=2000896, swapped_bytes=0)


def test_a_thread_is_told_from_its_texts():
    found = thread(RawThread(42, 43, b"43 (x)" + REST, STATUS, None), "x86_64")
    assert (found.tid, found.name, found.state, found.cpu) == (43, "x", "sleeping", 1)
    assert found.context_switches == Switches(
        voluntary=12, involuntary=3, threads_counted=1, exited_threads_included=False
    )
    assert found.own_descriptor_table is None


@pytest.mark.parametrize("name", [b") R 1 (", b"", b"a b", b"\n", b"((", b"))", b"\xff\x1b[31m"])
def test_a_name_may_hold_anything(name):
    assert parse_stat(b"42 (" + name + b")" + REST) == Stat(text(name), "S", 1, 41, 40, 4194560, 57, 1234, 1)


@pytest.mark.parametrize(("number", "fits"), [(2**64 - 1, True), (2**64, False), (-(2**64), False)])
def test_a_number_of_more_than_64_bits_is_refused(number, fits):
    stat = b"42 (x)" + REST.replace(b" 1234 ", b" %d " % number)
    if fits:
        assert parse_stat(stat).start_ticks == number
    else:
        with pytest.raises(ValueError):
            parse_stat(stat)


@given(st.binary(max_size=64))
def test_every_name_comes_back_from_stat(name):
    assert parse_stat(b"42 (" + name + b")" + REST).name == text(name)


@pytest.mark.parametrize(
    ("limits", "limit"),
    [
        (b"Max open files            20 30 files\n", Limit(soft=20, hard=30)),
        (b"Max open files            unlimited unlimited files\n", Limit(soft=None, hard=None)),
        (b"Max processes 1 1\n", None),
        (b"", None),
    ],
)
def test_a_limit_is_a_number_or_unlimited_or_unknown(limits, limit):
    assert parse_limit(limits) == limit


@pytest.mark.parametrize(
    ("cgroup", "path"),
    [
        (b"0::/\n", "/"),
        (b"0::/user.slice\n", "/user.slice"),
        (b"4:memory:/deep/er\n1:name=systemd:/deep\n0::/\n", "/deep/er"),
        (b"0::/with:colon\rand return\n", "/with:colon\rand return"),
        (b"4:memory:/deep:er\n0::/\n", "/deep:er"),
        (b"0::/gone (deleted)\n", "/gone (deleted)"),
        (b"", None),
    ],
)
def test_the_control_group_is_that_of_version_2_or_the_deepest(cgroup, path):
    assert parse_cgroup(cgroup) == path


@pytest.mark.parametrize(
    ("cgroup", "container"),
    [
        ("/docker/" + "0a" * 32, "0a" * 32),
        ("/kubepods/burstable/pod1-2/" + "b1" * 32, "b1" * 32),
        ("/system.slice/docker-" + "c2" * 32 + ".scope", "c2" * 32),
        ("/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + "d3" * 32 + ".scope", "d3" * 32),
        ("/machine.slice/libpod-" + "e4" * 32 + ".scope/container", "e4" * 32),
        ("/lxc.payload.web/init.scope", "web"),
        ("/lxc/web", "web"),
        ("/machine.slice/machine-debian.scope", "debian"),
        ("/user.slice/user-1000.slice", None),
        ("/", None),
    ],
)
def test_a_container_is_known_by_its_control_group(cgroup, container):
    assert container_of(cgroup) == container


def test_a_command_keeps_its_empty_words():
    assert parse_command(b"") == []
    assert parse_command(b"\0") == [""]
    assert parse_command(b"a\0\0b\0") == ["a", "", "b"]
    assert parse_command(b"a title without end") == ["a title without end"]


PIECES = sorted({word for whole in (STATUS, LIMITS, CGROUP, b"42 (x)" + REST) for word in whole.split(b"\t")})
MANGLED = st.one_of(
    st.binary(),
    st.lists(
        st.one_of(
            st.sampled_from(PIECES), st.sampled_from([b"9" * 400, b"9" * 5000, b"\n", b")"]), st.binary(max_size=4)
        )
    ).map(b"".join),
)
NUMBERS = st.lists(st.integers(-(2**70), 2**70), min_size=36, max_size=60).map(
    lambda numbers: b"1 (x) S " + b" ".join(b"%d" % number for number in numbers)
)


@given(st.one_of(MANGLED, NUMBERS), MANGLED, MANGLED, MANGLED, st.one_of(st.none(), st.integers(0, 2**64)))
def test_a_process_of_any_text_is_read_or_refused(stat, status, limits, other, boot_time):
    links = (("mnt", other), ("net", b"net:[" + other + b"]"))
    for texts in (
        RawProcess(1, stat, status, limits, other, other, links, None),
        RawProcess(1, b"42 (x)" + REST, status, limits, other, other, links, None),
        RawProcess(1, stat, STATUS, LIMITS, CGROUP, other),
    ):
        try:
            process(texts, parse_stat(texts.stat), boot_time, 100)
        except PROMISED:
            pass


CALLS = st.one_of(
    MANGLED,
    st.tuples(st.integers(-2, 500), st.lists(st.integers(0, 2**64), min_size=8, max_size=8)).map(
        lambda one: b"%d " % one[0] + b" ".join(b"%#x" % number for number in one[1])
    ),
)


@given(st.one_of(MANGLED, NUMBERS), MANGLED, CALLS, MANGLED, st.sampled_from([32, 64]))
def test_a_thread_of_any_text_is_read_or_refused(stat, status, call, function, bits):
    for texts in (RawThread(1, 1, stat, status), RawThread(1, 1, b"42 (x)" + REST, status)):
        try:
            thread(texts._replace(syscall=call, function=function, bits=bits), "x86_64", Code(status))
        except PROMISED:
            pass


@given(MANGLED)
def test_maps_of_any_text_are_read(data):
    for one in shared_files(data):
        assert (one.role, any(rights.endswith("s") for rights in one.rights)) == ("mapped", True)


def test_files_that_are_mapped_to_be_shared_are_found_in_maps():
    maps = b"""\
00400000-0040b000 r-xp 00000000 fe:01 7 /bin/cat -s
7f10-7f20 rw-s 00000000 00:01 1609116                    /dev/zero (deleted)
7f20-7f30 r--s 00000000 fe:01 338846   /a\\012b -s c
7f30-7f40 r--s 00001000 00:01 1609116                    /dev/zero (deleted)
7f40-7f50 rw-s 00000000 00:00 0
7f50-7f60 rw-p 00000000 00:00 0 [stack]
"""
    assert [(one.name, one.device, one.inode, one.mappings, one.rights) for one in shared_files(maps)] == [
        ("/dev/zero", "0:1", 1609116, 2, ["rw-s", "r--s"]),
        ("/a\nb -s c", "254:1", 338846, 1, ["r--s"]),
    ]


@given(MANGLED)
def test_limits_control_groups_and_commands_of_any_text_are_read_or_refused(data):
    for parse in (parse_limit, parse_cgroup, parse_command):
        try:
            parse(data)
        except PROMISED:
            pass
    assert b"\0".join(
        word.encode("utf-8", "surrogateescape") for word in parse_command(data)
    ) == data.removesuffix(b"\0")
