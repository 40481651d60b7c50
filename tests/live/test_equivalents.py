"""Every line of the table of equivalents, run beside the line of the other tool: both answer the same."""

import os
import pwd
import re
import subprocess

import pytest
from children import Child
from peer_comparisons import SPECIAL
from peer_values import TYPES, VALUES
from peers import Shell, ours, theirs
from program import found

from fdscope.equivalents import TABLES

ROOT = os.geteuid() == 0
ADDRESS, CLIENT = "127.0.0.9", "127.0.0.8"

HOLDER = f"""
import ctypes, mmap, socket
folder, name = sys.argv[1:]
libc.prctl(15, name.encode() + b"-a", 0, 0, 0)  # PR_SET_NAME
os.setpgid(0, 0)
os.chdir(folder)
kept = []
def file(path, size, flags=os.O_RDWR):
    fd = os.open(os.path.join(folder, path), flags | os.O_CREAT, 0o600)
    os.ftruncate(fd, size)
    os.lseek(fd, size // 2, os.SEEK_SET)
    kept.append(fd)
    return fd
def bound(family, type, *address):
    one = socket.socket(family, type)
    one.bind(address if address[1:] else address[0])
    kept.append(one)
    return one
os.mkdir("below")
file("held", 10)
file("below/deep", 4096, os.O_WRONLY | os.O_APPEND)
file("gone", 4096)
os.unlink("gone")
file("linked", 3)
os.link("linked", "second")
kept.append(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
mapped = os.open("mapped", os.O_RDWR | os.O_CREAT, 0o600)
os.ftruncate(mapped, 8192)
memory = mmap.mmap(mapped, 8192)
os.close(mapped)
server = bound(socket.AF_INET, socket.SOCK_STREAM, "{ADDRESS}", 0)
server6 = bound(socket.AF_INET6, socket.SOCK_STREAM, "::1", 0)
datagram = bound(socket.AF_INET, socket.SOCK_DGRAM, "{ADDRESS}", 0)
local = bound(socket.AF_UNIX, socket.SOCK_STREAM, os.path.join(folder, "socket"))
for one in (server, server6, local):
    one.listen(5)
port = server.getsockname()[1]
other = os.fork()
if not other:
    libc.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG
    libc.prctl(15, name.encode() + b"-b", 0, 0, 0)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    client.setsockopt(socket.SOL_IP, socket.IP_TOS, 16)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    if os.geteuid() == 0:
        client.setsockopt(socket.SOL_SOCKET, 36, 7)  # SO_MARK
    client.bind(("{CLIENT}", 0))
    client.connect(("{ADDRESS}", port))
    client6 = socket.create_connection(server6.getsockname()[:2])
    local_client = socket.socket(socket.AF_UNIX)
    local_client.connect(local.getsockname())
    talker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    talker.connect(datagram.getsockname())
    os.read(HOLD, 1)
    os._exit(0)
accepted = [one.accept()[0] for one in (server, server6, local)]
ready(port=port, port6=server6.getsockname()[1], udp=datagram.getsockname()[1], other=other)
"""

STRANGER = """
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
libc.prctl(4, 1, 0, 0, 0)  # dumpable again, so that its files in /proc are its own
ready()
"""

APART = """
import socket, subprocess
checked(libc.unshare(0x20000))  # CLONE_NEWNS
checked(libc.mount(b"none", b"/", None, 1 << 18 | 1 << 14, None))  # MS_PRIVATE | MS_REC
checked(libc.mount(b"tmpfs", sys.argv[1].encode(), b"tmpfs", 0, None))
os.chdir(sys.argv[1])
kept = os.open("file", os.O_RDWR | os.O_CREAT)
ready()
"""

IN_NAMESPACE = """
import socket, subprocess
checked(libc.unshare(0x20000))
checked(libc.mount(b"none", b"/", None, 1 << 18 | 1 << 14, None))
subprocess.run(["ip", "netns", "add", sys.argv[1]], check=True)
here = os.open("/run/netns/" + sys.argv[1], os.O_RDONLY)
checked(libc.setns(here, 0x40000000))  # CLONE_NEWNET
os.close(here)
server = socket.create_server(("0.0.0.0", 0))
ready()
"""


class Scene:
    """The processes that the lines are asked about, and what stands for the words in capitals."""

    def __init__(self, folder, lab, start):
        self.folder, self.lab = folder, lab
        self.start = start
        name = f"eq{os.getpid()}"
        (folder / "mount").mkdir()
        (folder / "tree").mkdir()
        self.holder = start(HOLDER, str(folder / "tree"), name)
        told = self.holder.told
        self.other = told["other"]
        self.own = {lab.pid, self.holder.pid, self.other}
        user = pwd.getpwuid(os.geteuid()).pw_name
        if ROOT:
            self.own.add(start(STRANGER).pid)
            user = pwd.getpwuid(65534).pw_name
        tree = f"{folder}/tree"
        self.words = {
            "PID": lab.pid,
            "1234": lab.pid,
            "OTHER": self.holder.pid,
            "PGID": self.holder.pid,
            "NAME": name,
            "nginx": name,
            "USER": user,
            "FILE": f"{tree}/held",
            "DIR": tree,
            "/var/log": tree,
            "SOCKET": f"{tree}/socket",
            "MOUNT": f"{folder}/mount",
            "ADDRESS": ADDRESS,
            "PORT": told["port"],
            "PORT6": told["port6"],
            "UDPPORT": told["udp"],
            "NETNS": name,
        }

    def filled(self, line):
        """A line with what its words stand for."""
        words = {key: str(value) for key, value in self.words.items()}
        if line.startswith("lsfd"):  # its columns are in capitals, too
            words = {key: value for key, value in words.items() if not key.isupper()}
        pattern = "|".join(rf"(?<![\w-]){key}(?!\w)" for key in sorted(words, key=len, reverse=True))
        return re.sub(pattern, lambda match: words[match[0]], line)


@pytest.fixture(scope="module")
def scene(lab, tmp_path_factory):
    children = []

    def start(source, *arguments, **more):
        children.append(Child(source, *arguments, **more))
        return children[-1]

    try:
        yield Scene(tmp_path_factory.mktemp("scene"), lab, start)
    finally:
        for one in children:
            one.end()


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    return Shell(tmp_path_factory.mktemp("shell"))


@pytest.fixture(scope="module")
def apart(scene):
    """A process in a mount namespace of its own, with a file system that only it sees."""
    if not ROOT:
        pytest.skip("to mount a file system takes root")
    found("nsenter")
    one = scene.start(APART, str(scene.folder / "mount"))
    scene.own.add(one.pid)
    return one


@pytest.fixture(scope="module")
def in_namespace(scene):
    """A process in a network namespace that has a name."""
    if not ROOT:
        pytest.skip("to make a network namespace takes root")
    found("ip")
    one = scene.start(IN_NAMESPACE, scene.words["NETNS"])
    try:
        yield one
    finally:
        subprocess.run(
            ["nsenter", "-t", str(one.pid), "-m", "ip", "netns", "del", scene.words["NETNS"]], check=True
        )


def lines():
    """Every row with two lines, by a name."""
    for table in TABLES:
        for place, row in enumerate(table.rows):
            if row.theirs and row.ours:
                yield pytest.param(table.tool, row, id=f"{table.tool}-{place}-{row.option.replace(' ', '_')}")


def is_unlisted(row):
    """Whether a row of ours is a socket that is neither bound nor connected: the kernel has it in no table, where
    peers look for sockets.
    """
    return (TYPES.get(row.get("kind")) == "SOCK" or "state" in row) and not row.get("state")


@pytest.mark.parametrize(("tool", "row"), list(lines()))
def test_both_lines_answer_the_same(tool, row, scene, shell, request):
    if not ROOT and (tool, row.option) in TAKES_ROOT:
        pytest.skip(f"{TAKES_ROOT[tool, row.option]} takes root")
    shell.inside, own = [], scene.own
    if "MOUNT" in row.theirs:
        shell.inside = ["nsenter", "-t", str(request.getfixturevalue("apart").pid), "-m"]
    if "NETNS" in row.theirs:
        pid = request.getfixturevalue("in_namespace").pid
        shell.inside, own = ["nsenter", "-t", str(pid), "-m"], {*own, pid}
    their, our = scene.filled(row.theirs), scene.filled(row.ours)
    special = SPECIAL.get((tool, row.option))
    if special:
        special(scene, shell, their, our)
        return
    peers = [(key, one) for key, one in theirs(shell, their) if key[0] in own]
    mine = [(key, one) for key, one in ours(shell, our) if key[0] in own]
    if "mapped" not in row.ours and " who " not in row.ours:
        peers = [(key, one) for key, one in peers if key[1] != "mapped"]
    peers = [(key, one) for key, one in peers if not EXCEPT.get((tool, row.option), lambda _: False)(one)]
    if re.search("--columns|--ndjson|--format|--no-headers|--wide", row.ours):  # descriptors alone
        peers = [(key, one) for key, one in peers if isinstance(key[1], int)]
        mine = [(key, one) for key, one in mine if isinstance(key[1], int)]
    places = {key for key, _ in peers}
    unlisted = {key for key, one in mine if is_unlisted(one)} - places
    more = {key for key, one in mine if MORE.get((tool, row.option), lambda _: False)(one)}
    assert more - unlisted - places or (tool, row.option) not in MORE
    assert {key for key, _ in mine} - unlisted - more == places - more
    assert places, "nothing was compared"
    for name, (read, mine_read) in VALUES.get((tool, row.option), {}).items():
        told = {key: value for key, one in peers if (value := read(one)) is not None}
        same = {key: mine_read(one[name]) for key, one in mine if one[name] and key in told}
        same = {key: value for key, value in same.items() if value is not None}
        assert same or (tool, row.option) in MAY_LACK, "no value was compared"
        assert same == {key: told[key] for key in same}
        # of the odd objects in the lab peers tell numbers that mean nothing, of files and sockets none
        plain = {key for key, _ in mine if key[0] != scene.lab.pid}
        assert plain & told.keys() <= same.keys()


EXCEPT = {
    ("lsof", "+L1"): lambda row: row["name"].startswith("/memfd:"),
    ("lsof", "+L N"): lambda row: (
        not row["name"].startswith("/") or row["name"].startswith(("/memfd:", "/secretmem"))
    ),
    ("lsfd", "-Q DELETED"): lambda row: row["name"].startswith("/memfd:"),
}
"""What a note excepts: rows of theirs that are none of ours."""

TAKES_ROOT = {
    ("lsof", "-u ^LIST"): "to have a process of another user",
    ("ss", "-w"): "to make a raw socket",
    ("ss", "-0"): "to make a packet socket",
    ("ss", "fwmark MASK"): "to mark packets",
}

MORE = {
    ("lsof", "+d DIR"): lambda row: row.get("deleted"),
    ("lsof", "+D DIR"): lambda row: row.get("deleted"),
}
"""What a note says that is told here, and not there."""

MAY_LACK = {("lsfd", name) for name in ("BLKDRV", "PARTITION", "MISCDEV", "SOURCE")}
"""What takes a disk or root, and may be nowhere."""
