"""Which mount a path lies in, and by which one a device is reached; who owns what."""

import os

from fdscope.host import host, package_of
from fdscope.kernel.machine import ProcMachine
from fdscope.kernel.mounts import Mounts
from fdscope.kernel.root import Proc
from fdscope.kernel.sockets import Sockets
from fdscope.kernel.system import system
from fdscope.kernel.users import user_name

TABLE = b"""\
20 1 254:0 / / rw - ext4 /dev/vda rw
21 20 0:30 / /srv rw - nfs4 server:/ rw
22 21 254:1 / /srv/disk rw - ext4 /dev/vdb rw
23 20 254:1 /sub /part rw - ext4 /dev/vdb rw
24 20 254:1 / /srv2 rw - ext4 /dev/vdb rw
25 20 0:31 / /tmp rw - tmpfs first rw
26 25 0:32 / /tmp rw - tmpfs second rw
27 20 254:2 / /srv/only rw - ext4 /dev/vdc rw
"""


def planted(folder):
    process = folder / "proc" / "7"
    process.mkdir(parents=True)
    (process / "mountinfo").write_bytes(TABLE)
    (process / "comm").write_bytes(b" a \t\n")
    for number, package in ((0, "0\n"), (1, "1\n"), (10, "1\n")):
        topology = folder / f"sys/devices/system/cpu/cpu{number}/topology"
        topology.mkdir(parents=True)
        (topology / "physical_package_id").write_text(package)
    return Proc(str(folder / "proc"))


def test_a_path_lies_in_the_deepest_mount_and_in_the_last_of_those_on_one_directory(tmp_path):
    with planted(tmp_path) as proc:
        mounts = Mounts(proc)
        told = {
            path: mounts.by_path(7, path).source
            for path in (
                b"/",
                b"/a",
                b"/srv",
                b"/srv/a",
                b"/srv/disk/a",
                b"/srv2/a",
                b"/srv22",
                b"/tmp",
                b"/tmp/a",
            )
        }
        assert mounts.by_path(8, b"/") is None
    assert told == {
        b"/": b"/dev/vda",
        b"/a": b"/dev/vda",
        b"/srv": b"server:/",
        b"/srv/a": b"server:/",
        b"/srv/disk/a": b"/dev/vdb",
        b"/srv2/a": b"/dev/vdb",
        b"/srv22": b"/dev/vda",
        b"/tmp": b"second",
        b"/tmp/a": b"second",
    }


def test_a_device_is_reached_whole_and_past_no_server(tmp_path):
    with planted(tmp_path) as proc:
        mounts = Mounts(proc)
        found = [mounts.by_device(7, device) for device in (b"254:0", b"254:1", b"254:2", b"254:3")]
    assert [one and one.point for one in found] == [b"/", b"/srv2", None, None]


def test_the_name_of_a_process_keeps_its_blanks(tmp_path):
    with planted(tmp_path) as proc:
        machine = ProcMachine(proc, Mounts(proc), Sockets(proc))
        assert (machine.process_name(7), machine.process_name(8)) == (b" a \t", None)


def test_every_cpu_sits_in_a_package(tmp_path):
    with planted(tmp_path) as proc:
        raw = system(proc)
    assert (package_of(raw), host(raw).cpu_sockets) == ({0: 0, 1: 1, 10: 1}, 2)


def test_a_link_that_is_no_number_makes_nobody_self(tmp_path):
    with planted(tmp_path) as proc:
        os.symlink("odd", tmp_path / "proc" / "self")
        assert proc.own_pid() is None


def test_a_user_without_an_account_has_no_name():
    assert (user_name(0), user_name(2**31 - 77)) == ("root", None)
