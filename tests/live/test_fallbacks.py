"""Where BPF cannot be used, /proc answers, and the reason is told to those who ask for it, never guessed at."""

import os

import pytest
from bpf_here import needs_bpf
from children import without_others

from fdscope import debug, scan, sources
from fdscope.kernel import bpf, bpfsource, switched, trials
from fdscope.kernel.bpf import NotLoaded
from fdscope.kernel.root import Proc
from fdscope.search import who
from fdscope.selection import UsageError
from fdscope.watcher import watch


@pytest.fixture
def heard(monkeypatch):
    """What --debug would tell; and bpf is tried for however few descriptors."""
    found = []
    monkeypatch.setattr(debug, "listeners", [found.append])
    monkeypatch.setattr(sources, "PAYS", 0)
    return found


def refuse(*_):
    raise NotLoaded("the kernel refuses the program", 22, "the verifier said so")


@pytest.fixture
def refused(heard, monkeypatch):
    """The kernel refuses every program, once BPF seemed to be there."""
    for module in (bpfsource, trials):
        monkeypatch.setattr(module, "check", lambda _: None)
        monkeypatch.setattr(module, "Programs", refuse)
    monkeypatch.setattr(switched, "check", lambda _: None)
    monkeypatch.setattr(switched, "Programs", refuse)
    return heard


def rows(snapshot, pid):
    (process,) = (one for one in snapshot.processes if one.pid == pid)
    return [(one.fd, type(one).__name__, one.name) for one in process.descriptors], process.descriptor_kinds


def test_a_program_that_is_refused_costs_nothing_but_time(refused, lab):
    told, by_proc = scan(source="auto"), scan(source="proc")
    assert told.sources == by_proc.sources == ["proc"]
    assert rows(told, lab.pid) == rows(by_proc, lab.pid)
    assert "bpf cannot be used: the kernel refuses the program: Invalid argument" in refused
    assert not any("bpf" in problem.what for problem in told.problems)


def test_neither_is_the_overview_any_poorer(refused, lab):
    told, by_proc = scan(source="auto", brief=True), scan(source="proc", brief=True)
    one, other = ({one.pid: one for one in snapshot.processes}[lab.pid] for snapshot in (told, by_proc))
    assert told.sources == ["proc"]
    assert (one.descriptor_kinds, one.descriptor_count) == (other.descriptor_kinds, other.descriptor_count)
    assert sum(one.descriptor_kinds.values()) >= one.descriptor_count > 0


def test_nor_what_who_finds(refused, lab):
    found = who(["/dev/null"])
    assert lab.pid in {use.pid for use in found.uses if use.asked == "/dev/null"}
    assert any("the kernel refuses the program" in line for line in refused)


def test_a_watch_looks_at_threads_instead_of_counting(refused, lab):
    (frame,) = watch([str(lab.pid)], interval_s=0.05, count=1, source="auto")
    assert frame.attribution == "sampled"
    assert any("switches are sampled, as bpf cannot be used" in line for line in refused)


@needs_bpf
@pytest.mark.parametrize("program", ["files", "places", "tasks"])
@pytest.mark.parametrize("pieces", [0, 1])
@pytest.mark.parametrize("brief", [False, True])
def test_what_stops_while_it_is_read_is_read_in_proc_instead(heard, monkeypatch, lab, program, pieces, brief):
    read = bpf.Programs.read

    def stopping(self, name, pid=0):
        for number, piece in enumerate(read(self, name, pid)):
            if name == program and number == pieces:
                break
            yield piece
        if name == program:
            raise NotLoaded(f"{name} stopped", 12)

    monkeypatch.setattr(bpf.Programs, "read", stopping)
    monkeypatch.setattr(bpf, "_CHUNK", 4096)
    told, by_proc = scan(source="auto", brief=brief), scan(source="proc", brief=brief)
    one, other = ({one.pid: one for one in snapshot.processes}[lab.pid] for snapshot in (told, by_proc))
    cut = [problem.pid for problem in told.problems if problem.what == "descriptors after BPF stopped"]
    if lab.pid in cut:  # it stopped amid those of the lab, and says so
        assert one.descriptor_count < other.descriptor_count
    else:
        assert (one.descriptor_kinds, one.descriptor_count) == (other.descriptor_kinds, other.descriptor_count)
    assert len({one.pid for one in told.processes}) == len(told.processes)
    assert {one.pid for one in told.processes} >= {lab.pid, os.getpid(), 1}
    assert any("stopped: Cannot allocate memory" in line for line in heard) == (
        program == "tasks" or (program == "places") == brief
    )
    assert [process.pid for process in told.processes if process.descriptor_count is None] == [
        process.pid for process in by_proc.processes if process.descriptor_count is None
    ]


def test_the_checkup_says_what_was_refused_and_what_it_takes(refused):
    with Proc("/proc") as proc:
        told = dict(trials.trials(proc))
    assert set(told) == {"files", "places", "tasks", "switches"}
    assert told["files"] == (
        "the kernel refuses the program: Invalid argument; it is expected to work from Linux 5.13 on"
    )


def test_asked_for_by_name_it_is_refused_in_words(refused):
    with pytest.raises(UsageError, match=r"cannot be used: the kernel refuses the program: Invalid argument"):
        scan(source="bpf")


def reason():
    with Proc("/proc") as proc, pytest.raises(NotLoaded) as caught:
        bpfsource.check(proc)
    return str(caught.value)


def test_each_thing_that_is_missing_is_called_by_its_name(monkeypatch, tmp_path):
    monkeypatch.setattr(bpfsource, "missing_rights", lambda _: [])
    locked = tmp_path / "lockdown"
    locked.write_text("none integrity [confidentiality]\n")
    with monkeypatch.context() as patch:
        patch.setattr(bpfsource, "_TYPES", str(tmp_path / "vmlinux"))
        assert "CONFIG_DEBUG_INFO_BTF" in reason()
    with monkeypatch.context() as patch:
        patch.setattr(bpfsource, "_TYPES", str(locked))
        patch.setattr(bpfsource, "_LOCKDOWN", str(locked))
        assert "locked down" in reason()
    with monkeypatch.context() as patch:
        patch.setattr(bpfsource, "_TYPES", str(locked))
        patch.setattr(bpfsource, "object_file", lambda name: str(tmp_path / name))
        assert "no program for this architecture" in reason()
    monkeypatch.setattr(bpfsource, "missing_rights", lambda _: ["CAP_BPF"])
    monkeypatch.setattr(bpfsource, "_TYPES", str(locked))
    assert reason() == "it takes CAP_BPF: run as root"


@needs_bpf
def test_without_the_library_nothing_is_lost(heard, monkeypatch, lab):
    monkeypatch.setattr(bpf, "LIBRARY", "libbpf-of-no-machine.so.9")
    monkeypatch.setattr(bpf, "_library", [])
    told = scan(source="auto")
    assert told.sources == ["proc"]
    assert rows(told, lab.pid) == rows(scan(source="proc"), lab.pid)
    assert any("libbpf-of-no-machine.so.9 is not installed" in line for line in heard)


@needs_bpf
@pytest.mark.skipif(os.geteuid() != 0, reason="without privilege /proc does not show who else holds it")
@pytest.mark.parametrize("words", [["/dev/null"], ["unix:", "udp:"], ["tcp:"], ["/"], ["/usr/"], ["deleted"]])
def test_who_finds_the_same_by_either_source(monkeypatch, lab, words):
    def found(pays):
        monkeypatch.setattr(sources, "pays", lambda _: pays)
        answer = who(words)
        uses = {(use.asked, use.pid, use.tid or 0, use.fd or -1, use.role, use.kind) for use in answer.uses}
        return {use for use in uses if use[1] == lab.pid}, without_others(answer.problems)

    told, problems = found(True)
    assert told
    assert (told, problems) == found(False)


@needs_bpf
def test_the_overview_is_the_same_by_either_source(lab):
    def looked(source):
        (process,) = (one for one in scan(source=source, brief=True).processes if one.pid == lab.pid)
        limit = (
            None
            if process.descriptor_limit is None
            else (process.descriptor_limit.soft, process.descriptor_limit.hard)
        )
        return process.name, process.uid, process.user, process.descriptor_kinds, process.descriptor_count, limit

    assert looked("bpf") == looked("proc")
