"""fdscope graph: live processes, kept ones, its forms and its exit statuses."""

import json
import os
import re
from xml.etree import ElementTree

import pytest
from children import Child, state_of, until
from jsonschema import Draft202012Validator
from program import ENVIRONMENT, found, run, text, within

from fdscope import scan
from fdscope.report.schema import schema

FAMILY = """
import mmap, socket
memory = mmap.mmap(-1, 4096)
listener = socket.create_server(("127.0.0.1", 0), backlog=8)
client = socket.create_connection(listener.getsockname())
there, here = socket.socketpair()
ones, others = os.pipe(), os.pipe()
child = os.fork()
if child:
    accepted, _ = listener.accept()
    client.close(); there.close()
    os.close(ones[1]); os.close(others[0])
    here.send(b"12345")
    tell(child=child, port=listener.getsockname()[1])
    os.read(ones[0], 1)
else:
    libc.prctl(1, 9, 0, 0, 0)
    here.close()
    os.close(others[1]); os.close(ones[0])
    os.read(others[0], 1)
"""
"""Two that share memory and a listener, talk through TCP and unix sockets, and wait for each other."""


@pytest.fixture(scope="module")
def family():
    one = Child(FAMILY)
    try:
        one.child = one.told["child"]
        until(lambda: state_of(one.pid) == state_of(one.child) == "S")
        yield one
    finally:
        one.end()


def document(*words):
    return json.loads(text("graph", "--json", *map(str, words)))


def between(told, one, other):
    """The edges between two processes, by kind."""
    ends = [f"pid:{one}", f"pid:{other}"]
    return {
        edge["kind"]: edge for edge in told["edges"] if sorted((edge["source"], edge["target"])) == sorted(ends)
    }


def test_what_joins_two_live_processes_is_found(family):
    told = document(family.pid, "--edges", "all")
    joined = between(told, family.pid, family.child)
    assert sorted(joined) == ["inherited", "listener", "pipe", "shared-memory", "tcp", "unix"]
    tcp = joined["tcp"]
    assert (tcp["source"], tcp["target"]) == (f"pid:{family.child}", f"pid:{family.pid}")
    assert joined["unix"]["queued_bytes"] == 5
    assert joined["shared-memory"]["directed"] is False
    pipes = [edge for edge in told["edges"] if edge["kind"] == "pipe" and edge.get("in_cycle")]
    assert sorted((edge["source"], edge["target"], edge["target_blocked"]) for edge in pipes) == sorted(
        [(f"pid:{family.pid}", f"pid:{family.child}", 1), (f"pid:{family.child}", f"pid:{family.pid}", 1)]
    )
    (cycle,) = [one for one in told["cycles"] if one["links"][0]["pid"] in (family.pid, family.child)]
    assert sorted(link["pid"] for link in cycle["links"]) == sorted([family.pid, family.child])


def test_a_tree_tells_what_joins_them_and_who_waits(family):
    told = run("graph", str(family.pid), "--color", "always", "--wide").stdout.decode()
    line = next(line for line in told.splitlines() if f"[{family.child}]" in line)
    plain = re.sub(r"\x1b\[\d+m", "", line)
    assert "pipe x2, unix, tcp, listener, shared-memory, " in plain
    assert re.search(rf", blocked: \S+ \[{family.pid}\] and \S+ \[{family.child}\], cycle(, |$)", plain)
    assert "\x1b[31m" in line
    assert re.search(rf"^\x1b\[31mdeadlock.*\[{family.pid}\] waits for .*\[{family.child}\]", told, re.M)


def test_edges_that_are_not_wanted_are_left_out_and_counted(family):
    done = within("graph", str(family.pid), "--edges", "tcp,listener", "--json")
    told = json.loads(done.stdout)
    assert {edge["kind"] for edge in told["edges"]} == {"tcp", "listener"}
    assert {"pipe", "unix", "shared-memory", "inherited"} <= set(told["not_drawn"])
    done = within("graph", str(family.pid))
    assert re.search(
        rb"fdscope: \d+ inherited descriptions not drawn: --edges \+inherited draws them\n", done.stderr
    )
    told = document(family.pid, "--edges", "+inherited")
    assert "inherited" in between(told, family.pid, family.child)
    assert "tcp" in between(told, family.pid, family.child)


def test_a_snapshot_is_drawn_as_its_machine_was(family, tmp_path):
    path = tmp_path / "a.json"
    pids = [str(family.pid), str(family.child)]
    path.write_bytes(within(*pids, "--json", "--mapped").stdout)
    kept = json.loads(text("graph", "--from", str(path), "--json", pids[0]))
    live = document(pids[0])
    counts = [{kind: edge["count"] for kind, edge in between(one, *pids).items()} for one in (kept, live)]
    if os.geteuid():  # which inode is mapped only root is told by map_files
        assert "shared-memory" not in counts[0]
        del counts[1]["shared-memory"]
    assert counts[0] == counts[1]
    assert kept["taken_at"] == json.loads(path.read_bytes())["taken_at"]
    assert within("graph", "--from", str(path), "999999999").returncode == 1


def test_the_options_of_selection_choose_whom_it_is_about(family):
    told = document("--where", f"pid == {family.child}")
    assert [node["pid"] for node in told["nodes"] if node.get("target")] == [family.child]
    told = document("--tree", family.pid, "--depth", "0")
    assert [node["pid"] for node in told["nodes"]] == sorted([family.pid, family.child])


def test_collapsed_processes_are_one_node(family):
    told = document(family.pid, "--collapse", "name")
    (group,) = [node for node in told["nodes"] if node.get("target")]
    assert (group["form"], {family.pid, family.child} <= set(group["pids"]) or group["processes"] > 8) == (
        "group",
        True,
    )
    assert group["inside"] >= 6


def test_graphviz_draws_it(family):
    found("dot")
    done = within("graph", str(family.pid), "--format", "svg")
    assert done.returncode == 0
    root = ElementTree.fromstring(done.stdout)
    words = "".join(root.itertext())
    assert f"[{family.pid}]" in words
    assert (
        f"blocked: [{family.child}], [{family.pid}]" in words
        or f"blocked: [{family.pid}], [{family.child}]" in words
    )
    assert "red: a thread waits in a blocking call" in words


def test_without_graphviz_it_is_said_what_to_install(family, tmp_path):
    done = run("graph", str(family.pid), "--format", "svg", env=ENVIRONMENT | {"PATH": str(tmp_path)})
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == (
        b"fdscope: dot of Graphviz is not installed: install graphviz, or take --format dot and draw it "
        b"elsewhere, or --format mermaid\n"
    )


def test_a_drawing_that_takes_too_long_is_given_up(tmp_path):
    from fdscope.kernel.graphviz import NotDrawnError, drawn

    slow = tmp_path / "dot"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    failing = tmp_path / "sfdp"
    failing.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    failing.chmod(0o755)
    with pytest.raises(NotDrawnError, match=r"took longer than 0\.1 s"):
        drawn(b"digraph {}", program=str(slow), timeout_s=0.1)
    with pytest.raises(NotDrawnError, match="ended with 3: broken"):
        drawn(b"", program=str(failing))


def test_json_is_a_form_too_and_the_schema_knows_it(family):
    told = json.loads(text("graph", str(family.pid), "--format", "json"))
    assert told["schema"] == "fdscope.graph/1"
    parts = schema()["$defs"]
    names = "Graph GraphNode GraphEdge EdgeDescriptor Cycle CycleLink Problem".split()
    rules = {"$defs": {name: parts[name] for name in names}, "$ref": "#/$defs/Graph"}
    Draft202012Validator(rules).validate(told)


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["nobody-is-called-so"], 1, "no process is called 'nobody-is-called-so'"),
        (["999999999"], 1, "process 999999999"),
        (["--where", "pid == 0"], 1, "nothing that could be read fits what the options choose"),
        (["--depth", "2"], 2, "--depth says how far from a TARGET neighbours are drawn"),
        (["self", "--depth", "-1"], 2, "--depth"),
        (["--edges", "pipes"], 2, "no edge is of kind 'pipes': did you mean 'pipe'?"),
        (["--edges", "+"], 2, "--edges takes kinds, as in --edges pipe,unix"),
        (["--json", "--format", "dot"], 2, "--json and --format are forms of one answer"),
        (["--format", "png"], 2, "--format cannot be 'png': "),
        (["--collapse", "uid"], 2, "--collapse cannot be 'uid'"),
        (["--kind", "tcp"], 2, ", check, report, not of graph; see 'fdscope graph --help'"),
        (["--from", "/dev/null"], 2, "is no snapshot of fdscope"),
    ],
)
def test_mistakes_are_told_in_one_line(words, status, told):
    done = within("graph", *words)
    assert (done.returncode, done.stdout) == (status, b"")
    assert told in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_self_is_fdscope_itself():
    told = json.loads(run("graph", "self", "--json").stdout)
    assert [node["label"] for node in told["nodes"] if node.get("target")] != []


def test_of_who_may_not_be_looked_into_it_is_said(foreign):
    from program import without_rights

    done = run("graph", str(foreign.pid), preexec_fn=without_rights)
    assert done.returncode == 3
    assert f"[{foreign.pid}]".encode() in done.stdout
    assert b"permission denied" in done.stderr


def test_forms_of_other_commands_in_the_environment_are_left_alone(family):
    wishes = ENVIRONMENT | {"FDSCOPE_OPTIONS": "--format=markdown --color=never"}
    assert run("graph", str(family.pid), env=wishes).stdout.decode().startswith(("python", "pytest"))
    wishes = ENVIRONMENT | {"FDSCOPE_OPTIONS": "--format mermaid"}
    assert run("graph", str(family.pid), env=wishes).stdout.startswith(b"flowchart LR\n")
    assert b"flowchart" not in run(str(family.pid), env=wishes).stdout


def test_memory_that_is_shared_is_told_without_a_look_at_files(family):
    (process,) = scan([str(family.pid)], memory=True).processes
    shared = [one for one in process.files if one.role == "mapped"]
    assert [(one.name, one.rights) for one in shared if "rw-s" in one.rights] == [("/dev/zero", ["rw-s"])]
    (process,) = scan([str(family.pid)], mapped=True).processes
    (same,) = [one for one in process.files if one.role == "mapped" and "rw-s" in one.rights]
    one = next(one for one in shared if "rw-s" in one.rights)
    assert (same.name, same.rights) == (one.name, one.rights)
    if os.geteuid() == 0:  # which inode is mapped only root is told by map_files
        assert (same.inode, same.device) == (one.inode, one.device)


def test_a_bare_look_leaves_out_what_no_picture_shows(family):
    snapshot = scan([str(family.pid)], bare=True)
    (bare,), (whole,) = snapshot.processes, scan([str(family.pid)]).processes
    assert [one for one in snapshot.problems if one.pid == family.pid] == []
    assert (bare.descriptor_limit, bare.namespaces, bare.files) == (None, None, None)
    assert (bare.signals, bare.memory, bare.context_switches) == (None, None, None)
    assert [(one.tid, one.name, one.kernel_thread, one.own_descriptor_table) for one in bare.threads] == [
        (one.tid, one.name, one.kernel_thread, one.own_descriptor_table) for one in whole.threads
    ]
    assert [one.object for one in bare.descriptors] == [one.object for one in whole.descriptors]
    assert (bare.name, bare.user, bare.command, bare.cgroup) == (
        whole.name,
        whole.user,
        whole.command,
        whole.cgroup,
    )
    assert [thread.wait.syscall for thread in bare.threads] == [thread.wait.syscall for thread in whole.threads]
