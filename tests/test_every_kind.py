"""Every kind, alive: made by the lab, read by a scan, told as it is, written as JSON and as a line."""

import json
import os
from pathlib import Path

import msgspec
import pytest
from children import Lab

from fdscope import scan
from fdscope.kinds import KINDS
from fdscope.lab import makers, without
from fdscope.model import kind_name
from fdscope.report import document
from fdscope.report.safe import printable

NAMES = [kind_name(kind) for kind in KINDS]


@pytest.fixture(scope="module")
def held(lab):
    """Every descriptor of the lab, by number."""
    snapshot = scan([str(lab.pid)])
    (process,) = snapshot.processes
    return {descriptor.fd: descriptor for descriptor in process.descriptors}


def test_every_kind_has_a_specimen_or_a_reason_why_not():
    assert sorted(makers().keys() | without().keys()) == sorted(NAMES)
    assert makers().keys() & without().keys() == set()


@pytest.mark.parametrize("kind", sorted(makers()))
def test_a_live_specimen_is_told_as_it_is(kind, lab, held):
    if kind in lab.refused:
        pytest.skip(f"refused here: {lab.refused[kind]}")
    specimen = lab.specimens[kind]
    descriptor = held[specimen["fd"]]
    told = msgspec.to_builtins(descriptor)
    assert told["kind"] == kind
    assert {name: told.get(name) for name in specimen["says"]} == specimen["says"]
    assert json.loads(document.encode(descriptor)) == told
    line = descriptor.describe()
    assert line
    assert printable(line).isprintable()


@pytest.mark.parametrize("kind", sorted(makers()))
def test_an_object_that_is_held_as_a_place_is_of_its_kind_and_no_list_of_it_is_made_up(kind, lab):
    if kind in lab.refused:
        pytest.skip(f"refused here: {lab.refused[kind]}")
    fd = os.open(f"/proc/{lab.pid}/fd/{lab.specimens[kind]['fd']}", os.O_PATH | os.O_CLOEXEC)
    try:
        (process,) = scan(["self"]).processes
    finally:
        os.close(fd)
    (descriptor,) = [row for row in process.descriptors if row.fd == fd]
    told = msgspec.to_builtins(descriptor)
    assert (told["kind"], told["access"], told.get("position")) == (kind, "path", None)
    lists = [name for name, value in told.items() if isinstance(value, list)]
    assert [name for name in lists if name != "members"] == ["flags"]  # who lives in a namespace is its own matter


def test_nothing_of_the_lab_is_strange_to_a_scan(lab):
    snapshot = scan([str(lab.pid)])
    assert [problem for problem in snapshot.problems if problem.reason == "not-understood"] == []


def test_a_lab_that_is_ended_leaves_no_process_and_no_file_behind():
    running = Lab("fifo", "pidfd", "regular")
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    folder = Path(running.specimens["fifo"]["says"]["name"]).parent
    assert folder.is_dir()
    running.end()
    assert not folder.exists()
    assert [pid for pid in [running.pid, *children] if Path(f"/proc/{pid}").exists()] == []
