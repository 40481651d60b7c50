"""How the tests of files place one: what fstat(2), the mount table and the machine say in, plain data out."""

import os
import stat

import msgspec
from reading import Silence

from fdscope.kinds import decode
from fdscope.raw import RawDescriptor, RawMount

ROOT = RawMount(b"254:0", b"/", b"/", b"ext4", b"/dev/vda")
DEVICES = RawMount(b"0:6", b"/", b"/dev", b"devtmpfs", b"devtmpfs")
PTS = RawMount(b"0:26", b"/", b"/dev/pts", b"devpts", b"devpts")

HEAD = b"pos:\t0\nflags:\t02100002\nmnt_id:\t27\nino:\t99\n"
"""fdinfo of a file that was opened to read and write."""
PATH_ONLY = b"pos:\t0\nflags:\t012000000\nmnt_id:\t27\nino:\t99\n"

ALL = {
    "fd": 3,
    "access": "rw",
    "flags": ["cloexec", "largefile"],
    "mount_id": 27,
    "inode": 99,
    "device": "254:0",
    "object": "inode:254:0:99",
    "deleted": False,
    "links": 1,
    "permissions": "rw-r-----",
    "owner_uid": 1000,
    "owner_gid": 100,
    "filesystem": "ext4",
    "source": "/dev/vda",
    "mount_point": "/",
}
"""What is told of every file below, if the test does not say otherwise."""


class Machine(Silence):
    """A machine with some drivers, devices, locks and names."""

    def __init__(self, drivers=None, misc=None, partitions=None, waiters=None, names=None, beside=None):
        super().__init__()
        self.drivers, self.misc, self.partitions = drivers or {}, misc or {}, partitions or {}
        self.waiters, self.names, self.beside = waiters or {}, names or {}, beside or {}

    def driver(self, block, major):
        return self.drivers.get((block, major))

    def misc_device(self, minor):
        return self.misc.get(minor)

    def partition(self, major, minor):
        return self.partitions.get((major, minor))

    def mount_of(self, pid, path):
        return self.beside.get(path)

    def lock_waiters(self, lock):
        return self.waiters.get(b" ".join(lock.split()), ())

    def is_name_of(self, pid, path, device, inode):
        assert (pid, device, inode) == (42, 254 << 20, 99)
        return self.names.get(path)


def status(file_type=stat.S_IFREG, links=1, size=0, blocks=0, number=(0, 0), page=4096, mode=0o640):
    """What fstat(2) says of inode 99 on device 254:0."""
    return os.stat_result(
        (file_type | mode, 99, os.makedev(254, 0), links, 1000, 100, size, 0, 0, 0),
        {"st_rdev": os.makedev(*number), "st_blocks": blocks, "st_blksize": page},
    )


def placed(link, fdinfo=HEAD, machine=None, mount=ROOT, magic=None, **of_status):
    """The descriptor of a file of this type and number, which must have been understood."""
    raw = RawDescriptor(42, 3, link, fdinfo, status(**of_status), mount, magic)
    found, problem = decode(raw, machine or Machine())
    assert problem is None
    return found


def told(*arguments, **more):
    """What JSON would say of it, without what is as in `ALL`; what is missing of that is None."""
    found = msgspec.to_builtins(placed(*arguments, **more))
    missing = {name: None for name in ALL if name not in found}
    return {name: value for name, value in found.items() if name not in ALL or value != ALL[name]} | missing
