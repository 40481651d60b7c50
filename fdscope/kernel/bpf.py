"""Loads BPF objects and reads what their programs say: a small binding to libbpf, by ctypes. Knows no program.

Every call's answer is checked. What libbpf says meanwhile, and the verifier's log, is kept and never printed.
The signatures are those of libbpf 1.0 (``bpf/libbpf.h``, ``bpf/bpf.h``): functions that give a number give a
negative errno when they fail, those that give a pointer give NULL and set errno.
"""

from __future__ import annotations

import _thread
import ctypes
import os
from collections.abc import Iterator, Mapping
from ctypes import POINTER, Structure, addressof, byref, c_char_p, c_int, c_size_t, c_uint32, c_uint64, c_void_p
from errno import E2BIG, EAGAIN, EINVAL, ENOENT, ENOSYS, EOPNOTSUPP, ESRCH
from typing import Any

from ..debug import tell

LIBRARY = "libbpf.so.1"
PACKAGES = "libbpf1 (Debian, Ubuntu) or libbpf (Fedora, Arch)"

_CHUNK = 1 << 16  # twice the buffer that the kernel fills at a time (kernel/bpf/bpf_iter.c, bpf_seq_read)
_MOST_MESSAGES = 1 << 18
_INFORMATION = 1  # enum libbpf_print_level: warnings are 0; above come hundreds of lines for its own developers
_TOO_NEW = (EINVAL, E2BIG, ENOSYS, EOPNOTSUPP)  # what kernels say of options that they do not know


class NotLoaded(Exception):
    """A program could not be loaded or run; the text names the step."""

    def __init__(self, step: str, errno: int, log: str = "") -> None:
        super().__init__(f"{step}: {os.strerror(errno)}" if errno else step)
        self.step = step
        self.errno = errno
        """From errno(3); 0: there is nothing to ask the kernel with."""
        self.log = log
        """What libbpf and the verifier said; may be long."""


class _TaskLink(Structure):
    """``task`` of union bpf_iter_link_info (include/uapi/linux/bpf.h)."""

    _fields_ = (("tid", c_uint32), ("pid", c_uint32), ("pid_fd", c_uint32), ("unused", c_uint32))


class _IterOptions(Structure):
    """struct bpf_iter_attach_opts."""

    _fields_ = (("size", c_size_t), ("link_info", c_void_p), ("link_info_length", c_uint32))


class Library:
    """libbpf, opened; the functions that are used of it, with their types."""

    def __init__(self) -> None:
        """Opens it.

        Raises:
            NotLoaded: it is not there.
        """
        try:
            self._library = ctypes.CDLL(LIBRARY, use_errno=True)
        except OSError:
            raise NotLoaded(f"{LIBRARY} is not installed; distributions have it in {PACKAGES}", 0) from None
        self._said = bytearray()
        pointer, number = c_void_p, c_int
        self.open_mem = self._function("bpf_object__open_mem", pointer, pointer, c_size_t, pointer)
        self.load = self._function("bpf_object__load", number, pointer)
        self.close = self._function("bpf_object__close", None, pointer)
        self.find_map = self._function("bpf_object__find_map_by_name", pointer, pointer, c_char_p)
        self.find_program = self._function("bpf_object__find_program_by_name", pointer, pointer, c_char_p)
        self.initial_value = self._function("bpf_map__initial_value", pointer, pointer, POINTER(c_size_t))
        self.map_number = self._function("bpf_map__fd", number, pointer)
        self.attach_iter = self._function("bpf_program__attach_iter", pointer, pointer, pointer)
        self.attach = self._function("bpf_program__attach", pointer, pointer)
        self.link_number = self._function("bpf_link__fd", number, pointer)
        self.destroy_link = self._function("bpf_link__destroy", number, pointer)
        self.create_iter = self._function("bpf_iter_create", number, number)
        self.lookup_batch = self._function(
            "bpf_map_lookup_batch", number, number, pointer, pointer, pointer, pointer, POINTER(c_uint32), pointer
        )
        self.update = self._function("bpf_map_update_elem", number, number, pointer, pointer, c_uint64)
        self.delete = self._function("bpf_map_delete_elem", number, number, pointer)
        self._keep_messages()

    def _function(self, name: str, answer: Any, *arguments: Any) -> Any:
        try:
            found = getattr(self._library, name)
        except AttributeError:
            raise NotLoaded(f"{LIBRARY} has no {name}", 0) from None
        found.restype, found.argtypes = answer, arguments
        return found

    def _keep_messages(self) -> None:
        """Has libbpf give its messages here: each a printf(3) format and a va_list, which vsnprintf(3) takes."""
        format_list = ctypes.PyDLL(None).vsnprintf  # one thread at a time, as there is one room
        format_list.argtypes = [c_char_p, c_size_t, c_char_p, c_void_p]
        room = ctypes.create_string_buffer(1 << 16)

        def keep(level: int, form: bytes, arguments: int) -> int:
            if level > _INFORMATION:
                return 0
            format_list(room, len(room), form, arguments)
            self._said += room.value
            del self._said[:-_MOST_MESSAGES]
            return 0

        self._keep = ctypes.CFUNCTYPE(c_int, c_int, c_char_p, c_void_p)(
            keep
        )  # lives as long as libbpf may call it
        self._library.libbpf_set_print(self._keep)

    def said(self) -> str:
        """What libbpf has said since this was last asked."""
        told, self._said = self._said.decode("utf-8", "replace"), bytearray()
        return told

    def refused(self, step: str, errno: int | None = None) -> NotLoaded:
        """The error of a step that has just failed, with what was said about it."""
        failed = NotLoaded(step, ctypes.get_errno() if errno is None else errno, self.said())
        tell(failed.log)
        return failed


_library: list[Library] = []
_opening = _thread.allocate_lock()


def library() -> Library:
    """libbpf, opened once.

    Raises:
        NotLoaded: it is not there, or is not what it should be.
    """
    with _opening:
        if not _library:
            _library.append(Library())
    return _library[0]


class Programs:
    """The programs of one object file, in the kernel until `close`; use it in a `with` statement.

    Maps, programs and links are descriptors of this process: the kernel drops them when it ends, however it ends.
    """

    def __init__(self, path: str, settings: Mapping[str, bytes]) -> None:
        """Loads an object file.

        Args:
            path: the object file.
            settings: name of a map of constants (``.rodata.…``) to its content.

        Raises:
            NotLoaded: there is no such file or library, or the kernel refuses it.
        """
        self._library = library()
        self._links: list[int] = []
        self._object: int | None = None
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise NotLoaded(f"{os.path.basename(path)} cannot be read", error.errno or ENOENT) from None
        self._data = ctypes.create_string_buffer(data, len(data))
        self._object = self._library.open_mem(self._data, len(data), None)
        if not self._object:
            raise self._library.refused("the object cannot be opened")
        try:
            for name, content in settings.items():
                self._set(name, content)
            answer = self._library.load(self._object)
            if answer:
                raise self._library.refused("the kernel refuses the program", -answer)
            tell(self._library.said())
        except NotLoaded:
            self.close()
            raise

    def __enter__(self) -> Programs:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Detaches and unloads everything."""
        for link in self._links:
            self._library.destroy_link(link)
        self._links.clear()
        if self._object:
            self._library.close(self._object)
            self._object = None

    def _set(self, name: str, content: bytes) -> None:
        found = self._library.find_map(self._object, name.encode())
        size = c_size_t()
        place = self._library.initial_value(found, byref(size)) if found else None
        if not place or size.value != len(content):
            raise self._library.refused(f"the object has no {name} of {len(content)} bytes", EINVAL)
        ctypes.memmove(place, content, len(content))

    def _program(self, name: str) -> int:
        found: int | None = self._library.find_program(self._object, name.encode())
        if not found:
            raise self._library.refused(f"the object has no program {name}")
        return found

    def read(self, name: str, pid: int = 0) -> Iterator[bytes]:
        """What an iterator program writes, in pieces of up to 64 KiB.

        Args:
            name: the program.
            pid: narrows an iterator over tasks to one process (since Linux 6.1); older kernels give all of them.

        Raises:
            NotLoaded: it cannot be run.
        """
        link = self._link(self._program(name), pid)
        if link is None:
            return
        number = -1
        try:
            number = self._library.create_iter(self._library.link_number(link))
            if number < 0:
                raise self._library.refused(f"{name} cannot be read", -number)
            while True:
                try:
                    piece = os.read(number, _CHUNK)
                except OSError as error:
                    if error.errno == EAGAIN:  # a million objects went by without a word: go on
                        continue
                    raise self._library.refused(f"{name} stopped", error.errno) from None
                if not piece:
                    return
                yield piece
        finally:
            if number >= 0:
                os.close(number)
            self._library.destroy_link(link)

    def _link(self, program: int, pid: int) -> int | None:
        """Attaches an iterator; None: there is no such process any more."""
        link: int | None = None
        if pid:
            narrowed = _TaskLink(pid=pid)
            options = _IterOptions(ctypes.sizeof(_IterOptions), addressof(narrowed), ctypes.sizeof(narrowed))
            link = self._library.attach_iter(program, byref(options))
            errno = 0 if link else ctypes.get_errno()
            if errno == ESRCH:
                return None
            if errno and errno not in _TOO_NEW:
                raise self._library.refused("the iterator cannot be attached", errno)
        link = link or self._library.attach_iter(program, None)
        if not link:
            raise self._library.refused("the iterator cannot be attached")
        return link

    def attach(self, name: str) -> None:
        """Has a program run where it belongs, until `close`.

        Raises:
            NotLoaded: the kernel refuses it.
        """
        link = self._library.attach(self._program(name))
        if not link:
            raise self._library.refused(f"{name} cannot be attached")
        self._links.append(link)

    def put(self, name: str, key: bytes, value: bytes) -> None:
        """Sets an entry of a map.

        Raises:
            NotLoaded: there is no room, or no such map.
        """
        answer = self._library.update(self._map(name), key, value, 0)
        if answer:
            raise self._library.refused(f"the map {name} takes no more", -answer)

    def take_out(self, name: str, key: bytes) -> None:
        """Deletes an entry of a map, if it is there.

        Raises:
            NotLoaded: there is no such map.
        """
        answer = self._library.delete(self._map(name), key)
        if answer and -answer != ENOENT:
            raise self._library.refused(f"the map {name} cannot be changed", -answer)

    def _map(self, name: str) -> int:
        found = self._library.find_map(self._object, name.encode())
        number: int = self._library.map_number(found) if found else -EINVAL
        if number < 0:
            raise self._library.refused(f"the object has no map {name}", -number)
        return number

    def entries(self, name: str, key_bytes: int, value_bytes: int, most: int) -> tuple[bytes, bytes]:
        """All keys and all values of a hash map, each as one piece of bytes, in one order (since Linux 5.6).

        Args:
            name: the map.
            key_bytes: the size of a key.
            value_bytes: the size of a value.
            most: how many there may be.

        Raises:
            NotLoaded: the map cannot be read.
        """
        number = self._map(name)
        keys = ctypes.create_string_buffer(key_bytes * most)
        values = ctypes.create_string_buffer(value_bytes * most)
        place, count = c_uint64(), c_uint32(most)
        answer = self._library.lookup_batch(number, None, byref(place), keys, values, byref(count), None)
        if answer and -answer != ENOENT:  # ENOENT: these were the last
            raise self._library.refused(f"the map {name} cannot be read", -answer)
        return ctypes.string_at(keys, key_bytes * count.value), ctypes.string_at(values, value_bytes * count.value)
