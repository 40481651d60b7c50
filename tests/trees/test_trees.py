"""Recorded proc trees through the same code as the live one: a whole document each, compared with what it was.

After a change that is meant to change documents: FDSCOPE_WRITE_EXPECTATIONS=1 pytest tests/trees, and read the
diff.
"""

import json
import os
import re
from pathlib import Path

import pytest
from msgspec import structs
from record import parsed, plant, record, written

from fdscope import scan
from fdscope.report import document

HERE = Path(__file__).parent


def without(pattern):
    """A change to a tree: lines that match are gone from every fdinfo and status."""
    expression = re.compile(pattern, re.M)

    def change(tree):
        return {
            path: expression.sub(b"", content) if "/fdinfo/" in path or path.endswith("/status") else content
            for path, content in tree.items()
        }

    return change


INODES = without(rb"^ino:\t.*\n")
EVENTFD_IDS = without(rb"^eventfd-(id|semaphore):.*\n")
NAMESPACE_PIDS = without(rb"^(NSpid|NStgid|NSpgid|NSsid):.*\n")
MOUNTS = without(rb"^mnt_id:\t.*\n")
TARGETS = without(rb" pos:\d+ ino:[0-9a-f]+ sdev:[0-9a-f]+$")


def chain(*changes):
    def change(tree):
        for one in changes:
            tree = one(tree)
        return tree

    return change


def renamed(tree):
    """The main thread has ended: what it held stands with its other thread, and in no place else."""
    tree = dict(tree)
    (pid,) = {path.split("/")[1] for path in tree if re.fullmatch(r"proc/\d+/stat", path)}
    other = str(int(pid) + 1)
    for path in list(tree):
        part = path.removeprefix(f"proc/{pid}/")
        if part.startswith(("fd/", "fdinfo/")) or part in ("cwd", "root", "exe"):
            tree[f"proc/{pid}/task/{other}/{part}"] = tree.pop(path)
    for name in ("stat", "status"):
        living = tree[f"proc/{pid}/task/{pid}/{name}"]
        dead = living.replace(b") S ", b") Z ").replace(b"State:\tS (sleeping)", b"State:\tZ (zombie)")
        tree[f"proc/{pid}/{name}"] = tree[f"proc/{pid}/task/{pid}/{name}"] = dead
        tree[f"proc/{pid}/task/{other}/{name}"] = living.replace(pid.encode(), other.encode())
    return tree


KERNELS = {
    "every-kind": lambda tree: tree,
    "lab": lambda tree: tree,
    "lab-before-5.14": INODES,
    "lab-before-5.2": chain(INODES, EVENTFD_IDS),
    "lab-before-3.15": chain(INODES, EVENTFD_IDS, NAMESPACE_PIDS, MOUNTS, TARGETS),
    "lab-without-main-thread": renamed,
}


def told(proc, *targets):
    """The document of a tree, without what differs from run to run."""
    snapshot = json.loads(b"".join(document.snapshot(scan(targets, proc=proc))))
    for name in ("fdscope", "taken_at", "duration_s"):
        del snapshot[name]
    return snapshot


def the_pid(proc):
    (pid,) = [name for name in os.listdir(proc) if name.isdigit()]
    return pid


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_recorded_process_is_told_as_it_was(kernel, tmp_path):
    recorded = "every-kind" if kernel == "every-kind" else "lab"
    proc = plant(KERNELS[kernel](parsed((HERE / f"{recorded}.tree").read_text())), tmp_path)
    snapshot = told(proc, the_pid(proc))
    expected = HERE / f"{kernel}.json"
    if os.environ.get("FDSCOPE_WRITE_EXPECTATIONS"):
        expected.write_text(json.dumps(snapshot, indent=1, ensure_ascii=False) + "\n")
    assert snapshot == json.loads(expected.read_text())


MEMORY = b"MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 500 kB\nBuffers: 1 kB\nCached: 1 kB\n"


def test_a_whole_tree_is_told_without_a_target_and_of_todays_machine_nothing(tmp_path):
    tree = parsed((HERE / "lab.tree").read_text())
    tree["proc/meminfo"] = MEMORY
    tree["sys/devices/system/cpu/cpu2/online"] = b"0\n"  # it has no topology, then
    proc = plant(tree, tmp_path)
    whole, one = told(proc), told(proc, the_pid(proc))
    assert whole["processes"] == one["processes"]
    memory = {"memory_total_bytes": 1000 * 1024, "memory_available_bytes": 500 * 1024}
    assert whole["host"] == one["host"] | memory
    assert one["host"]["cpu_sockets"] == 1


def test_nobody_is_self_in_a_tree(tmp_path):
    proc = plant(parsed((HERE / "lab.tree").read_text()), tmp_path)
    snapshot = scan(["self"], proc=proc)
    assert snapshot.processes == []
    assert next((one.what, one.reason, one.detail) for one in snapshot.problems) == (
        "process",
        "no-such-process",
        "no process is called 'self'",
    )


def test_a_link_of_a_tree_is_text_and_tells_nothing_of_todays_files(tmp_path):
    """The same paths exist on the machine that runs this test; their inodes are not those of the tree."""
    tree = parsed((HERE / "lab.tree").read_text())
    (pid,) = {path.split("/")[1] for path in tree if re.fullmatch(r"proc/\d+/stat", path)}
    file = tmp_path / "today"
    file.write_text("of today")
    for path in (f"proc/{pid}/fd/0", f"proc/{pid}/cwd", f"proc/{pid}/exe"):
        tree[path] = str(file)
    snapshot = scan([pid], proc=plant(tree, tmp_path))
    (process,) = snapshot.processes
    row = process.descriptors[0]
    assert (row.fd, row.name) == (0, str(file))
    assert row.inode != file.stat().st_ino
    assert getattr(row, "size_bytes", None) is None
    assert [(held.name, held.inode, held.size_bytes) for held in process.files if held.role != "root"] == [
        (str(file), None, None),
        (str(file), None, None),
    ]
    assert [(one.what, one.reason) for one in snapshot.problems if one.what.startswith("status")] == [
        ("status of files", "unsupported")
    ]


def test_a_tree_with_nothing_in_it_is_an_empty_machine(tmp_path):
    (tmp_path / "proc").mkdir()
    snapshot = scan(proc=str(tmp_path / "proc"))
    assert (snapshot.processes, snapshot.objects) == ([], [])
    assert snapshot.host.boot_time is None


def problems_with(tree, folder, **options):
    """The process that is left of a tree, and its problems but for the one that all trees have."""
    (pid,) = {path.split("/")[1] for path in parsed((HERE / "lab.tree").read_text()) if path.endswith("/limits")}
    snapshot = scan([pid], proc=plant(tree, folder), **options)
    json.loads(b"".join(document.snapshot(snapshot)))
    found = [(one.what, one.reason) for one in snapshot.problems if one.what != "status of files"]
    return (*snapshot.processes, None)[0], found


@pytest.mark.parametrize(
    "name", ["stat", "status", "limits", "cgroup", "cmdline", "mountinfo", "fdinfo/0", "task/stat", "maps"]
)
@pytest.mark.parametrize("content", [b"", b"\xff\0:)\n(", b":\n" * 9000], ids=["empty", "strange", "long"])
def test_a_file_that_is_empty_or_strange_stops_nothing(name, content, tmp_path):
    tree = parsed((HERE / "lab.tree").read_text())
    (pid,) = {path.split("/")[1] for path in tree if re.fullmatch(r"proc/\d+/stat", path)}
    count = sum(path.startswith(f"proc/{pid}/fd/") for path in tree)
    place = name.replace("task/", f"task/{pid}/")
    tree[f"proc/{pid}/{place}"] = content
    process, problems = problems_with(tree, tmp_path, mapped=name == "maps")
    assert (process.pid, len(process.descriptors)) == (int(pid), count)
    strange = {"stat": "process", "task/stat": f"thread {pid}", "maps": "maps" if content else ""}.get(name)
    assert problems == ([(strange, "not-understood")] if strange else [])


def test_an_fdinfo_that_a_kind_cannot_read_costs_a_problem_and_not_the_row(tmp_path):
    tree = parsed((HERE / "lab.tree").read_text())
    path = next(path for path, link in tree.items() if link == "anon_inode:[eventfd]")
    tree[path.replace("/fd/", "/fdinfo/")] = b"pos:\t0\neventfd-count: many\n"
    process, problems = problems_with(tree, tmp_path)
    (row,) = [row for row in process.descriptors if row.fd == int(path.rpartition("/")[2])]
    assert (type(row).__name__, row.count) == ("EventFd", None)
    assert problems == [("fdinfo", "not-understood")]


MISSING = {
    "stat": [("process", "vanished")],
    "status": [("process", "no-such-process")],
    "limits": [("limits", "vanished")],
    "cgroup": [("cgroup", "vanished")],
    "cmdline": [("cmdline", "vanished")],
    "fdinfo": [("fdinfo", "vanished")],
    "fd": [("descriptors", "vanished")],
    "task": [("threads", "vanished")],
    "maps": [("maps", "vanished")],
    "mountinfo": [],
    "ns": [],
    "cwd": [],
}


@pytest.mark.parametrize("name", MISSING)
def test_a_file_that_is_missing_stops_nothing_else(name, tmp_path):
    tree = parsed((HERE / "lab.tree").read_text())
    (pid,) = {path.split("/")[1] for path in tree if re.fullmatch(r"proc/\d+/stat", path)}
    count = sum(path.startswith(f"proc/{pid}/fd/") for path in tree)
    root = f"proc/{pid}/{name}"
    left = {path: content for path, content in tree.items() if path != root and not path.startswith(f"{root}/")}
    process, problems = problems_with(left, tmp_path, mapped=name == "maps")
    assert problems == MISSING[name]
    if name in ("stat", "status"):
        assert process is None
        return
    assert process.descriptors is None if name == "fd" else len(process.descriptors) == count
    assert sorted(file.role for file in process.files) == sorted({"cwd", "root", "exe"} - {name})
    assert len(process.threads) == (name != "task")


def test_a_recording_can_be_written_and_read_again(lab):
    tree = record([lab.pid])
    tree["proc/odd"] = b"trailing blank \n\\ \t\xff\0\n\nno end"
    assert parsed(written(tree)) == tree


def test_a_recording_tells_what_the_live_process_told_but_for_stat(lab, tmp_path):
    """Descriptors that are no paths need no stat(2): of them the tree tells everything."""
    (live,) = scan([str(lab.pid)], peers=False).processes
    (recorded,) = scan([str(lab.pid)], proc=plant(record([lab.pid]), tmp_path), peers=False).processes
    ours = {row.fd: row for row in recorded.descriptors}
    assert sorted(ours) == [row.fd for row in live.descriptors]
    assert recorded.descriptor_count == live.descriptor_count
    without_path = [row for row in live.descriptors if row.name and re.match(r"pipe:\[", row.name)]
    assert without_path
    assert [without_waits(ours[row.fd]) for row in without_path] == [without_waits(row) for row in without_path]


def without_waits(row):
    """But for what the memory of threads tells: the sets of select and poll."""
    return structs.replace(row, io_models=None, waiters=None, waiters_total=None)
