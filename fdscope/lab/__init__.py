"""The lab: live specimens of each kind, made with the very calls that programs use; threads that wait; loads.

Each file here has the name of the file in kinds/ whose kinds it makes, and a dictionary `SPECIMENS` from kind
to the function that makes one. A kind that cannot be made stands in `WITHOUT`, with the reason. A specimen
says what must be told of it, so a test can compare; the functions raise `Refused` where the kernel or the
rights of the process do not allow it.

Two files make no kinds: waiting.py starts threads that wait, `WAITS`, and switching.py starts processes that
switch contexts, `LOADS`. Their full names are ``wait:read`` and ``load:spin``, so that the wait on an epoll,
``wait:epoll``, is told from the specimen ``epoll``.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Collection, Iterator
from importlib import import_module
from typing import Any, NamedTuple, NoReturn, TypeVar

_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15  # include/uapi/linux/prctl.h
_READY = b"\0"


class Refused(Exception):
    """This kernel, or the rights that this process has, do not allow the specimen; the text says why."""


class Specimen(NamedTuple):
    """A descriptor of this process, and facts that a scan must tell of it."""

    fd: int
    says: dict[str, Any]
    """Field names of the kind, as in JSON, to their values."""


class Scratch:
    """Where specimens keep what must stay alive as long as they: a folder, descriptors, objects, children."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="fdscope-lab-")
        self.kept: list[Any] = []
        self._at_end: list[Callable[[], None]] = []

    def path(self, name: str) -> str:
        """A path of this name in the folder."""
        return os.path.join(self.folder, name)

    def keep(self, thing: Any) -> Any:
        """Holds on to `thing`, a file, a process, a mapping, until the lab ends."""
        self.kept.append(thing)
        return thing

    def at_end(self, undo: Callable[[], None]) -> None:
        """Has `undo` called when the lab ends; the last one first."""
        self._at_end.append(undo)

    def child(
        self,
        name: str,
        work: Callable[[], object],
        keep: Collection[int] = (),
        prepare: Callable[[], object] = lambda: None,
    ) -> int:
        """Starts a process that ends with the lab at the latest, however the lab ends; its pid.

        Args:
            name: of the process; the kernel takes 15 bytes of it.
            work: what it does; when this returns, it ends.
            keep: descriptors that it needs. It has no others, but /dev/null where 0, 1 and 2 are free.
            prepare: what it does first, before this method returns.

        Raises:
            OSError: there can be no more processes or descriptors.
            Refused: an OSError of `prepare`.
        """
        parent = os.getpid()
        told, tell = os.pipe2(os.O_CLOEXEC)
        try:
            try:
                pid = os.fork()
                if not pid:
                    _live(name, parent, work, prepare, tell, {tell, *keep})
            finally:
                os.close(tell)
            self.at_end(lambda: _end(pid))
            answer = os.read(told, 4096)
        finally:
            os.close(told)
        if answer != _READY:
            os.waitpid(pid, 0)  # it has ended, or is about to
            raise Refused(f"the process '{name}': {os.fsdecode(answer) or 'it ended at once'}")
        return pid

    def close(self) -> None:
        """Undoes what specimens did outside the process."""
        while self._at_end:
            self._at_end.pop()()
        shutil.rmtree(self.folder, ignore_errors=True)


def _live(
    name: str,
    parent: int,
    work: Callable[[], object],
    prepare: Callable[[], object],
    tell: int,
    keep: set[int],
) -> NoReturn:
    """All that a child does, from the fork to its end."""
    try:
        try:
            _settle(name, parent, keep)
            prepare()
        except OSError as error:
            os.write(tell, os.fsencode(str(error)))
        else:
            os.write(tell, _READY)
            os.close(tell)
            work()
    finally:
        os._exit(0)  # whatever was raised, nothing of the parent's is the child's to go on with


def _settle(name: str, parent: int, keep: set[int]) -> None:
    """Binds the life of this process to its parent's, and lets go of what else it has from there."""
    from ._calls import checked, libc

    checked(libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    if os.getppid() != parent:  # it ended before the kernel was told
        os._exit(0)
    checked(libc.prctl(_PR_SET_NAME, os.fsencode(name), 0, 0, 0))
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    null = os.open(os.devnull, os.O_RDWR)
    for fd in {0, 1, 2} - keep:
        os.dup2(null, fd)
    first = 3
    for fd in sorted(keep - {0, 1, 2}):
        os.closerange(first, fd)
        first = fd + 1
    os.closerange(first, 1 << 20)


def _end(pid: int) -> None:
    """Ends a child and takes its status, but for one whose status was taken: its pid may be another's by now."""
    try:
        if not os.waitpid(pid, os.WNOHANG)[0]:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    except (ChildProcessError, ProcessLookupError):
        pass


Maker = Callable[[Scratch], Specimen]


class Made(NamedTuple):
    """A specimen that lives now."""

    kind: str
    fd: int
    says: dict[str, Any]


class MadeWaiting(NamedTuple):
    """A thread of this process that waits now."""

    name: str
    tid: int
    says: dict[str, Any]


class MadeLoad(NamedTuple):
    """Processes that switch contexts now."""

    name: str
    pids: list[int]
    says: dict[str, Any]


class Refusal(NamedTuple):
    """A specimen, a wait or a load that could not be made."""

    kind: str
    """A kind, or the full name of a wait or load."""
    reason: str


class Held(NamedTuple):
    """All that a lab holds, and what it could not make."""

    specimens: list[Made]
    waits: list[MadeWaiting]
    loads: list[MadeLoad]
    refused: list[Refusal]


def _files() -> Iterator[Any]:
    for file in sorted(os.listdir(__path__[0])):
        if file.endswith(".py") and not file.startswith("_"):
            yield import_module(f"{__name__}.{file[:-3]}")


def makers() -> dict[str, Maker]:
    """Kind to the function that makes a specimen of it."""
    found: dict[str, Maker] = {}
    for file in _files():
        found.update(getattr(file, "SPECIMENS", {}))
    return found


def without() -> dict[str, str]:
    """Kind to the reason why the lab has no specimen of it."""
    found: dict[str, str] = {}
    for file in _files():
        found.update(getattr(file, "WITHOUT", {}))
    return found


def offered() -> dict[str, list[str]]:
    """Each group, ``kinds``, ``waits`` and ``loads``, to the full names in it, in the order they are made."""
    from .switching import LOADS
    from .waiting import WAITS

    return {
        "kinds": sorted({**makers(), **without()}),
        "waits": [f"wait:{name}" for name in WAITS],
        "loads": [f"load:{name}" for name in LOADS],
    }


def full_names(words: list[str]) -> list[str]:
    """What these words ask for: a kind, a wait or load by its short or full name, a group; no words, everything.

    Raises:
        KeyError: there is nothing of one of these names.
    """
    groups = offered()
    every = {name for names in groups.values() for name in names}
    found: list[str] = []
    for word in words or groups:
        meant = [name for name in (word, f"wait:{word}", f"load:{word}") if name in every][:1]
        if not meant and word not in groups:
            raise KeyError(word)
        found += groups.get(word, meant)
    return found


def make(words: list[str], scratch: Scratch) -> Held:
    """What these words ask for, as `full_names` understands them.

    Loads are started first and waiting threads last: a process that has threads had better not fork.

    Raises:
        KeyError: there is nothing of one of these names.
    """
    from .switching import LOADS
    from .waiting import WAITS

    names = full_names(words)
    every, none = makers(), without()
    held = Held([], [], [], [Refusal(kind, why) for kind, why in none.items() if kind in names])
    for name, start in _of("load", LOADS, names):
        if load := _tried(name, start, scratch, held.refused):
            held.loads.append(MadeLoad(name, *load))
    for kind in names:
        if kind in every and (specimen := _tried(kind, every[kind], scratch, held.refused)):
            held.specimens.append(Made(kind, *specimen))
    for name, enter in _of("wait", WAITS, names):
        if waiting := _tried(name, enter, scratch, held.refused):
            held.waits.append(MadeWaiting(name, *waiting))
    held.refused.sort()
    return held


_Thing = TypeVar("_Thing")


def _of(
    group: str, makers: dict[str, Callable[[Scratch], _Thing]], names: list[str]
) -> Iterator[tuple[str, Callable[[Scratch], _Thing]]]:
    """Those that are asked for, in the order of their table."""
    return ((f"{group}:{name}", maker) for name, maker in makers.items() if f"{group}:{name}" in names)


def _tried(
    name: str, maker: Callable[[Scratch], _Thing], scratch: Scratch, refused: list[Refusal]
) -> _Thing | None:
    try:
        return maker(scratch)
    except Refused as refusal:
        refused.append(Refusal(name, str(refusal)))
    except OSError as error:
        refused.append(Refusal(name, f"{error.strerror} (errno {error.errno})"))
    return None
