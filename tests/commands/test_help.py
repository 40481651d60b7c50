"""The help: of the program, of a command, and by topic; every example in it runs."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from program import ENVIRONMENT, PROGRAM, found, run, text

import fdscope
from fdscope.options import COMMANDS, OPTIONS, options_of
from fdscope.report.topic import Example, parse
from fdscope.statuses import MEANINGS

FOLDER = Path(fdscope.__file__).parent / "topics"
TOPICS = {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.txt"))}
EXAMPLES = [
    (name, one.command)
    for name in TOPICS
    for one in parse(TOPICS[name]).blocks
    if isinstance(one, Example) and one.command
]


def statuses(told):
    return re.findall(r"^ +\d+  .*$", told, re.M)


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["1234", "--help"]])
def test_the_help_names_every_command_and_status_on_two_screens(words):
    told = text(*words)
    assert [one.name for one in COMMANDS[1:] if f"\n  fdscope {one.name}" not in told] == []
    assert statuses(told) == [f"  {status:>3}  {meaning}" for status, meaning in MEANINGS.items()]
    assert max(map(len, told.splitlines())) <= 100
    assert len(told.splitlines()) <= 70
    assert "\n  --columns, -c LIST           columns of the" in told


@pytest.mark.parametrize("command", [one.name for one in COMMANDS])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_help_of_a_command_has_its_options_and_no_others(command, option):
    told = text(command, option)
    own = {name for one in options_of(command) for name in one.names}
    named = set(re.findall(r"^  (--?[\w-]+(?:, --?[\w-]+)*)", told, re.M))
    assert {name for group in named for name in group.split(", ")} == own | {"--help", "-h", "--version"}
    assert statuses(told) == [f"  {status:>3}  {meaning}" for status, meaning in MEANINGS.items()]
    assert told.startswith(f"usage: fdscope {command}")
    assert told.endswith(f"see: fdscope help {command}, man fdscope-{command}\n")


def test_every_option_is_told_with_its_commands():
    told = text("help", "options")
    assert [name for one in OPTIONS for name in one.names if f" {name}" not in told] == []
    assert "\n  --source {auto,proc,bpf}     where descriptors are read, and how watch" in told
    flat = " ".join(told.split())
    assert [one.names for one in OPTIONS if f"{one.help} [{', '.join(one.commands)}]" not in flat] == []


def test_the_topics_are_listed_each_with_its_line():
    told = text("help")
    lines = [re.search(rf"^  {name} +(.*)$", told, re.M) for name in TOPICS]
    assert [line and line[1] for line in lines] == [parse(one).about for one in TOPICS.values()]
    assert re.search(r"^  options +every option", told, re.M)


def test_every_command_has_a_topic():
    assert [one.name for one in COMMANDS if one.name not in TOPICS] == []


@pytest.mark.parametrize("name", sorted(TOPICS))
def test_a_topic_is_told_as_it_was_written(name):
    told = text("help", name)
    assert told.startswith(TOPICS[name])
    assert parse(TOPICS[name]).name == name
    assert [line for line in TOPICS[name].splitlines() if len(line) > 79 or line != line.rstrip()] == []


def test_the_topic_of_statuses_has_them_all():
    told = text("help", "exit-status")
    assert [status for status, meaning in MEANINGS.items() if f"\n  {status:<4}  {meaning}\n" not in told] == []


def test_headings_are_bold_where_there_are_colours():
    told = text("help", "who", env={**ENVIRONMENT, "FORCE_COLOR": "1"})
    assert "\x1b[1mOBJECTS\x1b[0m\n" in told
    assert re.sub("\x1b\\[[01]m", "", told) == TOPICS["who"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["help", "wach"], "there is no topic 'wach': did you mean 'watch'?"),
        (["help", "xyzzy"], "there is no topic 'xyzzy': 'fdscope help' lists those that there are"),
        (["help", "kinds"], "'kinds' is told in the manual: man fdscope-kinds"),
        (["help", "who", "where"], "help takes one topic, as in: fdscope help who"),
        (["completion"], 'completion takes a shell (bash, zsh, fish), as in: eval "$(fdscope completion bash)"'),
        (["completion", "fisch"], "there is no completion for 'fisch': did you mean 'fish'?"),
    ],
)
def test_a_wrong_topic_or_shell_is_told_with_what_to_ask_instead(words, hint):
    done = run(*words)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", f"fdscope: {hint}\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, lab):
    """Where examples run: the program is called fdscope there, and a snapshot of the lab lies there."""
    place = tmp_path_factory.mktemp("examples")
    (place / "bin").mkdir()
    program = place / "bin" / "fdscope"
    program.write_text(f'#!/bin/sh\nexec {" ".join(PROGRAM)} "$@"\n')
    program.chmod(0o755)
    (place / "before.json").write_text(text("--json", str(lab.pid)))
    return place


@pytest.mark.parametrize(("topic", "command"), EXAMPLES)
def test_every_example_runs(topic, command, folder, lab):
    found("jq")
    path = f"{folder / 'bin'}:{Path(sys.executable).parent}:{ENVIRONMENT['PATH']}"
    environment = {**ENVIRONMENT, "PATH": path, "PID": str(lab.pid)}
    done = subprocess.run(
        [shutil.which("bash"), "-o", "pipefail", "-c", command],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    # Of other users' processes, and of vsock sockets where the kernel lists none (CONFIG_VSOCKETS_DIAG).
    untold = "permission denied" in done.stderr or "where its vsock sockets listen" in done.stdout
    assert done.returncode in ({0, 1, 3} if untold else {0, 1}), done.stderr
    assert not re.search("Traceback|jq: error|command not found", done.stderr)
    written = re.search("(?:> |--html )(\\S+)", command)
    assert done.stdout or done.stderr or (written and (folder / written[1]).stat().st_size)
