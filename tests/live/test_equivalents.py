"""Every line of the table of equivalents, run beside the line of the other tool: both answer the same."""

import csv
import io
import json
import os
import pwd
import re
import signal
import subprocess

import pytest
from children import Child
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


# what both say of the same place


def number(text):
    """A number as text, whatever it is written as; None: there is none."""
    return None if text in (None, "") else str(int(str(text), 0))


def offset(text):
    return None if not (text or "").startswith("0t") else text[2:]


def flags(names):
    """Flags of open(2) by lsof's letters, lsfd's or our own words, as far as all three have a word for them."""
    words = {
        "AP": "append",
        "ND": "nonblock",
        "NB": "nonblock",
        "CX": "cloexec",
        "DTY": "directory",
    }
    told = {words.get(one, one) for one in re.split("[,;| ]+", names or "")}
    return ",".join(sorted(told & {"append", "nonblock", "cloexec", "directory"}))


def state(text):
    return None if not text else text.replace("_", "-").replace("FIN-WAIT1", "FIN-WAIT-1")


TYPES = {
    **dict.fromkeys(("regular", "memfd", "secretmem", "mqueue", "namespace"), "REG"),
    **dict.fromkeys(("char-device", "tty", "pty-master", "tun", "fuse"), "CHR"),
    **dict.fromkeys(
        ("unix", "tcp", "udp", "udplite", "icmp", "raw", "netlink", "packet", "vsock", "socket"), "SOCK"
    ),
    **dict.fromkeys(("fifo", "pipe"), "FIFO"),
    "directory": "DIR",
    "block-device": "BLK",
    "symlink": "LINK",
    "kvm": None,  # the device or what was made of it
}
"""Our kinds and the types of lsfd; of all others that is UNKN."""


def type_of(kind):
    return TYPES.get(kind, "UNKN")


def device_type(kind):
    return None if kind == "kvm" else {"CHR": "char", "BLK": "blk"}.get(type_of(kind), "nodev")


def plain(name):
    """A name without the scheme before the number of an inode, which lsfd and the kernel choose differently."""
    return re.sub(r"^[A-Za-z0-9_-]+:(\[\d+\])$", r"\1", name)


def name_of(text):
    """A name as lsfd has it, without what the kernel says beside it."""
    return plain(re.sub("^(anon_inode:|/memfd:|/(?=secretmem))", "", text.removesuffix(" (deleted)")))


def truth(text):
    return str(str(text).lower() in ("true", "yes", "1"))


def disk(text):
    """What a disk is called, from lsfd's word for it or the path of its device; None: it is none."""
    name = str(text).removeprefix("/dev/")
    return name if os.path.exists(f"/dev/{name}") else None


def column_of(name, read=str):
    """How a row of lsfd has a column; None: it has none."""
    return lambda row: None if row[name] in (None, "") else read(row[name])


def of_ss(pattern):
    """What a pattern finds in a line of ss; None: nothing."""

    def value(row):
        match = re.search(pattern, row["line"])
        return match and match[1]

    return value


VALUES = {
    ("lsof", "-o"): {"position": (lambda row: offset(row.get("o")), number)},
    ("lsof", "-s"): {"size_bytes": (lambda row: number(row.get("s")), number)},
    ("lsof", "+L"): {"links": (lambda row: row.get("k"), number)},
    ("lsof", "+f g"): {"flags": (lambda row: flags(row.get("G")), flags)},
    ("lsof", "-g"): {"process_group": (lambda row: row["g"], number)},
    ("lsof", "-R"): {"parent_pid": (lambda row: row["R"], number)},
    ("lsof", "-l"): {"uid": (lambda row: row["u"], number)},
    ("lsof", "+c N"): {"process": (lambda row: row["c"], str)},
    ("lsof", "-T qs"): {
        "state": (lambda row: state(row.get("TST")), str),
        "receive_queue_bytes": (lambda row: row.get("TQR"), number),
        "send_queue_bytes": (lambda row: row.get("TQS"), number),
    },
    ("ss", "-e"): {
        "owner_uid": (lambda row: of_ss(r" uid:(\d+)")(row) or "0", number),
        "inode": (of_ss(r" ino:(\d+)"), number),
    },
    ("ss", "-m"): {
        "receive_buffer_bytes": (of_ss(r"skmem:\(r\d+,rb(\d+)"), number),
        "send_buffer_bytes": (of_ss(r"skmem:\(.*,tb(\d+)"), number),
        "dropped": (of_ss(r"skmem:\(.*,d(\d+)"), number),
    },
    ("ss", "-o"): {"tcp.timer": (of_ss(r"timer:\((\w+)"), lambda text: {"retransmit": "on"}.get(text, text))},
    ("ss", "-i"): {
        "tcp.congestion_control": (of_ss(r" (cubic|reno|bbr)\b"), str),
        "tcp.congestion_window": (of_ss(r" cwnd:(\d+)"), number),
        "tcp.send_mss_bytes": (of_ss(r" mss:(\d+)"), number),
    },
    ("ss", "--tos"): {"type_of_service": (lambda row: number(of_ss(r" tos:(\w+)")(row)), number)},
    ("lsfd", "COMMAND"): {"process": (column_of("command"), str)},
    ("lsfd", "ASSOC"): {"fd": (column_of("assoc"), str)},
    ("lsfd", "BLKDRV"): {"driver": (column_of("blkdrv"), str)},
    ("lsfd", "CHRDRV"): {"driver": (column_of("chrdrv"), str)},
    ("lsfd", "DELETED"): {"deleted": (column_of("deleted", truth), truth)},
    ("lsfd", "DEV"): {"device": (column_of("dev"), str)},
    ("lsfd", "DEVTYPE"): {"kind": (column_of("devtype"), device_type)},
    ("lsfd", "FD"): {"fd": (column_of("fd"), str)},
    ("lsfd", "FLAGS"): {"flags": (column_of("flags", flags), flags)},
    ("lsfd", "FUID"): {"owner_uid": (column_of("fuid"), str)},
    ("lsfd", "INODE"): {"inode": (column_of("inode"), str)},
    ("lsfd", "MAJ:MIN"): {"device_number": (column_of("maj:min"), str)},
    ("lsfd", "MISCDEV"): {"misc_device": (column_of("miscdev"), str)},
    ("lsfd", "MNTID"): {"mount_id": (column_of("mntid"), str)},
    ("lsfd", "MODE"): {"access": (lambda row: row["mode"].replace("-", "") or None, str)},
    ("lsfd", "NAME"): {"name": (column_of("name", name_of), plain)},
    ("lsfd", "NLINK"): {"links": (column_of("nlink"), str)},
    ("lsfd", "OWNER"): {"owner_uid": (lambda row: str(pwd.getpwnam(row["owner"]).pw_uid), str)},
    ("lsfd", "PARTITION"): {"partition": (column_of("partition"), str)},
    ("lsfd", "PID"): {"pid": (column_of("pid"), str)},
    ("lsfd", "POS"): {"position": (column_of("pos"), str)},
    ("lsfd", "PROTONAME"): {
        "protocol": (
            lambda row: None if row["protoname"] in ("NETLINK", "PACKET", "RAW") else row["protoname"],
            str,
        )
    },
    ("lsfd", "RDEV"): {"device_number": (column_of("rdev"), str)},
    ("lsfd", "SIZE"): {"size_bytes": (column_of("size"), str)},
    ("lsfd", "SOURCE"): {"source": (column_of("source", disk), disk)},
    ("lsfd", "TYPE"): {"kind": (column_of("type"), type_of)},
    ("lsfd", "UID"): {"uid": (column_of("uid"), str)},
    ("lsfd", "USER"): {"user": (column_of("user"), str)},
}
"""Of lines that show columns: our column, how a row of theirs is read, and how ours is."""


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


# lines that are no lists of descriptors


def both_are_printed(_, shell, their, our):
    for line in (their, our):
        done = shell.output(line)
        assert (done.returncode, bool(done.stdout + done.stderr)) == (0, True)


def nobody_has_any(_, shell, their, our):
    assert shell.output(their).stdout == b""
    assert shell.output(f"{our} --pids").stdout == b""


def again_and_again(scene, shell, their, our):
    line = their.replace("lsof", "lsof -w -F f", 1)
    with subprocess.Popen(["sh", "-c", f"exec {line}"], stdout=subprocess.PIPE) as running:
        seen = []
        for text in running.stdout:
            seen.append(text)
            if text.startswith(b"m"):  # the marker between two lists
                break
        running.kill()
    (process,) = json.loads(shell.run_apart(f"{our} --ndjson --count 1").stdout.split(b"\n")[0])["processes"]
    # not its count of descriptors: the kernel counts also a number that an open(2) which waits has taken
    assert sum(process["kinds"].values()) == sum(re.fullmatch(rb"f\d+\n", text) is not None for text in seen)


def the_other_ends(scene, shell, their, our):
    """lsof names the ends that it can tell; fdscope names those, and perhaps more."""
    told = {
        key: {(int(pid), int(fd)) for pid, fd in re.findall(r"\b(\d+),[^,]*,(\d+)[rwu]", one["name"] or "")}
        for key, one in theirs(shell, their)
        if isinstance(key[1], int)
    }
    mine = {
        key: {(int(pid or key[0]), int(fd)) for pid, fd in re.findall(r"(?:\[(\d+)\] )?fd (\d+)", one["peers"])}
        for key, one in ours(shell, our)
    }
    assert sum(map(bool, told.values())) > 10
    assert {key: ends - mine[key] for key, ends in told.items() if not ends <= mine[key]} == {}


def lengths_of_mappings(_, shell, their, our):
    told, page = {}, os.sysconf("SC_PAGE_SIZE")
    for (_, where), one in theirs(shell, their):
        if where == "mapped":
            name = one["name"].removesuffix(" (deleted)")
            told[name] = told.get(name, 0) + one["maplen"] * page
    mine = {one["name"]: one["mapped_bytes"] for _, one in ours(shell, our)}
    assert told
    assert {name: mine.get(name) for name in told} == told


HOLD = "kept = os.open(sys.argv[1], int(sys.argv[2]))\nready()"


def they_are_ended(scene, shell, their, our):
    writers_only = " -w " in their
    for number, line in enumerate((their, our)):
        path = scene.folder / f"ended-{writers_only}-{number}"
        path.touch()
        writer, reader = (scene.start(HOLD, str(path), str(mode)) for mode in (os.O_WRONLY, os.O_RDONLY))
        assert shell.run_apart(line.replace(scene.words["FILE"], str(path))).returncode == 0
        assert writer.process.wait(10) == -signal.SIGTERM
        if not writers_only:
            assert reader.process.wait(10) == -signal.SIGTERM
        else:
            assert reader.process.poll() is None


def the_status_tells(scene, shell, their, our):
    free = scene.folder / "free"
    free.touch()
    for line in (their, our):
        assert shell.run_apart(line).returncode == 0
        # of fdscope also 3: nobody that could be read
        assert shell.run_apart(line.replace(scene.words["FILE"], str(free))).returncode in (1, 3)


def users(scene, shell, their, our):
    told = re.findall(r"(\d+)[a-zA-Z]*\((\w+)\)", shell.output(f"{their} 2>&1").stdout.decode())
    mine = {(key[0], one["user"]) for key, one in ours(shell, our)}
    assert {(int(pid), user) for pid, user in told} == mine


def users_access_and_names(scene, shell, their, our):
    told = re.findall(r"(\w+) +(\d+) ([.cefFrm]+) (\S+)\n", shell.output(f"{their} 2>&1").stdout.decode())
    mine = {
        (one["user"], key[0], "w" in one.get("access", ""), one["process"][:15]) for key, one in ours(shell, our)
    }
    assert told
    assert {(user, int(pid), "F" in access, name) for user, pid, access, name in told} == mine


def counts(_, shell, their, our):
    """By lsfd's words for what it counts, and our kinds."""
    told = {
        name: int(count)
        for count, name in re.findall(r"^ *(\d+) (.+)$", shell.output(their).stdout.decode(), re.M)
    }
    words = {"SOCK": "sockets", "FIFO": "fifos/pipes", "BLK": "block devices", "DIR": "directories"}
    mine = {}
    for row in csv.DictReader(io.StringIO(shell.output(f"{our} --format csv").stdout.decode())):
        name = words.get(TYPES.get(row["kind"])) if "kind" in row else "pipes"
        mine[name] = mine.get(name, 0) + int(row["count"])
    mine.pop(None, None)
    assert mine
    assert mine == {name: told.get(name) for name in mine}


def ports_of_netlink(scene, shell, their, our):
    """ss tells no descriptors of netlink, but ports."""
    told = {int(port) for port in re.findall(r"[:/](\d+)", shell.output(their).stdout.decode())}
    mine = {one["port_id"] for key, one in ours(shell, our) if key[0] in scene.own and "port_id" in one}
    assert mine
    assert mine <= told


def sockets_of_machines(scene, shell, their, our):
    mine = [one for key, one in ours(shell, our) if key[0] in scene.own]
    if not any(one.get("state") for one in mine):
        pytest.skip("this kernel lists no vsock sockets (CONFIG_VSOCKETS_DIAG)")
    assert {key for key, _ in theirs(shell, their)} >= {key for key, one in ours(shell, our) if one.get("state")}


SPECIAL = {
    ("lsfd", "-C LABEL:EXPR"): counts,
    ("lsfd", "--summary"): counts,
    ("ss", "-f FAMILY"): ports_of_netlink,
    ("ss", "--vsock"): sockets_of_machines,
    ("lsof", "-N"): nobody_has_any,
    ("lsof", "+|-r SECONDS"): again_and_again,
    ("lsof", "-E"): the_other_ends,
    ("lsfd", "MAPLEN"): lengths_of_mappings,
    ("fuser", "-k, -SIGNAL"): they_are_ended,
    ("fuser", "-w"): they_are_ended,
    ("fuser", "-s"): the_status_tells,
    ("fuser", "-u"): users,
    ("fuser", "-v"): users_access_and_names,
    **dict.fromkeys([("lsof", "-v"), ("lsof", "-h, -?"), ("lsfd", "-h"), ("lsfd", "-V")], both_are_printed),
    **dict.fromkeys([("fuser", "-V"), ("ss", "-h"), ("ss", "-V")], both_are_printed),
}
"""How lines are compared that are no lists of descriptors."""
