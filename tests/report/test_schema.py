"""The schema of all that fdscope writes as JSON is itself one that validators understand."""

import json

import jsonschema

from fdscope.report.schema import schema


def test_the_schema_is_one():
    printed = json.loads(json.dumps(schema()))
    assert printed == schema()
    jsonschema.Draft202012Validator.check_schema(printed)
