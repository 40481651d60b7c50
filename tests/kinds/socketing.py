"""How the tests of sockets make one: what sock_diag(7) says in, plain data out."""

import struct

import msgspec
from reading import HEAD, Silence

from fdscope.kinds import decode
from fdscope.raw import RawDescriptor, RawSocket

FDINFO = HEAD.replace(b"1039", b"700")
ALL = {
    "fd": 3,
    "access": "rw",
    "flags": ["cloexec"],
    "mount_id": 17,
    "inode": 700,
    "name": "socket:[700]",
    "object": "socket:[700]",
    "net_namespace": 4026531840,
}
"""What is told of every socket below."""


def attribute(kind, value):
    """One netlink attribute, padded."""
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def made(family, kind, protocol, state, **more):
    """A socket of inode 700 in the first network namespace."""
    return RawSocket(700, family, kind, protocol, state, 4026531840, **more)


def descriptor(socket, protocol=b"", machine=None, fdinfo=FDINFO):
    """The descriptor of a socket, which must have been understood."""
    raw = RawDescriptor(42, 3, b"socket:[700]", fdinfo, protocol=protocol, socket=socket)
    found, problem = decode(raw, machine or Silence())
    assert problem is None
    return found


def told(*arguments, **more):
    """What JSON would say of it, without `ALL`."""
    found = msgspec.to_builtins(descriptor(*arguments, **more))
    return {name: value for name, value in found.items() if ALL.get(name) != value}


def only_end(found):
    """What it seeks, and the word for why nobody is there."""
    (end,) = found.ends()
    assert (end.key, end.links) == ("socket:[700]", end.seeks)
    return list(end.seeks), end.missing
