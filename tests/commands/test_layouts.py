"""Columns of every name, groups with their sums, trees of processes, and links on a terminal."""

import csv
import io
import json
import os
import re
import urllib.parse

import jsonschema
import pytest
from children import Lab, without_others
from program import ENVIRONMENT, text
from program import within as run
from test_tables import on_a_terminal


def document(*words):
    return json.loads(run("--json", *words).stdout)


def rows_of_csv(*words):
    return list(csv.DictReader(io.StringIO(run("--format", "csv", *words).stdout.decode())))


@pytest.fixture(scope="module")
def still():
    """A lab of which nothing moves and everything answers."""
    running = Lab("regular", "directory", "memfd", "pipe", "unix", "udp", "tcp", "eventfd")
    try:
        yield running
    finally:
        running.end()


@pytest.fixture(scope="module")
def columns():
    return json.loads(text("--columns", "help", "--json"))


def test_columns_help_tells_programs_and_people_the_same(columns):
    lines = text("--columns", "help").splitlines()
    assert [line.split()[:2] for line in lines] == [[one["name"], one["header"]] for one in columns]
    assert len({one["name"] for one in columns}) == len(columns)
    (port,) = [one for one in columns if one["name"] == "remote_port"]
    assert port == {
        "name": "remote_port",
        "header": "REMOTE_PORT",
        "alignment": "right",
        "type": "integer",
        "help": "port that it is connected to",
        "kinds": port["kinds"],
        "choices": [],
    }
    assert {"tcp", "udp"} <= set(port["kinds"])
    assert [one["unit"] for one in columns if one["name"] in ("size_bytes", "tcp.rtt_us")] == ["bytes", "us"]


def test_every_name_of_columns_help_is_a_column_a_key_and_a_field_of_where(lab, columns):
    names = [one["name"] for one in columns]
    order = ",".join(f"-{name}" for name in names)
    rows = rows_of_csv("--columns", ",".join(names), "--sort", order, str(lab.pid))
    held = document(str(lab.pid))["processes"][0]["descriptors"]
    assert sorted(int(row["fd"]) for row in rows) == sorted(one["fd"] for one in held)
    assert list(rows[0]) == names
    told = {one["fd"]: one for one in held if "tid" not in one}
    for row in rows:
        own = told.get(int(row["fd"])) if not row["tid"] else None
        for name in ("inode", "mount_id", "size_bytes", "local_port", "remote_port", "links") if own else ():
            assert row[name] == str(own.get(name, "")), name
    every = " or ".join(f"exists {name}" for name in names)
    chosen = {row["fd"] for row in rows_of_csv("--columns", "fd", "--where", every, str(lab.pid))}
    assert chosen == {row["fd"] for row in rows} | {"cwd", "root", "exe", "mapped"}


def test_a_key_that_falls_may_stand_apart_from_its_option(holder):
    words = ["--columns", "fd", "--no-headers", str(holder.pid)]
    falling = text("--sort=-fd", *words)
    assert [text(*order, *words) for order in (["--sort", "-fd"], ["-s", "-fd,pid"])] == [falling] * 2
    assert falling != text("--sort", "fd", *words)
    assert run("--sort", "--json").returncode == 2


def test_what_was_chosen_without_a_descriptor_is_a_row_and_a_line(child):
    one = child("ready()", cwd="/")
    pid = str(one.pid)
    files = document("--fd", "cwd,exe", pid)["processes"][0]["files"]
    assert [file["role"] for file in files] == ["cwd", "exe"]
    lines = [json.loads(line) for line in run("--ndjson", "--fd", "0,cwd,exe", pid).stdout.splitlines()]
    lines = [line for line in lines if "problem" not in line]
    assert lines[1:] == [{"pid": one.pid, "process": lines[0]["process"], **file} for file in files]
    schema = json.loads(text("--json-schema"))
    for line in lines:
        jsonschema.Draft202012Validator(schema).validate(line)
    assert rows_of_csv("--columns", "pid,fd,kind,name", "--fd", "0,cwd", pid) == [
        {"pid": pid, "fd": "0", "kind": "char-device", "name": "/dev/null"},
        {"pid": pid, "fd": "cwd", "kind": "", "name": "/"},
    ]
    assert b'"role"' not in run("--ndjson", pid).stdout
    assert {row["role"] for row in rows_of_csv("--columns", "role", "--mapped", pid)} == {"", "mapped"}
    assert {row["role"] for row in rows_of_csv("--columns", "role", pid)} == {""}


UNNAMED = "import tempfile\nfile = tempfile.TemporaryFile()\nfile.write(b'x' * 9999)\nfile.flush()\nready()"


def expected(processes, by):
    """Groups with their counts and sums, made from a document of the same processes."""
    found = {}
    for process in processes:
        for one in process["descriptors"]:
            value = process[by] if by in ("user", "pid") else process["name"] if by == "process" else one.get(by)
            count = found.setdefault(value, {"count": 0, "processes": set(), "objects": {}})
            count["count"] += 1
            count["processes"].add(process["pid"])
            key = one.get("object") or (process["pid"], one.get("tid"), one["fd"])
            count["objects"].setdefault(key, one)
    for count in found.values():
        sums = {}
        for one in count["objects"].values():
            for name, amount in one.items():
                if name.endswith("_bytes") and name not in ("key_bytes", "value_bytes", "huge_page_bytes"):
                    sums[name] = sums.get(name, 0) + amount
            if one.get("deleted") and "allocated_bytes" in one:
                sums["reclaimable_bytes"] = sums.get("reclaimable_bytes", 0) + one["allocated_bytes"]
        count["sums"] = sums
    return {
        value: {**count, "processes": len(count["processes"]), "objects": len(count["objects"])}
        for value, count in found.items()
    }


@pytest.mark.parametrize("by", ["kind", "process", "user", "access", "filesystem", "remote_address"])
def test_groups_are_counted_and_summed_as_the_document_has_it(still, holder, child, by):
    pids = [str(one.pid) for one in (still, holder, child(UNNAMED))]
    told = document("--group-by", by, *pids)
    jsonschema.Draft202012Validator(json.loads(text("--json-schema"))).validate(told)
    assert (told["schema"], told["by"], without_others(told["problems"])) == ("fdscope.groups/1", [by], [])
    counted = ("count", "processes", "objects", "sums")
    found = {one["values"].get(by): {name: one[name] for name in counted} for one in told["groups"]}
    assert found == expected(document(*pids)["processes"], by)
    counts = [one["count"] for one in told["groups"]]
    assert counts == sorted(counts, reverse=True)
    lines = [json.loads(line) for line in run("--ndjson", "--group-by", by, *pids).stdout.splitlines()]
    assert [line for line in lines if "problem" not in line] == told["groups"]


def test_groups_are_a_table_that_can_be_sorted(holder):
    pid = str(holder.pid)
    rows = rows_of_csv("--group-by", "kind,access", "--sort=-access,kind", pid)
    wanted = [(one["kind"], one["access"]) for one in document(pid)["processes"][0]["descriptors"]]
    order = sorted(sorted(set(wanted)), key=lambda one: one[1], reverse=True)
    assert [(row["kind"], row["access"], int(row["count"])) for row in rows] == [
        (*one, wanted.count(one)) for one in order
    ]
    lines = text("--group-by", "kind", pid).splitlines()
    assert re.fullmatch(r"KIND +COUNT +PROCESSES +OBJECTS( +SIZE +ALLOCATED)?( +RECLAIMABLE)? +SHARE", lines[0])
    assert lines[1].split()[:3] == ["pipe", "4", "1"]
    assert len(text("--group-by", "kind", "--no-headers", pid).splitlines()) == len(lines) - 1


TALKER = """
read, write = os.pipe()
libc.prctl(15, b"talker", 0, 0, 0)
ready(read=read, write=write)
"""


def test_groups_of_peers_name_the_processes_at_the_other_end(child):
    one = child(TALKER)
    told = document("--group-by", "peer", "--fd", f"{one.told['read']},{one.told['write']}", str(one.pid))
    assert [(group["values"], group["count"], group["objects"]) for group in told["groups"]] == [
        ({"peer": "talker"}, 2, 1)
    ]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--group-by", "kinds"], "did you mean 'kind'?"),
        (["--group-by", "locks"], "locks is made of others"),
        (["--group-by", "kind", "--sort", "fd"], "groups have no column 'fd'"),
        (["--group-by", "kind", "--columns", "fd"], "--group-by has columns of its own"),
        (["--group-by", "kind", "--tree"], "two layouts of one answer"),
        (["--tree", "--columns", "fd"], "leave out --columns"),
        (["--sort", "sizebytes"], "there is no column 'sizebytes': did you mean 'size_bytes'?"),
        (["--columns", "fd,nmae"], "there is no column 'nmae': did you mean 'name'?"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(words, why):
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, b"")
    assert why in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


FAMILY = """
import subprocess
middle = subprocess.Popen([sys.executable, "-I", "-S", "-c", '''
import os, sys
child = os.fork()
if child:
    os.write(1, f"{os.getpid()} {child}\\\\n".encode())
os.read(0, 1)
'''], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
pids = middle.stdout.readline().split()
ready(middle=int(pids[0]), last=int(pids[1]))
"""


def heads(told):
    """Of each process in a tree what stands before its name, and its pid."""
    found = re.findall(r"^([└├│─ ]*)\S+ \[(\d+)\](?: |$)", re.sub("\x1b\\[[0-9]*m", "", told), re.M)
    return [(before, int(pid)) for before, pid in found]


def test_a_tree_shows_a_process_and_all_that_descend_from_it(child):
    one = child(FAMILY)
    middle, last = one.told["middle"], one.told["last"]
    told = text("--tree", str(one.pid), "--fd", "0")
    assert heads(told) == [("", one.pid), ("└─ ", middle), ("   └─ ", last)]
    lines = told.splitlines()
    assert len(lines) == 6
    assert lines[1].startswith("│  0  char-device  rw  /dev/null, driver mem")
    for line, before in ((lines[3], "   │  "), (lines[5], "         ")):
        assert re.match(before + r"0  pipe  r  pipe:\[\d+\], read end  <-> ", line)
    chosen = [one["pid"] for one in document("--tree", str(one.pid))["processes"]]
    assert chosen == sorted([one.pid, middle, last])


def test_a_tree_names_who_stands_between_two_that_were_chosen(child):
    one = child(FAMILY)
    middle, last = one.told["middle"], one.told["last"]
    told = text("--tree", "--pid", f"{one.pid},{last}", "--fd", "0", "--color", "always")
    assert heads(told) == [("", one.pid), ("└─ ", middle), ("   └─ ", last)]
    assert re.findall(r"^└─ \x1b\[2m\S+ \[\d+\]\x1b\[0m$", told, re.M) != []
    assert len(told.splitlines()) == 5
    assert heads(text("--tree", "--pid", str(last), "--fd", "0")) == [("", last)]
    assert heads(text("--tree", "--fd", "0", str(one.pid), str(middle))) == [("", one.pid), ("└─ ", middle)]


def test_a_tree_of_the_machine_leaves_out_the_threads_of_the_kernel(child):
    one = child("ready()")
    done = run("--tree")
    assert done.returncode == 0
    told = done.stdout.decode()
    pids = [pid for _, pid in heads(told)]
    assert one.pid in pids
    assert len(set(pids)) == len(pids)
    threads = {one["pid"] for one in document("--all")["processes"] if one.get("kernel_thread")}
    assert threads.isdisjoint(pids)


HOSTILE = b"a \x1b]8;;x\x1b\\b\x07\n%2f\xff\xc2\x9c"


@pytest.fixture
def linked(child, tmp_path):
    """A process that holds a file of a hostile name, and that name."""
    path = os.path.join(os.fsencode(tmp_path), HOSTILE)
    one = child("ready(fd=os.open(bytes.fromhex(sys.argv[1]), os.O_RDWR | os.O_CREAT))", path.hex())
    return one, path


LINK = re.compile("\x1b]8;;([^\x1b\x07]*)\x1b\\\\([^\x1b\x07]*)\x1b]8;;\x1b\\\\")


def without_age(told):
    return re.sub(r"\(\d+ s ago\)", "", told)


@pytest.mark.parametrize("words", [["--columns", "fd,kind,name"], ["--columns", "fd,kind,what"], []])
def test_a_path_is_a_link_on_a_terminal_that_takes_them_whatever_its_name(linked, words):
    one, path = linked
    words = [*words, "--wide", "--color", "never", str(one.pid)]
    told = on_a_terminal(*words, VTE_VERSION="7200")
    plain = text(*words)
    assert "\x1b" not in plain
    assert LINK.sub(r"\2", without_age(told)) == without_age(plain)
    addresses = {found[1] for found in LINK.finditer(told)}
    host = os.uname().nodename
    assert f"file://{host}{urllib.parse.quote_from_bytes(path, safe='/')}" in addresses
    assert f"file://{host}/dev/null" in addresses
    assert all(re.fullmatch(r"file://[A-Za-z0-9._~/%-]*", address) for address in addresses)
    assert "\x1b" not in on_a_terminal(*words)
    assert "\x1b" not in on_a_terminal(*words, "--hyperlink", "never", VTE_VERSION="7200")
    assert LINK.search(text("--hyperlink", "always", *words))


def test_links_take_no_room_on_a_narrow_terminal(linked):
    one, _ = linked
    words = ["--columns", "fd,kind,what", "--color", "never", str(one.pid)]
    told = on_a_terminal(*words, columns=40, VTE_VERSION="7200")
    assert LINK.sub(r"\2", told) == on_a_terminal(*words, columns=40)
    assert LINK.search(told)


def test_paths_of_a_recorded_machine_are_no_links(linked):
    one, _ = linked
    assert "\x1b" not in text("--hyperlink", "always", "--proc", "/proc/", str(one.pid))


def test_paths_of_another_mount_namespace_are_no_links(child):
    if os.geteuid() != 0:
        pytest.skip("to make a mount namespace takes root")
    one = child("checked(libc.unshare(0x20000))\nready()")
    assert "\x1b" not in text("--hyperlink", "always", "--color", "never", str(one.pid), env=ENVIRONMENT)
