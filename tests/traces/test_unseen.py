"""Which lines without sends may have sent a message: each of Figure 2's, by what else the line shows."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from raftcheck.traces.events import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Event,
    Message,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
)
from raftcheck.traces.unseen import may_have_sent, sends_unseen

LOG = (Entry(1, "a"), Entry(1, "b"))
ASK = RequestVoteRequest("n1", "n2", 1, 2, 1)
GRANT = RequestVoteResponse("n2", "n1", 1, True)
APPEND = AppendEntriesRequest("n1", "n2", 1, 1, 1, LOG[1:], 1)
STORED = AppendEntriesResponse("n2", "n1", 1, True, 2)

CANDIDATE = Event(event="Timeout", server="n1", state=NodeState(role="Candidate", current_term=1, log=LOG))
LEADER = Event(
    event="ClientRequest",
    server="n1",
    value="b",
    state=NodeState(role="Leader", current_term=1, log=LOG, commit_index=1),
)
VOTER = Event(event="Receive", server="n2", message=ASK, state=NodeState(current_term=1, voted_for="n1"))
FOLLOWER = Event(event="Receive", server="n2", message=APPEND)


@pytest.mark.parametrize(
    ("line", "message"), [(CANDIDATE, ASK), (LEADER, APPEND), (VOTER, GRANT), (FOLLOWER, STORED)]
)
def test_a_line_may_have_sent_what_its_server_knows(line: Event, message: Message) -> None:
    assert may_have_sent(line, message)
    assert may_have_sent(replace(line, state=None), message)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (CANDIDATE, replace(ASK, term=2)),
        (CANDIDATE, replace(ASK, last_log_index=1)),
        (LEADER, ASK),
        (CANDIDATE, APPEND),
        (LEADER, replace(APPEND, entries=(Entry(1, "c"),))),
        (LEADER, replace(APPEND, prev_log_index=2)),
        (LEADER, replace(APPEND, commit_index=2)),
        (VOTER, replace(GRANT, dest="n3")),
        (replace(VOTER, state=NodeState(voted_for="n3")), GRANT),
        (VOTER, STORED),
        (FOLLOWER, replace(STORED, match_index=3)),
        (FOLLOWER, replace(STORED, dest="n3")),
        (FOLLOWER, GRANT),
    ],
)
def test_a_line_has_not_sent_what_its_server_cannot_say(line: Event, message: Message) -> None:
    assert not may_have_sent(line, message)


def test_a_refusal_of_a_vote_says_nothing_of_who_got_it() -> None:
    refused = replace(VOTER, state=NodeState(current_term=1, voted_for="n3"))
    assert may_have_sent(refused, replace(GRANT, vote_granted=False))


def test_a_line_that_shows_its_sends_hides_none() -> None:
    assert sends_unseen(LEADER)
    assert not sends_unseen(replace(LEADER, sends=()))
    assert not sends_unseen(Event(event="Restart", server="n1"))
