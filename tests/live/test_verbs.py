"""What the kernel lets one do with a kernel object is what its kind says: tried on each, with real calls."""

import errno
import fcntl
import mmap
import os
import select
import struct

import pytest

from fdscope.kinds import KINDS
from fdscope.kinds._basics import KernelObject
from fdscope.lab import Refused, Scratch, makers
from fdscope.model import MAP, POLL, READ, SEEK, WRITE, kind_name

OBJECTS = {kind_name(kind): kind for kind in KINDS if issubclass(kind, KernelObject)}
SPECIMENS = sorted(OBJECTS.keys() & makers().keys() - {"anonymous"})
NO = {errno.EINVAL, errno.EBADF, errno.EPERM, errno.ENODEV, errno.EACCES, errno.ESPIPE}


def works(call, fd):
    """Whether the kernel offers the call at all: an error that is about this moment's state counts as yes."""
    try:
        return call(fd) is not False
    except OSError as error:
        return error.errno not in NO


def polls(fd):
    with select.epoll() as watcher:
        watcher.register(fd, select.EPOLLIN)


def seeks(fd):
    return os.lseek(fd, 1, os.SEEK_SET) == 1


def maps(fd):
    mmap.mmap(fd, mmap.PAGESIZE, mmap.MAP_SHARED, mmap.PROT_READ).close()


CALLS = {
    READ: lambda fd: os.read(fd, 4096),
    WRITE: lambda fd: os.write(fd, struct.pack("iI", 2**20, 1)),  # as long as an eventfd and a fanotify want it
    SEEK: seeks,
    POLL: polls,
    MAP: maps,
}


@pytest.mark.parametrize("kind", SPECIMENS)
def test_a_kernel_object_obeys_the_verbs_of_its_kind_and_no_others(kind):
    scratch = Scratch()
    try:
        try:
            fd = makers()[kind](scratch).fd
        except (Refused, OSError) as refusal:
            pytest.skip(f"refused here: {refusal}")
        scratch.at_end(lambda: os.close(fd))
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)
        assert {verb for verb, call in CALLS.items() if works(call, fd)} == OBJECTS[kind].verbs
    finally:
        scratch.close()
        for kept in scratch.kept:
            if isinstance(kept, int):
                os.close(kept)
