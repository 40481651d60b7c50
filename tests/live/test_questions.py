"""Five questions that people ask about lsof, each answered by one short line, which the README shows."""

import re
import socket
from pathlib import Path

import pytest
from peers import Shell
from program import found

README = (Path(__file__).parent.parent.parent / "README.md").read_text()


@pytest.fixture
def shell(tmp_path):
    return Shell(tmp_path)


def shown(line):
    """A line that the README must show, word for word."""
    assert re.search(rf"^(\$ )?{re.escape(line)}( |$)", README, re.M), f"the README does not show: {line}"
    return line


def rows(shell, line):
    """The answer in words, of a line that found something."""
    done = shell.run_apart(line)
    assert done.returncode == 0, done.stderr
    return [row.split() for row in done.stdout.decode().splitlines()]


def of(child, told):
    return [row for row in told if str(child.pid) in row]


def test_who_has_this_port(child, shell):
    one = child("import socket\ns = socket.create_server(('127.0.0.1', 0))\nready(port=s.getsockname()[1])")
    line = shown("fdscope who :8080").replace("8080", str(one.told["port"]))
    (row,) = of(one, rows(shell, line))
    assert ("LISTEN" in row, f"127.0.0.1:{one.told['port']}," in row) == (True, True)


def test_why_is_the_disk_still_full(child, shell, tmp_path):
    big = tmp_path / "big"
    one = child(
        "fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)\n"
        "os.posix_fallocate(fd, 0, 1 << 20)\nos.unlink(sys.argv[1])\nready()",
        str(big),
    )
    (row,) = of(one, rows(shell, shown("fdscope who deleted")))
    assert "MiB" in row
    assert f"{big}," in row


def test_why_can_i_not_unmount(child, shell, tmp_path):
    found("nsenter")
    where = tmp_path / "mnt"
    where.mkdir()
    one = child(
        "checked(libc.unshare(0x20000))\n"
        "checked(libc.mount(b'none', b'/', None, 1 << 18 | 1 << 14, None))\n"
        "checked(libc.mount(b'tmpfs', sys.argv[1].encode(), b'tmpfs', 0, None))\n"
        "os.chdir(sys.argv[1])\nready()",
        str(where),
    )
    shell.inside = ["nsenter", "-t", str(one.pid), "-m"]
    (row,) = of(one, rows(shell, shown("fdscope who /mnt").replace("/mnt", str(where))))
    assert ("cwd" in row, str(where) in row) == (True, True)


LEAK = """
import itertools, threading, time
def leak():
    for _ in itertools.count():
        kept.append(os.open("/dev/null", os.O_RDONLY))
        time.sleep(0.02)
kept = []
threading.Thread(target=leak, daemon=True).start()
ready()
"""


def test_which_process_leaks(child, shell):
    one = child(LEAK)
    line = shown("fdscope leaks nginx --for 60s").replace("nginx", str(one.pid)).replace("60s", "2s")
    (row,) = of(one, rows(shell, line))
    assert ("/dev/null" in row, "char-device" in row) == (True, True)


def test_who_talks_to_that_address(child, shell):
    with socket.create_server(("127.0.0.17", 0)) as server:
        one = child(
            "import socket\ns = socket.create_connection(('127.0.0.17', int(sys.argv[1])))\nready()",
            str(server.getsockname()[1]),
        )
        told = rows(shell, shown("fdscope who 10.0.0.7").replace("10.0.0.7", "127.0.0.17"))
        (row,) = of(one, told)
        assert f"127.0.0.17:{server.getsockname()[1]}" in row
        network = rows(shell, "fdscope who 127.0.0.17/32")
        assert of(one, network) == [row]
        assert of(one, rows(shell, "fdscope who tcp:127.0.0.16/30")) == [row]
