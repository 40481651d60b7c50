"""Specimens of BPF: a map, a program that does nothing, its link, a description of one type (bpf(2))."""

from __future__ import annotations

import ctypes
import struct

from . import Scratch, Specimen
from ._calls import syscall

# include/uapi/linux/bpf.h
_MAP_CREATE, _PROG_LOAD, _RAW_TRACEPOINT_OPEN, _BTF_LOAD = 0, 5, 17, 18
_ARRAY, _MMAPABLE, _RAW_TRACEPOINT = 2, 1 << 10, 17
_RETURN_0 = bytes.fromhex("b700000000000000 9500000000000000")  # r0 = 0; exit
_TAG = "59f4a931744dcdc6"  # the first 8 bytes of SHA-1 over these two instructions
_EVENT = b"mark_victim"  # the OOM killer has chosen one: about the rarest event of all


def bpf_map(scratch: Scratch) -> Specimen:
    """An array of 10 entries that can be mapped."""
    fd = _bpf(_MAP_CREATE, struct.pack("5I", _ARRAY, 4, 8, 10, _MMAPABLE))
    return Specimen(
        fd,
        {
            "map_type": "array",
            "key_bytes": 4,
            "value_bytes": 8,
            "max_entries": 10,
            "map_flags": ["mmapable"],
            "frozen": False,
            "flags": ["cloexec"],
        },
    )


def bpf_prog(scratch: Scratch) -> Specimen:
    """A program of two instructions."""
    return Specimen(_program(), {"prog_type": "raw_tracepoint", "prog_tag": _TAG, "verified_instructions": 2})


def bpf_link(scratch: Scratch) -> Specimen:
    """A program that is attached to an event which hardly ever happens."""
    program = scratch.keep(_program())
    name = ctypes.create_string_buffer(_EVENT)
    fd = _bpf(_RAW_TRACEPOINT_OPEN, struct.pack("=QI", ctypes.addressof(name), program))
    says = {"link_type": "raw_tracepoint", "prog_tag": _TAG, "tracepoint": _EVENT.decode(), "access": "r"}
    return Specimen(fd, says)


def bpf_btf(scratch: Scratch) -> Specimen:
    """A description of the type int."""
    strings = b"\0int\0"
    integer = struct.pack("=4I", 1, 1 << 24, 4, 1 << 24 | 32)  # struct btf_type: BTF_KIND_INT, 4 bytes, signed
    header = struct.pack("=HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(integer), len(integer), len(strings))
    blob = ctypes.create_string_buffer(header + integer + strings)
    fd = _bpf(_BTF_LOAD, struct.pack("=QQI", ctypes.addressof(blob), 0, len(blob) - 1))
    return Specimen(fd, {"access": "r", "flags": ["cloexec"]})


def _program() -> int:
    code, licence = ctypes.create_string_buffer(_RETURN_0), ctypes.create_string_buffer(b"MIT")
    places = ctypes.addressof(code), ctypes.addressof(licence)
    return _bpf(_PROG_LOAD, struct.pack("=IIQQ", _RAW_TRACEPOINT, len(_RETURN_0) // 8, *places))


def _bpf(command: int, attributes: bytes) -> int:
    """bpf(2), with the rest of union bpf_attr as zeros."""
    return syscall("bpf", command, attributes.ljust(72, b"\0"), 72)


SPECIMENS = {"bpf-map": bpf_map, "bpf-prog": bpf_prog, "bpf-link": bpf_link, "bpf-btf": bpf_btf}
