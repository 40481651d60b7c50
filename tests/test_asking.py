"""The options that choose, each against the expression that it stands for; what makes no sense says what would."""

import fnmatch
import re
from argparse import Namespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fdscope.asking import expression, glob, texts
from fdscope.commands._looking import CHOOSING
from fdscope.kinds.raw import Raw
from fdscope.kinds.regular import Regular
from fdscope.kinds.tcp import Tcp
from fdscope.kinds.unix import Unix
from fdscope.model import HeldFile, Process
from fdscope.selection import UsageError
from fdscope.where import parse

FLAGS = {"ipv4", "ipv6", "listening", "deleted"}


def asked(**options):
    """What a command line has of the options: lists of values, flags, and one value of --tree."""
    nothing = {name: False if name in FLAGS else None if name == "tree" else [] for name in CHOOSING}
    return Namespace(**{**nothing, **options})


def said(**options):
    """The expressions that options stand for; --tree and --netns mean what is told here."""
    return texts(asked(**options), {"7": [7], "nginx": [7, 9]}.__getitem__, {"blue": 5, "red": 6}.__getitem__)


@pytest.mark.parametrize(
    ("options", "stands_for"),
    [
        ({"user": ["root"]}, '(user == "root")'),
        ({"user": ["0, ann", 'o"x']}, '(uid == 0) or (user == "ann") or (user == "o\\"x")'),
        ({"pid": ["1,2", "3"]}, "pid in (1, 2, 3)"),
        ({"process": ["^ng", "d$"]}, '(process =~ "^ng") or (process =~ "d$")'),
        ({"name": ["\\.log$"]}, '(name =~ "\\\\.log$")'),
        ({"kind": ["tcp,udp", "bpf-map"]}, 'kind in ("tcp", "udp", "bpf-map")'),
        ({"user": ["²"]}, '(user == "²")'),
        ({"fd": ["3"]}, "(fd == 3)"),
        ({"fd": ["3-3"]}, "(fd >= 3 and fd <= 3)"),
        ({"fd": ["0-2,7,100-,cwd"]}, '(fd >= 0 and fd <= 2) or (fd == 7) or (fd >= 100) or (role == "cwd")'),
        ({"cgroup": ["/a.slice/"]}, '(cgroup =~ "^/a\\\\.slice(?:/|$)")'),
        ({"cgroup": ["/"]}, '(cgroup =~ "^(?:/|$)")'),
        ({"container": ["0a1b"]}, '(container =~ "^0a1b")'),
        ({"tree": "7"}, "pid in (7) or ancestors in (7)"),
        ({"tree": "nginx"}, "pid in (7, 9) or ancestors in (7, 9)"),
        ({"tree": ""}, None),
        ({"netns": ["blue"]}, "(net_namespace == 5 or (not exists net_namespace and namespaces.net == 5))"),
        (
            {"netns": ["blue,red"]},
            "(net_namespace == 5 or (not exists net_namespace and namespaces.net == 5)) or "
            "(net_namespace == 6 or (not exists net_namespace and namespaces.net == 6))",
        ),
        ({"listening": True}, 'state == "LISTEN"'),
        ({"deleted": True}, "deleted"),
        ({}, None),
    ],
)
def test_an_option_stands_for_an_expression(options, stands_for):
    found = said(**options)
    assert found == ([] if stands_for is None else [stands_for])
    for text in found:
        parse(text)


def test_several_options_must_all_be_true_and_of_one_that_is_repeated_one_value():
    wanted = expression(asked(where=["fd > 1", "fd < 9"], kind=["tcp", "udp"], pid=["5"]), None, None)
    process, other = Process(pid=5), Process(pid=6)
    assert [fd for fd in range(12) if wanted.fits(process, Tcp(fd=fd))] == list(range(2, 9))
    assert not wanted.fits(other, Tcp(fd=3))
    assert not wanted.fits(process, Regular(fd=3))
    assert expression(asked(), None, None) is None


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"pid": ["nginx"]}, "--pid takes process ids, not 'nginx'; names are for --process, or stand alone"),
        ({"pid": ["1,x"]}, "not 'x'"),
        ({"pid": ["-1"]}, "--pid takes process ids"),
        ({"pid": ["99999999999"]}, "--pid takes process ids"),
        ({"pid": ["²"]}, "--pid takes process ids"),
        ({"pid": [","]}, "--pid takes a value, or several with commas between them"),
        ({"user": [""]}, "--user takes a value"),
        ({"kind": ["tpc"]}, "there is no kind 'tpc': did you mean 'tcp'?"),
        ({"kind": ["TCP"]}, "did you mean 'tcp'?"),
        ({"kind": ["qqq"]}, "there is no kind 'qqq': they are anonymous, "),
        ({"fd": ["x"]}, "--fd takes numbers, ranges and cwd, root, exe, mapped, as in 0-2,7,100-,cwd; not 'x'"),
        ({"fd": ["5-2"]}, "not '5-2'"),
        ({"fd": ["-3"]}, "not '-3'"),
        ({"fd": ["1-2-3"]}, "not '1-2-3'"),
        ({"process": ["("]}, "--process: '(' is no regular expression: missing )"),
        ({"name": ["*"]}, "--name: '*' is no regular expression"),
        ({"name": ["(?a)(?u)"]}, "--name: '(?a)(?u)' is no regular expression"),
        ({"path": ["/[z-a]"]}, "--path: a range in '/[z-a]' ends before it begins"),
        ({"where": ["kind = 3"]}, "a comparison is =="),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(options, told):
    with pytest.raises(UsageError) as error:
        expression(asked(**options), None, None)
    assert told in str(error.value)


@pytest.mark.filterwarnings("error")
def test_what_only_a_later_regular_expression_language_would_read_otherwise_gives_no_warning():
    for option in ("name", "process", "path"):
        expression(asked(**{option: ["[[a]", "[a||b]"]}), None, None)


@pytest.mark.parametrize(
    ("pattern", "true_of", "not_of"),
    [
        ("/var/log/*", "/var/log/a /var/log/.b", "/var/log /var/log/a/b /x/var/log/a"),
        ("/var/log/**", "/var/log/a /var/log/a/b", "/var/log"),
        ("/var/log/", "/var/log/a /var/log/a/b", "/var/log /var/logs/a"),
        ("/var/**/a", "/var/a /var/b/a /var/b/c/a", "/var/ba"),
        ("/var/**.log", "/var/a.log /var/b/c.log", "/var/a.logs"),
        ("**/core", "/core /a/b/core core", "/core.1 /acore"),
        ("/a?c", "/abc /a.c", "/a/c /ac /abbc"),
        ("/a[bc]d", "/abd /acd", "/aed"),
        ("/a[!bc]d", "/aed", "/abd"),
        ("/a[a-c_]d", "/abd /a_d", "/aed"),
        ("/a[]]", "/a]", "/a"),
        ("/a[!]]", "/ab", "/a]"),
        ("/a[]", "/a[]", "/a"),
        ("/a[!]", "/a[!]", "/ab"),
        ("/a[", "/a[", "/a"),
        ("/a[\\d]", "/ad /a\\", "/a1"),
        ("/a.b+(c)$", "/a.b+(c)$", "/axb"),
        ("/a\\*", "/a\\ /a\\x", "/a*"),
        ("*.log", "/a.log /b/c.log x.log", "/a.log/b"),
        ("log/*.txt", "/log/a.txt /var/log/b.txt", "/blog/a.txt"),
        ("/memfd:*", "/memfd:a", "/memfd"),
        ("pipe:*", "pipe:[3]", "xpipe:[3]"),
    ],
)
def test_a_pattern_of_paths(pattern, true_of, not_of):
    (text,) = said(path=[pattern])
    wanted = parse(text)
    process = Process(pid=1)
    names = [*true_of.split(" "), *not_of.split(" ")]
    assert [name for name in names if wanted.fits(process, Regular(fd=1, name=name))] == true_of.split(" ")


def test_of_several_patterns_one_is_enough_and_files_that_are_held_without_a_descriptor_count():
    wanted = expression(asked(path=["/a/*", "/b"]), None, None)
    names = ["/a/x", "/b", "/c", "/b\n", "/a\n/x", "/a/x\n"]
    assert [name for name in names if wanted.fits(Process(pid=1), HeldFile(role="exe", name=name))] == [
        "/a/x", "/b", "/a/x\n"
    ]  # fmt: skip


def test_a_path_of_a_unix_socket_is_that_of_the_file_it_is_bound_to():
    wanted = expression(asked(path=["*x"]), None, None)
    bound, abstract = Unix(fd=1, path="/run/x"), Unix(fd=2, path="@x", abstract=True)
    assert [wanted.fits(Process(pid=1), one) for one in (bound, abstract, Unix(fd=3))] == [True, False, False]


@given(st.text("ab/.*?[]!-^\\\n", max_size=12), st.text("ab/.*[]\n", max_size=8))
@example("**", "a\nb")
@example("a", "a\n")
def test_any_pattern_is_a_regular_expression_or_a_usage_error(pattern, name):
    try:
        (text,) = said(path=[f"/{pattern}"])
    except UsageError:
        assert "[" in pattern
        return
    fits = parse(text).fits(Process(pid=1), Regular(fd=1, name=f"/{name}"))
    if not {"[", "*", "?"}.intersection(pattern) and not pattern.endswith("/") and pattern:
        assert fits == (pattern == name)
    if "/" not in pattern + name and "[" not in pattern and pattern:  # without slashes it is that of the shell
        assert fits == (re.match(fnmatch.translate(re.sub(r"\*+", "*", pattern)), name) is not None)


def test_the_name_of_any_file_is_a_pattern_of_itself():
    for name in ("/a b", "/é", "/a\nb", "/a{b}", "/a|b", "/#x", "/a.b"):
        assert re.match(glob(name), name)
        assert not re.match(glob(name), name + "x")


SOCKETS = {
    "4": Tcp(fd=1, protocol="TCP", local_address="127.0.0.1"),
    "6": Tcp(fd=2, protocol="TCPv6", local_address="::1"),
    "mapped": Tcp(fd=3, protocol="TCPv6", local_address="::ffff:10.0.0.1"),
    "unbound 4": Tcp(fd=4, protocol="MPTCP"),
    "unbound 6": Tcp(fd=5, protocol="MPTCPv6"),
    "raw 4": Raw(fd=6, protocol="ICMPV6", local_address="0.0.0.0"),
    "raw 6": Raw(fd=7, protocol="ICMP", local_address="::"),
    "unlisted raw 6": Raw(fd=8, protocol="RAWv6"),
    "unknown": Tcp(fd=9),
    "file": Regular(fd=10, name="/x"),
}


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"ipv4": True}, {"4", "unbound 4", "raw 4"}),
        ({"ipv6": True}, {"6", "mapped", "unbound 6", "raw 6", "unlisted raw 6"}),
        ({"ipv4": True, "ipv6": True}, SOCKETS.keys() - {"unknown", "file"}),
    ],
)
def test_the_version_of_ip_is_that_of_the_address_or_else_of_the_protocol(options, names):
    wanted = expression(asked(**options), None, None)
    assert {name for name, held in SOCKETS.items() if wanted.fits(Process(pid=1), held)} == names


def test_a_socket_belongs_to_its_own_namespace_and_all_else_to_that_of_its_process():
    wanted = expression(asked(netns=["blue"]), None, {"blue": 5}.__getitem__)
    inside, outside = Process(pid=1, namespaces={"net": 5}), Process(pid=2, namespaces={"net": 6})
    assert wanted.fits(inside, Regular(fd=1))
    assert not wanted.fits(outside, Regular(fd=1))
    assert wanted.fits(outside, Tcp(fd=1, net_namespace=5))
    assert not wanted.fits(inside, Tcp(fd=1, net_namespace=6))
    assert wanted.fits(inside, Tcp(fd=1))


def test_a_group_is_itself_and_what_is_below_it():
    wanted = expression(asked(cgroup=["system.slice/a.service"]), None, None)
    groups = ["/system.slice/a.service", "/system.slice/a.service/b", "/system.slice/a.services", "/a.service"]
    found = [group for group in groups if wanted.fits(Process(pid=1, cgroup=group), Regular(fd=1))]
    assert found == groups[:2]


@given(
    st.sampled_from(sorted(set(CHOOSING) - FLAGS - {"where", "tree", "netns"})),
    st.lists(st.text(st.characters()), min_size=1, max_size=3),
)
def test_any_values_are_an_expression_or_a_usage_error(option, values):
    try:
        assert expression(asked(**{option: values}), None, None) is not None
    except UsageError:
        pass
