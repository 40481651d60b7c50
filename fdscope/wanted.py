"""Which object does a word of ``fdscope who`` mean? Pure; whether it exists is found out elsewhere.

The forms of addresses are those of ip(7), ipv6(7) and unix(7); the links those of proc_pid_fd(5).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from .raw import RawSocket
from .selection import UsageError
from .text import original

FORMS = (
    "/path, /dir/ (everything below), /mountpoint, :PORT, tcp:PORT, udp:PORT, ADDRESS:PORT, ADDRESS, ADDRESS/BITS "
    "(a network), tcp:, udp:, unix:, unix:/path, unix:@name, pipe:[INODE], socket:[INODE], "
    "inode:MAJOR:MINOR:INODE, pid:PID, deleted"
)

MAPPED_IPV4 = b"\0" * 10 + b"\xff\xff"
"""What an IPv4 address begins with when a socket of IPv6 has it (ipv6(7))."""


class Path(NamedTuple):
    """What a path leads to; or, if it is a mount point, all that keeps the mount busy."""

    word: str
    path: bytes
    """As it was given: it may be relative."""
    below: bool
    """Whether everything below the directory is meant."""


class Address(NamedTuple):
    """Sockets of the Internet families, by port and perhaps address."""

    word: str
    protocol: str
    """``tcp`` or ``udp``; empty: any protocol that has ports."""
    address: bytes
    """4 or 16 bytes; empty: any, and only the local port is looked at."""
    port: int | None
    """None: any."""
    bits: int | None = None
    """How many leading bits of the address count, where a network is meant; None: the address itself is."""
    zone: str = ""
    """Name or index of the interface that the socket is bound to, as after ``%`` (RFC 4007); empty: any."""


class UnixSocket(NamedTuple):
    """Sockets of the unix family by the name that they are bound to."""

    word: str
    name: bytes | None
    """An abstract one begins with NUL; None: all of them."""


class Link(NamedTuple):
    """An object by the whole text of its link, ``pipe:[123]``."""

    word: str
    link: bytes


class Inode(NamedTuple):
    """A file by device and inode."""

    word: str
    device: str
    """``major:minor``."""
    inode: int


class PidFdOf(NamedTuple):
    """The pidfds that refer to a process."""

    word: str
    pid: int


class Deleted(NamedTuple):
    """Every file that has no name left."""

    word: str


Wanted = Path | Address | UnixSocket | Link | Inode | PidFdOf | Deleted

_LARGEST = 1 << 64
_SCHEMES = ("tcp", "udp", "unix", "pipe", "socket", "inode", "pid")
_ADDRESS = re.compile(
    r"""(?:(\[[0-9A-Fa-f:.]+(?:%[\w.@-]+)?\] | [0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)  # [IPv6] or IPv4
        (?:/([0-9]{1,3}))?)?                                               # /BITS
        (?::([0-9]+))?                                                     # :PORT""",
    re.ASCII | re.VERBOSE,
)
_WITH_COLON = (":", *(f"{scheme}:" for scheme in _SCHEMES))
"""What begins so is no path."""
_BARE_IPV6 = re.compile(r"([0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*(?:%[\w.@-]+)?)(/[0-9]{1,3})?", re.ASCII)
_BRACKETS = re.compile(r"(?:\[([0-9]+)\]|([0-9]+))", re.ASCII)
_INODE = re.compile(r"([0-9]+):([0-9]+):([0-9]+)", re.ASCII)


def parse(word: str) -> Wanted:
    """What one word asks for.

    A word of no other form is a path, as in a shell: ``./tcp:8080`` and ``./10.0.0.1`` are files. A word with a
    slash at its end means everything below a directory, but for ``/`` itself, which is the root's mount point.

    Raises:
        UsageError: it begins as one of the forms and goes on otherwise, or it is empty.
    """
    if word == "deleted":
        return Deleted(word)
    scheme, colon, rest = word.partition(":")
    found = _with_scheme(word, scheme, rest) if colon and scheme in _SCHEMES else _address(word, "", word)
    if found is None and not (word.startswith(_WITH_COLON) or _ADDRESS.fullmatch(word)):
        found = Path(word, original(word), word.endswith("/") and word.strip("/") != "")
    if found is None or "\0" in word:
        raise not_an_object(word)
    return found


def not_an_object(word: str) -> UsageError:
    """The error of a word that means nothing."""
    short = word if len(word) <= 60 else word[:60] + "…"
    return UsageError(f"'{short}' is no object; the forms are: {FORMS}")


def _with_scheme(word: str, scheme: str, rest: str) -> Wanted | None:
    if scheme in ("tcp", "udp"):
        if not rest:
            return Address(word, scheme, b"", None)
        return _address(word, scheme, f":{rest}" if rest.isdigit() else rest)
    if scheme == "unix":
        name = original(rest)
        return UnixSocket(word, (b"\0" + name[1:] if name.startswith(b"@") else name) or None)
    if scheme in ("pipe", "socket"):
        match = _BRACKETS.fullmatch(rest)
        return match and Link(word, f"{scheme}:[{match[1] or match[2]}]".encode())
    if scheme == "inode":
        match = _INODE.fullmatch(rest)
        numbers = [int(part) for part in match.groups()] if match and len(rest) < 60 else []
        if not numbers or max(numbers) >= _LARGEST:
            return None
        return Inode(word, f"{numbers[0]}:{numbers[1]}", numbers[2])
    return PidFdOf(word, int(rest)) if rest.isascii() and rest.isdigit() and len(rest) <= 10 else None


def _address(word: str, protocol: str, rest: str) -> Address | None:
    bare = _BARE_IPV6.fullmatch(rest)  # it has no port: with one it could be read in two ways
    rest = f"[{bare[1]}]{bare[2] or ''}" if bare else rest
    match = _ADDRESS.fullmatch(rest)
    if not match or (match[3] is not None and (len(match[3]) > 5 or not 0 < int(match[3]) < 65536)):
        return None
    port = None if match[3] is None else int(match[3])
    if match[1] is None:
        return None if port is None else Address(word, protocol, b"", port)
    import ipaddress  # costs 5 ms, which only a word with an address pays

    bare_address, _, zone = match[1].strip("[]").partition("%")
    try:
        full = ipaddress.ip_address(bare_address).packed
    except ValueError:
        return None
    address, bits = plain(full), None if match[2] is None else int(match[2])
    if bits is not None:
        bits -= 8 * (len(full) - len(address))
        if not 0 <= bits <= 8 * len(address):
            return None
    return Address(word, protocol, address, port, bits, zone)


def plain(address: bytes) -> bytes:
    """An IP address in its shortest form: that of an IPv4 address within IPv6 has 4 bytes."""
    return address[12:] if len(address) == 16 and address.startswith(MAPPED_IPV4) else address


def is_at(wanted: Address, socket: RawSocket, is_here: Callable[[int, bytes], bool]) -> bool:
    """Whether a socket is meant: by its local port, or by either of its addresses, perhaps with the port.

    With an address and a port, one that is bound to every address of the machine is bound to each of them, since
    it answers there; `is_here` tells which those are. With an address alone it is not meant: it has yet to talk
    to anybody.
    """
    if not wanted.address:
        return wanted.port in (None, socket.local_port)
    if any(socket.remote) and wanted.port in (None, socket.remote_port) and _is_in(wanted, socket.remote):
        return True
    if wanted.port not in (None, socket.local_port):
        return False
    if _is_in(wanted, socket.local):
        return True
    if wanted.port is None or wanted.bits is not None:
        return False
    fits = len(socket.local) >= len(wanted.address)
    return fits and not any(socket.local) and is_here(socket.net_namespace, wanted.address)


def _is_in(wanted: Address, address: bytes) -> bool:
    """Whether an address is the one that is meant, or of the network that is."""
    address = plain(address)
    if wanted.bits is None or len(address) != len(wanted.address):
        return address == wanted.address
    ignored = 8 * len(address) - wanted.bits
    return int.from_bytes(address, "big") >> ignored == int.from_bytes(wanted.address, "big") >> ignored


def is_named(wanted: UnixSocket, name: bytes) -> bool:
    """Whether a unix socket with this name is meant.

    Each NUL of an abstract name may be given as ``@``, as ss(8) and proc_net_unix(5) print it: no word of a
    command line can hold a NUL.
    """
    if wanted.name is None:
        return True
    if name[:1] != b"\0":
        name = name.partition(b"\0")[0]  # the NUL that ends a path is part of what the kernel tells
    return wanted.name == name or (name[:1] == b"\0" and name.replace(b"\0", b"@") == b"@" + wanted.name[1:])
