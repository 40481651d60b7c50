"""What the kernel lets one do with each specimen of the lab is what its kind says: tried in a child, for real.

How each verb is decided:

* read, write: with an address outside of user space the kernel checks the descriptor first. EBADF: the access
  mode does not allow it, nothing is decided. EINVAL: there is no such call for this object (FMODE_CAN_READ,
  FMODE_CAN_WRITE in fs/read_write.c). EFAULT: there is one. Some are there only to refuse: a real call, with
  a message that the object can take, tells these by EINVAL or EISDIR. Any other error is about this moment.
* seek: lseek(2) to offset 1 leads to 1. Some objects accept it and stay where they are: they do not seek.
* poll: epoll_ctl(2) takes it; EPERM: it cannot be waited for.
* map: mmap(2) of one page, to be read; ENODEV: there is none for this object. EACCES: the access mode. EINVAL:
  there is one, but this is not what it maps, as of a packet socket that has no ring yet.
* EBADF of any call: a path descriptor, nothing is decided.
"""

import ctypes
import errno
import fcntl
import json
import mmap
import os
import select
import struct
import subprocess
import sys

import pytest

from fdscope.kinds import KINDS
from fdscope.lab import Refused, Scratch, makers
from fdscope.model import MAP, POLL, READ, SEEK, WRITE, kind_name

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.read.restype = libc.write.restype = ctypes.c_ssize_t

NOWHERE = ctypes.c_void_p(-4096)
ONE_PAGE = ctypes.c_size_t(mmap.PAGESIZE)

# What a write must look like to be more than a mistake; eight bytes of a small number do for all others.
MESSAGES = {
    "fanotify": struct.pack("iI", 2**20, 1),  # an answer to a question that was not asked
    "fuse": struct.pack("IiQ", 16, 0, 2**40),  # the same
    "icmp": struct.pack("BB6x", 8, 0),  # an echo request
    "tun": bytes([0x45, *bytes(19)]),  # the header of an IPv4 packet
}
ANY_MESSAGE = struct.pack("Q", 1)

# Of anonymous nothing is known, nor said; a socket of a rare family obeys what that family does.
KNOWN = sorted(makers().keys() - {"anonymous", "socket"})


def undecided_or_no(error, *refusals):
    if error.errno == errno.EBADF:
        return None
    if error.errno in refusals:
        return False
    raise error


def moves(fd, call, real_call):
    """Whether there is a read or write, None where the access mode forbids to know."""
    ctypes.set_errno(0)
    assert call(fd, NOWHERE, ONE_PAGE) == -1
    gate = ctypes.get_errno()
    if gate == errno.EBADF:
        return None
    if gate == errno.EINVAL:
        return False
    assert gate == errno.EFAULT
    try:
        real_call()
    except OSError as error:
        return error.errno not in (errno.EINVAL, errno.EISDIR)
    return True


def seeks(fd):
    try:
        return os.lseek(fd, 1, os.SEEK_SET) == 1
    except OSError as error:
        return undecided_or_no(error, errno.ESPIPE, errno.EINVAL)


def polls(fd):
    with select.epoll() as watcher:
        try:
            watcher.register(fd, select.EPOLLIN)
        except OSError as error:
            return undecided_or_no(error, errno.EPERM)
    return True


def maps(fd):
    ctypes.set_errno(0)
    address = libc.mmap(None, ONE_PAGE, mmap.PROT_READ, mmap.MAP_SHARED, fd, ctypes.c_long(0))
    if address != ctypes.c_void_p(-1).value:
        libc.munmap(ctypes.c_void_p(address), ONE_PAGE)
        return True
    error = ctypes.get_errno()
    if error == errno.EINVAL:
        return True
    assert error in (errno.ENODEV, errno.EACCES, errno.EBADF), os.strerror(error)
    return False if error == errno.ENODEV else None


def tried(kind, fd):
    """Each verb to whether the kernel offers it for this descriptor; those that are undecided are left out."""
    try:
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.EBADF:  # a path descriptor has no status flags
            raise
    found = {
        POLL: polls(fd),
        MAP: maps(fd),
        READ: moves(fd, libc.read, lambda: os.read(fd, 1 << 18)),
        WRITE: moves(fd, libc.write, lambda: os.write(fd, MESSAGES.get(kind, ANY_MESSAGE))),
        SEEK: seeks(fd),
    }
    return {verb: offered for verb, offered in found.items() if offered is not None}


def try_all():
    """Every specimen in turn; a line of JSON for each: its kind and what was found, or why it was refused."""
    for kind in KNOWN:
        scratch = Scratch()
        try:
            try:
                fd = makers()[kind](scratch).fd
            except (Refused, OSError) as refusal:
                print(json.dumps([kind, None, str(refusal)]), flush=True)
            else:
                print(json.dumps([kind, tried(kind, fd), ""]), flush=True)
        finally:
            scratch.close()


@pytest.fixture(scope="module")
def verdicts():
    done = subprocess.run(
        [sys.executable, __file__], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, timeout=120
    )
    return {kind: (found, why) for kind, found, why in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("kind", KNOWN)
def test_a_specimen_obeys_the_verbs_of_its_kind_and_no_others(kind, verdicts):
    found, why = verdicts[kind]
    if found is None:
        pytest.skip(f"refused here: {why}")
    (said,) = [one.verbs for one in KINDS if kind_name(one) == kind]
    assert found == {verb: verb in said for verb in found}


if __name__ == "__main__":
    try_all()
