"""trace.schema.json: the JSON Schema (2020-12) of a trace line, made from what reads it.

Types come from events.py, the rules between the fields of a line from wellformed.py; what needs more than one
line, or two names of one line to be compared, no schema says. `python -m raftcheck.traces.schema` prints it.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec

from .events import Event
from .wellformed import CAUSES, NEEDS, TAKES, event_names

FILE = Path(__file__).with_name("trace.schema.json")

Schema = dict[str, Any]

NOTHING: Schema = {"type": "null"}
"""What a field may be that a line may not have: `null` is the same as leaving it out."""


def schema() -> Schema:
    """The schema; it takes exactly the lines that the reader takes, but for keys that stand twice."""
    defined = msgspec.json.schema(Event)["$defs"]
    for definition in defined.values():
        definition["description"] = inspect.cleandoc(definition["description"])
    line = defined.pop("Event")
    line["properties"]["event"] = {"enum": list(event_names())}
    line["properties"]["server"]["minLength"] = 1
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **line,
        "title": "A line of the trace of a Raft cluster",
        "allOf": [*_taken(), *_needed(), _of_a_crash()],
        "$defs": defined,
    }


def _taken() -> list[Schema]:
    """Each cause stands only in the lines of the events that have one."""
    return [
        {
            "if": _event_in(name for name in event_names() if cause not in TAKES.get(name, ())),
            "then": {"properties": {cause: NOTHING}},
        }
        for cause in CAUSES
    ]


def _needed() -> list[Schema]:
    fields = dict.fromkeys(NEEDS.values())
    return [
        {
            "if": _event_in(name for name, needed in NEEDS.items() if needed == field),
            "then": _has(field) | {"properties": {field: {"not": NOTHING, "minItems": 1}}},
        }
        for field in fields
    ]


def _of_a_crash() -> Schema:
    two = [_both(*pair) for pair in combinations(CAUSES, 2)]
    return {
        "if": _event_in(["Crash"]),
        "then": {"properties": {"state": NOTHING}, "not": {"anyOf": two}},
    }


def _event_in(names: Iterable[str]) -> Schema:
    return {"properties": {"event": {"enum": list(names)}}}


def _has(*fields: str) -> Schema:
    return {"required": list(fields)}


def _both(one: str, other: str) -> Schema:
    return _has(one, other) | {"properties": {one: {"not": NOTHING}, other: {"not": NOTHING}}}


def text() -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(text(), end="")
