"""The lab: one live specimen of each kind, made with the very calls that programs use.

Each file here has the name of the file in kinds/ whose kinds it makes, and a dictionary `SPECIMENS` from kind
to the function that makes one. A kind that cannot be made stands in `WITHOUT`, with the reason. A specimen
says what must be told of it, so a test can compare; the functions raise `Refused` where the kernel or the
rights of the process do not allow it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NamedTuple


class Refused(Exception):
    """This kernel, or the rights that this process has, do not allow the specimen; the text says why."""


class Specimen(NamedTuple):
    """A descriptor of this process, and facts that a scan must tell of it."""

    fd: int
    says: dict[str, Any]
    """Field names of the kind, as in JSON, to their values."""


class Scratch:
    """Where specimens keep what must stay alive as long as they: a folder, other descriptors, objects."""

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

    def close(self) -> None:
        """Undoes what specimens did outside the process."""
        while self._at_end:
            self._at_end.pop()()
        shutil.rmtree(self.folder, ignore_errors=True)


Maker = Callable[[Scratch], Specimen]


class Made(NamedTuple):
    """A specimen that lives now."""

    kind: str
    fd: int
    says: dict[str, Any]


class Refusal(NamedTuple):
    """A specimen that could not be made."""

    kind: str
    reason: str


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


def make(names: list[str], scratch: Scratch) -> tuple[list[Made], list[Refusal]]:
    """Specimens of these kinds, or of all kinds if there are no names.

    Raises:
        KeyError: there is no kind of one of these names.
    """
    every = makers()
    made, refused = [], [Refusal(kind, why) for kind, why in without().items() if not names or kind in names]
    for kind in names or sorted(every):
        if kind in without():
            continue
        try:
            specimen = every[kind](scratch)
        except Refused as refusal:
            refused.append(Refusal(kind, str(refusal)))
        except OSError as error:
            refused.append(Refusal(kind, f"{error.strerror} (errno {error.errno})"))
        else:
            made.append(Made(kind, *specimen))
    return made, sorted(refused)
