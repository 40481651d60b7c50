"""The binding to libbpf: what is refused is told as a value of its own, and nothing reaches the screen."""

import os
import stat
import subprocess

import pytest
from bpf_here import needs_bpf
from program import PROGRAM

from fdscope import debug
from fdscope.kernel import bpf
from fdscope.kernel.bpf import NotLoaded, Programs, library
from fdscope.kernel.programs import object_file
from fdscope.kernel.programs.owners import SETTINGS, settings


def test_an_object_that_is_not_there_is_told_by_its_name(tmp_path):
    with pytest.raises(NotLoaded, match=r"^nothing\.o cannot be read: No such file or directory$"):
        Programs(str(tmp_path / "nothing.o"), {})


def test_a_library_that_is_not_there_is_told_by_its_name(monkeypatch):
    monkeypatch.setattr(bpf, "LIBRARY", "libbpf-of-no-machine.so.9")
    monkeypatch.setattr(bpf, "_library", [])
    with pytest.raises(NotLoaded, match=r"^libbpf-of-no-machine\.so\.9 is not installed; .* libbpf1 "):
        library()


@needs_bpf
def test_what_is_no_object_is_refused_and_what_libbpf_says_of_it_goes_to_who_listens(tmp_path, capfd, monkeypatch):
    heard = []
    monkeypatch.setattr(debug, "listeners", [heard.append])
    path = tmp_path / "strange.o"
    path.write_bytes(b"\x7fELF" + b"?" * 200)
    with pytest.raises(NotLoaded, match="the object cannot be opened") as caught:
        Programs(str(path), {})
    assert caught.value.errno
    assert any("libbpf" in line for line in heard)
    assert caught.value.log.splitlines() == heard
    assert capfd.readouterr() == ("", "")


@needs_bpf
@pytest.mark.parametrize("settings", [{SETTINGS: b"short"}, {".rodata.nothing": b""}])
def test_settings_that_the_object_has_no_room_for_are_refused(settings):
    with pytest.raises(NotLoaded, match=r"the object has no \.rodata\.\w+ of \d bytes"):
        Programs(object_file("files"), settings)


@needs_bpf
def test_a_program_that_the_object_does_not_have_is_refused():
    with (
        Programs(object_file("files"), {SETTINGS: settings()}) as programs,
        pytest.raises(NotLoaded, match="the object has no program nothing"),
    ):
        next(programs.read("nothing"))


@needs_bpf
def test_what_a_program_takes_of_the_kernel_is_given_back():
    def held():
        return os.listdir("/proc/self/fd")

    library()
    before = held()
    with Programs(object_file("files"), {SETTINGS: settings(process=os.getpid())}) as programs:
        assert len(held()) > len(before)
        assert b"".join(programs.read("files", os.getpid()))
    assert held() == before


@needs_bpf
def test_the_kernel_itself_leaves_out_what_is_not_wanted():
    own, user = os.getpid(), os.geteuid()

    def told(**wanted):
        with Programs(object_file("files"), {SETTINGS: settings(**wanted)}) as programs:
            return len(b"".join(programs.read("files", own)))

    everything = told(user=user)
    assert everything == told(process=own) > 0
    assert told(user=user + 54321) == told(process=own + 1) == told(inodes=[2**63]) == 0
    assert 0 < told(types=1 << (stat.S_IFREG >> 12)) < everything


@needs_bpf
def test_reading_a_process_that_is_gone_gives_nothing():
    with subprocess.Popen(["true"]) as child:
        child.wait()
    with Programs(object_file("files"), {SETTINGS: settings(process=child.pid)}) as programs:
        assert b"".join(programs.read("files", child.pid)) == b""


def test_without_the_rights_bpf_asked_for_by_name_is_refused_in_one_line():
    if os.geteuid():
        prefix = []
    else:
        prefix = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", "--reuid=65534", "--clear-groups"]
        python = subprocess.run([*prefix, *PROGRAM, "--version"], capture_output=True)
        if python.returncode:
            pytest.skip("another user may not run this Python")
    done = subprocess.run([*prefix, *PROGRAM, "--source", "bpf", "self"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("fdscope: the bpf source cannot be used: ")
