"""Which lines that do not show their sends may have sent a message."""

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
from raftcheck.traces.merge import Merge
from raftcheck.traces.unseen import may_have_sent, sends_unseen

from .pernode import by_server, lines_of

LOG = (Entry(1, "a"), Entry(2, "b"))
ASK = RequestVoteRequest("n1", "n2", 2, 2, 2)
BEAT = AppendEntriesRequest("n1", "n2", 2, 1, 1, (Entry(2, "b"),), 1)
GRANT = RequestVoteResponse("n1", "n2", 2, True)
ACK = AppendEntriesResponse("n1", "n2", 2, True, 2)

CANDIDATE = NodeState(role="Candidate", current_term=2, voted_for="n1", log=LOG, commit_index=1)
LEADER = replace(CANDIDATE, role="Leader")
VOTER = replace(CANDIDATE, role="Follower", voted_for="n2")
TIMEOUT = Event(event="Timeout", server="n1", state=CANDIDATE)
ASKED = RequestVoteRequest("n2", "n1", 2, 2, 2)
TOLD = AppendEntriesRequest("n2", "n1", 2, 0, 0, LOG, 0)
VOTED = Event(event="Receive", server="n1", message=ASKED, state=VOTER)
STORED = Event(event="Receive", server="n1", message=TOLD, state=VOTER)
LED = Event(event="ClientRequest", server="n1", value="b", state=LEADER)


@pytest.mark.parametrize(("line", "message"), [(TIMEOUT, ASK), (LED, BEAT), (VOTED, GRANT), (STORED, ACK)])
def test_a_line_may_have_sent_what_fits_to_all_that_it_shows(line: Event, message: Message) -> None:
    assert sends_unseen(line)
    assert may_have_sent(line, message)
    assert may_have_sent(replace(line, state=None), message)
    assert may_have_sent(replace(line, state=NodeState()), message)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (replace(TIMEOUT, state=replace(CANDIDATE, current_term=1)), ASK),
        (replace(TIMEOUT, state=VOTER), ASK),
        (replace(TIMEOUT, state=replace(CANDIDATE, log=LOG[:1])), ASK),
        (replace(LED, state=CANDIDATE), BEAT),
        (replace(LED, state=replace(LEADER, log=LOG[:1])), BEAT),
        (replace(LED, state=replace(LEADER, log=(LOG[0], Entry(2, "c")))), BEAT),
        (replace(LED, state=replace(LEADER, commit_index=0)), BEAT),
        (replace(LED, state=replace(LEADER, current_term=3)), BEAT),
        (replace(VOTED, state=replace(VOTER, voted_for="n3")), GRANT),
        (replace(VOTED, message=replace(ASKED, source="n3")), GRANT),
        (STORED, GRANT),
        (TIMEOUT, GRANT),
        (replace(STORED, message=replace(TOLD, entries=LOG[:1])), ACK),
        (replace(STORED, message=replace(TOLD, source="n3")), ACK),
        (VOTED, ACK),
        (LED, ACK),
    ],
)
def test_a_line_has_not_sent_what_it_shows_something_against(line: Event, message: Message) -> None:
    assert not may_have_sent(line, message)


@pytest.mark.parametrize(
    "name", ["BecomeLeader", "AdvanceCommitIndex", "UpdateTerm", "Restart", "DropMessage"]
)
def test_some_lines_send_nothing(name: str) -> None:
    assert not sends_unseen(Event(event=name, server="n1"))
    assert not sends_unseen(replace(TIMEOUT, sends=()))


def test_a_message_is_received_after_the_first_line_that_may_have_sent_it() -> None:
    """And not later, when its sender may have moved on; nor sooner."""
    too_early, just_so, later = [
        replace(TIMEOUT, state=replace(CANDIDATE, current_term=term)) for term in (1, 2, 3)
    ]
    receive = Event(event="Receive", server="n2", message=ASK, sends=())
    inits = [Event(event="Init", server=server) for server in ("n2", "n1")]
    merged = [event for _, event in Merge(lines_of(by_server([*inits, receive, too_early, just_so, later])))]
    assert merged == [*inits, too_early, just_so, receive, later]
