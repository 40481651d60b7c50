"""The JSON Schema of everything that fdscope writes as JSON, made from the classes of the model."""

from __future__ import annotations

from typing import Any

import msgspec

from ..answers import Check, Cycle, Explanation, Group, Groups, Holdings, Keep, ThreadWait, Use, Waits
from ..changes import ChangeGroup, Difference, Leak, Leaks, ProcessChange
from ..frame import Frame, Summary
from ..kinds import KINDS
from ..model import Descriptor, HeldFile, Problem, Snapshot
from ..pictures import Graph

_FOREIGN = {
    "^.*_base64$": {
        "description": "the original bytes of the field before it, which were not UTF-8",
        "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    }
}


def schema() -> dict[str, Any]:
    """A snapshot, an explanation, an answer of who, waits, graph or check, groups, or a line of --ndjson."""
    answers = (Snapshot, Explanation, Holdings, Waits, Groups, Graph, Check, Difference, Leaks, Frame, Summary)
    _, parts = msgspec.json.schema_components(
        [*answers, Problem, *KINDS],
        ref_template="#/$defs/{name}",
    )
    parts[Descriptor.__name__] = {
        "title": Descriptor.__name__,
        "description": Descriptor.__doc__,
        "oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in KINDS],
    }
    for part in parts.values():
        if "properties" in part:
            part["additionalProperties"] = False
            part["patternProperties"] = _FOREIGN
    parts[Group.__name__]["properties"]["values"]["patternProperties"] = _FOREIGN
    of_lines: tuple[type[msgspec.Struct], ...] = (*KINDS, HeldFile, ChangeGroup)
    lines = {kind.__name__: _line(parts[kind.__name__]) for kind in of_lines}
    parts.update({f"{name}Line": part for name, part in lines.items()})
    for key, kind, of_what in (
        ("problem", Problem, "a problem"),
        ("keep", Keep, "what else keeps an object busy"),
        ("summary", Summary, "a watch, at its end"),
        ("cycle", Cycle, "processes that wait for each other"),
    ):
        parts[f"{kind.__name__}Line"] = {
            "title": f"{kind.__name__}Line",
            "description": f"A line of --ndjson that tells of {of_what}.",
            "type": "object",
            "properties": {key: {"$ref": f"#/$defs/{kind.__name__}"}},
            "required": [key],
            "additionalProperties": False,
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What fdscope writes as JSON",
        "description": "With --json one Snapshot, of explain one Explanation, of who one Holdings, of waits one "
        "Waits, of graph one Graph, of check one Check, of diff one Difference, of leaks one Leaks, with "
        "--group-by one Groups; with --ndjson a line for each descriptor, file held without one, group, use, "
        "thread that waits, group of descriptors that changed or grew, interval (Frame), or problem.",
        "anyOf": [
            {"$ref": f"#/$defs/{name}"}
            for name in (
                *(one.__name__ for one in (Snapshot, Explanation, Holdings, Use, Waits, ThreadWait, Groups)),
                *(one.__name__ for one in (Group, Graph, Check, Difference, ProcessChange, Leaks, Leak, Frame)),
                *(f"{name}Line" for name in lines),
                "KeepLine",
                "CycleLine",
                "SummaryLine",
                "ProblemLine",
            )
        ],
        "$defs": parts,
    }


def _line(part: dict[str, Any]) -> dict[str, Any]:
    """A descriptor, or a file held without one, as a line of its own, with the process that holds it."""
    own = {
        "pid": {"type": "integer", "description": "process id"},
        "process": {"type": "string", "description": "the process's name"},
    }
    return {
        **part,
        "title": f"{part['title']}Line",
        "properties": {**own, **part["properties"]},
        "required": ["pid", *part["required"]],
    }
