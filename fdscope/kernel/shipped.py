"""Texts that come with the package: topics of the help, and completions of shells."""

from __future__ import annotations

import os

_HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def names(folder: str) -> list[str]:
    """The names of the texts in a folder of the package, in order."""
    return sorted(one for one in os.listdir(os.path.join(_HOME, folder)) if not one.startswith((".", "__")))


def text(folder: str, name: str) -> str:
    """A text; `name` is one of `names`."""
    with open(os.path.join(_HOME, folder, name), encoding="utf-8") as file:
        return file.read()
