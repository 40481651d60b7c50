"""Words of ``fdscope who`` and what they mean."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope.raw import RawSocket
from fdscope.selection import UsageError
from fdscope.wanted import Address, Deleted, Inode, Link, Path, PidFdOf, UnixSocket, is_at, is_named, parse

LOCAL, OTHER, WILD = b"\x7f\0\0\1", b"\x0a\0\0\1", b"\0" * 4


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("/a/b", Path("/a/b", b"/a/b", False)),
        ("/a/b/", Path("/a/b/", b"/a/b/", True)),
        ("/", Path("/", b"/", False)),
        ("name", Path("name", b"name", False)),
        ("./tcp:80", Path("./tcp:80", b"./tcp:80", False)),
        (":80", Address(":80", "", b"", 80)),
        ("tcp:80", Address("tcp:80", "tcp", b"", 80)),
        ("udp:53", Address("udp:53", "udp", b"", 53)),
        ("tcp:", Address("tcp:", "tcp", b"", None)),
        ("10.0.0.1:443", Address("10.0.0.1:443", "", OTHER, 443)),
        ("tcp:10.0.0.1:443", Address("tcp:10.0.0.1:443", "tcp", OTHER, 443)),
        ("[::1]:80", Address("[::1]:80", "", b"\0" * 15 + b"\1", 80)),
        ("[::ffff:10.0.0.1]:80", Address("[::ffff:10.0.0.1]:80", "", OTHER, 80)),
        ("10.0.0.1", Address("10.0.0.1", "", OTHER, None)),
        ("udp:10.0.0.1", Address("udp:10.0.0.1", "udp", OTHER, None)),
        ("10.0.0.1/8", Address("10.0.0.1/8", "", OTHER, None, 8)),
        ("tcp:10.0.0.1/8:443", Address("tcp:10.0.0.1/8:443", "tcp", OTHER, 443, 8)),
        ("::1", Address("::1", "", b"\0" * 15 + b"\1", None)),
        ("[::1]", Address("[::1]", "", b"\0" * 15 + b"\1", None)),
        ("tcp:::1", Address("tcp:::1", "tcp", b"\0" * 15 + b"\1", None)),
        ("fe80::%eth0/10", Address("fe80::%eth0/10", "", b"\xfe\x80" + b"\0" * 14, None, 10, "eth0")),
        (
            "[fe80::%br-0.1@x]:80",
            Address("[fe80::%br-0.1@x]:80", "", b"\xfe\x80" + b"\0" * 14, 80, None, "br-0.1@x"),
        ),
        ("::ffff:10.0.0.1/104", Address("::ffff:10.0.0.1/104", "", OTHER, None, 8)),
        ("./10.0.0.1", Path("./10.0.0.1", b"./10.0.0.1", False)),
        ("10.0.0.1/", Path("10.0.0.1/", b"10.0.0.1/", True)),
        ("/8", Path("/8", b"/8", False)),
        ("12:30:00", Path("12:30:00", b"12:30:00", False)),
        ("unix:/run/x", UnixSocket("unix:/run/x", b"/run/x")),
        ("unix:@x", UnixSocket("unix:@x", b"\0x")),
        ("unix:", UnixSocket("unix:", None)),
        ("pipe:[12]", Link("pipe:[12]", b"pipe:[12]")),
        ("socket:12", Link("socket:12", b"socket:[12]")),
        ("inode:8:1:99", Inode("inode:8:1:99", "8:1", 99)),
        ("pid:42", PidFdOf("pid:42", 42)),
        ("deleted", Deleted("deleted")),
    ],
)
def test_every_form_is_understood(word, meaning):
    assert parse(word) == meaning


@pytest.mark.parametrize(
    "word",
    ["", ":", ":0", ":65536", ":x", "tcp:x", "udp:99999999", "300.1.1.1:80", "300.1.1.1",
     "10.0.0.1/33", "::1/129", "10.0.0.1/8:0", ":::", "tcp:10.0.0", "tcp:/8",
     "pipe:[]", "pipe:[x]", "inode:8:1",
     "inode:8:1:x", "inode:1:1:" + "9" * 40, "pid:", "pid:x", "pid:99999999999"],
)  # fmt: skip
def test_what_is_no_object_is_told_with_the_forms_in_one_line(word):
    with pytest.raises(UsageError, match=r"is no object; the forms are: /path, /dir/") as error:
        parse(word)
    assert "\n" not in str(error.value)


@given(
    st.text(max_size=40)
    | st.from_regex(r"(tcp|udp|unix|pipe|socket|inode|pid)?:?[\[\]:.0-9a-f@/]*", fullmatch=True)
)
def test_any_word_means_something_or_nothing(word):
    with contextlib.suppress(UsageError):
        assert parse(word).word == word


def tcp(local, port, remote=WILD, remote_port=0):
    return RawSocket(1, 2, 0, 6, 1, 99, local=local, local_port=port, remote=remote, remote_port=remote_port)


def test_a_port_is_the_local_one_and_an_address_either():
    server, client = tcp(LOCAL, 80, OTHER, 5000), tcp(OTHER, 5000, LOCAL, 80)
    assert [is_at(parse(":80"), one, None) for one in (server, client)] == [True, False]
    assert [is_at(parse("127.0.0.1:80"), one, None) for one in (server, client)] == [True, True]
    assert [is_at(parse("10.0.0.1:80"), one, None) for one in (server, client)] == [False, False]
    assert is_at(parse("tcp:"), client, None)


def test_an_address_is_either_of_those_that_the_socket_has():
    served, other = tcp(LOCAL, 80, OTHER, 5000), tcp(LOCAL, 80, b"\x0b\0\0\1", 5000)
    everywhere = tcp(WILD, 80)
    for word in ("10.0.0.1", "tcp:10.0.0.1", "10.9.9.9/8", "10.0.0.0/8:5000", "::ffff:10.0.0.1"):
        assert [is_at(parse(word), one, lambda *_: True) for one in (served, other, everywhere)] == [
            True,
            False,
            False,
        ], word
    assert [is_at(parse("127.0.0.1"), one, None) for one in (served, other)] == [True, True]
    assert [is_at(parse("0.0.0.0"), one, None) for one in (served, everywhere)] == [False, True]
    assert not is_at(parse("::/0"), served, None)  # no IPv4 address is in a network of IPv6
    assert not is_at(parse("10.0.0.0/8:80"), served, None)


def test_who_is_bound_to_all_addresses_is_bound_to_each_of_the_machine():
    everywhere = tcp(WILD, 80)
    assert is_at(parse("10.0.0.1:80"), everywhere, lambda namespace, address: (namespace, address) == (99, OTHER))
    assert not is_at(parse("10.0.0.1:80"), everywhere, lambda *_: False)
    assert not is_at(parse("[::1]:80"), everywhere, lambda *_: True)  # an IPv4 socket hears no IPv6


def test_names_of_unix_sockets():
    assert is_named(parse("unix:/run/x"), b"/run/x\0")
    assert not is_named(parse("unix:/run"), b"/run/x\0")
    assert is_named(parse("unix:@a@b"), b"\0a\0b")
    assert not is_named(parse("unix:@a"), b"\0a\0b")
    assert is_named(parse("unix:"), b"")
