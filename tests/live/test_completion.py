"""Completion for real: what the program answers, and what bash, zsh and fish make of it."""

import os
import subprocess
import sys

import pexpect
import pytest
from program import ENVIRONMENT, PROGRAM, found, text

PATIENCE_S = 60


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Where the program is called fdscope, and a shell has no settings of anybody's."""
    place = tmp_path_factory.mktemp("shell")
    program = place / "fdscope"
    program.write_text(f'#!/bin/sh\nexec {" ".join(PROGRAM)} "$@"\n')
    program.chmod(0o755)
    (place / "files").mkdir()
    (place / "files" / "deleted.txt").touch()
    return {
        **ENVIRONMENT,
        "PATH": f"{place}:{os.path.dirname(sys.executable)}:{ENVIRONMENT['PATH']}",
        "HOME": str(place),
        "XDG_CONFIG_HOME": str(place),
        "ZDOTDIR": str(place),
        "TERM": "dumb",
        "PS1": "> ",
        "LC_ALL": "C.UTF-8",
    }


def following(*words):
    """What the program says may follow: what the shell is to do, values, and what they are."""
    sort, *lines = text("completion", "--for", "zsh", *words).splitlines()
    return sort, dict((*line.split("\t"), "")[:2] for line in lines)


def test_pids_are_told_with_the_names_of_their_processes(child):
    one = child("libc.prctl(15, b'ocelotl', 0, 0, 0); ready()")
    for sort, words, value in (
        ("words", [str(one.pid)], str(one.pid)),
        ("list", ["--pid", f"1,{one.pid}"], f"1,{one.pid}"),
    ):
        found, values = following(*words)
        assert (found, values[value]) == (sort, "ocelotl")
        assert [other for other in values if not other.startswith(value)] == []  # others may begin alike
    assert following("waits", "ocelo") == ("words", {"ocelotl": f"pid {one.pid}"})


def test_descriptors_are_told_with_what_they_are(child):
    one = child("fd = os.open('/dev/zero', os.O_RDONLY); os.dup2(fd, 77); ready()")
    assert following("explain", str(one.pid), "77") == ("words", {"77": "/dev/zero"})


@pytest.mark.parametrize("name", [r"a\n$(id)", r"a`id`", r"\x1b[31mred", r"it's", r"a;b", r"\xff\xfe", r"a b"])
def test_a_name_that_a_shell_or_terminal_would_obey_is_no_value(name, child):
    one = child(f"libc.prctl(15, b{name!r}.decode('unicode_escape').encode('latin-1'), 0, 0, 0); ready()")
    pid = str(one.pid)
    answer = text("completion", "--for", "zsh", "")
    assert all(line.replace("\t", "").isprintable() for line in answer.splitlines())
    _, values = following("")
    assert pid in values
    assert [value for value, told in values.items() if told == f"pid {pid}"] == []
    assert values[pid].isprintable()


@pytest.mark.parametrize(
    ("words", "some"),
    [
        (["--kind", "eventf"], {"eventfd"}),
        (["--columns", "remote_p"], {"remote_port"}),
        (["--where", "remote_p"], {"remote_port"}),
        (["--user", "roo"], {"root"}),
        (["help", "selec"], {"selection"}),
        (["lab", "wait:pol"], {"wait:poll"}),
        (["completion", "f"], {"fish"}),
    ],
)
def test_kinds_fields_users_topics_and_specimens_are_known(words, some):
    assert some <= set(following(*words)[1])


@pytest.mark.parametrize(
    ("line", "sort", "some"),
    [
        ("fdscope --kind=even", "list", {"eventfd"}),
        ("fdscope --kind tcp,even", "list", {"tcp,eventfd"}),
        ("fdscope who tcp:", "files", {""}),
        ("fdscope who unix", "files", {"unix:"}),
        ("fdscope who unix:@", "files", set()),
        ('fdscope --where "ki', "list", {"kind"}),
        ('fdscope --where "kind == 1 and ki', "list", {"kind == 1 and kind"}),
        ("sudo", "words", {"show", "self"}),
        ("", "words", {"show", "self"}),
    ],
)
def test_bash_is_told_what_stands_behind_its_own_ends_of_words(line, sort, some):
    told, *values = text("completion", "--for", "bash", line).splitlines()
    found = {value.partition("\t")[0] for value in values}
    assert told == sort
    assert found == some if sort != "words" else found > some


LINES = [
    ("fdscope --kind eventf", "eventfd"),
    ("fdscope --kind tcp,eventf", "tcp,eventfd"),
    ("fdscope --kind=eventf", "--kind=eventfd"),
    ("fdscope explai", "explain "),
    ("fdscope --ndjs", "--ndjson "),
    ("fdscope waits --no-head", "--no-headers "),
    ("fdscope {pid}", "{pid} "),
    ("fdscope watch xochi", "xochitl "),
    ("fdscope help selec", "selection "),
    ("fdscope --from files/dele", "files/deleted.txt"),
    ("fdscope who files/dele", "files/deleted.txt"),
    ("fdscope who delet", "deleted "),
]

SHELLS = {
    "bash": (["--norc", "--noprofile", "-i"], 'eval "$(fdscope completion bash)"; bind "set bell-style none"'),
    "zsh": (["-f", "-i"], 'autoload -U compinit; compinit -u -D; eval "$(fdscope completion zsh)"; unsetopt beep'),
}


@pytest.fixture(scope="module", params=list(SHELLS))
def shell(request, environment):
    """A shell on a terminal, with its completion."""
    arguments, setup = SHELLS[request.param]
    program = found(request.param)
    spawned = pexpect.spawn(
        program,
        arguments,
        env=environment,
        cwd=environment["HOME"],
        encoding="utf-8",
        timeout=PATIENCE_S,
        dimensions=(50, 150),
    )
    try:
        spawned.sendline(f"{setup}; echo REA''DY")
        spawned.expect("READY\r\n")
        yield spawned
    finally:
        spawned.close(force=True)


@pytest.mark.parametrize(("line", "wanted"), LINES)
def test_a_shell_completes(line, wanted, shell, child):
    one = child("libc.prctl(15, b'xochitl', 0, 0, 0); ready()")
    shell.send(line.format(pid=one.pid) + "\t")
    shell.expect_exact(wanted.format(pid=one.pid))
    shell.send("\x15echo DO''NE\r")
    shell.expect("DONE\r\n")


def fish(line, environment):
    """What fish offers for a line, and what it says of each."""
    script = 'fdscope completion fish | source; complete -C "$argv[1]"'
    done = subprocess.run(
        [found("fish"), "--no-config", "-c", script, line],
        env=environment,
        cwd=environment["HOME"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.stderr == ""
    return dict((*one.split("\t"), "")[:2] for one in done.stdout.splitlines())


@pytest.mark.parametrize(("line", "wanted"), [one for one in LINES if "{pid}" not in one[0]])
def test_fish_completes(line, wanted, environment, child):
    child("libc.prctl(15, b'xochitl', 0, 0, 0); ready()")
    assert wanted.strip() in fish(line, environment)


def test_fish_tells_what_a_value_is(environment, child):
    one = child("libc.prctl(15, b'xochitl', 0, 0, 0); ready()")
    assert fish(f"fdscope {one.pid}", environment)[str(one.pid)] == "xochitl"
