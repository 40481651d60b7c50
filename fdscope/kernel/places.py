"""What do paths lead to, and which files does the kernel itself use? See open(2), proc_swaps(5), loop(4).

A path is only looked up (O_PATH), which opens nothing: no pipe gets a reader, no device is woken. It is done by
a child process with a deadline, as the way may lead through a file system whose server is dead.
"""

from __future__ import annotations

import marshal
import os
import select
import time
from collections.abc import Sequence
from errno import ENOENT, ENOTDIR, ETIMEDOUT

from ..quiet import quiet
from ..raw import RawPlace, Unread
from .mounts import unescape
from .patience import close_all_but, leave_behind, reap
from .root import Directory, Proc


def places(paths: Sequence[bytes], timeout_s: float) -> list[RawPlace]:
    """What each path leads to.

    Of one that could not be looked up in time, and of one that is not there, the text alone, made absolute.
    """
    found: list[RawPlace] = []
    deadline = time.monotonic() + timeout_s
    here = os.getcwdb()
    while len(found) < len(paths):
        before = len(found)
        found += _looked_up(paths[before:], deadline)
        if len(found) < len(paths):  # the next one is silent
            found.append(RawPlace(_absolute(here, paths[len(found)]), None, None, ETIMEDOUT))
            deadline = max(deadline, time.monotonic() + timeout_s / 10)
    return found


def _absolute(here: bytes, path: bytes) -> bytes:
    return os.path.normpath(os.path.join(here, path)).replace(b"//", b"/")


def _looked_up(paths: Sequence[bytes], deadline: float) -> list[RawPlace]:
    """The places of the first of these paths, up to the one that is silent."""
    reader, writer = os.pipe()
    try:
        with quiet():  # since Python 3.12 one of forking beside threads
            pid = os.fork()
    except OSError:  # no more processes are allowed: they are all silent
        os.close(reader)
        os.close(writer)
        return []
    if not pid:
        try:
            close_all_but({writer})
            for path in paths:
                os.write(writer, _framed(_place(path)))
        finally:
            os._exit(0)
    os.close(writer)
    data, has_ended = b"", False
    poller = select.poll()
    poller.register(reader, select.POLLIN)
    while poller.poll(max(0.0, deadline - time.monotonic()) * 1000):
        part = os.read(reader, 1 << 16)
        if not part:
            has_ended = reap(pid, 0)
            break
        data += part
    os.close(reader)
    if not has_ended:
        leave_behind(pid)
    found = []
    while len(data) >= 4 and len(data) >= 4 + int.from_bytes(data[:4], "big"):
        end = 4 + int.from_bytes(data[:4], "big")
        path, numbers, mount_id, errno = marshal.loads(data[4:end])  # noqa: S302 - our own child has sent it
        data = data[end:]
        status = None
        if numbers is not None:
            *basic, device, blocks = numbers
            status = os.stat_result((*basic, 0, 0, 0), {"st_rdev": device, "st_blocks": blocks})
        found.append(RawPlace(path, status, mount_id, errno))
    return found


def _framed(place: RawPlace) -> bytes:
    status = place.status
    numbers = None if status is None else (*status[:7], status.st_rdev, status.st_blocks)
    data = marshal.dumps((place.path, numbers, place.mount_id, place.errno))
    return len(data).to_bytes(4, "big") + data


def _place(path: bytes) -> RawPlace:
    try:
        number = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        return RawPlace(_where_it_was(path), None, None, error.errno or ENOENT)
    try:
        info = _read(b"/proc/self/fdinfo/%d" % number).split()
        mount_id = int(info[info.index(b"mnt_id:") + 1]) if b"mnt_id:" in info else None
        return RawPlace(os.readlink(b"/proc/self/fd/%d" % number), os.fstat(number), mount_id, 0)
    except OSError as error:  # where there is no /proc
        return RawPlace(os.path.realpath(path), os.fstat(number), None, error.errno or 0)
    finally:
        os.close(number)


def _where_it_was(path: bytes) -> bytes:
    """Where a file that is gone stood: its name, in a directory that may have been reached by symbolic links."""
    bare = path.rstrip(b"/")
    return os.path.join(os.path.realpath(os.path.dirname(bare)), os.path.basename(bare))


def _read(path: bytes) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def is_gone(errno: int) -> bool:
    """Whether an error of a lookup means that nothing is there."""
    return errno in (ENOENT, ENOTDIR)


def swap_files(proc: Proc) -> list[bytes]:
    """Paths of the files and devices that memory is swapped out to (proc_swaps(5))."""
    table = proc.read_all(b"swaps")
    return [] if isinstance(table, Unread) else parse_swaps(table)


def parse_swaps(table: bytes) -> list[bytes]:
    """The first field of each line but the heading."""
    lines = table.split(b"\n")[1:]
    return [unescape(line.split(None, 1)[0]) for line in lines if line.strip()]


def loop_devices(proc: Proc) -> list[tuple[bytes, bytes]]:
    """Name and backing file of each loop device (loop(4)), from the sysfs that stands beside the proc root."""
    directory = proc.open(b"../sys/block")
    if not isinstance(directory, Directory):
        return []
    with directory:
        names = directory.names()
        found = []
        for name in () if isinstance(names, Unread) else names:
            if name.startswith(b"loop"):
                backing = directory.read(name + b"/loop/backing_file")
                if isinstance(backing, bytes):
                    found.append((name, backing.removesuffix(b"\n")))
    return found


def propagation(proc: Proc, pid: int) -> dict[int, frozenset[bytes]]:
    """The peer groups of each mount that a process sees, by mount id."""
    table = proc.read_all(b"%d/mountinfo" % pid)
    return {} if isinstance(table, Unread) else parse_propagation(table)


def parse_propagation(table: bytes) -> dict[int, frozenset[bytes]]:
    """Mount id to the numbers of the peer groups that a mount sends to or takes from (mount_namespaces(7)).

    ``shared:N`` and ``master:N`` both count: what is unmounted in group N is unmounted there too.
    """
    found = {}
    for line in table.split(b"\n"):
        words = line.split(b" ")
        if len(words) > 6 and words[0].isdigit() and b"-" in words[6:]:
            tags = words[6 : words.index(b"-", 6)]
            found[int(words[0])] = frozenset(
                tag.partition(b":")[2] for tag in tags if tag.startswith((b"shared:", b"master:"))
            )
    return found
