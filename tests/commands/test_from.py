"""--from: every command that looks once reads a snapshot, and answers as it answers of the machine."""

import gzip
import json
import os
import subprocess
import time

import pytest
from program import ENVIRONMENT, PROGRAM, text
from program import within as run

from fdscope import scan


@pytest.fixture(scope="module")
def kept(lab, holder, tmp_path_factory):
    """A snapshot of the lab and of a process with a hostile name, with its mapped files."""
    path = tmp_path_factory.mktemp("kept") / "a.json"
    with open(path, "wb") as file:
        done = run(str(lab.pid), str(holder.pid), "--json", "--mapped", stdout=file)
    assert done.returncode == 0
    return str(path)


def of(kept):
    with open(kept) as file:
        return json.load(file)


def moment(kept):
    return of(kept)["taken_at"][:19].replace("T", " ") + " UTC"


def test_a_snapshot_written_again_is_the_same_document(kept, tmp_path):
    with open(kept, "rb") as file:
        whole = file.read()
    assert run("--from", kept, "--json").stdout == whole
    (tmp_path / "a.json").write_bytes(gzip.compress(whole))
    assert run("--from", str(tmp_path / "a.json"), "--json").stdout == whole
    assert run("--from", "-", "--json", input=whole, stdin=None).stdout == whole
    assert (
        run("--from=-", "--json", input=json.dumps(json.loads(whole), indent=1).encode(), stdin=None).stdout
        == whole
    )


def section(lines, title):
    """The beginnings of the lines under a title, up to an empty one: the rest of some counts down."""
    begin = lines.index(title) + 1
    found = lines[begin : lines.index("", begin) if "" in lines[begin:] else None]
    return [line[:40] for line in found]


def test_a_report_is_the_one_of_the_machine_and_says_of_when_it_is(kept, lab):
    then = run(str(lab.pid), "--from", kept).stdout.decode().splitlines()
    now = run(str(lab.pid), "--mapped").stdout.decode().splitlines()
    assert then[:2] == [f"snapshot of {of(kept)['host']['hostname']}, as of {moment(kept)}", ""]
    assert then[2] == now[0]
    assert " ago)" in then[3]
    for title in ("descriptors", "held without a descriptor", "everything is a file?"):
        assert section(then, title) == section(now, title)


def test_an_overview_counts_what_the_snapshot_holds(kept, lab, holder):
    lines = text("--from", kept).splitlines()
    assert lines[0].endswith(f", as of {moment(kept)}")
    assert "2 processes" in next(line for line in lines if "descriptors" in line)
    for title in ("descriptors by kind", "most descriptors", "nearest to their limit", "most context switches"):
        at = next(number for number, line in enumerate(lines) if line.startswith(title))
        assert lines[at + 2].split()
    kinds = {}
    for one in of(kept)["processes"]:
        for kind, number in one["descriptor_kinds"].items():
            kinds[kind] = kinds.get(kind, 0) + number
    at = lines.index("descriptors by kind") + 2
    shown = {line.split()[0]: int(line.split()[1]) for line in lines[at : at + len(kinds)]}
    assert shown == kinds


def test_targets_and_options_choose_of_it_as_of_the_machine(kept, lab, holder):
    for words in (
        ["--kind", "pipe,tcp"],
        ["--tree", str(lab.pid), "--fd", "0-5"],
        ["--deleted", "-p", str(holder.pid)],
    ):
        form = ["--format", "csv", "--columns", "pid,fd,name"]
        rows = run("--from", kept, *words, *form).stdout
        assert len(rows.splitlines()) > 1
        assert rows == run(*words, str(lab.pid), str(holder.pid), *form).stdout
    nothing = run("--from", kept, "--user", "nobody-at-all")
    assert nothing.returncode == 1
    assert len(nothing.stdout.splitlines()) == 1
    missing = run("--from", kept, "1000000000")
    assert (missing.returncode, missing.stdout) == (1, b"")
    assert run("--from", kept, "self").stderr == b"fdscope: no process is called 'self'\n"


def test_explain_tells_the_same_of_a_descriptor(kept, lab):
    for kind in ("eventfd", "pipe"):
        fd = str(lab.specimens[kind]["fd"])
        lines = text("explain", str(lab.pid), fd, "--from", kept).splitlines()
        assert lines[0].endswith(f", as of {moment(kept)}")
        then, now = (
            json.loads(text("explain", str(lab.pid), fd, "--json", *more)) for more in ([], ["--from", kept])
        )
        for name in ("descriptor", "read", "write"):
            assert then.get(name) == now.get(name)
    done = run("explain", str(lab.pid), "99999", "--from", kept)
    assert (done.returncode, done.stdout) == (1, b"")


def without_time(document):
    left = {"taken_at", "duration_s"}
    return {name: value for name, value in document.items() if name not in left}


def still(found):
    """What does not change while threads wait."""
    return [(one["pid"], one["tid"], one["wait"].get("syscall"), one.get("on")) for one in found["waits"]]


def test_waits_tells_of_the_same_threads(kept, lab):
    then = json.loads(text("waits", str(lab.pid), "--json", "--from", kept))
    now = json.loads(text("waits", str(lab.pid), "--json"))
    assert then["taken_at"] == of(kept)["taken_at"]
    assert still(then) == still(now)
    assert then["threads_total"] == now["threads_total"]
    assert json.loads(text("waits", "--json", "--from", kept))["threads_total"] > then["threads_total"]


EACH_OTHER = """
first, second = os.pipe(), os.pipe()
here, there = [first[0], second[1]], [second[0], first[1]]
pid = os.fork()
mine, others = (here, there) if pid else (there, here)
for fd in others:
    os.close(fd)
os.close(HOLD)
if pid:
    tell(child=pid)
os.close(PIPE)
os.read(mine[0], 1)
"""


def test_waits_finds_a_deadlock_in_a_snapshot(child, tmp_path):
    one = child(EACH_OTHER)
    both = {one.pid, one.told["child"]}
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        done = run(*map(str, both), "--json")
        (tmp_path / "a.json").write_bytes(done.stdout)
        found = json.loads(text("waits", str(one.pid), "--json", "--from", str(tmp_path / "a.json")))
        if found["cycles"]:
            break
    (cycle,) = found["cycles"]
    assert {link["pid"] for link in cycle["links"]} == both
    assert cycle["deadlock"] is True


def uses(found, pids):
    return {
        (use["pid"], use.get("fd"), use.get("tid"), use.get("role"), use.get("access"), use["asked"])
        for use in found["uses"]
        if use["pid"] in pids
    }


def objects(lab, kept):
    """Of each form one that the lab holds."""
    own = next(one for one in of(kept)["processes"] if one["pid"] == lab.pid)
    held = {one["kind"]: one for one in own["descriptors"]}
    exe = next(one for one in own["files"] if one["role"] == "exe")
    found = ["/", "/dev/null", "deleted", "unix:", "tcp:", "udp:", "/usr/", exe["name"]]
    found.append(f"inode:{exe['device']}:{exe['inode']}")
    found += [held[kind]["object"] for kind in ("pipe", "tcp") if kind in held]
    for one in own["descriptors"]:
        if one["kind"] in ("tcp", "udp") and one.get("local_port"):
            address = f"[{one['local_address']}]" if ":" in one["local_address"] else one["local_address"]
            found += [
                f":{one['local_port']}",
                f"{one['kind']}:{one['local_port']}",
                f"{address}:{one['local_port']}",
            ]
        elif one["kind"] == "unix" and one.get("path"):
            found.append(f"unix:{one['path']}")
            found += [] if one.get("abstract") else [one["path"]]
        elif one["kind"] == "pidfd" and one.get("target_pid"):
            found.append(f"pid:{one['target_pid']}")
        elif one["kind"] in ("regular", "fifo", "directory") and not one.get("deleted"):
            found += [one["name"], os.path.dirname(one["name"]) + "/"]
    return [word for word in dict.fromkeys(found) if word != "//"]


def test_who_of_a_snapshot_names_those_that_who_names_on_the_machine(kept, lab, holder):
    pids = {lab.pid, holder.pid}
    words = objects(lab, kept)
    then = json.loads(run("who", *words, "--from", kept, "--json").stdout)
    now = json.loads(run("who", *words, "--json").stdout)
    assert uses(then, pids) == uses(now, pids)
    held = {use["asked"] for use in then["uses"]}
    assert len(held) > 8
    forms = {one["object"]: one["form"] for one in now["asked"]}
    assert {one["object"]: one["form"] for one in then["asked"]} == forms
    freed = {
        (use["pid"], use.get("fd")): use.get("frees_bytes") for use in then["uses"] if use["asked"] == "deleted"
    }
    assert freed[holder.pid, next(fd for pid, fd in freed if pid == holder.pid)] == 0
    ours = {
        (use["pid"], use.get("fd")): use.get("frees_bytes") for use in now["uses"] if use["asked"] == "deleted"
    }
    assert {place: ours[place] for place in freed} == freed


def test_who_of_a_snapshot_says_what_is_not_known(kept, tmp_path):
    done = run("who", "/no/such/file", "--from", kept)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().splitlines() == [
        "fdscope: /no/such/file: nobody holds it",
        "fdscope: /no/such/file: nobody held it by this name; symbolic links are not in a snapshot",
    ]
    nobody = run("who", "10.9.8.7:65000", "--from", kept).stderr.decode()
    assert nobody.splitlines()[-1] == (
        "fdscope: 10.9.8.7:65000: sockets that no process held are not in a snapshot"
    )
    done = run("who", "a/b", "--from", kept)
    assert done.returncode == 2
    assert b"give the whole path" in done.stderr
    unmapped = tmp_path / "b.json"
    unmapped.write_bytes(run("self", "--json").stdout)
    told = run("who", "/", "--from", str(unmapped)).stderr.decode()
    assert "files that memory is mapped from are in a snapshot only if it was taken with --mapped" in told


def test_who_of_a_snapshot_keeps_what_an_expression_chooses(kept, lab):
    found = json.loads(text("who", "/dev/null", "--from", kept, "--fd", "0", "--pid", str(lab.pid), "--json"))
    assert [(use["pid"], use["fd"]) for use in found["uses"]] == [(lab.pid, 0)]
    assert text("who", "/dev/null", "--from", kept, "--pid", str(lab.pid), "--pids") == f"{lab.pid}\n"


def test_what_is_no_snapshot_is_one_line_and_wrong_usage(kept, tmp_path):
    (tmp_path / "who.json").write_bytes(run("who", "deleted", "--json").stdout)
    (tmp_path / "cut.json").write_bytes(run("--from", kept, "--json").stdout[:1000])
    for path, told in (
        (tmp_path / "who.json", "it is an answer of the form fdscope.who/1, not a snapshot"),
        (tmp_path / "cut.json", "it is cut short, after 1,000 bytes"),
        (tmp_path, "Is a directory"),
        (tmp_path / "none", "No such file or directory"),
        ("/dev/null", "it is empty"),
        ("/dev/zero", "it is no JSON object"),
    ):
        for words in ([], ["explain", "1", "1"], ["waits"], ["who", "deleted"]):
            done = run(*words, "--from", str(path))
            assert (done.returncode, done.stdout) == (2, b"")
            assert told in done.stderr.decode()
            assert done.stderr.count(b"\n") == 1


def test_what_only_a_look_at_this_machine_has_is_refused(kept):
    for words in (["--proc", "/tmp"], ["--source", "proc"], ["--symbols"], ["--no-peers"]):
        done = run("--from", kept, *words)
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.decode().startswith(f"fdscope: {words[0]} does not go with --from: ")
    assert run("--from", kept, "--timeout", "1").returncode == 0
    for command in ("watch", "lab", "doctor"):
        done = run(command, "--from", kept)
        assert done.returncode == 2
        assert done.stderr.decode() == (
            f"fdscope: {command} is about this machine now: "
            "a snapshot is for show, explain, who, waits, graph, check, report\n"
        )


def test_a_pipe_that_nothing_comes_through_is_not_waited_for_in_silence(kept):
    waiting = subprocess.Popen(
        [*PROGRAM, "--from", "-", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    try:
        assert waiting.stderr.readline() == b"fdscope: waiting for a snapshot from standard input\n"
        with open(kept, "rb") as file:
            whole = file.read()
        out, error = waiting.communicate(whole, timeout=60)
        assert (waiting.returncode, out, error) == (0, whole, b"")
    finally:
        waiting.kill()
        waiting.communicate()


def test_a_snapshot_of_python_is_that_of_the_program(kept, lab, holder):
    from fdscope.saved import load

    taken = load(kept)
    assert [one.pid for one in taken.processes] == sorted((lab.pid, holder.pid))
    now = scan([str(lab.pid)], mapped=True).processes[0]
    then = next(one for one in taken.processes if one.pid == lab.pid)
    assert [one.fd for one in then.descriptors] == [one.fd for one in now.descriptors]
