"""Names of a program's functions, from the symbol tables of its ELF files, through pyelftools (an extra)."""

from __future__ import annotations

import os
import stat
from bisect import bisect_right
from typing import IO, Any

from .mounts import Mounts, is_remote
from .root import Proc

_LARGEST = 1 << 28
"""Bytes of the largest file that is looked into."""


class Symbols:
    """Looks each file up once. Imports pyelftools when it is made.

    Only a regular file on a local file system is opened, by the path that the process maps it from, and only if it
    is still the inode that is mapped.

    Raises:
        ImportError: pyelftools is not installed.
    """

    def __init__(self, proc: Proc, mounts: Mounts) -> None:
        from elftools.elf.elffile import ELFFile  # costs 60 ms

        self._elf_file = ELFFile
        self._proc = proc
        self._mounts = mounts
        self._tables: dict[tuple[int, bytes], tuple[list[int], list[tuple[int, str]]] | None] = {}

    def at(self, pid: int, path: bytes, inode: int, offset: int) -> str | None:
        """``read+0xd`` for an offset in a file that a process maps; None: no symbol of a function has it."""
        key = (inode, path)
        if key not in self._tables:
            self._tables[key] = self._read(pid, path, inode)
        table = self._tables[key]
        if table is None:
            return None
        starts, ends = table
        place = bisect_right(starts, offset) - 1
        if place < 0 or offset >= ends[place][0]:
            return None
        return f"{ends[place][1]}+{offset - starts[place]:#x}"

    def _read(self, pid: int, path: bytes, inode: int) -> tuple[list[int], list[tuple[int, str]]] | None:
        mount = self._mounts.by_path(pid, path)
        if not self._proc.live or mount is None or is_remote(mount.type):
            return None
        try:
            number = os.open(
                b"/proc/%d/root%s" % (pid, path), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
            )
        except OSError:
            return None
        with open(number, "rb") as file:
            status = os.fstat(number)
            if not stat.S_ISREG(status.st_mode) or status.st_ino != inode or status.st_size > _LARGEST:
                return None
            try:
                return self._functions(file)
            except Exception:  # a broken ELF file has many ways to break a parser
                return None

    def _functions(self, file: IO[bytes]) -> tuple[list[int], list[tuple[int, str]]]:
        """Offsets in the file at which functions begin, and for each where it ends and its name."""
        elf = self._elf_file(file)
        loads = [
            (segment["p_vaddr"], segment["p_vaddr"] + segment["p_filesz"], segment["p_offset"])
            for segment in elf.iter_segments("PT_LOAD")
        ]
        section: Any = elf.get_section_by_name(".symtab") or elf.get_section_by_name(".dynsym")
        found: dict[int, tuple[int, str]] = {}
        for symbol in section.iter_symbols() if section is not None else ():
            if symbol["st_info"]["type"] not in ("STT_FUNC", "STT_GNU_IFUNC") or not symbol["st_size"]:
                continue
            for start, end, offset in loads:
                if start <= symbol["st_value"] < end:
                    begin = symbol["st_value"] - start + offset
                    found.setdefault(begin, (begin + symbol["st_size"], symbol.name))
                    break
        starts = sorted(found)
        return starts, [found[start] for start in starts]
