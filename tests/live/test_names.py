"""Names that people did not think of: told byte for byte, in JSON that is always valid and harmless."""

import base64
import json
import os

import pytest
from program import text

HOSTILE = {
    "newline": b"a\nb",
    "tab": b"a\tb",
    "carriage-return": b"a\rb",
    "escape": b"\x1b[31mred\x1b]0;title\x07",
    "delete": b"a\x7fb",
    "c1": b"a\xc2\x9b31mb",
    "not-utf-8": b"caf\xe9 \xff\xfe",
    "half-a-character": b"\xe2\x80",
    "bidirectional": b"moc\xe2\x80\xaegnp.exe\xe2\x81\xa6\xe2\x80\x8f",
    "quote-and-backslash": b'a"b\\c\\n',
    "blanks": b"  a  ",
    "colon": b"pipe:[1]",
    "deleted-by-name": b"report (deleted)",
    "longest": b"n" * 255,
    "longest-not-utf-8": b"\xff" * 255,
}

OPEN = """
path = bytes.fromhex(sys.argv[1])
fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
"""


def bytes_of(told, field):
    """The bytes that the kernel had for a field of the document."""
    coded = told.get(f"{field}_base64")
    assert (coded is not None) == ("\ufffd" in told[field])
    return told[field].encode() if coded is None else base64.b64decode(coded)


def document(*words):
    """The JSON of a command: valid UTF-8 and no byte in it that a terminal would obey."""
    told = text("--json", *words)
    assert told.endswith("\n")
    assert [one for one in told[:-1] if ord(one) < 32 or 127 <= ord(one) < 160] == []
    assert [
        one for one in told if one in "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    ] == []
    return json.loads(told)


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_file_of_any_name_is_told_byte_for_byte(name, child, tmp_path):
    path = os.path.join(os.fsencode(tmp_path), name)
    one = child(OPEN + "ready(fd=fd)", path.hex())
    process, problems = one.scan()
    (descriptor,) = [row for row in process.descriptors if row.fd == one.told["fd"]]
    assert problems == []
    assert (descriptor.name.encode("utf-8", "surrogateescape"), descriptor.deleted) == (path, False)
    assert descriptor.inode == os.stat(path).st_ino
    (told,) = document(str(one.pid))["processes"]
    (row,) = [row for row in told["descriptors"] if row["fd"] == one.told["fd"]]
    assert bytes_of(row, "name") == path
    assert row.get("deleted", False) is False


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_deleted_file_of_any_name_is_told_without_the_suffix_of_the_kernel(name, child, tmp_path):
    path = os.path.join(os.fsencode(tmp_path), name)
    one = child(OPEN + "os.unlink(path); ready(fd=fd)", path.hex())
    process, _ = one.scan()
    (descriptor,) = [row for row in process.descriptors if row.fd == one.told["fd"]]
    assert (descriptor.name.encode("utf-8", "surrogateescape"), descriptor.deleted) == (path, True)
    assert descriptor.links == 0


def test_a_directory_and_a_mapping_of_hostile_names_are_told_byte_for_byte(child, tmp_path):
    folder = os.path.join(os.fsencode(tmp_path), b"\xff\n\r\x1b")
    os.mkdir(folder)
    one = child(
        "import mmap\n" + OPEN + "os.chdir(os.path.dirname(path)); os.write(fd, bytes(4096))\n"
        "memory = mmap.mmap(fd, 4096); os.close(fd); ready()",
        os.path.join(folder, b"m \xfe\n").hex(),
    )
    (told,) = document("--mapped", str(one.pid))["processes"]
    held = {(file["role"], bytes_of(file, "name")) for file in told["files"]}
    assert ("cwd", folder) in held
    assert ("mapped", folder + b"/m \xfe\n") in held


def test_a_process_may_be_called_anything(child):
    names = [b") R 1 (", b"\xff\x1b[2J\n", b"a b\tc", b"(", b"\xe2\x80\xaex"]
    for name in names:
        one = child("libc.prctl(15, bytes.fromhex(sys.argv[1]), 0, 0, 0)\nready()", name.hex())
        process, problems = one.scan()
        assert problems == []
        assert process.name.encode("utf-8", "surrogateescape") == name
        assert (process.parent_pid, process.uid) == (os.getpid(), os.geteuid())
        (told,) = document(str(one.pid))["processes"]
        assert bytes_of(told, "name") == name
        assert [bytes_of(thread, "name") for thread in told["threads"]] == [name]


def test_a_process_of_hostile_name_can_be_asked_for_by_that_name(child):
    one = child("libc.prctl(15, b') R 1 (\\xff', 0, 0, 0)\nready()")
    (told,) = document(os.fsdecode(b") R 1 (\xff"))["processes"]
    assert told["pid"] == one.pid


def test_a_command_line_keeps_its_bytes(child):
    words = [b"\xff", b"", b"\x1b[31m", b"a\nb"]
    one = child("ready()", *[os.fsdecode(word) for word in words])
    (told,) = document(str(one.pid))["processes"]
    assert [base64.b64decode(word) for word in told["command_base64"]][-4:] == words
    assert told["command"][-4:] == ["\ufffd", "", "\x1b[31m", "a\nb"]


def test_a_path_of_nearly_4000_bytes_is_told_whole(child, tmp_path):
    path = os.fsencode(tmp_path)
    while len(path) + 201 < 3990:
        path += b"/" + b"d" * 200
    os.makedirs(path)
    path += b"/" + b"f" * (3990 - len(path) - 1)
    one = child(OPEN + "ready(fd=fd)", path.hex())
    process, problems = one.scan()
    (descriptor,) = [row for row in process.descriptors if row.fd == one.told["fd"]]
    assert (len(descriptor.name), descriptor.name, problems) == (3990, os.fsdecode(path), [])


DEEP = """
here = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
for depth in range(30):
    os.mkdir("d" * 200, dir_fd=here)
    below = os.open("d" * 200, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
    os.close(here)
    here = below
fd = os.open("file", os.O_RDWR | os.O_CREAT, dir_fd=here)
os.write(fd, b"12345")
os.fchdir(here)
os.close(here)
ready(fd=fd, inode=os.fstat(fd).st_ino, cwd=os.stat(".").st_ino)
"""


def test_a_path_longer_than_a_page_costs_its_name_and_nothing_else(child, tmp_path):
    one = child(DEEP, str(tmp_path))
    process, problems = one.scan()
    (row,) = [row for row in process.descriptors if row.fd == one.told["fd"]]
    assert (row.name, row.size_bytes, row.position, row.access) == (None, 5, 5, "rw")
    assert row.inode == one.told["inode"]
    assert (row.deleted, type(row).__name__) == (False, "Regular")
    assert [(file.name, file.inode) for file in process.files if file.role == "cwd"] == [(None, one.told["cwd"])]
    assert {(one.what, one.fd, one.reason) for one in problems} == {
        ("link", row.fd, "too-long"),
        ("cwd", None, "too-long"),
    }
    (told,) = document(str(one.pid))["processes"]
    assert [row["kind"] for row in told["descriptors"] if row["fd"] == one.told["fd"]] == ["regular"]
