"""A specimen of regular: deleted, locked in three ways and waited for (open(2), fcntl(2), flock(2))."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct

from . import Scratch, Specimen
from ._calls import libc

_PR_SET_PDEATHSIG = 1
_OFD_SETLK = 37


def regular(scratch: Scratch) -> Specimen:
    """1,000 bytes at position 10, with an flock(2) that another process waits for, a POSIX and an OFD lock."""
    path = scratch.path("regular")
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
    os.fchmod(fd, 0o640)
    os.write(fd, bytes(1000))
    os.lseek(fd, 10, os.SEEK_SET)
    fcntl.flock(fd, fcntl.LOCK_EX)
    fcntl.lockf(fd, fcntl.LOCK_EX, 10, 20)
    fcntl.fcntl(fd, _OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 100, 0, 0))
    waiter = _waiter(path)
    scratch.at_end(lambda: _end(waiter))
    os.unlink(path)
    scratch.keep(os.dup(fd))  # both refer to one open file description
    status = os.fstat(fd)
    device = f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}"
    me = os.getpid()
    return Specimen(
        fd,
        {
            "name": path,
            "deleted": True,
            "size_bytes": 1000,
            "position": 10,
            "links": 0,
            "permissions": "rw-r-----",
            "owner_uid": os.geteuid(),
            "owner_gid": status.st_gid,
            "access": "rw",
            "flags": ["append", "cloexec", "largefile"],
            "inode": status.st_ino,
            "device": device,
            "object": f"inode:{device}:{status.st_ino}",
            "locks": [
                {"type": "flock", "mode": "write", "pid": me, "start": 0, "waiters": [waiter]},
                {"type": "posix", "mode": "write", "pid": me, "start": 20, "end": 29},
                {"type": "ofd", "mode": "read", "start": 100},
            ],
        },
    )


def _waiter(path: str) -> int:
    """A process that stops in flock(2) on the file until it is ended, with this one at the latest."""
    told, tell = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            os.dup2(tell, 0)
            os.closerange(1, 1 << 20)
            file = os.open(path, os.O_RDONLY)
            os.close(0)
            fcntl.flock(file, fcntl.LOCK_SH)
        finally:
            os._exit(0)
    os.close(tell)
    select.select([told], [], [], 10)  # the end of the pipe: the file is open
    os.close(told)
    _wait_for(pid)
    return pid


def _wait_for(pid: int) -> None:
    """Returns when the process waits for a lock; /proc/locks is the only one to say so (proc_locks(5))."""
    for _ in range(10000):
        with open("/proc/locks") as locks:
            if any("->" in line and f" {pid} " in line for line in locks):
                return
        os.sched_yield()


def _end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


SPECIMENS = {"regular": regular}
