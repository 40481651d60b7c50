"""What is nearly right is told with what was meant; wishes in FDSCOPE_OPTIONS count, and never get in the way."""

import json

import pytest
from program import ENVIRONMENT, text
from program import within as run


def told(*words, wishes=""):
    """The one line that a wrong command line is answered with."""
    done = run(*words, env={**ENVIRONMENT, "FDSCOPE_OPTIONS": wishes})
    assert (done.returncode, done.stdout) == (2, b"")
    (line,) = done.stderr.decode().splitlines()
    return line.removeprefix("fdscope: ")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--josn"], "there is no option '--josn': did you mean '--json'?"),
        (["--josn=3", "self"], "there is no option '--josn': did you mean '--json'?"),
        (["--hlep"], "there is no option '--hlep': did you mean '--help'?"),
        (["--group", "kind"], "there is no option '--group': did you mean '--group-by'?"),
        (["waits", "--bogus"], "there is no option '--bogus': 'fdscope waits --help' lists those that there are"),
        (["doctor", "--jsn"], "there is no option '--jsn': did you mean '--json'?"),
        (["--xyzzy"], "there is no option '--xyzzy': 'fdscope help options' lists those that there are"),
        (["who", "--xyzzy", "/"], "there is no option '--xyzzy': 'fdscope who --help' lists those that there are"),
        (
            ["--interval", "2"],
            "'--interval' is an option of watch, top, leaks, export, not of show; see 'fdscope help options'",
        ),
        (
            ["explain", "-t", "1", "2"],
            "'-t' is an option of show, who, not of explain; see 'fdscope explain --help'",
        ),
        (["--format", "cvs"], "--format cannot be 'cvs': did you mean 'csv'?"),
        (["--color", "blue"], "--color cannot be 'blue': it takes auto, always, never"),
        (["--json=yes"], "--json takes no value: leave 'yes' out"),
        (["doctor", "extra"], "doctor takes no words beside its options: leave 'extra' out"),
    ],
)
def test_a_mistake_is_told_with_what_was_meant(words, line):
    assert told(*words) == line


def test_a_value_that_looks_like_an_option_is_told_how_to_write():
    line = told("--container", "-odd")
    assert line.startswith("--container takes a value, NAME: of processes in the container whose name begins so")
    assert line.endswith("as in --container=-odd")


def test_a_command_that_is_misspelt_is_taken_for_a_process_and_then_told():
    done = run("wiats")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"fdscope: no process is called 'wiats'; did you mean the command 'waits'?\n"


def test_a_command_behind_its_options_is_told_to_stand_first(tmp_path):
    done = run("--proc", str(tmp_path), "waits")  # where there is no process at all
    assert (done.returncode, done.stdout) == (1, b"")
    line = b"fdscope: no process is called 'waits'; a command stands first, as in: fdscope waits ...\n"
    assert done.stderr.startswith(line)


def test_a_process_that_is_misspelt_is_told(child):
    child("libc.prctl(15, b'quetzalcoatlus', 0, 0, 0); ready()")
    done = run("quetzalcaotlus")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"fdscope: no process is called 'quetzalcaotlus'; did you mean 'quetzalcoatlus'?\n"


def test_targets_may_stand_before_and_behind_options(holder, lab):
    document = json.loads(text(str(holder.pid), "--json", str(lab.pid), "--no-peers", "--", "self"))
    pids = {one["pid"] for one in document["processes"]}
    assert pids >= {holder.pid, lab.pid}
    assert len(pids) == 3


def wished(wishes, *words):
    return text(*words, env={**ENVIRONMENT, "FDSCOPE_OPTIONS": wishes})


def test_wishes_count_as_if_they_stood_before_the_other_options(holder):
    pid = str(holder.pid)
    plain = text("--no-headers", "--columns", "fd,kind", "--no-peers", pid)
    assert wished("--no-headers -wc fd,kind --no-peers", pid) == plain
    assert wished("-c 'fd,kind' --no-headers --no-peers", pid) == plain
    assert wished("--columns=pid --no-headers", "--columns", "fd,kind", "--no-peers", pid) == plain


def test_wishes_for_another_command_or_another_form_are_left_out(holder):
    pid = str(holder.pid)
    lines = wished("--interval 3 --format csv --pids", "--ndjson", "--no-peers", pid).splitlines()
    assert {json.loads(line)["pid"] for line in lines} == {holder.pid}


def test_wishes_that_only_a_look_at_this_machine_has_are_left_out_beside_a_snapshot(holder, tmp_path):
    pid = str(holder.pid)
    (tmp_path / "kept").write_text(text("--json", pid))
    words = ("--from", str(tmp_path / "kept"), "--pids")
    assert wished("--no-peers --source proc --proc /nowhere --symbols", *words) == text(*words) == f"{pid}\n"


@pytest.mark.parametrize("words", [["help", "who"], ["completion", "bash"], ["--version"], ["--help"]])
def test_what_looks_at_nothing_heeds_no_wishes(words):
    assert wished("--nonsense", *words) == text(*words)


@pytest.mark.parametrize(
    ("wishes", "line"),
    [
        (
            "--colour never",
            "FDSCOPE_OPTIONS holds '--colour', an option that no command knows: did you mean '--color'?",
        ),
        (
            "-wz",
            "FDSCOPE_OPTIONS holds '-z', an option that no command knows: 'fdscope help options' lists those ",
        ),
        ("--color", "FDSCOPE_OPTIONS: --color takes a value, WHEN: when to use colours"),
        ("--wide=3", "FDSCOPE_OPTIONS: --wide takes no value: leave '3' out"),
        ("nginx", "FDSCOPE_OPTIONS holds 'nginx', which is no option: it takes options only, as in "),
        ("--color 'never", "FDSCOPE_OPTIONS cannot be read (No closing quotation): quote as in a shell, as in "),
        (
            "--timeout soon",
            "--timeout takes a number of seconds from 0 to 86400, or a time as 500ms and 5min are, not 'soon' (",
        ),
        ("--columns fdd", "there is no column 'fdd': did you mean 'fd'? (FDSCOPE_OPTIONS adds --columns=fdd)"),
    ],
)
def test_wishes_that_make_no_sense_are_told_as_such(wishes, line):
    assert told("self", wishes=wishes).startswith(line)
