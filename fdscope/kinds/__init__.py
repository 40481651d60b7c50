"""The kinds of descriptor, one file each. A kind is known by being here.

A kind says in `known_by` what it is recognised by. The forms, the most telling first:

* ``("anon_inode", name)``: a link ``anon_inode:name`` or ``anon_inode:[name]``; of ``name:more`` only the name;
  a name that ends in ``-`` is the beginning of several
* ``("socket", family, protocol)``, then ``("socket", family)``: a link ``socket:[…]`` of which the family and
  protocol of socket(2) are known; a raw socket of IP, which may have any protocol, is looked up as one of 255
* ``("protocol", name)``: a link ``socket:[…]`` whose protocol's name alone is known
* ``("scheme", word)``: what stands before the colon of any other link that is no path, or of a path that
  belongs to no mount, as ``/memfd`` does
* ``("filesystem", type)``: the type of the mount (proc_pid_mountinfo(5))
* ``("magic", number)``: the file-system type from statfs(2), for a path that belongs to no mount
* ``("device", S_IFCHR or S_IFBLK, major, minor)``, then ``(…, major)``: a device number
* ``("type", S_IF…)``: the type of file (inode(7))
* ``("unread",)``: a path whose type could not be read, or a link that could not be read itself
* ``("anything",)``: whatever is left

Two kinds that claim one key fail at import.
"""

from __future__ import annotations

import functools
import os
import stat
from _socket import AF_INET, AF_INET6
from collections.abc import Callable, Hashable, Iterable
from copy import copy
from importlib import import_module

from ..model import Descriptor, HeldFile, Problem, kind_name
from ..raw import Machine, RawDescriptor, RawHeldFile, RawMount
from ..text import text
from ._basics import basics
from ._file import device_name, file_name

_SOCK_RAW, _RAW_PROTOCOL = 3, 255
_DELETED = b" (deleted)"  # may be part of a name, which takes a look at the path to know

_known: dict[Hashable, type[Descriptor]] = {}


def kind_of(raw: RawDescriptor) -> type[Descriptor]:
    """The class that `raw` belongs to."""
    link, status, mount = raw.link, raw.status, raw.mount
    if link[:8] == b"socket:[":
        socket = raw.socket
        if socket is None:
            return _kind_of_socket(0, 0, 0, raw.protocol)
        return _kind_of_socket(socket.family, socket.protocol, socket.type, raw.protocol)
    if link and link[:1] != b"/":
        return _kind_of_link(link if link.startswith(b"anon_inode:") else link.partition(b":")[0])
    return _kind_of_path(
        None if mount is None else mount.type,
        link.partition(b":")[0].removesuffix(b" (deleted)") if mount is None else b"",
        raw.magic,
        None if status is None else stat.S_IFMT(status.st_mode),
        0 if status is None else status.st_rdev,
    )


@functools.lru_cache(maxsize=1024)
def _kind_of_socket(family: int, protocol: int, socket_type: int, name: bytes) -> type[Descriptor]:
    """The class of a socket; family 0 (AF_UNSPEC): nothing is known but the name of its protocol."""
    keys: list[Hashable] = []
    if family:
        whole = _RAW_PROTOCOL if socket_type == _SOCK_RAW and family in (AF_INET, AF_INET6) else protocol
        keys += [("socket", family, whole), ("socket", family)]
    return _first_of(*keys, ("protocol", name), ("scheme", b"socket"))


@functools.lru_cache(maxsize=1024)
def _kind_of_link(link: bytes) -> type[Descriptor]:
    """The class of a link that is no path; of most links only the scheme, as the rest is a number."""
    scheme, _, rest = link.partition(b":")
    if scheme == b"anon_inode":
        name = rest.partition(b":")[0].strip(b"[]")
        return _first_of(("anon_inode", name), ("anon_inode", name.partition(b"-")[0] + b"-"))
    return _first_of(("scheme", scheme))


@functools.lru_cache(maxsize=1024)
def _kind_of_path(
    filesystem: bytes | None, scheme: bytes, magic: int | None, file_type: int | None, device: int
) -> type[Descriptor]:
    """The class of a path, or of a link that could not be read."""
    keys: list[Hashable] = []
    if filesystem is not None:
        keys.append(("filesystem", filesystem))
    else:
        keys += [("scheme", scheme), ("magic", magic)]
    if file_type in (stat.S_IFCHR, stat.S_IFBLK):
        major = os.major(device)
        keys += [("device", file_type, major, os.minor(device)), ("device", file_type, major)]
    if file_type is not None:
        keys.append(("type", file_type))
    else:
        keys.append(("unread",))
    return _first_of(*keys)


def _first_of(*keys: Hashable) -> type[Descriptor]:
    """The class that claims the first of these keys that any class claims."""
    for key in keys:
        kind = _known.get(key)
        if kind is not None:
            return kind
    return _known[("anything",)]


def links_of(kinds: Iterable[type[Descriptor]]) -> Callable[[bytes], bool]:
    """Whether a link may be that of one of these kinds: told by the link alone, before anything else is read."""
    schemes: set[bytes] = set()
    names: set[bytes] = set()
    anything = False
    for form, *rest in (key for kind in kinds for key in kind.known_by if isinstance(key, tuple)):
        if form in ("socket", "protocol"):
            schemes.add(b"socket")
        elif form == "anon_inode":
            names.add(rest[0])
        elif form == "scheme" and rest[0][:1] != b"/":
            schemes.add(rest[0])
        elif form == "anything":
            anything = True
        else:
            schemes.add(b"/")

    def may_be(link: bytes) -> bool:
        if anything:
            return True
        if link[:1] in (b"/", b""):  # a path, or one that is too long to be told
            return b"/" in schemes
        scheme, _, rest = link.partition(b":")
        if scheme != b"anon_inode":
            return scheme in schemes
        name = rest.partition(b":")[0].strip(b"[]")
        return name in names or name.partition(b"-")[0] + b"-" in names

    return may_be


def file_types_of(kinds: Iterable[type[Descriptor]]) -> frozenset[int]:
    """The types of file, as S_IFMT of inode(7), that objects of these kinds may have; empty: any."""
    found: set[int] = set()
    for form, *rest in (key for kind in kinds for key in kind.known_by if isinstance(key, tuple)):
        if form in ("socket", "protocol"):
            found.add(stat.S_IFSOCK)
        elif form in ("type", "device"):
            found.add(rest[0])
        elif form == "anon_inode":  # none at all, and since Linux 6.16 a regular file
            found.update((0, stat.S_IFREG))
        elif (form, rest[0] if rest else b"") == ("scheme", b"pipe"):
            found.add(stat.S_IFIFO)
        else:
            return frozenset()
    return frozenset(found)


def needed_for(kinds: Iterable[type[Descriptor]], *, peers: bool) -> tuple[type[Descriptor], ...]:
    """The kinds that must be read so that all can be told of these: who watches them, with `peers` whom they meet.

    What watches others, as an epoll does, is told by all that its process holds.
    """
    chosen = set(kinds)
    if peers and any(_watches(kind) for kind in chosen):
        return KINDS
    names = {name for kind in chosen if peers for name in kind.meets}
    watching = set(filter(_watches, KINDS)) if chosen else set()
    return tuple(kind for kind in KINDS if kind in chosen or kind in watching or kind_name(kind) in names)


def _watches(kind: type[Descriptor]) -> bool:
    return kind.registrations is not Descriptor.registrations or kind.works_on is not Descriptor.works_on


class Decoder:
    """Makes descriptors. Of those that are alike the first is decoded, and the others are copies of it."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._known: dict[tuple[bytes, int], tuple[Descriptor, int, RawMount | None]] = {}

    def decode(self, raw: RawDescriptor) -> tuple[Descriptor, Problem | None]:
        """As the function of this name."""
        if raw.alike is None or raw.numbers is None or raw.link.endswith(_DELETED):
            return decode(raw, self._machine)
        position = raw.numbers.position
        key = (raw.alike, id(raw.mount))
        known = self._known.get(key)
        if known is not None and (position == known[1] or (position and known[0].position == known[1])):
            one = copy(known[0])
            one.fd, one.tid = raw.fd, raw.tid
            if position != known[1]:
                one.position = position
            return one, None
        found, problem = decode(raw, self._machine)
        if problem is None:
            self._known[key] = (copy(found), position, raw.mount)
        return found, problem


def decode(raw: RawDescriptor, machine: Machine) -> tuple[Descriptor, Problem | None]:
    """The descriptor that `raw` tells of; a kind that cannot read it costs a Problem, never the row."""
    kind = kind_of(raw)
    try:
        return kind.decode(raw, machine), None
    except (ValueError, KeyError, IndexError, OverflowError) as error:
        problem = Problem(
            pid=raw.pid,
            fd=raw.fd,
            what="fdinfo",
            reason="not-understood",
            detail=f"{kind_name(kind)}: {type(error).__name__}: {error}",
        )
    try:
        known = basics(raw)
    except ValueError:
        known = {"fd": raw.fd, "tid": raw.tid}
    return kind(name=text(raw.link), **known), problem


def held_file(raw: RawHeldFile) -> HeldFile:
    """A file that is held without a descriptor."""
    status, mount = raw.status, raw.mount
    name, deleted = file_name(raw.link, None if status is None else status.st_nlink)
    return HeldFile(
        role=raw.role,  # type: ignore[arg-type]  # one of the four, by raw.py
        name=text(name) or None,
        inode=None if status is None else status.st_ino,
        device=None if status is None else device_name(status.st_dev),
        size_bytes=None if status is None else status.st_size,
        allocated_bytes=None if status is None else status.st_blocks * 512,
        links=None if status is None else status.st_nlink,
        deleted=deleted,
        filesystem=None if mount is None else text(mount.type),
        source=None if mount is None else text(mount.source),
        mappings=raw.mappings or None,
        mapped_bytes=raw.mapped_bytes or None,
        rights=text(raw.rights).split() or None,
    )


def _register() -> tuple[type[Descriptor], ...]:
    for file in sorted(os.listdir(__path__[0])):
        if file.endswith(".py") and not file.startswith("_"):
            for kind in list(vars(import_module(f"{__name__}.{file[:-3]}")).values()):
                if isinstance(kind, type) and issubclass(kind, Descriptor) and "known_by" in vars(kind):
                    for key in kind.known_by:
                        if _known.setdefault(key, kind) is not kind:
                            raise TypeError(f"{kind.__name__} and {_known[key].__name__} both claim {key}")
    return tuple(sorted(set(_known.values()), key=kind_name))


KINDS: tuple[type[Descriptor], ...] = _register()
