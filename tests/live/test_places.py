"""Where files lie: directories that are gone, other roots, other mount namespaces, mounts that were detached."""

import os

import pytest
from children import without_others

from fdscope import scan

NEW_MOUNTS = """
CLONE_NEWNS, CLONE_NEWUSER, MS_REC, MS_PRIVATE, MNT_DETACH = 0x20000, 0x10000000, 0x4000, 0x40000, 2
def new_mounts():
    uid, gid = os.getuid(), os.getgid()
    checked(libc.unshare(CLONE_NEWNS if uid == 0 else CLONE_NEWNS | CLONE_NEWUSER))
    if uid:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    checked(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
def tmpfs(point, source=b"scratch"):
    checked(libc.mount(source, os.fsencode(point), b"tmpfs", 0, b"size=1m"))
"""


def held(process):
    return {file.role: file for file in process.files}


def row_of(process, fd):
    (row,) = [row for row in process.descriptors if row.fd == fd]
    return row


def test_a_current_directory_that_is_gone(child, tmp_path):
    one = child(
        "os.mkdir(sys.argv[1]); os.chdir(sys.argv[1]); os.rmdir(sys.argv[1]); ready()", str(tmp_path / "x")
    )
    process, problems = one.scan()
    cwd = held(process)["cwd"]
    assert (cwd.name, cwd.deleted, cwd.links, problems) == (str(tmp_path / "x"), True, 0, [])


def test_a_program_that_was_deleted_while_it_runs(child, tmp_path):
    program = tmp_path / "program (deleted)"
    with open("/bin/cat", "rb") as source:
        program.write_bytes(source.read())
    program.chmod(0o755)
    one = child(
        """
pid = os.fork()
if not pid:
    os.dup2(HOLD, 0)
    os.execv(sys.argv[1], ["cat"])
while os.readlink(f"/proc/{pid}/exe") != sys.argv[1]:
    pass
os.unlink(sys.argv[1])
ready(pid=pid)
""",
        str(program),
    )
    one.pid, parent = one.told["pid"], one.pid
    process, problems = one.scan()
    exe = held(process)["exe"]
    assert (exe.name, exe.deleted, exe.links, problems) == (str(program), True, 0, [])
    assert process.parent_pid == parent


def test_a_process_in_another_root_and_its_neighbours(child, tmp_path):
    """Its mount table is what it can see from its root; that of others in the namespace is whole."""
    if os.geteuid() != 0:
        pytest.skip("chroot(2) takes root")
    jail = tmp_path / "jail"
    jail.mkdir()
    inside = child(
        """
fd = os.open(sys.argv[1] + "/file", os.O_RDWR | os.O_CREAT)
os.chroot(sys.argv[1])
os.chdir("/")
ready(fd=fd)
""",
        str(jail),
    )
    outside = child("ready(fd=os.open(sys.argv[1], os.O_RDONLY))", str(jail / "file"))
    snapshot = scan([str(inside.pid), str(outside.pid)])
    by_pid = {process.pid: process for process in snapshot.processes}
    assert without_others(snapshot.problems) == []
    status = os.stat(jail / "file")
    for one in (inside, outside):
        row = row_of(by_pid[one.pid], one.told["fd"])
        assert (row.name, row.inode, row.deleted) == (str(jail / "file"), status.st_ino, False)
        assert row.filesystem is not None
        assert type(row).__name__ == "Regular"
    assert row_of(by_pid[outside.pid], outside.told["fd"]).mount_point is not None
    assert (held(by_pid[inside.pid])["root"].name, held(by_pid[inside.pid])["cwd"].name) == (str(jail), str(jail))
    assert held(by_pid[inside.pid])["root"].inode == os.stat(jail).st_ino
    assert held(by_pid[outside.pid])["root"].name == "/"


def test_files_of_another_mount_namespace_are_told_as_their_process_sees_them(child, tmp_path):
    one = child(
        NEW_MOUNTS
        + """
new_mounts()
tmpfs(sys.argv[1])
os.chdir(sys.argv[1])
fd = os.open(sys.argv[1] + "/file", os.O_RDWR | os.O_CREAT)
os.write(fd, b"123")
status = os.fstat(fd)
ready(fd=fd, inode=status.st_ino, device=f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}")
""",
        str(tmp_path),
    )
    process, problems = one.scan()
    row = row_of(process, one.told["fd"])
    assert problems == []
    assert (row.name, row.size_bytes, row.filesystem, row.source) == (f"{tmp_path}/file", 3, "tmpfs", "scratch")
    assert (row.inode, row.device, row.mount_point) == (one.told["inode"], one.told["device"], str(tmp_path))
    cwd = held(process)["cwd"]
    assert (cwd.name, cwd.filesystem, cwd.source, cwd.device) == (
        str(tmp_path),
        "tmpfs",
        "scratch",
        one.told["device"],
    )
    assert not (tmp_path / "file").exists()


def test_what_is_watched_in_another_mount_namespace_is_told_as_its_process_sees_it(child, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("to find a file by its handle takes root")
    (tmp_path / "inside").mkdir()
    one = child(
        NEW_MOUNTS
        + """
new_mounts()
tmpfs(sys.argv[1])
os.mkdir(sys.argv[1] + "/inside")
fd = checked(libc.inotify_init())
checked(libc.inotify_add_watch(fd, os.fsencode(sys.argv[1] + "/inside"), 2))
ready(fd=fd)
""",
        str(tmp_path),
    )
    process, problems = one.scan()
    row = row_of(process, one.told["fd"])
    assert problems == []
    assert [watch.path for watch in row.watches] == [f"{tmp_path}/inside"]


def test_a_mount_whose_path_holds_a_carriage_return_hides_no_other(child, tmp_path):
    point = tmp_path / "a\rb c\nd\\e"
    point.mkdir()
    one = child(
        NEW_MOUNTS
        + """
new_mounts()
tmpfs(sys.argv[1], b"odd source")
first = os.open(sys.argv[1] + "/file", os.O_RDWR | os.O_CREAT)
ready(first=first, second=os.open("/dev/null", os.O_RDONLY))
""",
        str(point),
    )
    process, problems = one.scan()
    row = row_of(process, one.told["first"])
    assert problems == []
    assert (row.name, row.filesystem, row.source) == (f"{point}/file", "tmpfs", "odd source")
    assert row.mount_point == str(point)
    assert held(process)["exe"].filesystem is not None


def test_a_file_on_a_detached_mount_is_told_by_its_file_system(child, tmp_path):
    one = child(
        NEW_MOUNTS
        + """
new_mounts()
tmpfs(sys.argv[1])
fd = os.open(sys.argv[1] + "/file", os.O_RDWR | os.O_CREAT)
os.write(fd, b"1234")
checked(libc.umount2(os.fsencode(sys.argv[1]), MNT_DETACH))
ready(fd=fd)
""",
        str(tmp_path),
    )
    process, problems = one.scan()
    row = row_of(process, one.told["fd"])
    assert problems == []
    assert (row.name, row.size_bytes, row.filesystem, row.mount_point) == ("/file", 4, "tmpfs", None)


def test_a_bind_mount_of_a_namespace_and_its_file_in_proc_are_one_object(child, tmp_path):
    one = child(
        NEW_MOUNTS
        + """
new_mounts()
os.close(os.open(sys.argv[1], os.O_CREAT))
checked(libc.mount(b"/proc/self/ns/uts", os.fsencode(sys.argv[1]), None, 0x1000, None))  # MS_BIND
ready(bound=os.open(sys.argv[1], os.O_RDONLY), link=os.open("/proc/self/ns/uts", os.O_RDONLY))
""",
        str(tmp_path / "uts"),
    )
    process, problems = one.scan()
    bound, link = row_of(process, one.told["bound"]), row_of(process, one.told["link"])
    assert problems == []
    assert (bound.namespace_type, link.namespace_type, bound.object) == ("uts", "uts", link.object)
    assert (bound.name, link.name) == (str(tmp_path / "uts"), f"uts:[{link.inode}]")


def test_a_message_queue_is_read_like_a_file(child):
    one = child(
        """
librt = ctypes.CDLL(None, use_errno=True)
name = b"/fdscope-test-%d" % os.getpid()
fd = checked(librt.mq_open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600, None))
checked(librt.mq_send(fd, b"12345", 5, 1))
librt.mq_unlink(name)
ready(fd=fd, name=name.decode())
"""
    )
    process, problems = one.scan()
    row = row_of(process, one.told["fd"])
    assert problems == []
    assert (row.name, row.deleted, row.access) == (one.told["name"], True, "rw")
    assert row.filesystem == "mqueue"
