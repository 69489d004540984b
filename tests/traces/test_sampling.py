"""Traces that lack lines: what a server did unseen is looked for, and what is not found is undecided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest

from raftcheck.properties.campaign import Campaign, run_schedule
from raftcheck.properties.targets import load_target
from raftcheck.traces.events import Event, NodeState, RequestVoteRequest
from raftcheck.traces.verdict import Validation, validate

from .runs import run
from .test_format import blocks, events_of


def judged(events: Sequence[Event], missing: int) -> Validation:
    lines = ((f"trace:{number}", event) for number, event in enumerate(events, 1))
    return validate(lines, "trace", missing=missing)


def accepted(found: Validation) -> bool:
    return found.refusal is None and found.undecided is None and found.vacuous is None


ELECTION = events_of(blocks("ndjson")[0])
"""The accepted trace of FORMAT.md; its first three lines are Inits."""


@pytest.mark.parametrize("gone", range(3, len(ELECTION)))
def test_a_line_may_be_missing(gone: int) -> None:
    trace = [*ELECTION[:gone], *ELECTION[gone + 1 :]]
    assert accepted(judged(trace, missing=1))


@pytest.mark.parametrize("gone", [3, 4, 5, 6, 7])
def test_what_is_missing_is_counted_and_without_it_the_trace_is_refused(gone: int) -> None:
    trace = [*ELECTION[:gone], *ELECTION[gone + 1 :]]
    assert judged(trace, missing=0).refusal is not None
    assert judged(trace, missing=1).missing == 1


def test_no_more_lines_of_a_server_than_the_bound_are_missing_before_a_line() -> None:
    """That n1 starts an election, gets the vote of n2, and is elected by it is not seen."""
    trace = [*ELECTION[:3], *ELECTION[6:]]
    assert [accepted(judged(trace, missing)) for missing in range(4)] == [False, False, True, True]
    assert judged(trace, missing=2).missing == 3


def test_two_votes_in_a_term_are_not_explained_by_what_is_missing() -> None:
    found = judged(events_of(blocks("ndjson")[1]), missing=2)
    assert found.refusal is not None
    assert found.refusal.line == 7
    assert found.undecided is not None


def sampled(events: Sequence[Event], seed: int) -> list[Event]:
    """Three lines in a hundred are lost, never two of a server in succession."""
    chance, lost, kept = Random(seed), Counter[str](), []
    for event in events:
        of_network = event.event in ("Init", "DuplicateMessage", "DropMessage")
        if not of_network and not lost[event.server] and chance.random() < 0.03:
            lost[event.server] = 1
            continue
        if not of_network:
            lost[event.server] = 0
        kept.append(event)
    return kept


def test_samples_of_runs_are_accepted_or_undecided() -> None:
    found = [judged(sampled(run(seed, 3)[1], seed), missing=1) for seed in range(25)]
    assert all(trace.refusal is None or trace.undecided is not None for trace in found)
    assert sum(map(accepted, found)) >= 23
    assert sum(trace.missing for trace in found) >= 25


@pytest.mark.parametrize("fault", ["vote_volatile", "vote_no_votedfor", "commit_old_term", "ae_no_prevterm"])
def test_mistakes_are_not_explained_by_what_is_missing(fault: str) -> None:
    target = load_target(f"raftcheck.properties.faults:{fault}")
    wrong = 0
    for seed in range(60):
        schedule, outcome = run_schedule(target, Campaign(fault, seed, 1, 3), 0)
        if outcome.failure is not None and judged(outcome.events, missing=0).refusal is not None:
            wrong += 1
            assert not accepted(judged(outcome.events, missing=1)), (seed, schedule)
        if wrong == 2:
            return
    pytest.fail(f"{fault} showed in {wrong} of 60 runs; expected 2")


def asks(source: str, dest: str, term: int) -> RequestVoteRequest:
    return RequestVoteRequest(source, dest, term, last_log_index=0, last_log_term=0)


def test_no_more_lines_than_the_bound_are_missing_further_back() -> None:
    """n1 asked for votes in terms 1 and 2 before it followed n3 into term 3, and only n2 shows that."""
    third = asks("n3", "n1", 3)
    trace = [
        *(Event(event="Init", server=server) for server in ("n1", "n2", "n3")),
        *(Event(event="Timeout", server="n3", sends=()) for _ in range(2)),
        Event(event="Timeout", server="n3", sends=(third,)),
        Event(event="Receive", server="n1", message=third, state=NodeState(current_term=3)),
        *(Event(event="Receive", server="n2", message=asks("n1", "n2", term)) for term in (1, 2)),
    ]
    one, two = judged(trace, missing=1), judged(trace, missing=2)
    assert (accepted(one), one.lines, one.missing) == (False, len(trace), 1)
    assert (accepted(two), two.missing) == (True, 2)
