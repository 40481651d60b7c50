"""File systems whose server has stopped answering: fdscope answers in time, and says what it could not ask.

The file system is a small one of FUSE, spoken raw over /dev/fuse (include/uapi/linux/fuse.h), whose daemon the
test stops. The test aborts the connection at its end (fuse(4), /sys/fs/fuse/connections), so that nothing stays
behind that waits for the dead daemon.
"""

import json
import os
import signal
import subprocess
import time
from errno import ETIMEDOUT

import pytest
from bpf_here import needs_bpf
from children import until, without_others
from program import text

from fdscope.kernel.machine import ProcMachine
from fdscope.kernel.mounts import Mounts
from fdscope.kernel.patience import Patience
from fdscope.kernel.root import Proc
from fdscope.kernel.sockets import Sockets
from fdscope.raw import RawDescriptor, RawMount, Unread

# A file system of one file, /file, of 5 bytes, in a mount namespace of its own.
SERVER = """
import struct
CLONE_NEWNS, MS_REC, MS_PRIVATE, MNT_DETACH = 0x20000, 0x4000, 0x40000, 2
point = sys.argv[1].encode()
fuse = os.open("/dev/fuse", os.O_RDWR)
options = b"fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % fuse
checked(libc.mount(b"silent", point, b"fuse.silent", 0, options))

def attributes(node):
    mode, size = (0o40755, 0) if node == 1 else (0o100644, 5)
    return struct.pack("<QQQQQQIIIIIIIIII", node, size, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

def answer(code, node):
    if code == 26:  # INIT
        return struct.pack("<IIIIHHIIHHI", 7, 31, 65536, 0, 0, 0, 4096, 1, 0, 0, 0) + bytes(28)
    if code == 1:  # LOOKUP; nothing may be cached
        return struct.pack("<QQQQII", 2, 0, 0, 0, 0, 0) + attributes(2)
    if code == 3:  # GETATTR
        return struct.pack("<QII", 0, 0, 0) + attributes(node)
    if code in (14, 27):  # OPEN, OPENDIR
        return struct.pack("<QII", 0, 0, 0)
    if code == 17:  # STATFS
        return bytes(80)
    return b""

def serve():
    request = os.read(fuse, 1 << 20)
    length, code, unique, node = struct.unpack("<IIQQ", request[:24])
    if code in (2, 42, 36):  # FORGET, BATCH_FORGET, INTERRUPT want no answer
        return True
    if code == 3 and os.path.exists(sys.argv[2]):  # has read it, and will never say a word
        return False
    body = answer(code, node)
    os.write(fuse, struct.pack("<IiQ", 16 + len(body), 0, unique) + body)
    return True

tell(device=os.stat("/").st_dev)
while serve():
    pass
stay()
"""

HOLDER = """
point = sys.argv[1]
fd = os.open(f"{point}/{sys.argv[3] if len(sys.argv) > 3 else 'file'}", os.O_RDONLY)
if sys.argv[2] == "cwd":
    os.chdir(point)
if sys.argv[2] == "detached":
    os.chdir(point)
    checked(libc.umount2(point.encode(), 2))
other = os.open("/dev/null", os.O_RDONLY)
ready(fd=fd, other=other)
"""


def connections():
    try:
        return set(os.listdir("/sys/fs/fuse/connections"))
    except OSError:
        return set()


class Silent:
    """The mount, its daemon, and a switch that the daemon looks at."""

    def __init__(self, child, folder):
        self.point = str(folder / "mount")
        self.switch = str(folder / "silent")
        os.mkdir(self.point)
        before = connections()
        self.daemon = child(SERVER, self.point, self.switch)
        self.connections = connections() - before

    def stop(self):
        """The daemon reads nothing any more."""
        os.kill(self.daemon.pid, signal.SIGSTOP)

    def swallow(self):
        """The daemon reads the next question for attributes, and never answers it."""
        with open(self.switch, "w"):
            pass

    def end(self):
        for one in self.connections:
            try:
                with open(f"/sys/fs/fuse/connections/{one}/abort", "w") as file:
                    file.write("1")
            except OSError:
                pass
        self.daemon.end()  # the last descriptor of /dev/fuse that is closed aborts the connection, too
        subprocess.run(["umount", "-l", self.point], stderr=subprocess.DEVNULL)


@pytest.fixture
def silent(child, tmp_path):
    if not os.path.exists("/dev/fuse"):
        pytest.skip("there is no /dev/fuse")
    if os.geteuid() != 0:
        pytest.skip("to mount a FUSE file system without fusermount takes root")
    one = Silent(child, tmp_path)
    try:
        yield one
    finally:
        one.end()


def answer(*words):
    """The document, and how long it took until standard output was at its end."""
    began = time.monotonic()
    return json.loads(text(*words)), time.monotonic() - began


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return set(file.read().split())


@pytest.mark.parametrize("way", ["stop", "swallow"])
@pytest.mark.parametrize("place", ["descriptor", "cwd", "detached"])
def test_a_silent_server_costs_its_own_files_and_nothing_else(way, place, silent, child):
    holder = child(HOLDER, silent.point, place)
    fd = holder.told["fd"]
    getattr(silent, way)()
    told, seconds = answer("--json", "--timeout", "1", str(holder.pid))
    assert seconds < 10
    (process,) = told["processes"]
    rows = {row["fd"]: row for row in process["descriptors"]}
    assert sorted(rows) == sorted([0, 1, 2, fd, holder.told["other"], holder.pipe, holder.hold])
    assert rows[holder.told["other"]]["name"] == "/dev/null"
    assert "inode" in rows[holder.told["other"]]
    assert rows[fd]["name"] == ("/file" if place == "detached" else f"{silent.point}/file")
    expected = {("status", fd, "timed-out")}
    if place != "descriptor":
        expected.add(("status of cwd", None, "timed-out"))
    assert {(one["what"], one.get("fd"), one["reason"]) for one in without_others(told["problems"])} == expected
    files = {file["role"]: file for file in process["files"]}
    assert sorted(files) == ["cwd", "exe", "root"]
    assert files["exe"]["inode"]
    assert files["root"]["inode"] == os.stat("/").st_ino
    assert ("inode" in files["cwd"]) == (place == "descriptor")


@pytest.mark.parametrize("name", ["memfd:file", "dmabuf:file", "secretmem", "SYSV0 (deleted)"])
def test_a_file_of_a_silent_server_does_not_pass_for_memory_of_the_kernel(name, silent, child):
    holder = child(HOLDER, silent.point, "detached", name)
    silent.stop()
    told, seconds = answer("--json", "--timeout", "1", str(holder.pid))
    assert seconds < 10
    expected = [("status", holder.told["fd"], "timed-out"), ("status of cwd", None, "timed-out")]
    assert [(one["what"], one.get("fd"), one["reason"]) for one in without_others(told["problems"])] == expected


def test_a_file_system_that_answers_is_told_whole(silent, child):
    holder = child(HOLDER, silent.point, "cwd")
    process, problems = holder.scan()
    (row,) = [row for row in process.descriptors if row.fd == holder.told["fd"]]
    assert problems == []
    assert (row.name, row.size_bytes, row.filesystem, row.source) == (
        f"{silent.point}/file",
        5,
        "fuse.silent",
        "silent",
    )
    cwd = next(file for file in process.files if file.role == "cwd")
    assert (cwd.name, cwd.inode, cwd.filesystem) == (silent.point, 1, "fuse.silent")


def test_a_server_that_was_silent_is_not_waited_for_again(silent, child):
    """And all that is not known to have a server is waited for no longer than the timeout, and a tenth each."""
    holder = child(HOLDER, silent.point, "descriptor")
    silent.stop()
    mount = RawMount(b"", b"/", os.fsencode(silent.point), b"fuse.silent", b"silent")
    patience = Patience(2.0)
    fd, took = holder.told["fd"], []
    with Proc() as proc, proc.process(holder.pid) as task, task.open(b"fd") as links:
        for known in (mount, mount, None, None, None):
            record = RawDescriptor(holder.pid, fd, b"/x", b"", None, known)
            patience.ask(record, links.number, b"%d" % fd, known)
            began = time.monotonic()
            assert list(patience.answers()) == [Unread("status", ETIMEDOUT, holder.pid, fd), record]
            took.append(time.monotonic() - began)
    assert took[0] >= 2
    assert max(took[1:]) < 0.45
    silent.end()


def test_a_name_on_a_silent_server_is_not_looked_for(silent, child):
    holder = child(HOLDER, silent.point, "descriptor")
    silent.stop()
    path = os.fsencode(silent.point) + b"/file (deleted)"
    with Proc() as proc:
        assert ProcMachine(proc, Mounts(proc), Sockets(proc)).is_name_of(holder.pid, path, 1, 2) is None


def test_others_are_not_touched_by_a_silent_server(silent, child):
    other = child("ready()")
    silent.stop()
    process, problems = other.scan(timeout_s=20)
    assert problems == []
    assert {file.role: bool(file.inode) for file in process.files} == {"cwd": True, "root": True, "exe": True}


@pytest.mark.parametrize("source", ["proc", pytest.param("bpf", marks=needs_bpf)])
def test_a_whole_machine_is_told_beside_a_silent_server(source, silent, child):
    holders = [child(HOLDER, silent.point, place) for place in ("descriptor", "cwd")]
    silent.stop()
    told, seconds = answer("--json", "--timeout", "1", "--source", source)
    assert seconds < 30
    pids = {holder.pid for holder in holders}
    problems = [one for one in without_others(told["problems"]) if one.get("pid") in pids]
    assert {one["reason"] for one in problems} == {"timed-out"}
    assert {(one["pid"], one["what"]) for one in problems} == {
        (holders[0].pid, "status"),
        (holders[1].pid, "status"),
        (holders[1].pid, "status of cwd"),
    }


@pytest.mark.parametrize("way", ["stop", "swallow"])
@pytest.mark.parametrize("below", ["", "/", "/file"])
def test_who_holds_something_of_a_silent_server_is_found_by_name(below, way, silent, child):
    holders = [child(HOLDER, silent.point, place) for place in ("descriptor", "cwd")]
    getattr(silent, way)()
    told, seconds = answer("who", "--json", "--timeout", "1", silent.point + below)
    assert seconds < 10
    first, second = (holder.pid for holder in holders)
    expected = {(first, holders[0].told["fd"]), (second, holders[1].told["fd"])}
    if below != "/file":
        expected.add((second, "cwd"))
    pids = {first, second}
    assert {(one["pid"], one.get("role") or one["fd"]) for one in told["uses"] if one["pid"] in pids} == expected
    problems = {(one.get("pid"), one["what"]) for one in told["problems"] if one["reason"] == "timed-out"}
    assert problems >= {(None, f"path {silent.point}{below.rstrip('/')}"), (first, "status"), (second, "status")}


def test_deleted_files_are_found_beside_a_silent_server(silent, child):
    child(HOLDER, silent.point, "cwd")
    other = child("ready(fd=os.open('/tmp', os.O_TMPFILE | os.O_RDWR))")
    silent.stop()
    told, seconds = answer("who", "--json", "--timeout", "20", "deleted")
    assert seconds < 10
    assert [one["fd"] for one in told["uses"] if one["pid"] == other.pid] == [other.told["fd"]]
    assert without_others([one for one in told["problems"] if one["reason"] == "timed-out"]) == []


def test_a_scan_that_gave_up_leaves_no_child_behind_once_the_server_is_gone(silent, child):
    holder, other = child(HOLDER, silent.point, "descriptor"), child("ready()")
    before = children_of(os.getpid())
    silent.swallow()
    holder.scan(timeout_s=0.3)
    assert len(children_of(os.getpid()) - before) == 1
    silent.end()

    def nobody_is_left():
        other.scan()  # each scan lets go of those that earlier ones left behind
        return children_of(os.getpid()) <= before

    until(nobody_is_left)
