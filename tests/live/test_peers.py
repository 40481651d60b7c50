"""What lsfd, lsof and psutil say of the same live processes: number by number, and no difference.

A peer that is not installed is skipped, unless FDSCOPE_REQUIRE_PEERS is set, as in continuous integration.
"""

import json
import os
import subprocess
import threading
from datetime import datetime

import psutil
import pytest
from program import found

from fdscope import scan


def seconds(rfc3339):
    return datetime.fromisoformat(rfc3339.replace("Z", "+00:00")).timestamp()


HOLD_FILES = """
import fcntl, mmap, socket, tempfile
folder = sys.argv[1]
def file(name, flags, size, position):
    fd = os.open(os.path.join(folder, name), flags | os.O_CREAT, 0o600)
    os.ftruncate(fd, size)
    os.lseek(fd, position, os.SEEK_SET)
    return fd
kept = [
    file("plain", os.O_RDWR, 1000, 10),
    file("append", os.O_WRONLY | os.O_APPEND, 5, 5),
    file("real (deleted)", os.O_RDWR, 7, 0),
    file("blank and \\ttab", os.O_RDWR, 0, 0),
    file("large", os.O_RDWR, 1 << 40, 1 << 39),
    os.open(os.path.join(folder, "plain"), os.O_RDONLY),
    os.open(os.path.join(folder, "plain"), os.O_PATH),
    os.open(folder, os.O_RDONLY | os.O_DIRECTORY),
    os.open("/dev/zero", os.O_RDWR),
    os.open("/proc/self/stat", os.O_RDONLY),
    os.memfd_create("memory"),
    *os.pipe2(os.O_NONBLOCK),
    socket.socketpair()[0].detach(),
]
gone = file("gone", os.O_RDWR, 3, 1)
os.unlink(os.path.join(folder, "gone"))
linked = file("linked", os.O_RDWR, 3, 1)
os.link(os.path.join(folder, "linked"), os.path.join(folder, "second"))
os.dup2(linked, 700)
ready()
"""


@pytest.fixture(params=["files", "lab"])
def held(request, child, tmp_path):
    """Every descriptor of a process by number, and its pid."""
    pid = child(HOLD_FILES, str(tmp_path)).pid if request.param == "files" else request.getfixturevalue("lab").pid
    (process,) = scan([str(pid)]).processes
    return pid, {row.fd: row for row in process.descriptors}


def test_lsfd_agrees(held):
    pid, rows = held
    columns = "FD,INODE,POS,MODE,DELETED,DEV,MNTID,NLINK,SIZE"
    done = subprocess.run([found("lsfd"), "-J", "-p", str(pid), "-o", columns], capture_output=True, timeout=60)
    peers = {one["fd"]: one for one in json.loads(done.stdout)["lsfd"] if isinstance(one["fd"], int)}
    assert sorted(rows) == sorted(peers)
    for fd, row in rows.items():
        peer = peers[fd]
        ours = [row.inode, row.mount_id, set(row.access or "") - set("path")]
        assert ours == [peer["inode"], peer["mntid"], set(peer["mode"]) & set("rw")], fd
        for field, column in (
            ("position", "pos"),
            ("device", "dev"),
            ("links", "nlink"),
            ("size_bytes", "size"),
            ("deleted", "deleted"),
        ):
            value = getattr(row, field, None)
            if value is not None and not (field == "links" and peer[column] is None):
                assert (fd, field, value) == (fd, field, type(value)(peer[column]))


def lsof_fields(line):
    """One line of ``lsof -F…0``: fields that end in a NUL, each with its letter before it."""
    return {field[:1].decode(): field[1:].decode(errors="replace") for field in line.split(b"\0") if field}


def test_lsof_agrees(held):
    pid, rows = held
    done = subprocess.run(
        [found("lsof"), "-n", "-P", "-b", "-w", "-p", str(pid), "-F", "faDiokn0"], capture_output=True, timeout=60
    )
    lines = [lsof_fields(line) for line in done.stdout.split(b"\n")]
    peers = {int(one["f"]): one for one in lines if one.get("f", "").isdigit()}
    assert sorted(rows) == sorted(peers)
    access = {"r": "r", "w": "w", "u": "rw", " ": None}
    for fd, row in rows.items():
        peer = peers[fd]
        if row.access != "path":  # of O_PATH, lsof says that it may be read and written
            assert (fd, row.access) == (fd, access[peer["a"]])
        if peer.get("i", "").isdigit():
            assert (fd, row.inode) == (fd, int(peer["i"]))
        if row.device is not None and "D" in peer:
            device = int(peer["D"], 16)
            assert (fd, row.device) == (fd, f"{os.major(device)}:{os.minor(device)}")
        if row.position is not None and peer.get("o", "").startswith("0t"):
            assert (fd, row.position) == (fd, int(peer["o"][2:]))
        if getattr(row, "links", None) is not None and "k" in peer:
            assert (fd, row.links) == (fd, int(peer["k"]))
        if getattr(row, "deleted", None):
            assert peer["n"].endswith(" (deleted)"), fd


@pytest.fixture
def threads():
    """Three more threads of this very process."""
    stop = threading.Event()
    running = [threading.Thread(target=stop.wait) for _ in range(3)]
    for one in running:
        one.start()
    try:
        yield
    finally:
        stop.set()
        for one in running:
            one.join()


def test_psutil_agrees_on_a_process_that_is_still(child):
    one = child(
        "import threading\n"
        "for _ in range(3):\n"
        "    threading.Thread(target=os.read, args=(HOLD, 1), daemon=True).start()\n"
        "ready()"
    )
    peer = psutil.Process(one.pid)
    process, problems = one.scan()
    assert problems == []
    assert (process.name, process.parent_pid, process.uid) == (
        peer.name()[:15],
        peer.ppid(),
        peer.uids().effective,
    )
    assert (len(process.threads), process.descriptor_count) == (peer.num_threads(), peer.num_fds())
    assert process.command == peer.cmdline()
    assert {file.role: file.name for file in process.files} == {
        "cwd": peer.cwd(),
        "exe": peer.exe(),
        "root": "/",
    }
    assert abs(seconds(process.started_at) - peer.create_time()) <= 1
    memory = peer.memory_info()
    assert process.memory.virtual_bytes == memory.vms
    assert abs(process.memory.resident_bytes - memory.rss) < 1 << 20
    assert (process.descriptor_limit.soft, process.descriptor_limit.hard) == peer.rlimit(psutil.RLIMIT_NOFILE)
    assert {thread.tid for thread in process.threads} == {thread.id for thread in peer.threads()}


def facts_of_all():
    """What psutil says of every process that it can see; the name of a kernel worker changes with its work."""
    found = {}
    for peer in psutil.process_iter():
        try:
            with peer.oneshot():
                name = None if peer.ppid() in (0, 2) else peer.name()[:15]
                found[peer.pid] = (peer.ppid(), peer.uids().effective, name, peer.create_time())
        except psutil.NoSuchProcess:
            continue
    return found


def test_psutil_agrees_on_every_process_of_the_machine():
    before = facts_of_all()
    told = {process.pid: process for process in scan().processes}
    after = facts_of_all()
    still = {pid: facts for pid, facts in before.items() if after.get(pid) == facts}
    assert os.getpid() in still
    for pid, (parent_pid, uid, name, created) in still.items():
        process = told[pid]
        assert (process.parent_pid, process.uid) == (parent_pid, uid)
        assert name is None or process.name[:15] == name
        assert abs(seconds(process.started_at) - created) <= 1


@pytest.mark.usefixtures("threads")
def test_psutil_tells_the_switches_of_the_main_thread_and_we_those_of_all():
    (process,) = scan(["self"]).processes
    main = psutil.Process().num_ctx_switches()
    by_tid = {thread.tid: thread.context_switches for thread in process.threads}
    assert by_tid[os.getpid()].voluntary <= main.voluntary
    assert process.context_switches.threads_counted == len(process.threads) >= 4
    assert process.context_switches.voluntary == sum(one.voluntary for one in by_tid.values())
