"""Reading with several CPUs: the shares of a large scan, read by processes side by side.

What takes the time is the kernel, which makes the text of each descriptor anew; it does so for several
processes at once, while threads would wait for one another in the interpreter. So copies of this process are
forked. Each takes a share, reads it, sends the records and takes the next, and this process does the same
whenever nothing has come from the others: the more there is to do with the records here, the more they read.
"""

from __future__ import annotations

import fcntl
import functools
import marshal
import os
import select
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from errno import ECHILD
from typing import Any, TypeVar

from ..quiet import quiet
from ..raw import RawDescriptor, RawHeldFile, RawLinks, RawMount, RawProcess, RawThread, Record, Unread

Share = TypeVar("Share")

MANY = 4000
"""Descriptors from which on another process is worth the 5 ms that it costs."""
_MOST = 4  # processes in all: this one takes in what they read, and cannot keep up with more
_PIPE_BYTES = 1 << 20  # a helper goes on while this process is busy: the most that an ordinary user may ask for
_END = 0xFFFFFFFF  # stands in the place of the number of a share before the records that had to wait


def helpers() -> int:
    """How many processes may help this one: none on one CPU, or where threads make it unsafe to fork."""
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        return 0
    return min(_MOST, len(os.sched_getaffinity(0))) - 1


def share_size(descriptors: int) -> int:
    """How many descriptors make a good share of so many: 5 ms of work, or more if that made too many shares."""
    return max(500, descriptors // 500)


def side_by_side(
    shares: Sequence[Share],
    read: Callable[[Share], Iterable[Record]],
    *,
    begin: Callable[[], None],
    rest: Callable[[], Iterable[Record]],
    most: int,
    meanwhile: Iterable[Iterable[Record]] = (),
) -> Iterator[Record]:
    """All records of all shares, in any order, but for those that this process itself puts off.

    Args:
        shares: what there is to read, in at most 1,000 shares.
        read: the records of a share, but for those that it puts off.
        begin: called by each helper at first, to forget what this process has put off.
        rest: called by each helper at last, for what it has put off.
        most: how many helpers there may be.
        meanwhile: records that this process alone can read: it does so before it takes shares itself.
    """
    tickets, writer = os.pipe()
    os.write(writer, b"".join(number.to_bytes(4, "big") for number in range(len(shares))))
    os.close(writer)

    def work(out: int) -> None:
        begin()
        while ticket := os.read(tickets, 4):
            _send(out, int.from_bytes(ticket, "big"), read(shares[int.from_bytes(ticket, "big")]))
        _send(out, _END, rest())

    left = set(range(len(shares)))
    pieces = iter(meanwhile)
    team: dict[int, _Helper] = {}
    try:
        _gather(team, work, min(most, len(shares) - 1))
        more = True
        while more or team:
            heard = _speaking(team, wait=not more)
            for helper in heard:
                number, records = helper.receive()
                yield from records
                left.discard(number)
                if helper.has_ended:
                    del team[helper.reader]
            if not heard and (own := next(pieces, None)) is not None:
                yield from own
            elif not heard:
                ticket = os.read(tickets, 4)
                more = bool(ticket)
                if ticket:
                    left.discard(int.from_bytes(ticket, "big"))
                    yield from read(shares[int.from_bytes(ticket, "big")])
    finally:
        os.close(tickets)
        for helper in team.values():
            helper.end()
    for number in sorted(left):  # the share of a helper that was killed
        yield from read(shares[number])


class _Helper:
    """A process that reads shares, and the pipe that its records come through."""

    def __init__(self, others: Iterable[int], work: Callable[[int], None]) -> None:
        self.reader, writer = os.pipe()
        self.has_ended = False
        try:
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        except OSError:  # a user with many large pipes may have no more of them
            pass
        parent = os.getpid()
        try:
            self._pid = _fork()
            if not self._pid:
                for reader in (self.reader, *others):  # else nobody would notice that this process is gone
                    os.close(reader)
                work(writer)
        except OSError:
            os.close(self.reader)
            raise
        finally:
            os.close(writer)
            if os.getpid() != parent:  # whatever went wrong: what was not sent is read again, where it can be told
                os._exit(0)

    def receive(self) -> tuple[int, Iterable[Record]]:
        """The number of a share and its records; after the last share those that had to wait, as number _END."""
        head = self._bytes(12)
        data = self._bytes(int.from_bytes(head[4:], "big"))
        number = int.from_bytes(head[:4], "big") if len(head) == 12 else _END
        if number == _END:
            self.end()
        if not data:
            killed = "a process that helped to read was killed: of files that had to wait, some are missing"
            return _END, [Unread("descriptors", ECHILD, detail=killed)]
        return number, map(_unpacked, marshal.loads(data))  # noqa: S302 - a copy of this process has sent it

    def _bytes(self, count: int) -> bytes:
        """So many bytes from the pipe; none if it ends before."""
        parts = []
        while count:
            part = os.read(self.reader, count)
            if not part:
                return b""
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def end(self) -> None:
        """Ends the process, if it has not ended by itself."""
        self.has_ended = True
        os.close(self.reader)
        try:
            os.kill(self._pid, 9)
            os.waitpid(self._pid, 0)
        except (ProcessLookupError, ChildProcessError):  # where SIGCHLD is ignored there is nothing to wait for
            pass


def _gather(team: dict[int, _Helper], work: Callable[[int], None], number: int) -> None:
    """Starts so many helpers, or fewer: if no more processes or descriptors are allowed, it takes longer."""
    for _ in range(number):
        try:
            helper = _Helper(team, work)
        except OSError:
            break
        team[helper.reader] = helper


def _fork() -> int:
    with quiet():  # since Python 3.12 one where a library has threads that we do not know of
        return os.fork()


def _speaking(team: dict[int, _Helper], *, wait: bool) -> list[_Helper]:
    poller = select.poll()
    for reader in team:
        poller.register(reader, select.POLLIN)
    return [team[reader] for reader, _ in poller.poll(None if wait else 0)]


def _send(out: int, number: int, records: Iterable[Record]) -> None:
    data = marshal.dumps([_packed(record) for record in records])
    message = memoryview(number.to_bytes(4, "big") + len(data).to_bytes(8, "big") + data)
    while message:
        message = message[os.write(out, message) :]


# marshal is many times as fast as pickle, but it takes no class: a record travels as a plain tuple, after the
# number of its class.
_CLASSES: tuple[Callable[..., Record], ...] = (RawDescriptor, RawHeldFile, RawLinks, RawProcess, RawThread, Unread)
_STATUS = (4, 3)
"""Where the status stands in a record of the first two classes; the mount comes after it."""
_mount = functools.lru_cache(maxsize=1024)(RawMount)


def _packed(record: Record) -> tuple[Any, ...]:
    number = _CLASSES.index(type(record))
    fields: tuple[Any, ...] = record
    if number >= len(_STATUS):
        return (number, *fields)
    place = _STATUS[number]
    status, mount = fields[place : place + 2]
    if status is not None:
        status = (*status[:7], status.st_blksize, status.st_blocks, status.st_rdev)
    return (number, *fields[:place], status, None if mount is None else tuple(mount), *fields[place + 2 :])


def _unpacked(packed: tuple[Any, ...]) -> Record:
    number, *fields = packed
    if number < len(_STATUS):
        place = _STATUS[number]
        status, mount = fields[place : place + 2]
        if status is not None:
            *basic, block, blocks, device = status
            more = {"st_blksize": block, "st_blocks": blocks, "st_rdev": device}
            fields[place] = os.stat_result((*basic, 0, 0, 0), more)
        if mount is not None:
            fields[place + 1] = _mount(*mount)
    record: Record = _CLASSES[number](*fields)
    return record
