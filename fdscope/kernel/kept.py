"""The bytes of a snapshot that was kept: a file or standard input, decompressed by what it begins with.

gzip (RFC 1952) is Python's own; zstd (RFC 8878) is that of Python >= 3.14, else of the package zstandard, else of
the program zstd(1).
"""

from __future__ import annotations

import io
import os
import select
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from errno import EISDIR
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from subprocess import Popen

LARGEST = 4 << 30
"""Bytes of the largest text that is read, decompressed: of a machine with 5 million descriptors."""
_PIECE = 1 << 20
_SOON_S = 1.0
"""How long the first byte may take before it is said that one waits for it."""

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_SKIPPED = b"\x2a\x4d\x18"
"""What follows the first byte, 0x50 to 0x5f, of a frame that zstd skips: pzstd(1) begins with one."""
_OTHERS = {
    b"BZh": "bzip2 -dc",
    b"\xfd7zXZ\x00": "xz -dc",
    b"\x04\x22\x4d\x18": "lz4 -dc",
    b"PK\x03\x04": "unzip -p",
}
"""What else a compressed file may begin with, and what takes that off."""


class Unusable(Exception):
    """It cannot be read; the text says why, and what to do."""


def kept(path: str, waits: Callable[[], None] = lambda: None) -> Iterator[bytes]:
    """The text that a file holds, in pieces; ``-`` is standard input.

    `waits` is called once, if it is a pipe and nothing has come for a second.

    Raises:
        Unusable: it is no file, is damaged, or is too large; or it takes a program that is not here.
    """
    with ExitStack() as stack:
        try:
            source = _Source(_opened(path, stack), waits)
            yield from _limited(_decompressed(source, path, stack))
        except OSError as error:
            raise Unusable(error.strerror or str(error)) from None


def _opened(path: str, stack: ExitStack) -> int:
    """A descriptor of it; of a fifo without waiting for its other end.

    Raises:
        Unusable: it is a terminal.
        OSError: it cannot be opened, or is a directory.
    """
    if path == "-":
        fd = 0
    else:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        stack.callback(os.close, fd)
    if stat.S_ISDIR(os.fstat(fd).st_mode):
        raise OSError(EISDIR, os.strerror(EISDIR))
    if os.isatty(fd):
        raise Unusable("it is a terminal: give a file, or send a snapshot through a pipe")
    return fd


class _Source(io.RawIOBase):
    """A descriptor as a stream, of which the beginning can be looked at; waits for what comes, but says so."""

    def __init__(self, fd: int, waits: Callable[[], None]) -> None:
        self._fd = fd
        self._waits: Callable[[], None] | None = waits
        self._head = b""
        self._may_wait = not stat.S_ISREG(os.fstat(fd).st_mode)

    def begins(self, length: int = 6) -> bytes:
        """Its first bytes, which are read again afterwards."""
        while len(self._head) < length:
            more = self._next(_PIECE)
            if not more:
                break
            self._head += more
        return self._head[:length]

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a memoryview is what it is called with
        """As io.RawIOBase has it."""
        found = self._head or self._next(len(buffer))
        self._head = found[len(buffer) :]
        number = min(len(found), len(buffer))
        buffer[:number] = found[:number]
        return number

    def pieces(self) -> Iterator[bytes]:
        """All that there is, as it is."""
        while piece := self._head or self._next(_PIECE):
            self._head = b""
            yield piece

    def _next(self, most: int) -> bytes:
        if self._may_wait:
            ready = select.poll()
            ready.register(self._fd, select.POLLIN)
            if self._waits is not None and not ready.poll(_SOON_S * 1000):
                self._waits()
            self._waits = None
            ready.poll()
        return os.read(self._fd, most)


def _decompressed(source: _Source, path: str, stack: ExitStack) -> Iterator[bytes]:
    """What a source holds, whatever it is compressed by.

    Raises:
        Unusable: by something else, or it is damaged.
    """
    begins = source.begins()
    by = next((by for magic, by in _OTHERS.items() if begins.startswith(magic)), None)
    if by is not None:
        shown = "standard input" if path == "-" else path
        raise Unusable(f"it is compressed by what fdscope does not read: {by} {shown} | fdscope --from -")
    if begins.startswith(_GZIP):
        return _gzip(source)
    if begins.startswith(_ZSTD) or (begins[1:4] == _SKIPPED and begins[0] >> 4 == 5):
        return _zstd(source, stack)
    return source.pieces()


def _gzip(source: _Source) -> Iterator[bytes]:
    import gzip
    import zlib

    opened = gzip.GzipFile(fileobj=io.BufferedReader(source, _PIECE))
    return _read(opened.read, (EOFError, zlib.error, gzip.BadGzipFile))


def _zstd(source: _Source, stack: ExitStack) -> Iterator[bytes]:
    try:
        from compression import zstd  # since Python 3.14
    except ImportError:
        pass
    else:
        return _read(zstd.ZstdFile(io.BufferedReader(source, _PIECE)).read, (EOFError, zstd.ZstdError))
    try:
        import zstandard
    except ImportError:
        return _by_program(source, stack)
    stream: Any = source
    opened = zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True, closefd=False)
    return _some(_read(opened.read, (zstandard.ZstdError,)))


def _read(read: Callable[[int], bytes], damages: tuple[type[Exception], ...]) -> Iterator[bytes]:
    try:
        while piece := read(_PIECE):
            yield piece
    except damages as error:
        raise Unusable(f"it is damaged, or cut short: {error}") from None


def _some(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces; the package does not say that a text ends too early, and gives what it has, or nothing."""
    first = next(pieces, b"")
    if not first:
        raise Unusable("it is cut short: nothing comes out of it")
    yield first
    yield from pieces


def _by_program(source: _Source, stack: ExitStack) -> Iterator[bytes]:
    """What zstd(1) makes of it, fed by a thread."""
    import subprocess
    import threading

    try:
        program = subprocess.Popen(
            ["zstd", "-dcq"],  # noqa: S607 - wherever it is installed
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError:
        how = "pip install 'fdscope[zstd]', or install the program zstd, or run Python 3.14 or newer"
        raise Unusable(f"it is compressed by zstd, and nothing here takes that off: {how}") from None
    stack.callback(_end, program)
    assert program.stdin is not None
    assert program.stdout is not None
    assert program.stderr is not None
    threading.Thread(target=_feed, args=(source, program.stdin), daemon=True).start()
    while piece := program.stdout.read1(_PIECE):  # type: ignore[attr-defined]  # it is buffered
        yield piece
    told = program.stderr.read().decode("utf-8", "replace").strip()
    if program.wait():
        raise Unusable(f"it is damaged, or cut short: {told}")


def _feed(source: _Source, to: IO[bytes]) -> None:
    try:
        for piece in source.pieces():
            to.write(piece)
        to.close()
    except OSError:
        pass  # the program has ended, and says why


def _end(program: Popen[bytes]) -> None:
    program.kill()
    program.wait()
    for stream in (program.stdout, program.stderr, program.stdin):
        try:
            if stream is not None:
                stream.close()
        except OSError:
            pass


def _limited(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, as far as they go.

    Raises:
        Unusable: they go too far.
    """
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > LARGEST:
            raise Unusable(f"it is larger than {LARGEST >> 30} GiB, as no snapshot of one machine is")
        yield piece
