"""What is chosen of live processes: all that fits and nothing else; of the rest as little is read as tells it."""

import json
import os
import re
import subprocess
from pathlib import Path

import msgspec
import pytest
from bpf_here import needs_bpf
from children import Child, state_of, until, without_others
from program import PROGRAM, found, text
from program import within as run

from fdscope import scan, waits
from fdscope.where import only, parse

MOVING = {"tcp", "remaining_s", "members", "members_total", "ticks", "duration_s"}
"""Fields that move on by themselves between two looks, or are those of other processes."""

BUSY = """
import fcntl, select, socket, tempfile, threading
listener = socket.create_server(("127.0.0.1", 0)); listener.setblocking(False)
client = socket.create_connection(listener.getsockname())
accepted, _ = listener.accept()
server = socket.create_server(("::1", 0), family=socket.AF_INET6)
a, b = socket.socketpair()
seq = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); seq.bind(""); seq.listen()
stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM); stream.bind(""); stream.listen()
r, w = os.pipe(); os.set_blocking(r, False)
event = os.eventfd(3)
poller = select.epoll()
for one in (listener, a, r): poller.register(one, select.EPOLLIN)
poller.register(event, select.EPOLLERR)  # it could be read, which would end the wait
os.dup2(r, 60); moved = os.dup(r); poller.register(moved, select.EPOLLIN); os.close(moved); os.dup2(event, moved)
gone = tempfile.TemporaryFile(); gone.write(b"x" * 3000); gone.flush(); gone.seek(1000)
threading.Thread(target=poller.poll, daemon=True).start()
threading.Thread(target=os.read, args=(HOLD, 1), daemon=True).start()
ready(listener=listener.fileno(), client=client.fileno(), accepted=accepted.fileno(), server=server.fileno(),
      seq=seq.fileno(), stream=stream.fileno(), gone=gone.fileno())
"""

CHOICES = [
    'kind == "tcp"', 'kind == "tcp" and io_models == "multiplexed"',
    'kind in ("eventfd", "pipe") and exists watched_by',
    'kind == "pipe" and exists waiters', 'peers.kind == "tcp"', 'peers.process =~ "^python"', 'kind == "epoll"',
    'kind == "epoll" and targets.stale', 'io_models == "multiplexed"', "exists shared_with", "shared_total == 1",
    'kind == "unix" and state == "listen"', "descriptor_count > 5 and kind == 'tcp'", "descriptor_kinds.tcp == 4",
    'descriptor_kinds.tcp > 1 and kind == "eventfd"', 'threads.wait.model == "multiplexed" and kind == "pipe"',
    'threads.wait.watching > 3 and kind == "unix"', "deleted", "not deleted", "deleted == false",
    'name =~ "^/" and position == 1000', 'role == "exe" or kind == "memfd"', 'role in ("cwd", "mapped")',
    "exists files.role and fd == 0", 'kind != "regular" and not kind =~ "^[a-t]"', 'kind == "anonymous"',
    "waiters_total > 0", "open_file =~ ':[0-9]$'", "process.descriptors.fd == 60 and fd > 2",
    "exists threads and fd < 1",
]  # fmt: skip


def told(processes, pid):
    """Of one process place to what is told of each thing that it holds, but for what moves."""
    (process,) = (one for one in processes if one.pid == pid) if processes else (None,)
    if process is None:
        return None
    table = {}
    for one in (*(process.descriptors or ()), *(process.files or ())):
        fields = {name: value for name, value in msgspec.to_builtins(one).items() if name not in MOVING}
        place = (fields.get("tid"), fields["fd"]) if "fd" in fields else (fields["role"], fields.get("name"))
        table[place] = fields
    return table


SOURCES = ["proc", pytest.param("bpf", marks=needs_bpf)]


@pytest.fixture(scope="module")
def busy():
    """A process that waits on, watches, shares and locks what it holds."""
    one = Child(BUSY)
    try:
        tasks = f"/proc/{one.pid}/task"
        until(lambda: all(state_of(f"{one.pid}/task/{task}") == "S" for task in os.listdir(tasks)))
        yield one
    finally:
        one.end()


@pytest.mark.parametrize("peers", [True, False], ids=["peers", "no-peers"])
@pytest.mark.parametrize("source", SOURCES)
def test_what_is_chosen_early_is_what_would_be_chosen_of_everything(source, peers, busy):
    how = {"source": source, "peers": peers}
    (whole,) = scan([str(busy.pid)], mapped=True, **how).processes
    for choice in CHOICES:
        wanted = parse(choice)
        files = [one for one in whole.files if one.role != "mapped" or wanted.asks_for_files]
        chosen, _ = only(wanted, [msgspec.structs.replace(whole, files=files)], [])
        early = scan([str(busy.pid)], where=wanted, **how)
        assert told(early.processes, busy.pid) == told(chosen, busy.pid), choice


@pytest.mark.parametrize("source", SOURCES)
def test_of_the_whole_machine_the_same_is_chosen(source, busy):
    for choice in (f'pid == {busy.pid} and kind == "pipe"', 'kind == "eventfd" and process =~ "^python"'):
        early = scan(where=choice, source=source)
        whole = scan([str(busy.pid)], source=source)
        chosen, _ = only(parse(choice), whole.processes, whole.objects)
        assert chosen
        assert told(early.processes, busy.pid) == told(chosen, busy.pid), choice


def test_each_choice_chooses_something_and_not_everything(busy):
    (whole,) = scan([str(busy.pid)], mapped=True).processes
    everything = [*whole.descriptors, *whole.files]
    numbers = {choice: sum(parse(choice).fits(whole, one) for one in everything) for choice in CHOICES}
    assert [choice for choice, number in numbers.items() if not number] == ['kind == "anonymous"']
    assert [choice for choice, number in numbers.items() if number == len(everything)] == [
        "descriptor_kinds.tcp == 4"
    ]


def test_a_count_is_that_of_the_whole_process_whatever_is_chosen_of_it(busy):
    (whole,) = scan([str(busy.pid)]).processes
    (part,) = scan([str(busy.pid)], where='kind == "eventfd" and descriptor_count > 0').processes
    assert part.descriptor_count == whole.descriptor_count > len(part.descriptors) == 2


# decided before it is read

CALLS = re.compile(rb'(?:openat|readlinkat|newfstatat|readlink|open)\(\w+(?:<[^>]*>)?, "([^"]*)"')


def reads(tmp_path, *words):
    """Pids whose tables a run of the program looked into, and how often it asked for a link and for fdinfo."""
    strace, log = found("strace"), tmp_path / "calls"
    traced = ["-f", "-y", "-qq", "-e", "trace=openat,readlinkat,readlink,newfstatat", "-s", "200", "-o", str(log)]
    done = subprocess.run([strace, *traced, *PROGRAM, *words], capture_output=True)
    if b"ptrace" in done.stderr:
        pytest.skip("strace may not trace here")
    lines = log.read_bytes().splitlines()
    tables = {
        int(pid) for line in lines for pid in re.findall(rb'/proc/(\d+)/(?:task/\d+/)?fd(?:info)?>, "\d+"', line)
    }
    links = sum(bool(re.search(rb'readlinkat\(\d+</proc/\d+/fd>, "\d+"', line)) for line in lines)
    infos = sum(bool(re.search(rb'openat\(\d+</proc/\d+/fdinfo>, "\d+"', line)) for line in lines)
    return tables, links, infos


def test_of_another_process_than_that_of_the_pid_no_descriptor_is_read(busy, child, tmp_path):
    child("ready()")
    quiet = ["--json", "--no-peers", "--source", "proc"]
    tables, links, _ = reads(tmp_path, *quiet, "--pid", str(busy.pid))
    assert tables == {busy.pid}
    assert reads(tmp_path, *quiet, "--where", f"pid == {busy.pid} and fd > 3")[0] == {busy.pid}
    assert reads(tmp_path, *quiet, str(busy.pid))[:2] == ({busy.pid}, links)
    assert reads(tmp_path, *quiet, "--where", 'user == "no such user"')[0] == set()


def test_of_another_user_no_descriptor_is_read(foreign, tmp_path):
    tables, _, _ = reads(tmp_path, "--json", "--no-peers", "--source", "proc", "--user", "65534")
    assert foreign.pid in tables
    assert not tables & {os.getpid(), 1}


def test_of_another_kind_nothing_but_the_link_is_read(busy, tmp_path):
    quiet = ["--json", "--no-peers", "--source", "proc", str(busy.pid)]
    tables, links, infos = reads(tmp_path, *quiet, "--kind", "eventfd")
    assert tables == {busy.pid}
    (process,) = scan([str(busy.pid)]).processes
    of_kind = sum(type(one).__name__ in ("EventFd", "Epoll", "IoUring") for one in process.descriptors)
    assert infos == of_kind < process.descriptor_count <= links


# shorthands, on live processes


def rows(*words):
    """What the program tells, by place: kind of each descriptor, role of each file."""
    done = run(*words, "--json")
    assert done.returncode in (0, 1, 3), done.stderr
    return {
        (process["pid"], one.get("fd", one.get("role"))): one.get("kind")
        for process in json.loads(done.stdout)["processes"]
        for one in (*process.get("descriptors", ()), *process.get("files", ()))
    }


FAMILY = """
def fork():
    pid = os.fork()
    if not pid:
        os.read(HOLD, 1)
        os._exit(0)
    return pid
down, up = os.pipe()
first = os.fork()
if not first:
    os.write(up, str(fork()).encode())
    os.read(HOLD, 1)
    os._exit(0)
grandchild = int(os.read(down, 20))
ready(child=first, second=fork(), grandchild=grandchild)
"""


def test_a_tree_is_a_process_its_children_and_theirs(child):
    one, other = child(FAMILY), child("ready()")
    family = {one.pid, one.told["child"], one.told["second"], one.told["grandchild"]}
    asked = ["--tree", str(one.pid), "--fd", "cwd"]
    assert rows(*asked).keys() == {(pid, "cwd") for pid in family}
    assert rows("--tree", str(one.told["child"]), "--fd", "cwd").keys() == {
        (one.told["child"], "cwd"), (one.told["grandchild"], "cwd")
    }  # fmt: skip
    assert rows("--tree", f"{one.pid},{other.pid}", "--fd", "cwd").keys() == {
        (pid, "cwd") for pid in (*family, other.pid)
    }
    ancestors = scan(where=f"process.ancestors == {one.pid} and fd == 0").processes
    assert {process.pid for process in ancestors} == family - {one.pid}


def of(busy, *words):
    return {place for pid, place in rows(str(busy.pid), *words) if pid == busy.pid}


@pytest.mark.parametrize("source", SOURCES)
def test_sockets_by_version_and_listeners_of_every_family(source, busy):
    four, six = (of(busy, version, "--source", source) for version in ("-4", "-6"))
    assert four == {busy.told["listener"], busy.told["client"], busy.told["accepted"]}
    assert six == {busy.told["server"]}
    assert of(busy, "-4", "-6", "--source", source) == four | six
    listening = {busy.told[name] for name in ("listener", "server", "seq", "stream")}
    assert of(busy, "--listening", "--source", source) == listening
    assert of(busy, "-l", "-k", "unix") == {busy.told["seq"], busy.told["stream"]}


def test_numbers_ranges_and_roles(busy):
    assert of(busy, "--fd", "0-2,60,cwd") == {0, 1, 2, 60, "cwd"}
    assert of(busy, "-d", "60-") == {60}
    assert "mapped" in of(busy, "-d", "mapped")
    assert of(busy, "-d", "exe") == {"exe"}


def test_files_without_a_name(busy, child, tmp_path):
    assert of(busy, "--deleted") == {busy.told["gone"]}
    program = tmp_path / "sleeper"
    program.write_bytes(Path(os.path.realpath("/bin/sleep")).read_bytes())
    program.chmod(0o755)
    with subprocess.Popen([program, "1000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: os.readlink(f"/proc/{process.pid}/exe") == str(program))
            program.unlink()
            assert rows(str(process.pid), "--deleted").keys() == {(process.pid, "exe")}
            assert rows(str(process.pid), "--deleted", "--mapped").keys() == {
                (process.pid, "exe"), (process.pid, "mapped")
            }  # fmt: skip
        finally:
            process.kill()


def test_paths_and_names(child, tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("a.log", "deep/b.log", "c.txt"):
        (tmp_path / name).write_text("")
    names = [str(tmp_path / name) for name in ("a.log", "deep/b.log", "c.txt")]
    one = child("fds = [os.open(name, os.O_RDONLY) for name in sys.argv[1:]]; ready(fds=fds)", *names)
    first, second, third = one.told["fds"]

    def of_paths(*words):
        return {place for _, place in rows(str(one.pid), *words)}

    assert of_paths("--path", f"{tmp_path}/*.log") == {first}
    assert of_paths("--path", f"{tmp_path}/**.log") == of_paths("--path", "*.log") == {first, second}
    assert of_paths("--path", f"{tmp_path}/", "--name", "[ac][.]") == {first, third}
    assert of_paths("--path", names[1], "--path", names[2]) == {second, third}


APART = """
import socket
checked(libc.unshare(0x40000000))
inside = socket.socket(); inside.bind(("0.0.0.0", 0)); inside.listen()
ready(inside=inside.fileno())
"""


def test_a_network_namespace(child, busy):
    one = child(APART)
    inode = os.stat(f"/proc/{one.pid}/ns/net").st_ino
    for word in (str(inode), f"pid:{one.pid}"):
        inside = rows("--netns", word)
        assert (one.pid, one.told["inside"]) in inside
        assert busy.pid not in {pid for pid, _ in inside}
    assert rows("--netns", word, "--kind", "tcp").keys() == {(one.pid, one.told["inside"])}
    assert not of(busy, "--netns", str(inode))
    done = run("--netns", "9" * 5000)
    assert (done.returncode, b"no network namespace" in done.stderr) == (2, True)


def test_nothing_that_fits_is_status_1_and_a_wrong_field_status_2(busy):
    assert run("--pid", str(busy.pid), "--kind", "bpf-map").returncode == 1
    done = run("--where", "remote_prot == 443")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"did you mean 'remote_port'?" in done.stderr
    done = run("--where", "name == '\x1b[31m' \x07")
    assert (done.returncode, b"\x1b" in done.stderr) == (2, False)
    done = run("--where", b"fd == 3 \xff")
    assert (done.returncode, b"\\xff" in done.stderr) == (2, True)


def test_a_table_holds_only_what_is_chosen(busy):
    lines = text(
        "--pid", str(busy.pid), "--where", 'kind == "eventfd" and count == 3', "--no-headers"
    ).splitlines()
    assert len(lines) == 2
    assert all("eventfd" in line for line in lines)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every namespace")
def test_what_was_left_out_for_want_of_a_right_is_told():
    snapshot = scan(["1"], where="namespaces.net > 0 and fd >= 0", peers=False)
    told = [(one.pid, one.what, one.reason) for one in without_others(snapshot.problems)]
    assert told == [(1, "namespaces", "permission-denied")]


def test_brief_means_nothing_beside_a_choice(busy):
    (process,) = scan([str(busy.pid)], where='kind == "eventfd"', brief=True).processes
    assert len(process.descriptors) == 2


def test_of_threads_only_those_of_the_processes_that_an_expression_means_are_looked_at(lab, holder):
    found = waits(where=f"pid == {lab.pid} and kind == 'pipe'")
    (process,) = scan([str(lab.pid)]).processes
    assert found.threads_total == len(process.threads)
    assert {one.pid for one in found.waits} == {lab.pid}
    assert [one for one in found.problems if one.pid not in (None, lab.pid)] == []
    assert waits(where="pid == 4194305 and kind == 'pipe'").threads_total == 0
