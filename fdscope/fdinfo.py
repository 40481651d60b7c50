"""``key: value`` text of the kernel to fields (proc_pid_fdinfo(5), proc_pid_status(5)). Pure."""

from __future__ import annotations

from collections.abc import Iterator

# How every fdinfo begins since Linux 5.14 (fs/proc/fd.c, seq_show), and most of them end. To know it saves half
# of the time, which is that of all descriptors of a machine.
_COMMON = [b"pos:", b"flags:", b"mnt_id:", b"ino:"]


def fields(data: bytes) -> dict[bytes, bytes]:
    """Key to value, blanks stripped; of a key that comes twice the first value is kept.

    A line without a colon belongs to no key and is left out.
    """
    found: dict[bytes, bytes] = {}
    words = data.split(None, 8)
    if words[:8:2] == _COMMON and len(words) > 7:
        found = {b"pos": words[1], b"flags": words[3], b"mnt_id": words[5], b"ino": words[7]}
        data = words[8] if len(words) > 8 else b""
    if data:
        for line in data.split(b"\n"):
            key, colon, value = line.partition(b":")
            if colon and key not in found:
                found[key] = value.strip()
    return found


def inode_number(data: bytes) -> int | None:
    """The inode, which an fdinfo text has since Linux 5.14."""
    words = data.split(None, 8)
    return int(words[7]) if words[:8:2] == _COMMON and len(words) > 7 and words[7].isdigit() else None


def special(data: bytes) -> bytes:
    """The lines that an fdinfo text has beside the four that are common to all, if it begins with those."""
    words = data.split(None, 8)
    if words[:8:2] == _COMMON:
        return words[8] if len(words) > 8 else b""
    return data


def values(data: bytes, key: bytes) -> Iterator[bytes]:
    """The value of every line that begins with `key` and a colon, blanks stripped, in order."""
    start = key + b":"
    for line in data.split(b"\n"):
        if line.startswith(start):
            yield line[len(start) :].strip()


def words(line: bytes) -> dict[bytes, bytes]:
    """``name:value`` words of one line to a dictionary: ``wd:1 ino:2f mask:fce``.

    A blank between the colon and the value is allowed, as epoll's lines have it.
    """
    found: dict[bytes, bytes] = {}
    pending = b""
    for word in line.split():
        key, colon, value = word.partition(b":")
        if pending and not colon:
            found[pending] = word
        pending = b""
        if colon and value:
            found[key] = value
        elif colon:
            pending = key
    return found
