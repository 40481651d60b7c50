"""How the tests of kinds read: recorded text in, plain data out, with no machine but the one they describe."""

import msgspec

from fdscope.kinds import decode
from fdscope.raw import RawDescriptor

HEAD = b"pos:\t0\nflags:\t02000002\nmnt_id:\t17\nino:\t1039\n"
"""What every descriptor tells since Linux 5.14."""
OLD = b"pos:\t0\nflags:\t02000002\nmnt_id:\t9\n"
"""And before."""


PLACE = b"pos:\t0\nflags:\t012000000\nmnt_id:\t17\nino:\t1039\n"
"""All that is told of an object of any kind that is held as a place (O_PATH), through its link in /proc."""


class Silence:
    """A machine that answers what it was given, and nothing else."""

    def __init__(self, processes=None, mounts=None, paths=None, facing=(), listeners=(), interfaces=None):
        self.processes, self.mounts, self.paths = processes or {}, mounts or {}, paths or {}
        self.faced, self.listening, self.interfaces = facing, listeners, interfaces or {}

    def driver(self, block, major):
        return None

    def misc_device(self, minor):
        return None

    def partition(self, major, minor):
        return None

    def process_name(self, pid):
        return self.processes.get(pid)

    def mount(self, pid, mount_id):
        return self.mounts.get((pid, mount_id))

    def mount_of(self, pid, path):
        return None

    def path_of(self, pid, device, inode, handle):
        return self.paths.get((pid, device, inode, handle))

    def is_name_of(self, pid, path, device, inode):
        return None

    def lock_waiters(self, lock):
        return ()

    def facing(self, socket):
        return self.faced

    def is_within(self, socket):
        return socket.remote[:1] == b"\x7f" or socket.remote == socket.local

    def listeners(self, socket):
        return self.listening

    def interface(self, net_namespace, index):
        return self.interfaces.get((net_namespace, index))

    def clients(self, socket):
        return ()

    def members(self, namespace):
        return None


def descriptor(link, fdinfo, machine=None):
    """The descriptor, which must have been understood."""
    found, problem = decode(RawDescriptor(42, 3, link, fdinfo), machine or Silence())
    assert problem is None
    return found


def told(link, fdinfo, machine=None):
    """What JSON would say of it, without what every descriptor has in these tests."""
    found = msgspec.to_builtins(descriptor(link, fdinfo, machine))
    for name, value in {"fd": 3, "access": "rw", "flags": ["cloexec"]}.items():
        assert found.pop(name) == value
    return found


def complaint(link, fdinfo):
    """The detail of the problem that this text makes."""
    found, problem = decode(RawDescriptor(42, 3, link, fdinfo), Silence())
    assert problem.reason == "not-understood"
    assert found.fd == 3
    return problem.detail
