"""What kinds read in the same way: flags, bits, devices; how one is known; what is left of one that is strange."""

import os
import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st
from placing import ROOT, status
from reading import HEAD, Silence, descriptor

from fdscope import kinds
from fdscope.kinds._basics import bits, details, enumerated, kernel_device, open_flags, several
from fdscope.model import Descriptor, HeldFile
from fdscope.raw import RawDescriptor, RawHeldFile

FLAGS = (
    "O_CREAT O_EXCL O_NOCTTY O_TRUNC O_APPEND O_NONBLOCK O_DSYNC O_ASYNC "
    "O_DIRECT O_DIRECTORY O_NOFOLLOW O_NOATIME O_CLOEXEC"
).split()


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_has_the_name_and_the_number_of_this_machine(flag):
    assert open_flags(b"0%o" % getattr(os, flag)) == ("r", [flag[2:].lower()])


@pytest.mark.parametrize(
    ("octal", "access", "flags"),
    [
        (b"0", "r", []),
        (b"01", "w", []),
        (b"02", "rw", []),
        (b"03", None, []),
        (b"012000000", "path", ["cloexec"]),
        (b"04010000", "r", ["dsync", "sync"]),
        (b"0%o" % os.O_TMPFILE, "r", ["tmpfile", "directory"]),
        (b"0300000002", "rw", ["0o300000000"]),
    ],
)
def test_access_and_flags_are_told_together_and_bits_without_a_name_as_a_number(octal, access, flags):
    assert open_flags(octal) == (access, flags)


@given(st.integers(0, 2**40), st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=40))
def test_every_bit_is_told(value, names):
    told = bits(value, names)
    known = sum(1 << place for place, name in enumerate(names) if name)
    assert [one for one in told if not one.startswith("0x")] == [
        name for place, name in enumerate(names) if name and value >> place & 1
    ]
    assert [int(one, 16) for one in told if one.startswith("0x")] == ([value & ~known] if value & ~known else [])


def test_a_number_past_the_names_stays_a_number():
    assert [enumerated(number, ("a", "b")) for number in (b"0", b"1", b"2", b"-1")] == ["a", "b", "2", "-1"]
    assert [kernel_device(number) for number in (0x800001, 0xFE00012, 0x15)] == ["8:1", "254:18", "0:21"]
    assert [several(list(items)) for items in ("", "ab", "abcd", "abcde")] == [
        "",
        "a, b",
        "a, b, c, d",
        "a, b, c, d and 1 more",
    ]


def test_lines_that_all_have_are_no_details_wherever_they_stand():
    assert details(b"new: 1\npos:\t0\nflags:\t02\nmnt_id:\t1\nino:\t5\nread: 2\n", (b"read",)) == {"new": "1"}


@pytest.mark.parametrize("error", [ValueError, KeyError, IndexError, OverflowError])
def test_a_kind_that_cannot_read_it_costs_a_problem_and_not_the_row(error, monkeypatch):
    class Strange(Descriptor, tag="strange", kw_only=True):
        @classmethod
        def decode(cls, raw, machine):
            raise error("why")

    monkeypatch.setitem(kinds._known, ("scheme", b"strange-scheme"), Strange)
    kinds._kind_of_link.cache_clear()
    try:
        found, problem = kinds.decode(RawDescriptor(42, 3, b"strange-scheme:[1]", HEAD, tid=7), Silence())
        without, _ = kinds.decode(RawDescriptor(42, 3, b"strange-scheme:[1]", b"flags:\tx\n", tid=7), Silence())
    finally:
        kinds._kind_of_link.cache_clear()
    assert (found.fd, found.tid, found.name, found.inode) == (3, 7, "strange-scheme:[1]", 1039)
    assert (without.fd, without.tid, without.name) == (3, 7, "strange-scheme:[1]")
    assert (problem.pid, problem.fd, problem.what, problem.reason) == (42, 3, "fdinfo", "not-understood")
    assert problem.detail.startswith(f"strange: {error.__name__}: ")


def test_the_thread_whose_table_it_is_in_is_kept():
    found, _ = kinds.decode(RawDescriptor(42, 3, b"pipe:[5]", HEAD, tid=7), Silence())
    assert found.tid == 7


def test_two_kinds_that_claim_one_key_fail(monkeypatch, tmp_path):
    (tmp_path / "second.py").write_text("")

    class Second(Descriptor, tag="second", kw_only=True):
        known_by = (("scheme", b"pipe"),)

    module = types.ModuleType("fdscope.kinds.second")
    module.Second = Second
    monkeypatch.setitem(sys.modules, "fdscope.kinds.second", module)
    monkeypatch.setattr(kinds, "__path__", [str(tmp_path)])
    with pytest.raises(TypeError, match="Second and Pipe both claim"):
        kinds._register()


def test_a_link_of_many_numbers_is_looked_up_by_its_scheme():
    kinds._kind_of_link.cache_clear()
    assert {type(descriptor(b"pipe:[%d]" % number, HEAD)).__name__ for number in range(50)} == {"Pipe"}
    assert kinds._kind_of_link.cache_info().currsize == 1


def test_a_held_file_is_told_with_its_mount_and_mappings():
    raw = RawHeldFile(1, "mapped", b"/a (deleted)", status(links=0, size=5, blocks=8), ROOT, 2, 8192, b"r--p r-xp")
    assert kinds.held_file(raw) == HeldFile(
        role="mapped",
        name="/a",
        inode=99,
        device="254:0",
        size_bytes=5,
        allocated_bytes=4096,
        links=0,
        deleted=True,
        filesystem="ext4",
        source="/dev/vda",
        mappings=2,
        mapped_bytes=8192,
        rights=["r--p", "r-xp"],
    )
    assert kinds.held_file(RawHeldFile(1, "cwd", b"/a")) == HeldFile(role="cwd", name="/a", deleted=False)


@given(st.binary(), st.binary(), st.integers(0, 3) | st.none())
def test_a_held_file_of_any_name_is_told(link, rights, links):
    raw = RawHeldFile(1, "exe", link, None if links is None else status(links=links), ROOT, 1, 1, rights)
    assert isinstance(kinds.held_file(raw), HeldFile)
