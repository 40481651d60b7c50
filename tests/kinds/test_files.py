"""What all files share: names that are gone or only look so, locks, mounts; from recorded text, and live."""

import json
import stat

import pytest
from placing import HEAD, ROOT, Machine, placed, told

from fdscope.kinds import decode
from fdscope.kinds._file import file_name, parse_lock
from fdscope.raw import RawDescriptor

# --- names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "links", "is_name", "name", "deleted", "removed"),
    [
        (b"/a", 1, None, "/a", False, None),
        (b"/a (deleted)", 0, None, "/a", True, None),
        (b"/a (deleted)", 1, True, "/a (deleted)", False, None),  # it is called so
        (b"/a (deleted)", 1, False, "/a", False, True),  # another hard link is left
        (b"/a (deleted)", 1, None, "/a (deleted)", False, None),  # a server would have to be asked
        (b"/a (deleted) (deleted)", 0, None, "/a (deleted)", True, None),
        (b"/a (deleted) (deleted)", 2, False, "/a (deleted)", False, True),
        (b"/a (deleted)", 0, False, "/a", True, None),
    ],
)
def test_the_link_count_tells_whether_a_file_is_deleted_and_a_look_at_the_path_what_it_is_called(
    link, links, is_name, name, deleted, removed
):
    found = placed(link, machine=Machine(names={link: is_name}), links=links)
    assert (found.name, found.deleted, found.name_removed, found.links) == (name, deleted, removed, links)


def test_a_directory_whose_name_is_gone_is_deleted_though_it_keeps_its_links():
    """As those of /proc and of control groups do."""
    link = b"/proc/5 (deleted)"
    proc = ROOT._replace(type=b"proc")
    found = placed(link, machine=Machine(names={link: False}), mount=proc, file_type=stat.S_IFDIR, links=9)
    assert (found.name, found.deleted, found.name_removed) == ("/proc/5", True, None)


@pytest.mark.parametrize("mount", [ROOT, ROOT._replace(type=b"btrfs"), None])
def test_a_directory_of_any_file_system_has_one_name(mount):
    link = b"/d (deleted)"
    found = placed(link, machine=Machine(names={link: False}), mount=mount, file_type=stat.S_IFDIR, links=1)
    assert (found.name, found.deleted, found.name_removed) == ("/d", True, None)


@pytest.mark.parametrize("type_", "bpf cgroup cgroup2 configfs debugfs devpts proc sysfs tracefs".split())
def test_a_file_whose_name_is_gone_is_deleted_where_there_are_no_hard_links(type_):
    link = b"/sys/x (deleted)"
    found = placed(link, machine=Machine(names={link: False}), mount=ROOT._replace(type=type_.encode()))
    assert (found.name, found.deleted, found.name_removed) == ("/sys/x", True, None)


def test_a_file_with_other_names_says_how_many():
    link = b"/a (deleted)"
    machine = Machine(names={link: False})
    told = [placed(link, machine=machine, links=links).describe() for links in (1, 2)]
    assert told == ["/a, 0 B, this name removed, 1 other left", "/a, 0 B, this name removed, 2 others left"]


def test_without_a_status_the_suffix_is_believed():
    assert file_name(b"/a (deleted)", None) == (b"/a", True)
    assert file_name(b"/a", None) == (b"/a", False)


def test_a_name_that_is_not_utf_8_keeps_its_bytes():
    assert placed(b"/caf\xe9\n").name == "/caf\udce9\n"


def test_a_path_too_long_to_be_told_is_a_row_without_a_name():
    found = placed(b"")
    assert (found.name, found.deleted, found.inode) == (None, False, 99)
    assert found.describe() == "a path too long to be told, 0 B"
    assert placed(b"", links=0).describe() == "a path too long to be told, 0 B, deleted"


MAGIC = """\
EF53 ext4
58465342 xfs
9123683E btrfs
6969 nfs
9FA0 proc
62656572 sysfs
63677270 cgroup2
65735546 fuse
794C7630 overlay
2FC12FC1 zfs
858458F6 ramfs
01021994 tmpfs
FF534D42 cifs
01021997 9p"""

# --- mounts ----------------------------------------------------------------------------------------------


def test_a_file_of_no_known_mount_is_told_by_the_number_of_its_file_system():
    gone = {"filesystem": "tmpfs", "source": None, "mount_point": None}
    size = {"size_bytes": 0, "allocated_bytes": 0}
    assert told(b"/a", mount=None, magic=0x01021994) == {
        "kind": "regular",
        "name": "/a",
        "position": 0,
        **gone,
        **size,
    }
    assert placed(b"/a", mount=None, magic=0x12345).filesystem == "0x12345"


@pytest.mark.parametrize("line", MAGIC.split("\n"))
def test_the_number_of_a_file_system_has_its_name(line):
    number, name = line.split()
    assert placed(b"/a", mount=None, magic=int(number, 16)).filesystem == name


# --- locks -----------------------------------------------------------------------------------------------

LINES = {
    b"1: POSIX  ADVISORY  WRITE 42 fe:00:99 0 9": {
        "type": "posix",
        "mode": "write",
        "pid": 42,
        "start": 0,
        "end": 9,
    },
    b"2: POSIX  ADVISORY  READ 42 fe:00:99 20 EOF": {"type": "posix", "mode": "read", "pid": 42, "start": 20},
    b"3: OFDLCK ADVISORY  WRITE -1 fe:00:99 100 149": {"type": "ofd", "mode": "write", "start": 100, "end": 149},
    b"4: FLOCK  ADVISORY  READ 42 fe:00:99 0 EOF": {"type": "flock", "mode": "read", "pid": 42, "start": 0},
    b"5: POSIX  MANDATORY WRITE 42 fe:00:99 0 EOF": {
        "type": "posix",
        "mode": "write",
        "mandatory": True,
        "pid": 42,
        "start": 0,
    },
    b"6: LEASE  ACTIVE    WRITE 42 fe:00:99 0 EOF": {"type": "lease", "mode": "write", "pid": 42, "start": 0},
    b"7: LEASE  BREAKING  READ 42 fe:00:99 0 EOF": {
        "type": "lease",
        "mode": "read",
        "breaking": True,
        "pid": 42,
        "start": 0,
    },
    b"8: LEASE  BREAKING  UNLCK 42 fe:00:99 0 EOF": {
        "type": "lease",
        "mode": "none",
        "breaking": True,
        "pid": 42,
        "start": 0,
    },
    b"8: LEASE  BREAKER   READ 42 fe:00:99 0 EOF": {
        "type": "lease",
        "mode": "read",
        "breaking": True,
        "pid": 42,
        "start": 0,
    },
    b"9: DELEG  ACTIVE    READ 42 fe:00:99 0 EOF": {"type": "deleg", "mode": "read", "pid": 42, "start": 0},
}


def test_each_form_of_a_lock_is_told():
    fdinfo = HEAD + b"".join(b"lock:\t%s\n" % line for line in LINES)
    assert told(b"/a", fdinfo)["locks"] == list(LINES.values())


def test_waiters_are_named_once_and_those_for_ofd_locks_are_counted():
    machine = Machine(waiters={b"FLOCK ADVISORY WRITE 42 fe:00:99 0 EOF": (50, 44, 44, -1, -1, 0)})
    lock = parse_lock(b"1: FLOCK  ADVISORY  WRITE 42 fe:00:99 0 EOF", machine)
    assert (lock.waiters, lock.waiters_unnamed) == ([44, 50], 3)
    found = placed(b"/a", HEAD + b"lock:\t1: FLOCK  ADVISORY  WRITE 42 fe:00:99 0 EOF\n", machine)
    assert found.describe() == "/a, 0 B, flock write lock, 5 waiting"


def test_what_a_file_tells_beside_its_locks_is_kept():
    """As of a BPF token, since Linux 6.9: a regular file on bpf (kernel/bpf/token.c)."""
    lines = b"allowed_cmds:\tany\nallowed_maps:\t0x5\nlock:\t1: FLOCK  ADVISORY  WRITE 42 fe:00:99 0 EOF\n"
    assert placed(b"/bpf-token", HEAD + lines).details == {"allowed_cmds": "any", "allowed_maps": "0x5"}
    old = HEAD.replace(b"ino:\t99\n", b"")
    assert placed(b"/bpf-token", old + b"allowed_cmds:\tany\n").details == {"allowed_cmds": "any"}
    assert placed(b"/bpf-token", old).details is None


def test_a_lease_that_is_being_broken_is_called_so():
    found = placed(b"/a", HEAD + b"lock:\t1: LEASE  BREAKING  UNLCK 42 fe:00:99 0 EOF\n")
    assert found.describe() == "/a, 0 B, lease that is being broken"


@pytest.mark.parametrize("line", [b"1: FLOCK  ADVISORY  WRITE 42 fe:00:99 0", b"", b"1: a b c d e f g"])
def test_a_lock_in_another_form_is_a_problem_and_not_a_lost_row(line):
    found, problem = decode(RawDescriptor(42, 3, b"/a", HEAD + b"lock:\t" + line), Machine())
    assert (found.fd, problem.reason) == (3, "not-understood")


# --- live ------------------------------------------------------------------------------------------------

NAMES = """
def opened(path):
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
os.chdir(sys.argv[1])
called = opened("called (deleted)")
gone = opened("gone (deleted)"); os.unlink("gone (deleted)")
linked = opened("linked"); os.link("linked", "other"); os.unlink("linked")
both = opened("both (deleted)"); os.link("both (deleted)", "another"); os.unlink("both (deleted)")
replaced = opened("replaced"); os.link("replaced", "third"); os.unlink("replaced"); opened("replaced (deleted)")
nameless = os.open(".", os.O_RDWR | os.O_TMPFILE)
os.mkdir("folder"); folder = os.open("folder", os.O_RDONLY); os.rmdir("folder")
ready(called=called, gone=gone, linked=linked, both=both, replaced=replaced, nameless=nameless, folder=folder)
"""


def test_live_files_are_called_what_they_are_called(child, tmp_path):
    one = child(NAMES, str(tmp_path))
    process, problems = one.scan()
    rows = {row.fd: row for row in process.descriptors}
    assert problems == []
    found = {name: rows[fd] for name, fd in one.told.items()}
    inode = found["nameless"].inode
    assert {name: (row.name, row.deleted, row.name_removed, row.links) for name, row in found.items()} == {
        "called": (f"{tmp_path}/called (deleted)", False, None, 1),
        "gone": (f"{tmp_path}/gone (deleted)", True, None, 0),
        "linked": (f"{tmp_path}/linked", False, True, 1),
        "both": (f"{tmp_path}/both (deleted)", False, True, 1),
        "replaced": (f"{tmp_path}/replaced", False, True, 1),
        "nameless": (f"{tmp_path}/#{inode}", True, None, 0),
        "folder": (f"{tmp_path}/folder", True, None, 0),
    }


LOCKS = """
import fcntl, struct
path = sys.argv[1]
fd = os.open(path, os.O_RDWR | os.O_CREAT)
def record(command, kind, start, length, fd=fd):
    fcntl.fcntl(fd, command, struct.pack("hhqqi4x", kind, 0, start, length, 0))
SETLK, SETLKW, OFD_SETLK, OFD_SETLKW = fcntl.F_SETLK, fcntl.F_SETLKW, 37, 38
record(SETLK, fcntl.F_WRLCK, 0, 10)
record(SETLK, fcntl.F_RDLCK, 20, 10)
record(OFD_SETLK, fcntl.F_WRLCK, 100, 50)
fcntl.flock(fd, fcntl.LOCK_EX)
dup = os.dup(fd)
other = os.open(path, os.O_RDONLY)
def waiter(wait):
    pid = os.fork()
    if not pid:
        libc.prctl(1, 9, 0, 0, 0)
        try:
            wait(os.open(path, os.O_RDWR))
        finally:
            os._exit(0)
    return pid
flock = [waiter(lambda file: fcntl.flock(file, kind)) for kind in (fcntl.LOCK_SH, fcntl.LOCK_EX)]
posix = [waiter(lambda file: record(SETLKW, fcntl.F_WRLCK, 5, 1, file))]
ofd = [waiter(lambda file: record(OFD_SETLKW, fcntl.F_WRLCK, 100, 1, file))]
inode = f":{os.fstat(fd).st_ino} "
while sum("->" in line and inode in line for line in open("/proc/locks")) < 4:
    os.sched_yield()
ready(fd=fd, dup=dup, other=other, pid=os.getpid(), flock=flock, posix=posix)
"""


def test_live_locks_and_who_waits_for_them(child, tmp_path):
    one = child(LOCKS, str(tmp_path / "file"))
    process, problems = one.scan()
    rows = {row.fd: row for row in process.descriptors}
    assert problems == []
    pid = one.told["pid"]
    posix = [
        {"type": "posix", "mode": "write", "pid": pid, "start": 0, "end": 9, "waiters": one.told["posix"]},
        {"type": "posix", "mode": "read", "pid": pid, "start": 20, "end": 29},
    ]
    flock = {"type": "flock", "mode": "write", "pid": pid, "start": 0, "waiters": sorted(one.told["flock"])}
    ofd = {"type": "ofd", "mode": "write", "start": 100, "end": 149, "waiters_unnamed": 1}
    assert locks(rows[one.told["fd"]]) == locks(rows[one.told["dup"]]) == [flock, *posix, ofd]
    assert rows[one.told["other"]].locks is None  # the same file in the same process, opened once more


LEASE = """
import fcntl, signal
path = sys.argv[1]
signal.signal(signal.SIGIO, signal.SIG_IGN)
fd = os.open(path, os.O_RDWR | os.O_CREAT)
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
tell(fd=fd, pid=os.getpid())
os.read(HOLD, 1)
"""


def test_a_live_lease_is_told_before_it_breaks(child, tmp_path):
    one = child(LEASE, str(tmp_path / "file"))
    process, _ = one.scan()
    (row,) = [row for row in process.descriptors if row.fd == one.told["fd"]]
    assert locks(row) == [{"type": "lease", "mode": "write", "pid": one.pid, "start": 0}]


def locks(row):
    import msgspec

    return json.loads(msgspec.json.encode(row.locks))
