"""The examples in docstrings do what they say."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import fdscope

HOUSE = Path(fdscope.__file__).parent


def modules():
    """Those that have an example, by name; others need not be imported for it."""
    for path in sorted(HOUSE.rglob("*.py")):
        if ">>>" in path.read_text():
            parts = path.relative_to(HOUSE.parent).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__")


@pytest.mark.parametrize("name", [*modules()])
def test_every_example_does_what_it_says(name, capsys):
    failed, tried = doctest.testmod(import_module(name))
    assert (failed, capsys.readouterr().out) == (0, "")
    assert tried


@pytest.mark.parametrize("name", ["scan", "waits", "watch", "who"])
def test_each_public_call_shows_an_example(name):
    assert f">>> from fdscope import {name}" in getattr(fdscope, name).__doc__
