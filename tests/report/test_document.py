"""JSON documents: always valid UTF-8, and the original bytes of every string can be had from them."""

import json
from base64 import b64decode

import made
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope.kinds import KINDS
from fdscope.model import HeldFile, Holder, Host, Object, Problem, Process, Snapshot
from fdscope.report import document
from fdscope.report.document import clean, encode, indented, snapshot
from fdscope.text import is_clean, text

BYTES = st.one_of(
    st.binary(max_size=40),
    st.text(max_size=20).map(str.encode),
    st.lists(
        st.sampled_from([b"\xff", b"\xc3\xa9", b"\xc2\x9b", b"\xe2\x80\xae", b"\x1b", b"\n", b'"', b"a"])
    ).map(b"".join),
)

KIND = next(kind for kind in KINDS if kind.known_by and kind.__struct_config__.tag != "anonymous")


def replaced(data):
    """`data` as text with U+FFFD for each byte that is not UTF-8."""
    return "".join("\ufffd" if "\udc80" <= one <= "\udcff" else one for one in text(data))


def check(told, field, data):
    assert told[field] == replaced(data)
    if is_clean(text(data)):
        assert f"{field}_base64" not in told
    else:
        assert b64decode(told[f"{field}_base64"]) == data


def assert_safe(encoded):
    """Valid UTF-8 without a byte or a character that a terminal would obey."""
    string = encoded.decode("utf-8", "strict")
    for character in string:
        number = ord(character)
        assert number >= 0x20
        assert not 0x7F <= number <= 0x9F
        assert number not in (0x061C, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029, 0xFEFF)
        assert not 0x202A <= number <= 0x202E
        assert not 0x2066 <= number <= 0x2069


@given(BYTES, st.lists(BYTES), BYTES)
def test_every_string_of_a_snapshot_can_be_told_from_its_document(name, command, path):
    taken = Snapshot(
        fdscope="0",
        taken_at="2026-11-23T04:43:05.000Z",
        duration_s=0.5,
        sources=["proc"],
        host=Host(hostname=text(name) or None),
        processes=[
            Process(
                pid=1,
                name=text(name),
                command=[text(word) for word in command],
                descriptors=[KIND(fd=0, name=text(path))],
                files=[HeldFile(role="cwd", name=text(path))],
            ),
            Process(pid=2, name="clean"),
        ],
        objects=[Object(id="a", kind="pipe", holders=[Holder(pid=1, fd=0, process=text(name))])],
        problems=[Problem(what="process", reason="vanished", detail=text(name))],
    )
    encoded = b"".join(snapshot(taken))
    assert_safe(encoded)
    told = json.loads(encoded)
    process = told["processes"][0]
    check(process, "name", name)
    if name:
        check(told["host"], "hostname", name)
    check(process["descriptors"][0], "name", path)
    check(process["files"][0], "name", path)
    check(told["problems"][0], "detail", name)
    check(told["objects"][0]["holders"][0], "process", name)
    assert process["command"] == [replaced(word) for word in command]
    if all(is_clean(text(word)) for word in command):
        assert "command_base64" not in process
    else:
        assert [b64decode(word) for word in process["command_base64"]] == command
    assert told["processes"][1] == {"pid": 2, "name": "clean"}
    lines = b"".join(document.lines(taken))
    assert [json.loads(line)["name"] for line in lines.splitlines() if b'"kind"' in line] == [replaced(path)]
    assert json.loads(indented(encoded)) == told
    assert_safe(indented(encoded).replace(b"\n", b""))


UNSAFE = "\x7f\x80\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff"


def test_what_a_terminal_would_obey_is_an_escape_and_reads_as_itself():
    encoded = [encode({"a": one}) for one in (*UNSAFE, f"é{UNSAFE}")]
    assert all(one.isascii() for one in encoded[:-1])
    for one in encoded:
        assert_safe(one)
    assert [json.loads(one)["a"] for one in encoded] == [*UNSAFE, f"é{UNSAFE}"]
    assert encode({"a": "é日🦉"}) == '{"a":"é日🦉"}'.encode()


def test_a_key_that_is_not_utf_8_is_replaced_too():
    assert json.loads(encode({text(b"a\xff"): text(b"b\xff"), "c": 1})) == {
        "a\ufffd": "b\ufffd",
        "a\ufffd_base64": "Yv8=",
        "c": 1,
    }


def test_a_line_for_each_descriptor_and_then_for_each_problem():
    kind = KIND.__struct_config__.tag
    taken = made.snapshot(
        Process(pid=1, name="a", descriptors=[KIND(fd=0), KIND(fd=1)]),
        Process(pid=2, descriptors=[KIND(fd=5)]),
        Process(pid=3),
        problems=[Problem(what="exe", reason="vanished", pid=3)],
    )
    assert [json.loads(line) for line in document.lines(taken)] == [
        {"pid": 1, "process": "a", "kind": kind, "fd": 0},
        {"pid": 1, "process": "a", "kind": kind, "fd": 1},
        {"pid": 2, "kind": kind, "fd": 5},
        {"problem": {"what": "exe", "reason": "vanished", "pid": 3}},
    ]


def test_a_document_for_people_is_indented():
    assert indented(b'{"a":[1]}') == b'{\n  "a": [\n    1\n  ]\n}'


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(st.characters())),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(st.characters()), inner)),
    max_leaves=15,
)


@given(JSON)
def test_plain_data_of_any_sort_becomes_valid_json(value):
    encoded = encode(value)
    assert_safe(encoded)
    json.loads(encoded)


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10))
def test_clean_data_stays_as_it_is(value):
    assert clean(value) == value
    assert json.loads(encode(value)) == value


@pytest.mark.parametrize("string", ["a\ud800b", "\udfff"])
def test_half_a_surrogate_that_no_byte_stands_behind_is_replaced_too(string):
    assert json.loads(encode({"name": string}))["name"] == string.encode("utf-16", "surrogatepass").decode(
        "utf-16", "replace"
    )


def test_a_number_keeps_its_digits():
    assert msgspec.json.decode(encode({"inode": 2**64 - 1})) == {"inode": 2**64 - 1}
