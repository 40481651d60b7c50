"""Options that choose, in who and watch: they take the same words as the report, and mean the same."""

import json
import os

import pytest
from children import until, waits_of
from program import text, without_rights
from program import within as run

from fdscope import UsageError, watch, who
from fdscope.watcher import Watch

FAMILY = """
import subprocess
fd = os.open(sys.argv[1], os.O_RDONLY)
inner = "import os, sys; os.open(sys.argv[1], os.O_RDONLY); print(flush=True); sys.stdin.read()"
child = subprocess.Popen(
    [sys.executable, "-I", "-S", "-c", inner, sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE
)
child.stdout.readline()
ready(fd=fd, child=child.pid)
"""


def pids_in(line):
    return {one["pid"] for one in line["processes"]}


def test_who_tells_only_of_uses_that_are_chosen(child, tmp_path):
    (tmp_path / "file").write_text("x")
    path = str(tmp_path / "file")
    family, other = child(FAMILY, path), child("ready(fd=os.open(sys.argv[1], os.O_RDWR))", path)

    def holders(*words):
        done = run("who", "--json", path, *words)
        assert done.returncode in (0, 1, 3)
        found = json.loads(done.stdout)
        assert found["asked"][0].get("uses_total", 0) == len(found["uses"])
        return {one["pid"] for one in found["uses"]}

    assert holders() == {family.pid, family.told["child"], other.pid}
    assert holders("--tree", str(family.pid)) == {family.pid, family.told["child"]}
    assert holders("--tree", f"{family.told['child']},{other.pid}") == {family.told["child"], other.pid}
    assert holders("--where", 'access == "rw"') == {other.pid}
    assert holders("--where", 'not access == "rw"', "--pid", str(family.pid)) == {family.pid}
    assert holders("--fd", "cwd") == set()
    assert holders("--user", str(os.geteuid())) == {family.pid, family.told["child"], other.pid}


def test_who_of_a_socket_reads_what_the_expression_asks_for(child):
    source = (
        "import socket\nfirst = socket.create_server(('127.0.0.1', 0))\n"
        "first.setblocking(False)\nready(port=first.getsockname()[1])"
    )
    one = child(source)
    port = one.told["port"]
    for where, pids in (
        ('"nonblock" in flags', [one.pid]),
        ('"nonblock" not in flags', []),
        ("backlog_limit > 0", [one.pid]),
        ("backlog_limit > 1000000", []),
    ):
        assert [use.pid for use in who([f":{port}"], where=where).uses] == pids
    with pytest.raises(UsageError, match="there is no field 'listening'"):
        who([f":{port}"], where="listening")
    assert run("who", f":{port}", "--pids", "--listening", "-4").stdout == b"%d\n" % one.pid
    assert run("who", f":{port}", "--ipv6").returncode in (1, 3)


def test_deleted_space_is_summed_over_what_is_chosen(child, tmp_path):
    source = (
        "fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT); os.write(fd, b'x' * 65536)\n"
        "os.unlink(sys.argv[1]); ready(fd=fd, twin=os.dup(fd))"
    )
    one = child(source, str(tmp_path / "a"))
    child(source, str(tmp_path / "b"))
    found = who(["deleted"], where=f"pid == {one.pid}")
    assert {(use.pid, use.fd) for use in found.uses} == {(one.pid, one.told["fd"]), (one.pid, one.told["twin"])}
    assert found.reclaimable_bytes == os.stat(f"/proc/{one.pid}/fd/{one.told['fd']}").st_blocks * 512


@pytest.mark.parametrize(
    "name", ["peer", "peers.pid", "tcp.peers.pid", "open_file", "waiters", "io_models", "threads.name"]
)
def test_who_refuses_what_it_does_not_find_out(name):
    done = run("who", "/dev/null", "--where", f"exists {name}")
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"who does not find out '{name}'".encode() in done.stderr


def test_watch_takes_processes_by_what_they_are(child, tmp_path):
    (tmp_path / "file").write_text("x")
    family, other = child(FAMILY, str(tmp_path / "file")), child("ready()")
    line = json.loads(text("watch", "--ndjson", "--count", "1", "--tree", str(family.pid)).splitlines()[0])
    assert pids_in(line) == {family.pid, family.told["child"]}
    chosen = f"pid == {other.pid} or ancestors == {family.pid}"
    with Watch(where=chosen) as looking:
        assert set(looking.pids) == {other.pid, family.told["child"]}
    with Watch([str(family.pid), str(other.pid)], where=f"pid == {other.pid}") as looking:
        assert looking.pids == [other.pid]
    (frame,) = watch(where=f"pid == {other.pid}", count=1, interval_s=0.1)
    assert [one.pid for one in frame.processes] == [other.pid]


def test_a_watch_by_what_processes_are_finds_those_that_come_later(child):
    one = child(
        "tell()\nstay()\nreader, writer = os.pipe()\nother = os.fork()\nif other: tell(other=other)\n"
        "else: os.close(writer)\nos.read(reader, 1)  # as long as the first of the two lives"
    )
    with Watch(where=f"parent_pid == {one.pid} or pid == {one.pid}", interval_s=0.1) as looking:
        assert looking.pids == [one.pid]
        assert not looking.is_over
        one.go_on()
        other = one.hear()["other"]
        until(lambda: {each.pid for each in looking.frame().processes} == {one.pid, other})


def test_watch_refuses_what_it_cannot_tell_of_a_process_alone():
    for command in (["watch", "--count", "1"], ["leaks", "--for", "1s"]):
        for wish, name in (('kind == "tcp"', "kind"), ("descriptor_count > 3", "descriptor_count")):
            done = run(*command, "--where", wish)
            assert (done.returncode, done.stdout) == (2, b"")
            assert f"'{name}' is known only of what they hold".encode() in done.stderr
        done = run(*command, "--kind", "tcp")
        assert (done.returncode, done.stdout) == (2, b"")
        assert (
            f"'--kind' is an option of show, who, waits, diff, check, report, not of {command[0]}".encode()
            in done.stderr
        )
    done = run("watch", "--user", "root", "--", "true")
    assert done.returncode == 2
    done = run("watch", "--count", "1", "--pid", "4194305")
    assert (done.returncode, done.stderr) == (1, b"fdscope: no process fits what the options choose\n")


WAITERS = """
import select, threading
reader, writer = os.pipe()
other, end = os.pipe()
epoll = select.epoll()
epoll.register(other, select.EPOLLIN)
def told(call):
    ids.append(threading.get_native_id())
    call()
ids = []
for call in (lambda: os.read(reader, 1), lambda: epoll.poll(1)):
    thread = threading.Thread(target=told, args=(call,), daemon=True)
    thread.start()
    while len(ids) < 1 + (call.__code__.co_names == ("epoll", "poll")):
        pass
ready(reader=reader, other=other, epoll=epoll.fileno(), ids=ids)
"""


def test_waits_tells_of_threads_by_what_they_wait_on_or_watch(child):
    one = child(WAITERS.replace("epoll.poll(1)", "epoll.poll()"))
    reading, polling = one.told["ids"]
    until(lambda: {reading, polling, one.pid} <= set(waits_of(one.pid)))

    def threads(*words):
        done = run("waits", "--json", str(one.pid), *words)
        assert done.returncode in (0, 1)
        return {wait["tid"] for wait in json.loads(done.stdout)["waits"]}

    assert threads() == {reading, polling, one.pid}
    assert threads("--fd", str(one.told["reader"])) == {reading}
    assert threads("--fd", str(one.told["other"])) == {polling}
    assert threads("--kind", "epoll") == {polling}
    assert threads("--kind", "tcp") == set()
    assert threads("--user", str(os.geteuid())) == {reading, polling, one.pid}
    everyone = json.loads(run("waits", "--json", "--pid", str(one.pid)).stdout)
    assert {wait["tid"] for wait in everyone["waits"]} == {reading, polling, one.pid}


def test_a_user_whom_nobody_knows_is_told_with_the_nearest():
    for command in ([], ["who", "/dev/null"], ["watch", "--count", "1"], ["waits"]):
        done = run(*command, "--user", "rooot")
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr == b"fdscope: no user is called 'rooot': did you mean 'root'?\n"


def test_what_may_not_be_read_is_no_empty_answer(foreign):
    pid = str(foreign.pid)
    for words in (
        ["--pid", pid],
        ["--json", "--where", f"pid == {pid}"],
        ["--pids", "--pid", pid],
        ["waits", "--pid", pid],
    ):
        assert run(*words, preexec_fn=without_rights).returncode == 3
    assert run("waits", "--pid", "4194305").returncode == 1


def test_a_role_is_not_compared_with_a_number():
    for wish in ('fd == "cwd"', "fd == cwd"):
        done = run("--where", wish)
        assert done.returncode == 2
        assert b"""cwd is no number but a role: write role == "cwd",""" in done.stderr
    for words in (["--path", ""], ["--name", ""], ["--process", ""], ["--user", ""]):
        assert run(*words).returncode == 2
