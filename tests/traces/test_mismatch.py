"""The kind of mistake that a refused line is: runs of the reference in which the logging went wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import pytest
from msgspec.structs import replace

from raftcheck.traces.events import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Event,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
)
from raftcheck.traces.refusal import Kind, Mismatch, Refusal
from raftcheck.traces.verdict import validate

from .runs import run

Trace = list[Event]
Wrong = Callable[[Trace], Iterator[Trace]]
"""The trace with the mistake in some place, in each where it can be."""

SEEDS = (1, 2, 3, 4)


def refusal_of(events: Sequence[Event]) -> Refusal | None:
    return validate(((f"trace:{number}", event) for number, event in enumerate(events, 1)), "trace").refusal


def other_state(events: Trace) -> Iterator[Trace]:
    """A server that has voted shows that it has not."""
    for place, event in enumerate(events):
        if event.event == "Receive" and event.state is not None and event.state.voted_for:
            wrong = replace(event, state=replace(event.state, voted_for=""))
            yield [*events[:place], wrong, *events[place + 1 :]]


def other_content(events: Trace) -> Iterator[Trace]:
    """A request for votes names an earlier last entry."""
    for place, event in enumerate(events):
        sends = list(event.sends or ())
        for number, sent in enumerate(sends):
            if isinstance(sent, RequestVoteRequest) and sent.last_log_index and event.event == "Timeout":
                sends[number] = replace(sent, last_log_index=sent.last_log_index - 1)
                yield [*events[:place], replace(event, sends=tuple(sends)), *events[place + 1 :]]


def answer_not_logged(events: Trace) -> Iterator[Trace]:
    """A follower's answer is not among its sends."""
    for place, event in enumerate(events):
        if isinstance(event.message, AppendEntriesRequest) and event.event == "Receive" and event.sends:
            yield [*events[:place], replace(event, sends=()), *events[place + 1 :]]


def answer_logged_twice(events: Trace) -> Iterator[Trace]:
    for place, event in enumerate(events):
        if isinstance(event.message, AppendEntriesRequest) and event.sends:
            wrong = replace(event, sends=event.sends * 2)
            yield [*events[:place], wrong, *events[place + 1 :]]


def received_before_sent(events: Trace) -> Iterator[Trace]:
    """The line of a receive stands before that of the send: two clocks that differ."""
    for place, event in enumerate(events[:-1]):
        then = events[place + 1]
        if then.message in (event.sends or ()) and event.server != then.server:
            yield [*events[:place], then, event, *events[place + 2 :]]


def received_long_before_sent(events: Trace) -> Iterator[Trace]:
    for place, event in enumerate(events):
        for later in range(place + 1, min(place + 6, len(events))):
            then = events[later]
            between = {other.server for other in events[place:later]}
            if (
                then.message is not None
                and then.message in (event.sends or ())
                and then.server not in between
            ):
                yield [*events[:place], then, *events[place:later], *events[later + 1 :]]


def two_in_one(events: Trace) -> Iterator[Trace]:
    """A server that handles two messages one after the other writes one line, of the second."""
    for place, event in enumerate(events[:-1]):
        then = events[place + 1]
        if event.server == then.server and event.event == then.event == "Receive":
            assert event.sends is not None
            assert then.sends is not None
            both = replace(then, sends=(*event.sends, *then.sends))
            yield [*events[:place], both, *events[place + 2 :]]


def named_as_fine(events: Trace) -> Iterator[Trace]:
    """A line of all that came of a message has the name of the handler alone."""
    for place, event in enumerate(events):
        if isinstance(event.message, AppendEntriesResponse) and event.event == "Receive" and event.sends:
            wrong = replace(event, event="HandleAppendEntriesResponse")
            yield [*events[:place], wrong, *events[place + 1 :]]


MISTAKES: list[tuple[Wrong, Kind]] = [
    (other_state, "state"),
    (other_content, "message content"),
    (answer_not_logged, "message missing"),
    (answer_logged_twice, "message extra"),
    (received_before_sent, "order"),
    (received_long_before_sent, "order"),
    (two_in_one, "grain"),
    (named_as_fine, "grain"),
]


@pytest.mark.parametrize(("wrong", "kind"), MISTAKES, ids=lambda part: getattr(part, "__name__", part))
def test_the_kind_of_mistake_is_told(wrong: Wrong, kind: Kind) -> None:
    kinds = []
    for seed in SEEDS:
        _, events = run(seed, 3)
        for number, trace in enumerate(wrong(list(events))):
            if number % 5 == 0 and len(kinds) < 9:
                refusal = refusal_of(trace)
                if refusal is not None:
                    assert refusal.mismatch is not None
                    kinds.append((refusal.mismatch.kind, refusal.mismatch.text, refusal.line))
    assert len(kinds) >= 4
    assert [found for found, _, _ in kinds].count(kind) >= 0.85 * len(kinds), kinds


def test_a_line_that_comes_too_late_is_told_before_which_it_belongs() -> None:
    ask = RequestVoteRequest("n1", "n2", 1, 0, 0)
    grant = RequestVoteResponse("n2", "n1", 1, True)
    inits = [Event(event="Init", server=name) for name in ("n1", "n2", "n3")]
    asked = Event(event="Timeout", server="n1", sends=(ask,))
    lost = Event(event="DropMessage", server="n2", message=ask)
    twice = Event(event="DuplicateMessage", server="n2", message=ask)
    received = Event(event="Receive", server="n2", message=ask, sends=(grant,))
    refusal = refusal_of([*inits, asked, lost, twice, received])
    assert refusal is not None
    assert refusal.mismatch == Mismatch("order", "the line is acceptable before line 5")
    assert refusal_of([*inits, asked, twice, lost, received]) is None


def test_a_line_is_not_told_to_come_earlier_where_it_would_make_others_impossible() -> None:
    """The network cannot have lost what n2 has received since."""
    ask = RequestVoteRequest("n1", "n2", 1, 0, 0)
    grant = RequestVoteResponse("n2", "n1", 1, True)
    inits = [Event(event="Init", server=name) for name in ("n1", "n2", "n3")]
    asked = Event(event="Timeout", server="n1", sends=(ask,))
    received = Event(event="Receive", server="n2", message=ask, sends=(grant,))
    lost = Event(event="DropMessage", server="n2", message=ask)
    refusal = refusal_of([*inits, asked, received, lost])
    assert refusal is not None
    assert refusal.mismatch is not None
    assert refusal.mismatch.kind == "message extra"


@pytest.mark.parametrize(("sent", "wrong"), [("v", "state.log"), ("w", "value")])
def test_of_two_fields_that_contradict_each_other_the_next_lines_tell_which_is_wrong(
    sent: str, wrong: str
) -> None:
    ask = RequestVoteRequest("n1", "n2", 1, 0, 0)
    grant = RequestVoteResponse("n2", "n1", 1, True)
    append = AppendEntriesRequest("n1", "n2", 1, 0, 0, (Entry(1, sent),), 0)
    before = [
        *(Event(event="Init", server=name) for name in ("n1", "n2", "n3")),
        Event(event="Timeout", server="n1", sends=(ask,)),
        Event(event="Receive", server="n2", message=ask, sends=(grant,)),
        Event(event="Receive", server="n1", message=grant, sends=(), state=NodeState(role="Leader")),
    ]
    taken_in = Event(event="ClientRequest", server="n1", value="v", state=NodeState(log=(Entry(1, "w"),)))
    refusal = refusal_of([*before, taken_in, Event(event="Timeout", server="n1", sends=(append,))])
    assert refusal is not None
    assert [field.name for field in refusal.ignorable[0].fields] == [wrong]


def test_a_server_can_be_told_to_have_handled_another_message_as_well() -> None:
    refusals = [refusal_of(trace) for seed in SEEDS for trace in two_in_one(list(run(seed, 3)[1]))]
    texts = [refusal.mismatch.text for refusal in refusals if refusal is not None and refusal.mismatch]
    assert any(
        re.search("as two, with a Receive AppendEntriesRequest from n. before it", text) for text in texts
    )


def test_an_action_that_is_not_possible_is_no_mistake_of_a_field() -> None:
    inits = [Event(event="Init", server=name) for name in ("n1", "n2", "n3")]
    refusal = refusal_of([*inits, Event(event="ClientRequest", server="n1", value="v")])
    assert refusal is not None
    assert refusal.ignorable == ()
    assert refusal.mismatch is not None
    assert refusal.mismatch.kind == "action"
