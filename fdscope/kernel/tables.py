"""Small tables that the whole machine shares: drivers, block devices, locks. Parsers, pure."""

from __future__ import annotations


def parse_devices(table: bytes) -> dict[tuple[bool, int], bytes]:
    """Whether it is a block device, and its major number, to the driver's name (proc_devices(5)).

    Of two drivers with one major number the first is kept. A line of another form is left out.
    """
    found: dict[tuple[bool, int], bytes] = {}
    block = False
    for line in table.splitlines():
        if line.endswith(b"devices:"):
            block = line.startswith(b"Block")
            continue
        number, _, name = line.strip().partition(b" ")
        if number.isdigit() and name:
            found.setdefault((block, int(number)), name.strip())
    return found


def parse_misc(table: bytes) -> dict[int, bytes]:
    """Minor number to name (proc_misc(5)); a line of another form is left out."""
    found = {}
    for line in table.splitlines():
        number, _, name = line.strip().partition(b" ")
        if number.isdigit() and name:
            found[int(number)] = name.strip()
    return found


def parse_partitions(table: bytes) -> dict[tuple[int, int], bytes]:
    """Major and minor number to name (proc_partitions(5)); a line of another form is left out."""
    found = {}
    for line in table.splitlines():
        words = line.split(None, 3)
        if len(words) == 4 and words[0].isdigit() and words[1].isdigit():
            found[int(words[0]), int(words[1])] = words[3].strip()
    return found


def lock_key(lock: bytes) -> bytes:
    """A lock's line with its blanks made even, so that fdinfo's and /proc/locks' compare equal."""
    return b" ".join(lock.split())


def parse_lock_waiters(table: bytes) -> dict[bytes, list[int]]:
    """`lock_key` of each lock that somebody waits for, to the pids that wait (proc_locks(5)).

    A line with ``->`` waits for the lock in the last line before it that has none; it has no pid, but -1, if it
    is for an OFD lock. A line of another form is left out.
    """
    found: dict[bytes, list[int]] = {}
    holder = b""
    for line in table.splitlines():
        _, _, rest = line.partition(b": ")
        words = rest.split()
        if words[:1] != [b"->"]:
            holder = lock_key(rest)
        elif len(words) > 4 and words[4].removeprefix(b"-").isdigit():
            found.setdefault(holder, []).append(int(words[4]))
    return found


def parse_lock_blockers(table: bytes) -> dict[int, list[bytes]]:
    """Pid to the `lock_key` of each lock that a process of this pid waits for (proc_locks(5)).

    Those who wait for an OFD lock have no pid of their own there: they stand under -1.
    """
    found: dict[int, list[bytes]] = {}
    for lock, pids in parse_lock_waiters(table).items():
        for pid in pids:
            found.setdefault(pid, []).append(lock)
    return found
