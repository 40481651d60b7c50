"""JSON and lines of JSON validate against the printed schema, and no name escapes."""

import base64
import json
import os
import re

import jsonschema
import pytest
from program import text
from program import within as run

from fdscope.report.schema import schema as made


@pytest.fixture(scope="module")
def schema():
    """The printed schema, ready to validate: the one that is checked in report/test_schema.py."""
    printed = json.loads(text("--json-schema"))
    assert printed == made()
    return jsonschema.Draft202012Validator(printed)


def test_documents_of_a_process_validate_against_the_printed_schema(holder, schema):
    document = json.loads(text("--json", "--mapped", str(holder.pid)))
    schema.validate(document)
    assert [process["pid"] for process in document["processes"]] == [holder.pid]
    for line in text("--ndjson", str(holder.pid)).splitlines():
        schema.validate(json.loads(line))


def test_the_document_of_the_lab_validates_and_so_does_each_of_its_lines(lab, schema):
    schema.validate(json.loads(text("--json", str(lab.pid))))
    lines = [json.loads(line) for line in text("--ndjson", str(lab.pid)).splitlines()]
    assert len(lines) >= len(lab.specimens)
    for line in lines:
        schema.validate(line)


def test_the_document_of_the_machine_validates(schema):
    done = run("--json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    schema.validate(document)
    assert os.getpid() in [process["pid"] for process in document["processes"]]


def test_what_waits_and_watch_write_validates(lab, holder, schema):
    document = json.loads(run("waits", "--json", str(lab.pid)).stdout)
    schema.validate(document)
    assert document["schema"] == "fdscope.waits/1"
    lines = [json.loads(line) for line in run("waits", "--ndjson", str(lab.pid)).stdout.splitlines()]
    assert len(lines) >= len(lab.waits)
    frames = run(
        "watch", "--ndjson", "--changes", "--interval", "0.2", "--count", "2", str(lab.pid), str(holder.pid)
    )
    told = [json.loads(line) for line in frames.stdout.splitlines()]
    assert [sorted(one) == ["summary"] for one in told] == [False, False, True]
    command = run("watch", "--ndjson", "--interval", "0.1", "--", "sleep", "0.25").stderr.splitlines()
    cycle = {
        "cycle": {
            "links": [{"pid": 1, "tid": 1, "fd": 3, "kind": "pipe", "waits_for": 1, "syscall": "read"}],
            "deadlock": True,
        }
    }
    for line in (*lines, *told, *map(json.loads, command), cycle):
        schema.validate(line)


def test_the_schema_refuses_a_field_that_it_does_not_know(holder, schema):
    document = json.loads(text("--json", str(holder.pid)))
    document["processes"][0]["descriptors"][0]["unheard_of"] = 1
    with pytest.raises(jsonschema.ValidationError):
        schema.validate(document)


def test_hostile_names_never_reach_the_terminal_and_can_be_recovered(holder):
    escaped = r"a\n\x1b[31mb\xff\u202ec\u009bd"
    told = text(str(holder.pid))
    assert f"{escaped}, 0 B, deleted" in told
    assert [character for character in told if not character.isprintable() and character != "\n"] == []
    raw = run("--json", str(holder.pid)).stdout
    assert re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae", raw) is None
    (found,) = [
        one for one in json.loads(raw)["processes"][0]["descriptors"] if one.get("deleted") and "\n" in one["name"]
    ]
    assert base64.b64decode(found["name_base64"]) == holder.path
    assert found["name"] == holder.path.decode(errors="replace")
