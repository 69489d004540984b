"""An event is the same thing as a value, as a line of a file and as a record of raft.tla."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftcheck.spec.model import FOLDER, trace_model
from raftcheck.tla.values import apply, domain, items
from raftcheck.traces import encoding
from raftcheck.traces.events import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Event,
    Message,
    NodeState,
    Other,
    RequestVoteRequest,
    RequestVoteResponse,
    command_of,
    text_of,
)

from .records import entries_of, message_of
from .strategies import MESSAGES, SERVERS, STATE, events

# --- as JSON ------------------------------------------------------------------------------------------------


@given(events)
def test_an_event_is_written_and_read_as_itself(event: Event) -> None:
    assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event


@pytest.mark.parametrize("kind", MESSAGES)
@given(data=st.data())
def test_a_message_is_written_and_read_as_itself(kind: type[Message], data: st.DataObject) -> None:
    message = data.draw(MESSAGES[kind])
    text = msgspec.json.encode(message)
    assert msgspec.json.decode(text)["type"] == kind.__name__
    assert msgspec.json.decode(text, type=Message) == message


@pytest.mark.parametrize("field", STATE)
@given(data=st.data())
def test_a_field_of_a_state_is_written_and_read_as_itself(field: str, data: st.DataObject) -> None:
    state = NodeState(**{field: data.draw(STATE[field])})  # type: ignore[arg-type]
    text = msgspec.json.encode(state)
    assert list(msgspec.json.decode(text)) == [field]
    assert msgspec.json.decode(text, type=NodeState) == state


@given(st.binary(max_size=20) | st.text().map(str.encode) | st.binary().map(lambda b: b"base64:" + b))
def test_a_command_is_its_text_and_no_other_command_is(command: bytes) -> None:
    assert command_of(text_of(command)) == command


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (b"x=1", "x=1"),
        (b"", ""),
        ("ä".encode(), "ä"),
        (b"\xff", "base64:/w=="),
        (b"base64:", "base64:YmFzZTY0Og=="),
    ],
)
def test_a_command_reads_as_text_where_it_is_text(command: bytes, text: str) -> None:
    assert text_of(command) == text


# --- as records of raft.tla ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", MESSAGES)
@given(data=st.data())
def test_a_message_is_the_record_of_raft_tla_with_the_same_fields(
    kind: type[Message], data: st.DataObject
) -> None:
    message = data.draw(MESSAGES[kind])
    assert message_of(encoding.message(message)) == message


def test_the_messages_are_those_of_raft_tla() -> None:
    """raft.tla says of each message which fields it has; a trace has those, and no others."""
    examples = (
        RequestVoteRequest("n1", "n2", 1, 0, 0),
        RequestVoteResponse("n1", "n2", 1, True),
        AppendEntriesRequest("n1", "n2", 1, 0, 0, (Entry(1, "v1"),), 0),
        AppendEntriesResponse("n1", "n2", 1, False, 0),
    )
    model = trace_model(SERVERS)
    evaluator = model.evaluator(model.initial_states()[0])
    messages = evaluator.value(model.definition("Message").body)
    for message in examples:
        assert encoding.message(message) in messages
    assert {*map(type, examples), Other} == set(get_args(Message)) == set(MESSAGES)
    assert encoding.message(Other("n1", "n2", 1)) not in messages


STATE_OF: dict[str, Any] = {
    "log": entries_of,
    "votes_granted": lambda value: tuple(sorted(value)),
    "next_index": lambda value: dict(items(value)),
    "match_index": lambda value: dict(items(value)),
}


@given(events)
def test_a_line_is_the_record_of_what_was_observed(event: Event) -> None:
    record = dict(items(encoding.line(event)))
    assert record.pop("event") == event.event
    assert record.pop("server") == event.server
    for name in ("timer", "value"):
        assert record.pop(name, None) == getattr(event, name)
    message = record.pop("message", None)
    assert (None if message is None else message_of(message)) == event.message
    sends = record.pop("sends", None)
    assert (sends is None) == (event.sends is None)
    assert sorted(map(repr, map(message_of, sends or ()))) == sorted(map(repr, event.sends or ()))
    state = record.pop("state", None)
    assert (state is None) == (event.state is None)
    seen = {} if state is None else dict(items(state))
    for field, variable in encoding.STATE_FIELDS.items():
        observed = getattr(event.state, field, None)
        value = seen.pop(variable, None)
        assert (value is None) == (observed is None)
        if value is not None and observed is not None:
            found = STATE_OF.get(field, lambda same: same)(value)
            if field == "votes_granted":
                observed = tuple(sorted(observed))
            elif field in ("next_index", "match_index"):  # one for the server itself says nothing
                observed = {peer: index for peer, index in observed.items() if peer != event.server}
            assert found == observed
    assert not seen
    assert not record


def test_a_server_answers_before_it_sends_of_itself() -> None:
    """raft.tla answers in the step that handles the message; a trace may have it in another order."""
    answer = AppendEntriesResponse("n1", "n2", 1, True, 0)
    asks = RequestVoteRequest("n1", "n2", 1, 0, 0), RequestVoteRequest("n1", "n3", 1, 0, 0)
    record = encoding.line(Event(event="Receive", server="n1", sends=(*asks, answer)))
    assert [message_of(sent) for sent in apply(record, "sends")] == [answer, *asks]


def test_every_field_of_a_state_is_a_variable_of_raft_tla() -> None:
    variables = (FOLDER / "raft.tla").read_text().partition("VARIABLES")[2].partition("serverVars")[0]
    for field, variable in encoding.STATE_FIELDS.items():
        assert f"    {variable}," in variables
        assert field == "".join("_" + c.lower() if c.isupper() else c for c in variable)
    assert tuple(encoding.STATE_FIELDS) == NodeState.__struct_fields__


def test_an_empty_state_observes_nothing() -> None:
    record = encoding.line(Event(event="Timeout", server="n1", state=NodeState()))
    assert not list(items(apply(record, "state")))
    assert "sends" not in domain(record)
