"""How lines of peers and of fdscope are compared that are no lists of descriptors.

Each takes the scene, the shell, and the two lines.
"""

import csv
import io
import json
import os
import re
import signal
import subprocess

import pytest
from peer_values import TYPES
from peers import ours, theirs


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
