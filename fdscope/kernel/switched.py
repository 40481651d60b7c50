"""Every context switch of the processes that are watched, counted in the kernel by what it was for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..raw import RawTask
from .bpf import Programs
from .bpfsource import check
from .programs import object_file, switches
from .programs.switches import RawTotal, RawWay
from .programs.tasks import PROGRAM as TASKS
from .programs.tasks import tasks
from .root import Proc


class Switched:
    """The programs, attached; close it, or use it in a `with` statement.

    They are detached when this process ends, however it does: the kernel drops what nobody holds.
    """

    def __init__(self, proc: Proc, arguments: Mapping[int, int], *, everyone: bool) -> None:
        """Loads them; counting begins with `begin`.

        Args:
            proc: the proc file system that the processes are named by.
            arguments: as of `programs.switches.settings`.
            everyone: whether all processes are watched; else those that `watch` names.

        Raises:
            NotLoaded: something that it takes is missing; the text says what.
        """
        check(proc)
        told = switches.settings(arguments, everyone=everyone)
        self._programs = Programs(object_file(switches.OBJECT), {switches.SETTINGS: told})
        self._everyone = everyone
        self._watched: set[int] = set()
        self._before: dict[bytes, bytes] = {}
        self.not_counted = 0
        """Switches that the maps had no room for, since the beginning."""

    def __enter__(self) -> Switched:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Detaches them."""
        self._programs.close()

    def begin(self) -> None:
        """Attaches the program that counts.

        Raises:
            NotLoaded: the kernel refuses it.
        """
        self._until_now()
        self._programs.attach(switches.SWITCHED)

    def watch(self, pids: Iterable[int]) -> None:
        """Names the processes that are watched now; those named before and not now are left out from here on.

        Raises:
            NotLoaded: they are too many.
        """
        if self._everyone:
            return
        now = set(pids)
        for pid in now - self._watched:
            self._programs.put(switches.TARGETS, switches.PID.pack(pid), b"\1\0\0\0")
        if now - self._watched:
            self._until_now()  # who sleeps begins to do so now
        for pid in self._watched - now:
            self._programs.take_out(switches.TARGETS, switches.PID.pack(pid))
        self._watched = now

    def tasks(self) -> list[RawTask]:
        """All threads of the machine, with their counters.

        Raises:
            NotLoaded: they cannot be read.
        """
        return list(tasks(b"".join(self._programs.read(TASKS))))

    def grown(self) -> list[tuple[RawWay, RawTotal]]:
        """What has been counted since this was last asked; who still waits has waited until now.

        Raises:
            NotLoaded: it cannot be read.
        """
        self._until_now()
        size = switches.KEY.size
        keys, values = self._programs.entries(switches.TOTALS, size, switches.VALUE.size, switches.MOST_WAYS)
        before = self._before
        found = switches.grown(before, keys, values)
        if len(keys) > size * switches.MOST_WAYS // 2:  # room for others: what did not happen just now
            moved = {switches.KEY.pack(*way) for way, _ in found}
            for number in range(len(keys) // size):
                key = keys[number * size : (number + 1) * size]
                if key not in moved:
                    self._programs.take_out(switches.TOTALS, key)
                    before.pop(key, None)
        return found

    def _until_now(self) -> None:
        told = b"".join(self._programs.read(switches.UNTIL_NOW))
        if len(told) >= switches.NOT_COUNTED.size:
            (self.not_counted,) = switches.NOT_COUNTED.unpack(told[-switches.NOT_COUNTED.size :])
