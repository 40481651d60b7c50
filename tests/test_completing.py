"""What may follow on a command line: by command, option and place."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope.completing import SORTS, following, split
from fdscope.options import COMMANDS, OPTIONS, options_of

VALUES = {
    "pid": [("12", "cat"), ("123", "dog")],
    "process": [("cat", ""), ("dog", "")],
    "kind": [("tcp", ""), ("tty", ""), ("udp", "")],
    "edge": [("pipe", ""), ("pty", "")],
    "field": [("fd", ""), ("flags", ""), ("name", "")],
    "where": [("fd", ""), ("kind", ""), ("tcp.state", "")],
    "user": [("root", "")],
    "topic": [("who", ""), ("where", "")],
    "shell": [("bash", "")],
    "specimen": [("pipe", "kinds")],
}


def known(sort, words):
    return [(f"{words[0]}7", "/x")] if sort == "fd" else VALUES.get(sort, [])


def offered(*words):
    answer = following(words, known)
    return answer.sort, [value for value, _ in answer.values]


@pytest.mark.parametrize(
    ("words", "sort", "values"),
    [
        (["1"], "words", ["12", "123"]),
        (["c"], "words", ["check", "completion", "cat"]),
        (["wa"], "words", ["waits", "watch"]),
        (["12", "wa"], "words", []),
        (["12", "ca"], "words", ["cat"]),
        (["show", "do"], "words", ["dog"]),
        (["se"], "words", ["self"]),
        (["waits", "--kind", "t"], "list", ["tcp", "tty"]),
        (["--kind", "tcp,t"], "list", ["tcp,tty"]),
        (["--kind=tcp,"], "list", ["--kind=tcp,tty", "--kind=tcp,udp"]),
        (["-k", "u"], "list", ["udp"]),
        (["-wk", "u"], "list", ["udp"]),
        (["--columns", "+f"], "list", ["+fd", "+flags"]),
        (["--columns", "+fd,f"], "list", ["+fd,flags"]),
        (["--sort=-n"], "list", ["--sort=-name"]),
        (["--where", "kind == 'tcp' and f"], "list", ["kind == 'tcp' and fd"]),
        (["--tree", "12"], "words", ["12", "123"]),
        (["--pid=12"], "list", ["--pid=12", "--pid=123"]),
        (["--color", ""], "words", ["auto", "always", "never"]),
        (["--color=n"], "words", ["--color=never"]),
        (["--timeout", ""], "words", []),
        (["--proc", ""], "directories", []),
        (["--from="], "files", []),
        (["explain", "1"], "words", ["12", "123"]),
        (["explain", "12", ""], "words", ["127"]),
        (["explain", "12", "7", ""], "words", []),
        (["who", "de"], "files", ["deleted"]),
        (["watch", "--", ""], "commands", []),
        (["watch", "--", "make", "-"], "commands", []),
        (["--", "1"], "words", ["12", "123"]),
        (["lab", "p"], "words", ["pipe"]),
        (["graph", "--edges", "+p"], "list", ["+pipe", "+pty"]),
        (["graph", "--format", ""], "words", ["dot", "mermaid", "svg", "json"]),
        (["who", "--format=p"], "words", ["--format=plain"]),
        (["help", "wh"], "words", ["who", "where"]),
        (["help", "who", ""], "words", []),
        (["completion", ""], "words", ["bash"]),
        (["--nonsense", "1"], "words", ["12", "123"]),
        (["--nonsense="], "words", []),
        (["--json", "--js"], "words", ["--json-schema"]),
        (["--kind", "tcp", "--ki"], "words", ["--kind"]),
        (["--kind=tcp", "1"], "words", ["12", "123"]),
        (["--where", "kind == 'tcp' and tcp.st"], "list", ["kind == 'tcp' and tcp.state"]),
        (["--ver"], "words", ["--version"]),
        (["show", "--ver"], "words", []),
        (["explain", "-", ""], "words", ["-7"]),
    ],
)
def test_what_may_follow(words, sort, values):
    assert offered(*words) == (sort, values)


@pytest.mark.parametrize("command", [one.name for one in COMMANDS])
def test_every_option_of_a_command_is_offered(command):
    sort, values = offered(command, "-")
    assert sort == "words"
    assert set(values) == {one.names[0] for one in options_of(command)} | {"--help"}


def test_every_option_that_says_what_it_takes_has_values():
    lacking = []
    for one in OPTIONS:
        if one.takes or one.choices:
            sort, values = offered(one.commands[0], one.names[0], "")
            lacking += [] if values or sort in ("files", "directories") else [one.names]
    assert lacking == []


WORDS = ["--kind", "--kind=", "-k", "tcp,", "", "--", "12", "who", "explain", "watch", "-", "--where", "'", "+"]


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=5), min_size=1, max_size=5))
def test_every_value_begins_as_the_word_does(words):
    answer = following(words, known)
    assert answer.sort in SORTS
    assert [value for value, _ in answer.values if not value.startswith(words[-1])] == []


@given(st.lists(st.text(alphabet="ab '\"\\\t$", max_size=5), min_size=1, max_size=4))
def test_a_line_is_split_as_a_shell_does(words):
    assert split(shlex.join(words)) == (words, False)
    assert split(shlex.join(words) + " ") == ([*words, ""], False)


@pytest.mark.parametrize(
    ("line", "words", "quoted"),
    [
        ("fdscope --where 'kind == \"t", ["fdscope", "--where", 'kind == "t'], True),
        ('fdscope "a\\"b', ["fdscope", 'a"b'], True),
        ("fdscope a\\ b", ["fdscope", "a b"], False),
        ("", [""], False),
    ],
)
def test_a_line_with_an_open_quote_is_split(line, words, quoted):
    assert split(line) == (words, quoted)
