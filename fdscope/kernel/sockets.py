"""Sockets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..raw import RawDescriptor, RawSocket, Unread
from .root import Proc


class Sockets:
    """Stub."""

    def __init__(self, proc: Proc) -> None:
        self._proc = proc

    def complete(self, raws: Iterable[RawDescriptor]) -> Iterator[RawDescriptor | Unread]:
        yield from raws

    def facing(self, socket: RawSocket) -> tuple[int, ...]:
        return ()

    def listeners(self, socket: RawSocket) -> tuple[int, ...]:
        return ()

    def interface(self, net_namespace: int, index: int) -> bytes | None:
        return None
