"""A file back to the snapshot that was written to it, and what words and expressions choose of one."""

import json
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fdscope import scan
from fdscope.kinds import KINDS
from fdscope.model import Host, Object, Problem, Process, Snapshot, Thread
from fdscope.parts import net_namespace_of, part, pids_of
from fdscope.problems import OTHERS
from fdscope.report import document
from fdscope.saved import load
from fdscope.selection import UsageError
from fdscope.text import text
from fdscope.where import parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "report"))
from made import KIND, process, snapshot


def loaded(data: bytes) -> Snapshot:
    """What is loaded of a file with these bytes."""
    fd = os.memfd_create("snapshot")
    try:
        os.write(fd, data)
        return load(f"/proc/self/fd/{fd}")
    finally:
        os.close(fd)


def written(taken: Snapshot) -> bytes:
    return b"".join(document.snapshot(taken))


def plain(taken: Snapshot) -> dict:
    return json.loads(written(taken))


def test_a_snapshot_of_every_kind_is_the_same_again(lab, holder):
    taken = scan([str(lab.pid), str(holder.pid)], mapped=True)
    document_of_it = written(taken)
    again = loaded(document_of_it)
    assert written(again) == document_of_it
    assert again == taken
    assert b'_base64"' in document_of_it  # the file of the holder, whose name is no UTF-8
    assert loaded(document.indented(document_of_it)) == taken


NAMES = st.one_of(st.text(st.characters()), st.binary().map(text), st.none())
TEXTS = st.one_of(st.text(st.characters()), st.binary().map(text))


@st.composite
def snapshots(draw):
    descriptors = st.builds(
        lambda kind, fd, name, inode: kind(fd=fd, name=name, inode=inode),
        st.sampled_from(KINDS),
        st.integers(0, 1 << 31),
        NAMES,
        st.none() | st.integers(0, (1 << 64) - 1),
    )
    processes = st.builds(
        Process,
        pid=st.integers(1, 1 << 22),
        name=NAMES,
        command=st.none() | st.lists(TEXTS),
        cpu_time_s=st.none() | st.floats(0, 1e9),
        descriptors=st.none() | st.lists(descriptors, max_size=5),
    )
    objects = st.builds(Object, id=TEXTS, kind=TEXTS, holders=st.just([]), faces=st.lists(TEXTS))
    return Snapshot(
        fdscope="0",
        taken_at="2026-11-23T05:02:00.500Z",
        duration_s=draw(st.floats(0, 1e6)),
        targets=draw(st.none() | st.lists(TEXTS)),
        where=draw(NAMES),
        sources=["proc"],
        host=Host(hostname=draw(NAMES)),
        processes=draw(st.lists(processes, max_size=4)),
        objects=draw(st.lists(objects, max_size=3)),
        problems=[],
    )


@given(snapshots())
def test_whatever_names_it_has_a_snapshot_is_the_same_again(taken):
    assert loaded(written(taken)) == taken


@given(st.binary())
def test_bytes_that_are_no_snapshot_are_wrong_usage(data):
    with pytest.raises(UsageError):
        loaded(data)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
WHOLE = plain(snapshot(process(), problems=[]))


@given(st.data())
def test_a_snapshot_of_which_a_part_is_something_else_is_loaded_or_wrong_usage(data):
    changed = json.loads(json.dumps(WHOLE))
    place = changed
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not (isinstance(place[key], (dict, list)) and place[key] and data.draw(st.booleans())):
            break
        place = place[key]
    place[key] = data.draw(ANYTHING)
    try:
        again = loaded(json.dumps(changed).encode())
    except UsageError:
        return
    assert isinstance(again, Snapshot)


def wrong(data: bytes) -> str:
    with pytest.raises(UsageError) as raised:
        loaded(data)
    return str(raised.value).partition(" is no snapshot of fdscope: ")[2]


def test_what_is_no_snapshot_is_told_for_what_it_is():
    take = "; take one with: fdscope --json > FILE"
    whole = written(snapshot(process()))
    assert wrong(b"") == wrong(b" \n") == f"it is empty{take}"
    assert wrong(b"PID  FD") == wrong(b"[]") == wrong(b"\0" * 5) == f"it is no JSON object{take}"
    assert wrong(b'{"a": 1}') == f"it is JSON of something else{take}"
    assert wrong(b'{"schema":"fdscope.who/1"}') == (
        f"it is an answer of the form fdscope.who/1, not a snapshot{take}"
    )
    assert wrong(whole.replace(b"snapshot/1", b"snapshot/2")) == (
        "its form is fdscope.snapshot/2, and this version reads fdscope.snapshot/1"
    )
    assert wrong(whole[:-20]) == f"it is cut short, after {len(whole) - 20:,} bytes"
    assert wrong(b'{"schema" = 1}').startswith("it is no JSON: ")
    assert wrong(b"".join(document.lines(snapshot(process())))) == (
        f"it has several documents, as --ndjson writes them, which do not tell all{take}"
    )
    assert wrong(b'{"schema":"fdscope.snapshot/1"}') == "it does not say when it was taken"
    assert wrong(whole.replace(b"2026-11-23T05", b"2026-11-23 05")) == (
        "'2026-11-23 05:02:00.500Z' is no time; "
        "fdscope 0 wrote it: that version, or a newer one, may understand it"
    )
    for name, time in ((b"started_at", b"2026-11-23T04:00:00Z"), (b"boot_time", b"2026-11-22T00:00:00Z")):
        told = b'"%b":"%b"' % (name, time)
        assert told in whole
        assert wrong(whole.replace(told, b'"%b":"soon"' % name)).startswith("'soon' is no time; ")
    assert "Expected `int`, got `str`" in wrong(whole.replace(b'"pid":42', b'"pid":"42"'))
    assert wrong(b'{"a":' * 100_000) == "it is nested too deeply"


def test_the_mark_that_an_editor_puts_before_a_text_is_passed_over():
    whole = written(snapshot(process()))
    assert written(loaded(b"\xef\xbb\xbf" + whole)) == whole


def test_what_a_snapshot_was_asked_for_and_who_took_it_is_the_same_again():
    asked = {"targets": ["web", "a\udcff"], "where": "name == 'b\udcfe'", "own_pid": 7}
    taken = replace(snapshot(process()), **asked)
    again = loaded(written(taken))
    assert {name: getattr(again, name) for name in asked} == asked


def test_what_a_newer_version_adds_is_left_out_or_told_as_a_problem():
    changed = plain(snapshot(process()))
    changed["weather"] = "fair"
    changed["processes"][0]["mood"] = {"good": True}
    pipe, regular = changed["processes"][0]["descriptors"]
    pipe["colour"] = "red"
    regular |= {"kind": "holograph", "depth": 3, "size_bytes": "2 kB"}
    changed["processes"][0]["descriptors"].append({"kind": "pipe", "fd": 9, "access": "x", "inode": 7})
    again = loaded(json.dumps(changed).encode())
    (one,) = again.processes
    assert one.descriptors == [
        KIND["pipe"](fd=3, name="pipe:[5]", access="r", flags=["cloexec"]),
        KIND["unknown"](fd=4, name="/a", access="rw", flags=["append", "largefile"], position=7),
        KIND["pipe"](fd=9, inode=7),
    ]
    assert [(problem.pid, problem.fd, problem.what, problem.reason) for problem in again.problems] == [
        (42, 4, "descriptor", "not-understood"),
        (42, 9, "descriptor", "not-understood"),
    ]
    assert "of the kind 'holograph'" in again.problems[0].detail
    assert again.problems[1].detail.endswith(": access")


def test_a_text_beside_base64_of_something_else_stays_as_it_is():
    changed = plain(snapshot(process()))
    changed["processes"][0] |= {"name": "web", "name_base64": "AAAA", "user_base64": 5, "command_base64": ["a"]}
    changed["processes"][0]["files"][0] |= {"rights": ["r--p", "\ufffd"], "rights_base64": ["cg==", "/w=="]}
    (one,) = loaded(json.dumps(changed).encode()).processes
    assert (one.name, one.user, one.command) == ("web", "ann", ["/bin/web\n", "-x", ""])
    assert one.files[0].rights == ["r--p", "\ufffd"]


def family():
    return snapshot(
        process(pid=1, parent_pid=None, name="init", command=["/sbin/init"], threads=[], descriptors=[]),
        process(namespaces={"net": 77, "mnt": 5}),
        process(pid=50, parent_pid=42, name="webber", command=[], threads=[]),
        process(pid=60, parent_pid=50, name="db", command=["db", "web"], threads=[], namespaces=None),
    )


def pids(taken):
    return [one.pid for one in taken.processes]


def test_words_mean_processes_of_the_snapshot_by_the_rules_of_a_scan():
    kept = family()
    assert part(kept, []) is kept
    assert pids(part(kept, ["60", "1"])) == pids(part(kept, ["1", "60"])) == [1, 60]
    assert pids(part(kept, ["db"])) == [60]
    assert pids(part(kept, ["webb?"])) == [42, 50]
    thread = part(kept, ["43"])
    assert pids(thread) == [42]
    assert [one.detail for one in thread.problems] == ["43 is a thread of process 42, which is shown"]
    kept.processes[1].threads.append(Thread(tid=70))
    assert pids(part(kept, ["50", "70"])) == [42, 50]
    nobody = part(kept, ["self", "nobody", "7"])
    assert pids(nobody) == []
    assert [(one.pid, one.reason, one.detail) for one in nobody.problems] == [
        (None, "no-such-process", "no process is called 'self'"),
        (None, "no-such-process", "no process is called 'nobody'"),
        (7, "no-such-process", None),
    ]
    with pytest.raises(UsageError, match="as a regular expression it is wrong"):
        part(kept, ["("])


def test_an_expression_chooses_and_the_snapshot_stays_as_it_is():
    kept = family()
    before = written(kept)
    found = part(kept, ["42", "50"], parse('kind == "pipe"'))
    assert [(one.pid, [held.fd for held in one.descriptors], one.files) for one in found.processes] == [
        (42, [3], None),
        (50, [3], None),
    ]
    below = part(kept, [], parse("ancestors in (42)"))
    assert [(one.pid, one.ancestors) for one in below.processes] == [(50, [42, 1]), (60, [50, 42, 1])]
    assert written(kept) == before


def test_a_part_says_what_it_was_chosen_by_and_what_the_whole_was():
    kept = replace(family(), targets=["web"], where="fd < 9")
    assert (part(kept, ["db"]).targets, part(kept, ["db"]).where) == (["db"], "(fd < 9)")
    found = part(kept, [], parse("pid == 60"))
    assert (found.targets, found.where) == (["web"], "(fd < 9) and (pid == 60)")


def test_who_descends_from_whom_is_left_as_the_snapshot_has_it():
    kept = family()
    kept.processes[2].ancestors = [42, 7]
    told = [(one.pid, one.ancestors) for one in part(kept, [], lineage=True).processes]
    assert told == [(1, []), (42, [1]), (50, [42, 7]), (60, [50, 42, 1])]


def test_problems_are_those_of_the_processes_that_were_chosen():
    kept = family()
    kept.problems = [Problem(pid=pid, what="descriptors", reason="permission-denied") for pid in (42, 50, 99)]
    kept.problems += [
        Problem(what=OTHERS, reason="permission-denied"),
        Problem(what="sockets", reason="timed-out"),
    ]

    def told(*words, where=None):
        return [one.pid or one.what for one in part(kept, words, where).problems]

    assert told("50") == [50, OTHERS, "sockets"]
    assert told(where=parse("pid == 42")) == [42, OTHERS, "sockets"]
    assert told(where=parse("pid == 7")) == ["sockets"]


def test_objects_are_those_that_are_held_by_who_was_chosen_and_those_that_face_them():
    kept = family()
    kept.processes[0].descriptors = [KIND["pipe"](fd=0, object="a"), KIND["pipe"](fd=1, object="b")]
    kept.processes[1].descriptors = [KIND["pipe"](fd=0, object="c")]
    kept.objects = [
        Object(id=name, kind="pipe", holders=[], faces=faces)
        for name, faces in (("a", []), ("b", []), ("c", []), ("d", ["a"]), ("e", ["c"]))
    ]
    assert [one.id for one in part(kept, ["1"]).objects] == ["a", "b", "d"]
    assert [one.id for one in part(kept, [], parse("object == 'a'")).objects] == ["a", "d"]
    assert [one.id for one in part(kept, ["42"]).objects] == ["c", "e"]


def test_a_part_of_a_snapshot_says_what_a_scan_of_it_says(lab):
    alone = scan([str(lab.pid)], waits=False)
    found = part(scan(waits=False), [str(lab.pid)])
    assert pids(found) == pids(alone)
    told = [[(one.fd, one.object, one.peers) for one in each.processes[0].descriptors] for each in (found, alone)]
    assert told[0] == told[1]
    held = {one.object for one in alone.processes[0].descriptors}
    assert {one.id for one in found.objects} >= held.intersection(one.id for one in alone.objects)


def test_words_of_options_mean_processes_and_network_namespaces():
    kept = family()
    assert pids_of(kept, "web,db") == [42, 50, 60]
    assert net_namespace_of(kept, "4026531840") == 4026531840
    assert net_namespace_of(kept, "pid:42") == 77
    for word, told in (
        ("self", "which names ip-netns"),
        ("blue", "which names ip-netns"),
        ("pid:7", "has no process 7"),
        ("pid:60", "does not say in which network namespace process 60 lived"),
    ):
        with pytest.raises(UsageError, match=told):
            net_namespace_of(kept, word)
    with pytest.raises(UsageError, match="no process of the snapshot is called 'self'"):
        pids_of(kept, "self")
