"""fdscope check: exit statuses and lines of a monitoring plugin, of processes that are really in trouble."""

import json
import os
import re
import resource

import jsonschema
import pytest
from program import run, text, without_rights

from fdscope import scan


def told(*words, **more):
    """The exit status, and the lines on standard output; nothing is said elsewhere."""
    done = run("check", *words, **more)
    assert done.stderr == b""
    return done.returncode, done.stdout.decode().splitlines()


def name_of(pid):
    with open(f"/proc/{pid}/comm") as file:
        return file.read().rstrip("\n")


@pytest.fixture
def near_its_limit(child):
    """A process that has 90 descriptors, and may have 100."""
    return child(
        """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
while len(os.listdir("/proc/self/fd")) - 1 < 90:
    os.dup(HOLD)
ready()
"""
    )


@pytest.mark.parametrize(
    ("limit", "status", "word"),
    [
        ("0.95", 0, "OK"),
        ("0.9", 0, "OK"),
        ("80%,0.95", 1, "WARNING"),
        ("0.8", 2, "CRITICAL"),
        ("0.5,0.89", 2, "CRITICAL"),
    ],
)
def test_a_process_near_its_limit(near_its_limit, limit, status, word):
    pid = near_its_limit.pid
    found, (line,) = told(str(pid), "--max-share", limit)
    assert (found, line.split(" - ")[0]) == (status, f"FDSCOPE {word}")
    assert f"{name_of(pid)}[{pid}] has 90 descriptors of 100, 90 %" in line
    assert " | 'share'=90%;" in line
    assert told(str(pid), "--max-descriptors", "89", "--max-share", "0.95")[0] == 2


def test_without_limits_the_usual_ones_are_taken_and_told(near_its_limit):
    status, lines = told(str(near_its_limit.pid))
    assert (status, lines[1:]) == (1, ["no limit was given; checked were --max-share 0.8,0.95"])
    status, lines = told("--pid", str(near_its_limit.pid))
    assert (status, lines[1:]) == (1, ["no limit was given; checked were --max-share 0.8,0.95"])
    done = run("check")
    assert done.returncode in (1, 2)  # that process is one of the machine's
    assert done.stdout.endswith(
        b"\nno limit was given; checked were --max-share 0.8,0.95 --max-system-share 0.8,0.95\n"
    )
    assert re.search(rb"\[%d\] has 90 descriptors of 100, 90 %%" % near_its_limit.pid, done.stdout)


def test_the_share_of_the_machine_is_that_of_file_nr():
    with open("/proc/sys/fs/file-nr") as file:
        maximum = int(file.read().split()[2])
    status, (line,) = told("self", "--max-system-share", "100%")
    assert status == 0
    assert f" of {maximum:,} open file descriptions" in line
    assert f";;;0;{maximum}" in line
    assert told("self", "--max-system-share", "0")[0] == 2


DELETED = """
import tempfile
path = os.path.join(tempfile.mkdtemp(dir=sys.argv[1]), "log")
fd = os.open(path, os.O_RDWR | os.O_CREAT)
os.write(fd, os.urandom(3 << 20))
os.fsync(fd)
os.dup(fd)
sparse = os.open(path + "2", os.O_RDWR | os.O_CREAT)
os.ftruncate(sparse, 1 << 40)
os.unlink(path)
os.unlink(path + "2")
ready(path=path, blocks=os.fstat(fd).st_blocks, sparse=os.fstat(sparse).st_blocks)
"""


def test_a_deleted_file_holds_its_blocks_once(child, tmp_path):
    one = child(DELETED, str(tmp_path))
    space = (one.told["blocks"] + one.told["sparse"]) * 512
    assert space >= 3 << 20
    status, (line,) = told(str(one.pid), "--no-deleted-over", "2M,4M")
    assert status == 1
    assert line.startswith("FDSCOPE WARNING - 2 deleted files hold 3.0 MiB, 3.0 MiB of it ")
    assert line.endswith(f"| 'deleted'={space}B;2097152;4194304;0")
    assert f"{one.told['path']} of {name_of(one.pid)}[{one.pid}]; warning above 2.0 MiB" in line
    assert told(str(one.pid), "--no-deleted-over", "1M")[0] == 2
    assert told(str(one.pid), "--no-deleted-over", "1G")[0] == 0
    assert told(str(one.pid), "--fd", "0-2", "--no-deleted-over", "0") == (
        0,
        ["FDSCOPE OK - 0 deleted files hold 0 B | 'deleted'=0B;;0;0"],
    )


LISTENING = """
import socket
name = "a|b\\n.sock"
tcp, udp, unix = socket.socket(), socket.socket(type=socket.SOCK_DGRAM), socket.socket(socket.AF_UNIX)
os.chdir(sys.argv[1])
for one, place in ((tcp, ("127.0.0.1", 0)), (udp, ("127.0.0.1", 0)), (unix, name)):
    one.bind(place)
tcp.listen(1)
unix.listen(1)
clients = [socket.socket() for _ in range(2)]
for one in clients:
    one.connect(tcp.getsockname())
connected = socket.socket(type=socket.SOCK_DGRAM)
connected.connect(udp.getsockname())
ready(tcp=tcp.getsockname()[1], udp=udp.getsockname()[1])
"""


def test_a_listener_that_is_not_in_the_list_is_critical(child, tmp_path):
    one = child(LISTENING, str(tmp_path))
    pid, tcp, udp = str(one.pid), one.told["tcp"], one.told["udp"]
    who = f"{name_of(pid)}[{pid}]"
    fine = "FDSCOPE OK - {} listeners, all expected | 'listeners_unexpected'=0;;0;0"
    assert told(pid, "--no-listener-except", f"{tcp},{udp}") == (0, [fine.format(3)])
    assert told(pid, "--no-listener-except", f"localhost:{tcp},udp:*,unix:**") == (0, [fine.format(3)])
    status, lines = told(pid, "--no-listener-except", f"tcp:127.0.0.1:{tcp}")
    assert (status, lines) == (
        2,
        [f"FDSCOPE CRITICAL - {who} listens, unexpected, at udp 127.0.0.1:{udp} | 'listeners_unexpected'=1;;0;0"],
    )
    status, lines = told(pid, "--no-listener-except", "unix:/run/**")
    assert (status, sorted(lines[1:])) == (
        2,
        [
            f"CRITICAL: {who} listens, unexpected, at tcp 127.0.0.1:{tcp}",
            f"CRITICAL: {who} listens, unexpected, at udp 127.0.0.1:{udp}",
            rf"CRITICAL: {who} listens, unexpected, at unix a\x7cb\n.sock",
        ],
    )
    status, lines = told("--pid", pid, "--kind", "tcp", "--no-listener-except", "none")
    assert (status, len(lines)) == (2, 1)


def test_a_queue_of_connections_that_is_full(child, tmp_path):
    one = child(LISTENING, str(tmp_path))
    status, (line,) = told(str(one.pid), "--max-backlog-share", "0.5,1")
    assert status == 2
    assert f" lets 2 of 1 connections wait at LISTEN 127.0.0.1:{one.told['tcp']}, 2 of 1 waiting, 200 %" in line
    assert line.endswith(" | 'backlog_share'=200%;50;100;0;100")


GROWING = """
import resource, time
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
tell()
while True:
    if len(os.listdir("/proc/self/fd")) > hard // 2:
        os._exit(1)
    os.dup(HOLD)
    time.sleep(0.01)
"""


def test_a_process_that_loses_descriptors_and_is_switched_for_it(child):
    one = child(GROWING)
    words = (str(one.pid), "--max-growth", "5/s,1M/s", "--max-switches", "5", "--for", "500ms", "--json")
    done = run("check", *words)
    assert (done.returncode, done.stderr) == (2, b"")
    found = json.loads(done.stdout)
    assert [(one["check"], one["level"]) for one in found["findings"]] == [
        ("max-switches", "critical"),
        ("max-growth", "warning"),
    ]
    growth = found["findings"][1]
    assert (growth["pid"], growth["process"], growth["warn"], growth["crit"]) == (
        one.pid,
        name_of(one.pid),
        5,
        1e6,
    )
    assert 5 < growth["value"] < 101
    assert found["measured_s"] == 0.5
    assert [metric["label"] for metric in found["metrics"]] == ["growth", "switches", "processes"]


def test_a_process_that_rests_neither_grows_nor_is_switched(holder):
    words = ("--max-growth", "0", "--max-involuntary", "0", "--max-switches", "1", "--for", "0.2s")
    status, (line,) = told(str(holder.pid), *words)
    assert status == 0
    assert "opens 0 descriptors a second more than it closes" in line


def test_of_the_whole_machine_those_that_grow_are_found_and_not_the_one_that_looks(child):
    one = child(GROWING)
    done = run("check", "--max-growth", "5/s", "--for", "0.5s", "--json")
    assert done.returncode == 2
    pids = [finding["pid"] for finding in json.loads(done.stdout)["findings"]]
    assert one.pid in pids


@pytest.mark.parametrize("target", ["4194999", "no-process-[|]-is-called-this"])
def test_a_process_that_is_not_there_is_critical(target):
    status, lines = told(target, "--max-share", "0.8")
    assert status == 2
    shown = target.replace("|", r"\x7c")
    assert lines in (
        [f"FDSCOPE CRITICAL - no process has the pid {shown} | 'processes'=0;;;0"],
        [f"FDSCOPE CRITICAL - no process is called '{shown}' | 'processes'=0;;;0"],
    )


def test_where_one_is_there_and_one_is_not_both_are_told(holder):
    held = len(os.listdir(f"/proc/{holder.pid}/fd"))
    status, lines = told(str(holder.pid), "4194999", "--max-descriptors", "1,1k")
    assert status == 2
    assert lines[1:] == [
        "CRITICAL: no process has the pid 4194999",
        f"WARNING: {name_of(holder.pid)}[{holder.pid}] has {held} descriptors of "
        f"{resource.getrlimit(resource.RLIMIT_NOFILE)[0]:,}, <1 %; warning above 1",
    ]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--nonsense"], "--nonsense"),
        (["--max-share", "80"], "80"),
        (["--max-share"], "--max-share"),
        (["--max-share", "0.9,0.8"], "before it warns at 0.9"),
        (["--no-listener-except", "a|b"], r"a\x7cb"),
        (["--for", "2s"], "--max-growth"),
        (["--for", "2 weeks", "--max-growth", "1"], "2 weeks"),
        (["--for", "2h", "--max-growth", "1"], "0.1s to 1h"),
        (["--timeout", "soon"], "soon"),
        (["--proc", "/nowhere"], "/nowhere"),
        (["--where", "kind ="], "kind ="),
        (["a(b"], "a(b"),
        (["--from", "x.json", "--max-switches", "1"], "--from"),
    ],
)
def test_wrong_usage_is_unknown_and_told_on_both_streams(words, named):
    done = run("check", *words)
    assert done.returncode == 3
    (line,), (also,) = done.stdout.decode().splitlines(), done.stderr.decode().splitlines()
    assert line.startswith("FDSCOPE UNKNOWN - ")
    assert also.startswith("fdscope: ")
    assert named in line
    assert "|" not in line


def test_the_document_validates_against_the_printed_schema(near_its_limit, holder, schema):
    for words in ([str(near_its_limit.pid)], [str(holder.pid), "--no-listener-except", "22"], ["4194999"], []):
        done = run("check", "--json", *words)
        document = json.loads(done.stdout)
        schema.validate(document)
        assert ["ok", "warning", "critical", "unknown"].index(document["status"]) == done.returncode


@pytest.fixture(scope="module")
def schema():
    return jsonschema.Draft202012Validator(json.loads(text("--json-schema")))


NAMED = """
libc.prctl(15, b"a|b'\\n\\x1b]\\xff", 0, 0, 0)
ready()
"""


def test_a_hostile_name_breaks_neither_lines_nor_performance_data(child):
    one = child(NAMED)
    status, (line,) = told(str(one.pid), "--max-descriptors", "1")
    assert status == 2
    assert rf"a\x7cb'\n\x1b]\xff[{one.pid}] has " in line
    status, (line,) = told(str(one.pid), "--max-share", "100%")
    assert (status, line.count("|")) == (0, 1)
    assert " 'share_a_b_____'=" in line


def test_without_rights_what_cannot_be_read_is_unknown_and_what_can_is_judged(foreign):
    if not os.stat("/proc/self/fd").st_size:
        pytest.skip("this kernel tells others no count of descriptors: that came with Linux 6.2")
    pid = str(foreign.pid)
    refused = f"process {pid} could not be judged: permission denied"
    without = {"preexec_fn": without_rights}
    status, (line,) = told(pid, "--no-listener-except", "22", **without)
    assert (status, line) == (
        3,
        f"FDSCOPE UNKNOWN - {refused}; no listeners were seen | 'listeners_unexpected'=0;;0;0",
    )
    status, lines = told(pid, "--no-deleted-over", "1G", "--max-descriptors", "1", **without)
    assert (status, lines[1:]) == (
        2,
        [
            f"CRITICAL: {name_of(pid)}[{pid}] has {foreign.told['descriptors']} descriptors of "
            f"{resource.getrlimit(resource.RLIMIT_NOFILE)[0]:,}, <1 %; critical above 1",
            f"UNKNOWN: {refused}",
        ],
    )
    assert told(pid, "--max-share", "0.8", **without)[0] == 0


def test_threads_of_the_kernel_and_zombies_leave_no_doubt(child):
    one = child(
        """
other = os.fork()
if not other:
    os._exit(0)
os.waitid(os.P_PID, other, os.WEXITED | os.WNOWAIT)
ready(zombie=other)
"""
    )
    status, (line,) = told(str(one.told["zombie"]), "--no-deleted-over", "0", preexec_fn=without_rights)
    assert (status, line) == (0, "FDSCOPE OK - 0 deleted files hold 0 B | 'deleted'=0B;;0;0")


def test_a_snapshot_can_be_checked_later(near_its_limit, tmp_path):
    path = tmp_path / "before.json"
    path.write_bytes(run("--json", str(near_its_limit.pid)).stdout)
    near_its_limit.end()
    status, (line,) = told("--from", str(path), "--max-share", "0.8,0.95")
    assert status == 1
    assert f"[{near_its_limit.pid}] has 90 descriptors of 100, 90 %; warning above 80 %" in line


def test_a_vsock_socket_of_which_nothing_is_told_is_unknown_and_not_in_order(child):
    one = child(
        "import socket\ntry:\n    held = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)\n"
        "    held.bind((socket.VMADDR_CID_ANY, 16499))\n    held.listen()\n    ready(fd=held.fileno())\n"
        "except OSError as error:\n    ready(fd=None)"
    )
    if one.told["fd"] is None:
        pytest.skip("this kernel makes no vsock sockets that listen")
    (process,) = scan([str(one.pid)]).processes
    (socket,) = [held for held in process.descriptors if held.fd == one.told["fd"]]
    done = run("check", str(one.pid), "--no-listener-except", "none")
    assert done.returncode == (3 if socket.state is None else 2)
    assert done.stdout.startswith(b"FDSCOPE UNKNOWN" if socket.state is None else b"FDSCOPE CRITICAL")
