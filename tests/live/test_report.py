"""The command that writes a page: into a file that is whole, to standard output, and what it says of mistakes."""

import json
import os
import re
import signal
import stat
import subprocess

import pytest
from children import DEADLINE_S, until
from program import ENVIRONMENT, PROGRAM, run, text, within

PAGE = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.S)


def data_of(page):
    return json.loads(PAGE.search(page)[1])


def held(told):
    """Of each row the number or role, and the kind."""
    kinds, words = told["held"]["kinds"], told["words"]
    return [(row[1] if row[1] >= 0 else words[row[2]], kinds[row[3]]["name"]) for row in told["held"]["rows"]]


def test_a_page_is_of_the_processes_that_were_asked_about(holder, tmp_path):
    path = tmp_path / "page.html"
    done = within("report", "--html", str(path), str(holder.pid))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    told = data_of(path.read_text())
    assert [row[0] for row in told["processes"]] == [holder.pid]
    assert told["about"]["targets"] == [str(holder.pid)]
    assert told["about"]["command"] == f"fdscope report --html {path} {holder.pid}"
    assert told["about"]["kept"] is None
    snapshot = json.loads(text("--json", str(holder.pid)))
    (process,) = snapshot["processes"]
    wanted = [(one["fd"], one["kind"]) for one in process["descriptors"]]
    assert held(told) == [*wanted, ("cwd", "file"), ("root", "file"), ("exe", "file")]
    assert any("a\\n\\x1b[31mb\\xff\\u202ec\\u009bd" in word for word in told["words"])


def test_mapped_files_are_listed_where_they_are_asked_for(holder):
    told = data_of(text("report", "--html", "-", "--mapped", str(holder.pid)))
    assert ("mapped", "file") in held(told)


def test_a_page_of_a_snapshot_is_of_then(holder, tmp_path):
    kept = tmp_path / "kept.json"
    kept.write_text(text("--json", str(holder.pid)))
    told = data_of(text("report", "--html", "-", "--from", str(kept), "--kind", "pipe"))
    then = json.loads(kept.read_text())
    assert (told["about"]["kept"], told["about"]["taken_at"]) == (str(kept), then["taken_at"])
    assert {kind for _, kind in held(told)} == {"pipe"}
    assert told["timeline"] is None


def test_the_graph_of_a_page_leads_to_descriptors(holder):
    told = data_of(run("report", "--html", "-", str(holder.pid)).stdout.decode())
    (target,) = [node["id"] for node in told["graph"]["nodes"] if node.get("target")]
    assert target == f"pid:{holder.pid}"
    pipes = [edge for edge in told["graph"]["edges"] if edge["kind"] == "pipe"]
    assert {one["pid"] for edge in pipes for one in edge["descriptors"]} >= {holder.pid}


def test_a_page_has_lines_over_time_where_it_was_asked_to_watch(holder):
    done = run("report", "--html", "-", "--for", "0.3s", "--source", "proc", str(holder.pid))
    assert (done.returncode, done.stderr) == (0, b"")
    line = data_of(done.stdout.decode())["timeline"]
    assert len(line["elapsed_s"]) == 3
    assert [one["pid"] for one in line["processes"]] == [holder.pid]


def test_a_watch_that_is_interrupted_is_still_drawn(holder, tmp_path):
    path = tmp_path / "page.html"
    words = ("report", "--html", str(path), "--for", "1h", "--source", "proc", str(holder.pid))
    with subprocess.Popen([*PROGRAM, *words], env=ENVIRONMENT, stderr=subprocess.PIPE) as program:
        try:
            until(lambda: signal.SIGTERM in caught_by(program.pid))  # it may not have seen anything yet
            program.send_signal(signal.SIGTERM)
            assert program.wait(DEADLINE_S) == 130
        finally:
            program.kill()
    assert data_of(path.read_text())["timeline"]["interrupted"] is True


def caught_by(pid):
    """The signals that a process has handlers of."""
    with open(f"/proc/{pid}/status") as file:
        (mask,) = (int(line.split()[1], 16) for line in file if line.startswith("SigCgt"))
    return {number for number in signal.Signals if mask >> (number - 1) & 1}


def test_a_file_that_is_there_is_replaced_as_a_whole_and_keeps_its_mode(holder, tmp_path):
    path, link = tmp_path / "page.html", tmp_path / "link.html"
    path.write_text("before" * 1_000_000)
    path.chmod(0o604)
    link.symlink_to(path)
    with path.open() as reader:
        assert within("report", "--html", str(link), str(holder.pid)).returncode == 0
        assert reader.read() == "before" * 1_000_000
    assert path.read_text().startswith("<!DOCTYPE html>")
    assert path.read_text().endswith("</html>\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    assert link.is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["link.html", "page.html"]


def test_a_page_may_go_into_a_pipe_by_its_name(holder):
    done = run("report", "--html", "/dev/stdout", str(holder.pid))
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"<!DOCTYPE html>")


def test_a_file_that_cannot_be_written_is_status_4_in_one_line(holder, tmp_path):
    for path, reason in (
        (tmp_path / "not" / "here.html", "No such file or directory"),
        (tmp_path, "Is a directory"),
    ):
        done = within("report", "--html", str(path), str(holder.pid))
        assert (done.returncode, done.stdout) == (4, b"")
        assert done.stderr.decode() == f"fdscope: the answer could not be written: {path}: {reason}\n"
    if os.path.exists("/dev/full"):
        done = within("report", "--html", "/dev/full", str(holder.pid))
        assert done.stderr.endswith(b": /dev/full: No space left on device\n")
        assert done.returncode == 4
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read the descriptors of all")
def test_a_page_of_descriptors_that_may_not_be_read_is_status_3_and_says_so(tmp_path):
    path = tmp_path / "page.html"
    done = within("report", "--html", str(path), "1")
    assert done.returncode == 3
    told = data_of(path.read_text())
    process = dict(zip(told["columns"], told["processes"][0], strict=True))
    assert (held(told), told["words"][process["unread"]]) == ([], "permission-denied")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["self"],
            "report takes --html with the file that the page is written to, as in fdscope report --html page.html",
        ),
        (
            ["--html", "-", "--from", "x", "--for", "1s"],
            "--for watches this machine, and a snapshot takes no look",
        ),
        (["--html", "-", "--for", "1s", "--kind", "tcp"], "report --for chooses processes by what they are"),
        (["--html", "-", "--json", "self"], "'--json' is an option of"),
        (["--html"], "--html takes a value"),
    ],
)
def test_wrong_wishes_are_told_in_one_line(words, told):
    done = within("report", *words)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"fdscope: ")
    assert done.stderr.count(b"\n") == 1
    assert told in done.stderr.decode()


def test_nothing_is_written_of_what_is_not_there(tmp_path, holder):
    path = tmp_path / "page.html"
    for words in (["4194999"], [str(holder.pid), "--kind", "kvm"]):
        done = within("report", "--html", str(path), *words)
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr.count(b"\n") == 1
    assert not path.exists()
