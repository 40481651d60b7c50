"""fdscope explain, as people and scripts run it, on live processes."""

import json

import jsonschema
import pytest
from program import text, without_rights
from program import within as run

from fdscope import scan
from fdscope.prospects import explanation
from fdscope.report.story import story
from fdscope.report.style import Style, columns

HOLDER = r"""
import tempfile
reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
copy = os.dup(writer)
counter = libc.eventfd(7, 0)
with tempfile.NamedTemporaryFile(prefix="end\x1b") as file:
    file.write(b"abc")
    file.flush()
    ended = os.open(file.name, os.O_RDONLY)
    os.lseek(ended, 3, os.SEEK_SET)
epoll = libc.epoll_create1(0)
ready(reader=reader, writer=writer, copy=copy, counter=counter, ended=ended, epoll=epoll)
"""


@pytest.fixture(scope="module")
def one():
    """A process that holds a pipe, an eventfd and a deleted file at its end."""
    from children import Child

    started = Child(HOLDER)
    try:
        yield started
    finally:
        started.end()


@pytest.fixture(scope="module")
def schema():
    return jsonschema.Draft202012Validator(json.loads(text("--json-schema")))


def document(one, name, *more):
    done = run("explain", "--json", *more, str(one.pid), str(one.told[name]))
    assert done.returncode == 0
    return json.loads(done.stdout)


def drawn_of(one, name):
    done = run("explain", str(one.pid), str(one.told[name]))
    assert done.returncode == 0
    return done.stdout.decode()


@pytest.mark.parametrize("name", ["reader", "writer", "counter", "ended", "epoll"])
def test_the_document_is_of_the_printed_schema(name, one, schema):
    told = document(one, name)
    schema.validate(told)
    assert told["schema"] == "fdscope.explain/1"
    assert (told["process"]["pid"], told["descriptor"]["fd"]) == (one.pid, one.told[name])
    assert {"descriptors", "files", "threads"} & told["process"].keys() == set()


def test_a_pipe_names_its_other_end_and_who_shares_it(one):
    told = document(one, "reader")
    assert told["descriptor"]["kind"] == "pipe"
    assert [peer["fd"] for peer in told["descriptor"]["peers"]] == [one.told["writer"], one.told["copy"]]
    assert (told["read"]["outcome"], told["write"]["error"]) == ("unknown", "EBADF")
    assert "EAGAIN" in told["read"]["why"]
    drawn = drawn_of(one, "reader")
    assert f"peers  fd {one.told['writer']} of this process  pipe\n" in drawn
    assert "nonblock  a call that would wait fails with EAGAIN instead\n" in drawn


def test_a_duplicate_is_told_to_be_one(one):
    told = document(one, "writer")
    if "open_file" not in told["descriptor"]:
        pytest.skip("kcmp(2) does not answer here")
    assert [other["fd"] for other in told["descriptor"]["shared_with"]] == [one.told["copy"]]
    assert f"shared with  fd {one.told['copy']} of this process" in drawn_of(one, "writer")


def test_a_counter_gives_its_value(one):
    told = document(one, "counter")
    assert told["descriptor"]["count"] == 7
    assert (told["read"]["outcome"], told["write"]["outcome"]) == ("data", "accepted")


def test_a_file_at_its_end_is_said_to_be(one):
    told = document(one, "ended")
    assert told["read"] == {
        "outcome": "end-of-file",
        "why": "its position, 3, is at the end of the file",
    }
    drawn = drawn_of(one, "ended")
    assert r"end\x1b" in drawn
    assert "read(2)   gives 0: end of file  its position, 3, is at the end of the file\n" in drawn
    assert [line for line in drawn.splitlines() if not line.isprintable()] == []


def test_every_specimen_of_the_lab_is_told_without_a_control_character(lab):
    snapshot = scan([str(lab.pid)])
    (process,) = snapshot.processes
    for descriptor in process.descriptors:
        told = explanation(snapshot, process, descriptor.fd)
        assert told.descriptor is descriptor
        lines = "".join(story(told, Style(width=80))).splitlines()
        assert [line for line in lines if not line.isprintable()] == []
        assert [line for line in lines[: lines.index("")] if columns(line) > 80] == []


def test_without_a_look_at_others_no_other_process_is_named(one):
    told = document(one, "reader", "--no-peers")
    assert {peer["pid"] for peer in told["descriptor"].get("peers", [])} <= {one.pid}


def test_self_is_the_program_itself():
    assert "the entry in the descriptor table of " in text("explain", "self", "0")


def test_the_width_is_that_of_the_terminal_and_colours_are_as_asked(one):
    plain = run("explain", "--color", "never", str(one.pid), "0").stdout
    assert b"\x1b[" not in plain
    assert b"\x1b[1m" in run("explain", "--color=always", str(one.pid), "0").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "explain takes a process and a descriptor, as in: fdscope explain 1234 7"),
        (["1"], "explain takes a process and a descriptor, as in: fdscope explain 1234 7"),
        (["1", "2", "3"], "explain takes a process and a descriptor, as in: fdscope explain 1234 7"),
        (["self", "three"], "a descriptor is a number, not 'three', as in: fdscope explain 1234 7"),
        (["self", "-1\x1b"], "a descriptor is a number, not '-1\\x1b', as in: fdscope explain 1234 7"),
        (["self", "9" * 11], f"a descriptor is a number, not '{'9' * 11}', as in: fdscope explain 1234 7"),
    ],
)
def test_wrong_usage_is_told_in_one_line(words, told):
    done = run("explain", "--", *words)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", f"fdscope: {told}\n")


def test_a_name_that_several_processes_have_is_refused_with_their_pids(child):
    source = "libc.prctl(15, b'fdscope-twice', 0, 0, 0)\nready()"
    pids = sorted(child(source).pid for _ in range(2))
    done = run("explain", "fdscope-twice", "0")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == (
        "fdscope: several processes are called 'fdscope-twice': give one of the pids "
        f"{pids[0]} (fdscope-twice), {pids[1]} (fdscope-twice)\n"
    )


def test_a_name_that_one_process_has_is_enough(child):
    started = child("libc.prctl(15, b'fdscope-single', 0, 0, 0)\nready()")
    told = json.loads(run("explain", "--json", "fdscope-single", "0").stdout)
    assert told["process"]["pid"] == started.pid


def test_a_process_that_is_not_there(schema):
    done = run("explain", "4194999", "0")
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"fdscope: no process has this pid\n")
    done = run("explain", "--json", "4194999", "0")
    told = json.loads(done.stdout)
    schema.validate(told)
    assert (done.returncode, [one["reason"] for one in told["problems"]]) == (1, ["no-such-process"])


def test_a_descriptor_that_is_not_there(one, schema):
    done = run("explain", str(one.pid), "999")
    assert (done.returncode, done.stdout) == (1, b"")
    (line,) = done.stderr.decode().splitlines()
    assert line.endswith(f"[{one.pid}] has no descriptor 999")
    done = run("explain", "--json", str(one.pid), "999")
    told = json.loads(done.stdout)
    schema.validate(told)
    assert done.returncode == 1
    assert [one["reason"] for one in told["problems"] if one.get("fd") == 999] == ["no-such-descriptor"]


def test_a_process_that_may_not_be_looked_into_exits_with_3(foreign):
    done = run("explain", str(foreign.pid), "0", preexec_fn=without_rights)
    assert (done.returncode, done.stdout) == (3, b"")
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith(f"fdscope: process {foreign.pid}: descriptors: permission denied (")


THREAD = """
import threading
def apart():
    checked(libc.unshare(0x400))  # CLONE_FILES
    fd = os.open("/dev/null", os.O_RDONLY)
    os.dup2(fd, 77)
    tell(tid=threading.get_native_id())
    stay()
threading.Thread(target=apart, daemon=True).start()
stay()
"""


def test_the_table_of_a_thread_is_asked_for_by_its_id(child):
    started = child(THREAD)
    tid = started.told["tid"]
    done = run("explain", str(started.pid), "77")
    assert done.returncode == 1
    assert done.stderr.decode().endswith(
        f"has no descriptor 77, but threads with a table of their own have: give one of the thread ids {tid}\n"
    )
    told = json.loads(run("explain", "--json", str(tid), "77").stdout)
    if "descriptor" not in told:
        pytest.skip("kcmp(2) does not answer here")
    assert (told["descriptor"]["tid"], told["descriptor"]["name"]) == (tid, "/dev/null")


def test_a_full_disk_exits_with_4():
    with open("/dev/full", "wb") as full:
        done = run("explain", "self", "0", stdout=full)
    assert (done.returncode, done.stderr) == (
        4,
        b"fdscope: the answer could not be written: No space left on device\n",
    )
