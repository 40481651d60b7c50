"""fdscope who: which processes hold an object."""

import json
import os
import shlex
import subprocess

import jsonschema
import pytest
from program import ENVIRONMENT, PROGRAM, text, without_rights
from program import within as run

from fdscope import who


def uses(word, *pids, **how):
    """Process and descriptor, or role, of every use by these processes."""
    found = who([word], **how)
    places = [(one.pid, one.role if one.fd is None else one.fd) for one in found.uses if one.pid in pids]
    return sorted(places, key=str)


def test_a_file_is_found_under_every_name_it_has(child, tmp_path):
    (tmp_path / "file").write_text("x")
    os.link(tmp_path / "file", tmp_path / "other")
    (tmp_path / "link").symlink_to("file")
    one = child("ready(fd=os.open(sys.argv[1], os.O_RDONLY))", str(tmp_path / "other"))
    for name in ("file", "other", "link"):
        assert uses(str(tmp_path / name), one.pid) == [(one.pid, one.told["fd"])]
    status = os.stat(tmp_path / "file")
    word = f"inode:{os.major(status.st_dev)}:{os.minor(status.st_dev)}:{status.st_ino}"
    assert uses(word, one.pid) == [(one.pid, one.told["fd"])]
    (tmp_path / "elsewhere").write_text("x")
    done = run("who", str(tmp_path / "elsewhere"))
    assert done.returncode in (1, 3)  # 3: some process could not be looked into
    assert done.stdout == b""


def test_a_relative_path_and_everything_below_a_directory(child, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "file").write_text("x")
    (tmp_path / "subway").write_text("x")
    one = child(
        "os.chdir(sys.argv[1] + '/sub'); os.open('../subway', os.O_RDONLY)\n"
        "ready(fd=os.open('file', os.O_RDONLY))",
        str(tmp_path),
    )
    expected = [(one.pid, one.told["fd"]), (one.pid, "cwd")]
    assert uses(f"{tmp_path}/sub/", one.pid) == sorted(expected, key=str)
    assert uses(f"{tmp_path}/sub", one.pid) == [(one.pid, "cwd")]
    done = run("who", "--format", "csv", "sub/file", cwd=tmp_path)
    assert f",{one.pid}," in done.stdout.decode()


def test_a_program_and_a_mapping(child, tmp_path):
    (tmp_path / "data").write_bytes(b"x" * 4096)
    one = child(
        "import mmap\nwith open(sys.argv[1], 'rb') as file:\n"
        "    kept = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)\nready()",
        str(tmp_path / "data"),
    )
    assert "mapped" in [what for _, what in uses(str(tmp_path / "data"), one.pid)]
    assert "exe" in [what for _, what in uses(os.path.realpath(f"/proc/{one.pid}/exe"), one.pid)]


def test_a_file_that_is_gone_is_found_by_its_name_and_among_the_deleted(child, tmp_path):
    one = child(
        "fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT); os.write(fd, b'x' * 200000); os.unlink(sys.argv[1])\n"
        "small = os.open(sys.argv[1] + '2', os.O_RDWR | os.O_CREAT); os.write(small, b'x')\n"
        "os.unlink(sys.argv[1] + '2')\n"
        "ready(fd=fd, dup=os.dup(fd), small=small, memory=libc.memfd_create(b'memory', 0))",
        str(tmp_path / "gone"),
    )
    both = sorted([(one.pid, one.told["fd"]), (one.pid, one.told["dup"])], key=str)
    assert uses(str(tmp_path / "gone"), one.pid) == both
    found = who(["deleted"])
    ours = [use for use in found.uses if use.pid == one.pid]
    assert [use.fd for use in ours] == [*[fd for _, fd in both], one.told["small"]]
    assert ours[0].frees_bytes == os.stat(f"/proc/{one.pid}/fd/{one.told['fd']}").st_blocks * 512
    each = {(use.descriptor.device, use.descriptor.inode): use.frees_bytes for use in found.uses if use.descriptor}
    assert found.reclaimable_bytes >= sum(amount or 0 for amount in each.values())
    table = run("who", "deleted").stdout.decode()
    assert "would be free if nobody held them" in table


SERVER = """
import socket, signal
listener = socket.create_server(("127.0.0.1", 0))
os.set_inheritable(listener.fileno(), True)
client = socket.create_connection(listener.getsockname())
server, _ = listener.accept()
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind(("127.0.0.1", listener.getsockname()[1]))
pid = os.fork()
if not pid:
    client.close(); server.close(); datagrams.close()
    signal.pause()
ready(child=pid, port=listener.getsockname()[1],
      **{name: globals()[name].fileno() for name in ("listener", "client", "server", "datagrams")})
"""


def test_a_port_is_held_by_its_listener_its_connections_and_the_children_that_inherited_it(child):
    one = child(SERVER)
    told, heir = one.told, one.told["child"]
    try:
        port = told["port"]
        tcp = [(one.pid, told["listener"]), (one.pid, told["server"]), (heir, told["listener"])]
        udp = [(one.pid, told["datagrams"])]
        assert uses(f":{port}", one.pid, heir) == sorted(tcp + udp, key=str)
        assert uses(f"tcp:{port}", one.pid, heir) == sorted(tcp, key=str)
        assert uses(f"udp:{port}", one.pid, heir) == udp
        assert uses(f"tcp:127.0.0.1:{port}", one.pid, heir) == sorted([*tcp, (one.pid, told["client"])], key=str)
        everything = uses("tcp:", one.pid, heir)
        assert set(tcp) < set(everything)
        assert (one.pid, told["client"]) in everything
        done = run("who", "--pids", f"tcp:{port}", f"udp:{port}")
        assert done.returncode == 0
        assert done.stdout.decode().split() == [str(pid) for pid in sorted([one.pid, heir])]
    finally:
        os.kill(heir, 9)


def test_sockets_that_are_bound_below_a_directory_are_below_it(child, tmp_path):
    (tmp_path / "sub").mkdir()
    one = child(
        "import socket\n"
        "def bound(path):\n"
        "    one = socket.socket(socket.AF_UNIX)\n"
        "    one.bind(path)\n"
        "    return one\n"
        "kept = [bound(sys.argv[1] + '/sub/socket'), bound(sys.argv[1] + '/subway')]\n"
        "ready(below=kept[0].fileno(), beside=kept[1].fileno())",
        str(tmp_path),
    )
    below, beside = (one.pid, one.told["below"]), (one.pid, one.told["beside"])
    assert uses(f"{tmp_path}/sub/", one.pid) == [below]
    assert uses(f"{tmp_path}/", one.pid) == sorted([below, beside], key=str)
    shown = json.loads(text("--json", "--pid", str(one.pid), "--path", f"{tmp_path}/sub/*"))
    assert [held["fd"] for process in shown["processes"] for held in process["descriptors"]] == [below[1]]


def test_unix_sockets_by_path_and_by_abstract_name(child, tmp_path):
    one = child(
        "import socket\nnamed, odd, client = (socket.socket(socket.AF_UNIX) for _ in range(3))\n"
        "named.bind(sys.argv[1]); named.listen()\n"
        "odd.bind('\\0fdscope\\x01\\xff' + str(os.getpid())); odd.listen()\n"
        "client.connect(sys.argv[1]); server, _ = named.accept()\n"
        "ready(named=named.fileno(), odd=odd.fileno(), server=server.fileno())",
        str(tmp_path / "socket"),
    )
    named = sorted([(one.pid, one.told["named"]), (one.pid, one.told["server"])], key=str)
    assert uses(f"unix:{tmp_path}/socket", one.pid) == uses(f"{tmp_path}/socket", one.pid) == named
    assert uses(f"unix:@fdscope\x01\xff{one.pid}", one.pid) == [(one.pid, one.told["odd"])]


def test_a_pipe_a_socket_and_a_process_by_their_names(child):
    one = child(
        "import socket\nreader, writer = os.pipe()\nnear, far = socket.socketpair()\n"
        "ready(reader=reader, writer=writer, near=near.fileno(), pidfd=os.pidfd_open(os.getppid()),"
        " pipe=os.fstat(reader).st_ino, socket=os.fstat(near.fileno()).st_ino)"
    )
    told = one.told
    ends = sorted([(one.pid, told["reader"]), (one.pid, told["writer"])], key=str)
    assert uses(f"pipe:[{told['pipe']}]", one.pid) == uses(f"pipe:{told['pipe']}", one.pid) == ends
    assert uses(f"socket:[{told['socket']}]", one.pid) == [(one.pid, told["near"])]
    assert uses(f"pid:{os.getpid()}", one.pid) == [(one.pid, told["pidfd"])]


def test_a_fifo_and_a_device_are_not_opened_to_find_out(child, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    one = child("ready(fd=os.open(sys.argv[1], os.O_RDWR))", str(tmp_path / "fifo"))
    assert uses(str(tmp_path / "fifo"), one.pid) == [(one.pid, one.told["fd"])]
    os.mkfifo(tmp_path / "lonely")  # to open it would wait for a writer for ever
    assert uses(str(tmp_path / "lonely"), one.pid) == []


MOUNTED = """
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 1 << 18
checked(libc.mount(b"none", sys.argv[1].encode(), b"tmpfs", 0, None))
os.mkdir(sys.argv[1] + "/below")
checked(libc.mount(b"none", (sys.argv[1] + "/below").encode(), b"tmpfs", 0, None))
os.chdir(sys.argv[1])
ready(fd=os.open("file", os.O_RDWR | os.O_CREAT))
"""


def test_what_keeps_a_mount_busy(child, tmp_path):
    if os.geteuid():
        pytest.skip("to mount takes CAP_SYS_ADMIN")
    point = tmp_path / "mount"
    point.mkdir()
    try:
        one = child(MOUNTED, str(point))
        found = who([str(point)])
        assert found.asked[0].form == "mount"
        ours = {(use.role or "fd", use.fd) for use in found.uses if use.pid == one.pid}
        assert ours == {("cwd", None), ("fd", one.told["fd"])}
        assert [(keep.why, keep.name) for keep in found.keeps] == [("mount", f"{point}/below")]
        assert "a mount below" in run("who", str(point)).stdout.decode()
    finally:
        for path in (point / "below", point):
            os.system(f"umount -l {path} 2>/dev/null")


@pytest.fixture
def bound():
    """Binds a file or directory to another name (mount(8), --bind), until the end of the test."""
    if os.geteuid():
        pytest.skip("to mount takes CAP_SYS_ADMIN")
    made = []

    def bind(one, other):
        subprocess.run(["mount", "--bind", one, other], check=True)
        made.append(other)

    yield bind
    for name in made:
        subprocess.run(["umount", "-l", name], check=True)


def test_a_file_that_is_bound_to_another_name_is_still_that_file(child, tmp_path, bound):
    for name in ("file", "bound", "other"):
        (tmp_path / name).write_text("x")
    one = child("ready(fd=os.open(sys.argv[1], 0), other=os.open(sys.argv[2], 0))", *[
        str(tmp_path / name) for name in ("file", "other")
    ])  # fmt: skip
    bound(tmp_path / "file", tmp_path / "bound")
    two = child("ready(fd=os.open(sys.argv[1], os.O_RDONLY))", str(tmp_path / "bound"))
    for name in ("file", "bound"):
        assert uses(str(tmp_path / name), one.pid, two.pid) == [
            (one.pid, one.told["fd"]),
            (two.pid, two.told["fd"]),
        ]
    assert who([str(tmp_path / "bound")]).asked[0].form == "file"


def test_of_a_directory_that_is_bound_only_that_part_of_the_file_system_counts(child, tmp_path, bound):
    for name in ("part", "other", "bound"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    bound(tmp_path / "part", tmp_path / "bound")
    one = child(
        "checked(libc.unshare(0x20000)); checked(libc.mount(b'none', b'/', None, 0x44000, None))  # mounts apart\n"
        "os.chdir(sys.argv[1] + '/other')\n"
        "ready(**{name: os.open(f'{sys.argv[1]}/{name}/file', 0) for name in ('part', 'other', 'bound')})",
        str(tmp_path),
    )
    found = uses(str(tmp_path / "bound"), one.pid)
    assert found == sorted([(one.pid, one.told["part"]), (one.pid, one.told["bound"])])


ON_LOOPBACK = """
import socket
listener = socket.socket(socket.AF_INET6)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
listener.bind(("::1", 0))
listener.listen()
ready(fd=listener.fileno(), port=listener.getsockname()[1], index=socket.if_nametoindex("lo"))
"""


def test_the_zone_of_an_address_is_the_interface_that_a_socket_is_bound_to(child, tmp_path):
    one = child(ON_LOOPBACK)
    (tmp_path / "a.json").write_text(text("--json", str(one.pid)))

    def fds(zone, *more):
        told = json.loads(run("who", f"[::1{zone}]:{one.told['port']}", "--json", *more).stdout)
        return [use["fd"] for use in told["uses"]]

    for zone in ("", "%lo", f"%{one.told['index']}"):
        assert fds(zone) == [one.told["fd"]]
    assert fds("%lo", "--from", str(tmp_path / "a.json")) == [one.told["fd"]]
    assert fds("%no-such.if") == fds("%no-such.if", "--from", str(tmp_path / "a.json")) == []


def test_several_objects_stand_each_under_its_own_word(child, tmp_path):
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").write_text("x")
    one = child(
        "ready(a=os.open(sys.argv[1], 0), b=os.open(sys.argv[2], 0))", str(tmp_path / "a"), str(tmp_path / "b")
    )
    found = who([str(tmp_path / "b"), str(tmp_path / "a")])
    assert [(use.asked, use.fd) for use in found.uses] == [
        (str(tmp_path / "b"), one.told["b"]), (str(tmp_path / "a"), one.told["a"]),
    ]  # fmt: skip
    lines = run("who", "--format", "csv", str(tmp_path / "b"), str(tmp_path / "a")).stdout.decode().splitlines()
    assert lines[0] == "asked,process,pid,user,fd,access,kind,what"
    assert len(lines) == 3


def test_documents_are_as_the_schema_says(child, tmp_path):
    (tmp_path / "file").write_text("x")
    one = child(
        "import socket\nlistener = socket.create_server(('127.0.0.1', 0))\n"
        "ready(fd=os.open(sys.argv[1], os.O_RDONLY), port=listener.getsockname()[1])",
        str(tmp_path / "file"),
    )
    validator = jsonschema.Draft202012Validator(json.loads(text("--json-schema")))
    words = [str(tmp_path / "file"), f"tcp:{one.told['port']}"]
    document = json.loads(run("who", "--json", *words).stdout)
    validator.validate(document)
    assert (document["schema"], [use["kind"] for use in document["uses"]]) == ("fdscope.who/1", ["regular", "tcp"])
    for line in run("who", "--ndjson", *words).stdout.splitlines():
        validator.validate(json.loads(line))


def test_names_that_are_hostile_stay_off_the_terminal(child, tmp_path):
    name = os.fsencode(tmp_path) + b"/\x1b[31mred\n\xff\xe2\x80\xae"
    one = child("ready(fd=os.open(os.fsencode(sys.argv[1]), os.O_RDWR | os.O_CREAT))", os.fsdecode(name))
    for words in (["who", name], ["who", os.fsencode(tmp_path) + b"/"], ["who", "--format", "csv", name]):
        told = run(*words)
        assert told.returncode == 0
        assert "\\x1b[31mred\\n\\xff\\u202e" in told.stdout.decode("ascii")
    document = json.loads(run("who", "--json", name).stdout)
    assert [use["fd"] for use in document["uses"] if use["pid"] == one.pid] == [one.told["fd"]]
    assert "asked_base64" in document["uses"][0]


@pytest.mark.parametrize(
    ("words", "status"),
    [([], 2), ([""], 2), (["tcp:x"], 2), (["--json", "--pids", "/"], 2), (["no-such-file-here"], 2)],
)
def test_wrong_words_cost_one_line(words, status):
    done = run("who", *words)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (status, b"", 1)
    assert done.stderr.startswith(b"fdscope: ")


def test_nobody_is_not_said_where_not_everybody_could_be_asked(tmp_path):
    (tmp_path / "file").write_text("x")
    done = run("who", str(tmp_path / "file"), preexec_fn=without_rights)
    assert done.returncode == 3
    assert b"permission denied" in done.stderr


def test_whom_the_options_do_not_mean_need_not_be_readable(child, foreign, tmp_path):
    (tmp_path / "file").write_text("x")
    words = ("who", str(tmp_path / "file"), "--pid")
    done = run(*words, str(os.getpid()))
    assert (done.returncode, done.stderr) == (1, f"fdscope: {tmp_path}/file: nobody holds it\n".encode())
    done = run(*words, str(foreign.pid), preexec_fn=without_rights)
    assert done.returncode == 3
    assert f"process {foreign.pid}: descriptors: permission denied".encode() in done.stderr
    assert b" processes" not in done.stderr


@pytest.mark.parametrize(
    ("hidden", "told"), [("1", b"process of "), ("2", b"of processes that are hidden")], ids=["denied", "hidden"]
)
def test_nobody_is_not_said_of_processes_that_proc_hides(hidden, told, tmp_path):
    """In a mount namespace of its own; to root's group nothing is hidden, whatever rights it has."""
    if os.geteuid() != 0:
        pytest.skip("to mount a proc file system takes root")
    (tmp_path / "file").write_text("x")
    program = shlex.join([*PROGRAM, "who", str(tmp_path / "file")])
    weak = "setpriv --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all"
    script = f"mount -t proc -o hidepid={hidden} proc /proc || exit 77; exec {weak} {program}"
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, env=ENVIRONMENT, timeout=60)
    if done.returncode == 77 or done.stderr.startswith(b"unshare"):
        pytest.skip(f"no proc file system can be mounted here: {done.stderr!r}")
    assert (done.returncode, done.stdout) == (3, b"")
    assert b"nobody that could be read holds it" in done.stderr
    assert told in done.stderr
