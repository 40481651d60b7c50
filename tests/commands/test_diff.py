"""fdscope diff: what differs between snapshots, and between one and now."""

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest
from program import text, without_rights
from program import within as run

from fdscope.report.schema import schema

LEAKER = r"""
import socket, threading
listener = socket.create_server(("127.0.0.1", 0), backlog=100)
kept = [socket.socket(socket.AF_UNIX)]
def leak():
    kept.append(socket.create_connection(listener.getsockname()))
def file():
    kept.append(open(f"{sys.argv[1]}/{next(names)}.tmp", "w"))
names = iter("abcdefghijklmnopqrstuvwxyz")
tell(port=listener.getsockname()[1])
"""


@pytest.fixture
def leaker(child, tmp_path):
    """A process that leaks sockets and files when it is told to go on."""
    return child(
        LEAKER + "stay()\nfor _ in range(20): leak(); file()\ntell(leaked=20)\nthreading.Event().wait()",
        str(tmp_path),
    )


@pytest.fixture
def before(leaker, tmp_path):
    path = tmp_path / "before.json"
    path.write_bytes(run("--json", str(leaker.pid)).stdout)
    return str(path)


def grow(leaker):
    leaker.go_on()
    assert leaker.hear() == {"leaked": 20}


def test_what_is_still_the_same_exits_with_0(leaker, before):
    done = run("diff", before)
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode().splitlines()
    assert lines[1:] == ["1 process compared", "the same"]
    assert (run("diff", before, before).returncode, run("diff", "--json", before, before).returncode) == (0, 0)


def test_a_leak_is_a_line_for_each_place_and_exits_with_1(leaker, before, tmp_path):
    grow(leaker)
    done = run("diff", before)
    assert (done.returncode, done.stderr) == (1, b"")
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    assert lines[2] == "40 opened, 0 closed, 0 changed".split()
    place = ["->", f"127.0.0.1:{leaker.told['port']}", "(ESTABLISHED)"]
    assert [(line[:2], line[3:]) for line in lines if line[:1] == ["+20"]] == [
        (["+20", "regular"], [f"{tmp_path}/*.tmp"]),
        (["+20", "tcp"], place),
    ]


def test_forms_for_scripts_tell_the_same(leaker, before, tmp_path):
    validator = jsonschema.Draft202012Validator(schema())
    grow(leaker)
    after = tmp_path / "after.json"
    after.write_bytes(run("--json", str(leaker.pid)).stdout)
    document = json.loads(run("diff", "--json", before, str(after)).stdout)
    validator.validate(document)
    assert document["schema"] == "fdscope.diff/1"
    assert [(one["kind"], one["growth"]) for one in document["kinds"]] == [("regular", 20), ("tcp", 20)]
    assert (document["before"]["targets"], document["same"]) == ([str(leaker.pid)], False)
    groups = document["processes"][0]["groups"]
    told = [json.loads(line) for line in run("diff", "--ndjson", before, str(after)).stdout.splitlines()]
    for line in told:
        validator.validate(line)
    process = {"pid": leaker.pid, "process": document["processes"][0]["process"]}
    assert told == [{**process, **group} for group in groups]
    rows = list(csv.DictReader(io.StringIO(run("diff", "--format", "csv", before, str(after)).stdout.decode())))
    assert [(row["change"], row["count"], row["kind"], row["fds"]) for row in rows] == [
        ("opened", "20", group["kind"], group["fds"]) for group in groups
    ]
    of_the_new = json.loads(text("--json", "--fd", groups[1]["fds"], str(leaker.pid)))["processes"][0]
    assert [one["kind"] for one in of_the_new["descriptors"]] == ["tcp"] * 20


def test_options_of_selection_choose_on_both_sides(leaker, before):
    grow(leaker)
    found = json.loads(run("diff", "--json", "--kind", "tcp", before).stdout)
    assert [(one["kind"], one["before"], one["after"]) for one in found["kinds"]] == [("tcp", 1, 21)]
    done = run("diff", "--kind", "unix", before)
    assert (done.returncode, done.stdout.splitlines()[2]) == (0, b"the same")
    done = run("diff", "--json", "--kind", "regular", before)
    (change,) = json.loads(done.stdout)["processes"]
    assert (change["became"], change["before"], change["after"]) == ("stayed", 0, 20)


def test_a_snapshot_that_was_chosen_from_is_compared_with_what_the_same_choice_gives_now(leaker, tmp_path):
    path = tmp_path / "chosen.json"
    path.write_bytes(run("--json", "--kind", "tcp", str(leaker.pid)).stdout)
    kept = json.loads(path.read_bytes())
    assert (kept["targets"], kept["where"]) == ([str(leaker.pid)], 'kind in ("tcp")')
    grow(leaker)
    found = json.loads(run("diff", "--json", str(path)).stdout)
    assert [(one["kind"], one["growth"]) for one in found["kinds"]] == [("tcp", 20)]


def test_a_process_that_has_ended_is_told_with_what_it_held(leaker, before):
    leaker.process.kill()
    leaker.process.wait()
    found = json.loads(run("diff", "--json", before).stdout)
    held = len(json.loads(Path(before).read_bytes())["processes"][0]["descriptors"])
    told = [(one["pid"], one["became"], one["before"]) for one in found["processes"]]
    assert told == [(leaker.pid, "ended", held)]
    assert b"ENDED" in run("diff", before).stdout


def test_two_snapshots_of_different_targets_are_compared_in_what_both_were_asked(leaker, holder, before, tmp_path):
    both = tmp_path / "both.json"
    both.write_bytes(run("--json", str(leaker.pid), str(holder.pid)).stdout)
    for names in ([before, str(both)], [str(both), before]):
        done = run("diff", "--json", *names)
        found = json.loads(done.stdout)
        assert (found["same"], found["compared"]) == (True, 1)
        asked = [[str(leaker.pid)], [str(leaker.pid), str(holder.pid)]]
        told = [sorted(found[when]["targets"], key=int) for when in ("before", "after")]
        assert told == [sorted(one, key=int) for one in (asked if names[0] == before else asked[::-1])]
        assert done.stderr == b"fdscope: 1 process that only one of the two was asked about: not compared\n"
    other = tmp_path / "other.json"
    other.write_bytes(run("--json", str(holder.pid)).stdout)
    done = run("diff", before, str(other))
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"were asked about different processes" in done.stderr


def test_where_nothing_could_be_compared_nothing_is_the_same(leaker, before):
    kept = json.loads(Path(before).read_text())
    del kept["processes"][0]["descriptors"]
    Path(before).write_text(json.dumps(kept))
    done = run("diff", before)
    assert done.returncode == 3
    assert b"nothing could be compared\n" in done.stdout
    assert json.loads(run("diff", "--json", before).stdout)["same"] is False


def test_the_whole_machine_remembers_that_it_was_whole_and_who_looked():
    kept = json.loads(text("--json", "self"))
    assert kept["targets"] == [str(kept["own_pid"])] == [str(kept["processes"][0]["pid"])]
    everything = json.loads(run("--json").stdout)
    assert "targets" not in everything
    assert "where" not in everything


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ([], "one snapshot"),
        (["a", "b", "c"], "one snapshot"),
        (["-", "-"], "standard input"),
        (["--json", "--ndjson", "a"], "--json"),
        (["--kind", "unicorn", "{before}"], "unicorn"),
    ],
)
def test_wrong_usage_is_told_in_one_line_and_exits_with_2(words, named, before):
    done = run("diff", *(word.format(before=before) for word in words))
    assert (done.returncode, done.stdout) == (2, b"")
    (line,) = done.stderr.decode().splitlines()
    assert named in line


def test_standard_input_is_one_of_the_snapshots(leaker, before):
    with open(before, "rb") as kept:
        assert run("diff", "-", before, stdin=kept).returncode == 0
    with open(before, "rb") as kept:
        assert run("diff", "-", stdin=kept).returncode == 0


def test_what_could_not_be_read_is_neither_ended_nor_closed(foreign, tmp_path):
    whole = tmp_path / "whole.json"
    whole.write_bytes(run("--json", str(foreign.pid)).stdout)
    for words in ([], ["--kind", "pipe"], ["--user", "nobody"]):
        done = run("diff", "--json", str(whole), *words, preexec_fn=without_rights)
        found = json.loads(done.stdout)
        assert (done.returncode, found.get("processes", []), found["compared"]) == (3, [], 0)
        assert [(one["pid"], one["what"], one["reason"]) for one in found["problems"]] == [
            (foreign.pid, "descriptors", "permission-denied")
        ]


def test_what_fits_only_now_was_there_before_and_has_changed(child, tmp_path):
    path = tmp_path / "file"
    one = child("fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT); ready(fd=fd)", str(path))
    then = tmp_path / "then.json"
    then.write_bytes(run("--json", str(one.pid)).stdout)
    path.unlink()
    done = run("diff", "--json", str(then), "--deleted")
    found = json.loads(done.stdout)
    assert (done.returncode, found["compared"], found["opened"], found["changed"]) == (1, 1, 0, 1)
    (group,) = found["processes"][0]["groups"]
    assert (group["change"], group["fds"]) == ("changed", str(one.told["fd"]))
