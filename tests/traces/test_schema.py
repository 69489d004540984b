"""The JSON Schema says of a line what the reader says of it."""

from __future__ import annotations

import json
import re
from itertools import chain, combinations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from raftcheck.traces.errors import TraceError
from raftcheck.traces.events import Event
from raftcheck.traces.files import read_trace
from raftcheck.traces.schema import FILE, schema, text
from raftcheck.traces.wellformed import event_names

from .runs import run
from .strategies import events, messages, texts
from .test_format import blocks

SCHEMA = Draft202012Validator(schema())


def test_the_file_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), f"python -m raftcheck.traces.schema > {FILE.name}"


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("place", [0, 1])
def test_it_takes_the_examples_of_the_format(place: int) -> None:
    for line in blocks("ndjson")[place].splitlines():
        SCHEMA.validate(json.loads(line))


def test_it_takes_what_raftcheck_writes() -> None:
    for event in run(1)[1]:
        SCHEMA.validate(json.loads(msgspec.json.encode(event)))


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tmp_path_factory.mktemp("schema") / "trace.ndjson"


BEYOND = re.compile(r"has an Init line|no Init before|message.dest is|clock does not name|clock: seen \d\.0;")
"""Complaints that no schema can make: other lines, or two names of one line, must be looked at; and to JSON
Schema 1.0 is an integer."""


def is_read(trace: Any, line: Any) -> bool | None:
    """Whether the reader takes the line; None where what it says is beyond a schema."""
    trace.write_text(json.dumps(line) + "\n", encoding="utf-8")
    try:
        list(read_trace(trace))
    except TraceError as error:
        return None if BEYOND.search(str(error)) else False
    return True


PARTS: dict[str, Any] = {
    "timer": "election",
    "message": json.loads(
        '{"type":"RequestVoteResponse","source":"n2","dest":"n1","term":1,"vote_granted":true}'
    ),
    "value": "x=1",
    "sends": [],
    "state": {},
}


@pytest.mark.parametrize("event", event_names())
def test_it_takes_the_fields_of_an_event_that_the_reader_takes(trace: Any, event: str) -> None:
    for names in chain.from_iterable(combinations(PARTS, count) for count in range(len(PARTS) + 1)):
        parts = {name: PARTS[name] for name in names}
        for line in (
            {"event": event, "server": "n1"} | parts,
            {**dict.fromkeys(PARTS), "event": event, "server": "n1"} | parts,
        ):
            assert SCHEMA.is_valid(line) == (is_read(trace, line) is not False), line


@given(event=events)
def test_it_takes_the_events_that_the_reader_takes(trace: Any, event: Event) -> None:
    line = json.loads(msgspec.json.encode(event))
    assert SCHEMA.is_valid(line) == (is_read(trace, line) is not False)


odd = st.none() | st.booleans() | st.integers(-1, 1) | st.just(2**53 + 1) | st.floats(0, 2) | texts
whole = st.builds(lambda m: json.loads(msgspec.json.encode(m)), messages)


@given(event=events, data=st.data())
def test_it_takes_a_line_with_one_field_changed_if_the_reader_does(
    trace: Any, event: Event, data: st.DataObject
) -> None:
    line = json.loads(msgspec.json.encode(event))
    inner = data.draw(st.sampled_from([line, *(x for x in (line.get("message"), line.get("state")) if x)]))
    name = data.draw(st.sampled_from([*inner, *Event.__struct_fields__, "type", "terms"]))
    inner[name] = data.draw(odd | whole | st.lists(whole | odd, max_size=2))
    # A number such as 1.0 is an integer to JSON Schema, and to the reader as well.
    assert SCHEMA.is_valid(line) == (is_read(trace, line) is not False), line
