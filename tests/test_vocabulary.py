"""Every field of the JSON contract is a word, and a word means what stands there."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdscope import scan
from fdscope.fields import field_of, fields_of
from fdscope.kinds import KINDS
from fdscope.model import HeldFile, Process, kind_name
from fdscope.selection import UsageError
from fdscope.vocabulary import _ELSEWHERE, is_late, names, word
from fdscope.where import parse, quoted


@pytest.fixture(scope="module")
def process(lab):
    """The lab, with everything that it holds."""
    (found,) = scan([str(lab.pid)], mapped=True).processes
    return found


def leaves(value, path=()):
    """Each path of keys to what stands at its end, without the places in lists."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield ".".join(path), value


def written(value):
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def reachable(path):
    """Whether the language can write this name: a key that the kernel gave may hold anything."""
    return all(part.replace("_", "a").replace("-", "a").isalnum() and part.isascii() for part in path.split("."))


def wrong_about(owner, process, held, before=""):
    """The leaves of what something is in JSON of which ``path == value`` is not true."""
    told = msgspec.to_builtins(owner)
    kind = told.get("kind")
    found = []
    for path, value in leaves(told):
        if reachable(path) and not parse(f"{before}{path} == {written(value)}").fits(process, held):
            found.append((kind, path, value))
    return found


def test_of_every_leaf_of_every_descriptor_it_is_true_that_it_is_what_it_is(process):
    assert len({type(one) for one in process.descriptors}) > 20
    assert [one for held in process.descriptors for one in wrong_about(held, process, held)] == []


def test_of_every_leaf_of_every_file_that_is_held_it_is_true_that_it_is_what_it_is(process):
    assert {one.role for one in process.files} == {"cwd", "root", "exe", "mapped"}
    assert [one for held in process.files for one in wrong_about(held, process, held)] == []


def test_of_every_leaf_of_a_process_it_is_true_that_it_is_what_it_is(process):
    (held, *_) = process.descriptors
    alone = msgspec.structs.replace(process, descriptors=None)
    assert wrong_about(alone, process, held, "process.") == []


def test_a_number_of_any_descriptor_of_a_process_means_the_process(process):
    (first, *_, last) = process.descriptors
    assert parse(f"process.descriptors.fd == {last.fd}").fits(process, first)


DEFINITIONS = msgspec.json.schema_components([Process, HeldFile, *KINDS], ref_template="{name}")[1]


def paths(name, seen=()):
    """Each path of fields that the JSON Schema has from one of its classes on, and of what type its leaf is."""
    for field, described in DEFINITIONS[name].get("properties", {}).items():
        if field == "descriptors":
            continue  # which are words themselves
        parts = [one for one in DEFINITIONS if one not in seen and json.dumps(described).count(f'"{one}"')]
        if field != "kind" and not parts:
            yield field
        for part in parts:
            yield from (f"{field}.{inner}" for inner in paths(part, (*seen, name)))


@pytest.mark.parametrize("kind", [Process, HeldFile, *KINDS], ids=lambda kind: kind.__name__)
def test_every_path_of_the_schema_is_a_word_of_its_owner(kind):
    before = "process." if kind is Process else "" if kind is HeldFile else f"{kind_name(kind)}."
    found = [word(before + path) for path in paths(kind.__name__)]
    assert len(found) > 5
    for one in found:
        assert one.help
        assert one.of_process == (kind is Process)
        assert one.only == (None if kind in (Process, HeldFile) else kind)


@pytest.mark.parametrize("kind", [Process, HeldFile, *KINDS], ids=lambda kind: kind.__name__)
def test_a_field_alone_is_what_it_is_among_all_of_its_class(kind):
    assert [field_of(kind, one.name)._replace(optional=one.optional) for one in fields_of(kind)] == fields_of(kind)
    assert field_of(kind, "nothing") is None


def test_every_single_name_is_a_word_and_has_a_sentence():
    assert [name for name in names() if word(name).name != name or not word(name).help] == []
    assert len(set(names())) == len(names())


def test_a_name_that_descriptors_and_their_process_have_means_the_descriptor():
    assert not word("name").of_process
    assert word("process.name").of_process
    assert word("process").path == ("name",)
    assert word("state").kinds
    assert not word("state").of_process
    assert word("process_state").path == ("state",)


def test_what_only_threads_and_descriptors_tell_of_a_process_is_late():
    late = {name for name in names() if word(name).of_process and is_late(word(name))}
    assert late == {"descriptor_count", "descriptor_kinds", "context_switches", "shares_table_with"}
    assert is_late(word("threads.name"))
    assert is_late(word("process.descriptors.fd"))
    assert not is_late(word("peers.pid"))


def test_a_kind_before_a_field_means_that_kind_alone():
    assert word("tcp.state").only is word("tcp.local_port").only is not None
    assert (word("tcp.rtt_us").only, word("tcp.rtt_us").path) == (None, ("tcp", "rtt_us"))


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("fd", "integer"),
        ("flags", "list of strings"),
        ("peers.pid", "list of integers"),
        ("io_models", "list of strings"),
        ("io_models.threads", "list of integers"),
        ("threads.wait.on.events", "list of strings"),
        ("targets.stale", "list of booleans"),
        ("access", "string"),
        ("namespaces.net", "integer"),
        ("descriptor_kinds.bpf-map", "integer"),
        ("details.anything-at-all", "string"),
        ("probes.function", "list of strings"),
        ("cpu_time_s", "number"),
    ],
)
def test_a_word_has_the_form_of_what_it_gives_and_lists_of_lists_are_one_list(name, form):
    assert word(name).form == form


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("remote_prot", "remote_port"),
        ("PID", "pid"),
        ("tcp.stat", "tcp.state"),
        ("process.nam", "process.name"),
        ("peers.proces", "peers.process"),
        ("memory.resident", "memory.resident_bytes"),
        ("threads.wait.modle", "threads.wait.model"),
        ("namespaces.nett", "namespaces.net"),
        ("descriptor_kinds.tpc", "descriptor_kinds.tcp"),
        ("nmae.x", "name"),
        ("size", "size_bytes"),
        ("port", "local_port"),
        ("tcp.rtt", "tcp.rtt_us"),
        *_ELSEWHERE.items(),
        ("PPID", "parent_pid"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest_right_one(wrong, right):
    with pytest.raises(UsageError) as error:
        word(wrong)
    assert str(error.value) == f"there is no field '{wrong}': did you mean '{right}'?"
    word(right)


def test_a_name_that_is_like_none_is_answered_with_where_they_are_listed():
    with pytest.raises(UsageError, match="'fdscope --columns help' lists them"):
        word("qqqqqqqq")


NAMES = st.sampled_from([*names(), "threads", "files", "process", *map(kind_name, KINDS), "x", ""])


@given(st.lists(NAMES | st.text(max_size=5), min_size=1, max_size=5).map(".".join))
def test_any_name_is_a_word_or_a_usage_error(name):
    try:
        assert word(name).name == name
    except UsageError:
        pass
