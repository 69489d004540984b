"""The verdict on a file: what was judged, what was compared, and whether that means anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from msgspec.structs import replace

from raftcheck.traces.encoding import STATE_FIELDS
from raftcheck.traces.errors import TraceError
from raftcheck.traces.events import Event, NodeState, RequestVoteRequest, RequestVoteResponse
from raftcheck.traces.files import write_trace
from raftcheck.traces.validate import Validator
from raftcheck.traces.verdict import Validation, validate, validate_file
from raftcheck.traces.wellformed import Line

from .runs import judged, run

ASK = RequestVoteRequest("n1", "n2", 1, 0, 0)
GRANT = RequestVoteResponse("n2", "n1", 1, True)
INIT = (Event(event="Init", server="n1"), Event(event="Init", server="n2"))
ELECTION = (
    *INIT,
    Event(event="Timeout", server="n1", sends=(ASK,)),
    Event(event="Receive", server="n2", message=ASK, sends=(GRANT,)),
    Event(event="Receive", server="n1", message=GRANT, sends=()),
)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "trace.ndjson"


def verdict(trace: Path, *events: Event) -> Validation:
    write_trace(trace, events)
    return validate_file(trace)


def test_the_verdict_on_a_file_is_the_judges(trace: Path) -> None:
    servers, events = run(3)
    write_trace(trace, events)
    judge = Validator(servers)
    for event in events:
        assert judge.observe(event) is None
    found = validate_file(trace)
    assert (found.refusal, found.vacuous) == (None, None)
    assert (found.file, found.servers, found.lines) == (str(trace), servers, len(events))
    assert found.actions == judge.actions
    assert found.compared == judge.judged.compared
    assert found.most_candidates == judge.judged.most_candidates
    assert found.seconds > 0
    with pytest.raises(FrozenInstanceError):
        found.lines = 0  # type: ignore[misc]


def test_the_verdict_on_a_file_ends_with_the_line_that_is_refused(trace: Path) -> None:
    wrong = replace(ELECTION[3], sends=(replace(GRANT, term=2),))
    found = verdict(trace, *ELECTION[:3], wrong, *ELECTION[4:])
    assert found.refusal is not None
    assert (found.refusal.line, found.refusal.server, found.lines) == (4, "n2", 4)
    assert found.place == f"{trace}:4"
    assert found.refusal.report(found.place).startswith(
        f"{trace}:4: n2 HandleRequestVoteRequest is not a step"
    )
    assert found.vacuous is None
    assert found.actions == Counter(Timeout=1, RequestVote=1)


def test_bad_input_behind_a_refused_line_is_not_looked_at(trace: Path) -> None:
    verdict(trace, *INIT, Event(event="BecomeLeader", server="n1"))
    with trace.open("a") as file:
        file.write("{}\n")
    assert validate_file(trace).refusal is not None


def test_bad_input_is_no_verdict(trace: Path) -> None:
    write_trace(trace, ELECTION)
    trace.write_bytes(trace.read_bytes()[:-3])
    with pytest.raises(TraceError, match=r":5:\d+: the file ends in the midst of this line"):
        validate_file(trace)


def test_progress_is_told_line_by_line(trace: Path) -> None:
    write_trace(trace, ELECTION)
    told: list[int] = []
    validate_file(trace, told.append)
    assert told == [1, 2, 3, 4, 5]


def test_an_interrupt_leaves_what_was_judged_so_far(trace: Path) -> None:
    servers, events = run(3)

    def interrupted() -> Iterator[Line]:
        for number, event in enumerate(events[:50], 1):
            yield f"trace:{number}", event
        raise KeyboardInterrupt

    found = validate(interrupted(), "trace")
    judge = judged(servers, events[:50])
    assert (found.interrupted, found.lines, found.place) == (True, 50, "trace:50")
    assert (found.refusal, found.vacuous) == (None, None)
    assert found.undecided == "interrupted after 50 lines, which steps of raft.tla explain"
    assert found.actions == judge.actions


def test_servers_keep_the_order_of_their_init_lines(trace: Path) -> None:
    names = ("b", "a", "c")
    assert verdict(trace, *(Event(event="Init", server=name) for name in names)).servers == names


# --- what it rests on ---------------------------------------------------------------------------------------


def test_what_was_compared_is_counted_by_line(trace: Path) -> None:
    follower = NodeState(role="Follower", current_term=1, voted_for="n1")
    found = verdict(trace, *ELECTION[:3], replace(ELECTION[3], state=follower), ELECTION[4])
    assert found.compared == Counter(sends=3, message=2, role=1, current_term=1, voted_for=1)
    assert found.never_compared == ("log", "commit_index", "votes_granted", "next_index", "match_index")


def test_what_means_nothing_in_a_role_is_not_compared_in_it(trace: Path) -> None:
    """Votes count on a candidate only, the two indexes on a leader only, whether it shows its role or not."""
    indexes = {"n2": 1}
    state = NodeState(votes_granted=(), next_index=indexes, match_index=indexes)
    follower = replace(state, next_index={"n1": 7}, match_index={"n1": 7})
    found = verdict(trace, *ELECTION[:3], replace(ELECTION[3], state=follower))
    assert not {"votes_granted", "next_index", "match_index"} & set(found.compared)
    candidate = replace(state, votes_granted=("n1",))
    found = verdict(trace, *INIT, replace(ELECTION[2], state=candidate), *ELECTION[3:])
    assert found.compared["votes_granted"] == 1
    assert not {"next_index", "match_index"} & set(found.compared)
    leader = replace(state, role="Leader", match_index={"n2": 0})
    found = verdict(trace, *ELECTION[:4], replace(ELECTION[4], state=leader))
    assert {"role", "next_index", "match_index"} <= set(found.compared)
    assert found.never_compared == ("current_term", "voted_for", "log", "commit_index", "votes_granted")


def test_the_beginning_is_not_compared_but_taken(trace: Path) -> None:
    state = NodeState(role="Follower", current_term=7, log=())
    found = verdict(trace, *(replace(init, state=state) for init in INIT))
    assert not found.compared
    assert found.never_compared == ("sends", "message", *STATE_FIELDS)


# --- a verdict that means nothing ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "events",
    [
        INIT,
        (*INIT, Event(event="Crash", server="n1"), Event(event="Crash", server="n1", sends=())),
        (*INIT, Event(event="Timeout", server="n1", state=NodeState(role="Follower"))),
    ],
    ids=["no events", "crashes", "idle timers"],
)
def test_a_trace_in_which_raft_does_nothing_is_vacuous(trace: Path, events: tuple[Event, ...]) -> None:
    found = verdict(trace, *events)
    assert found.refusal is None
    assert found.vacuous is not None
    assert found.vacuous.startswith(f"no action of raft.tla was taken in {len(events)} lines")


def test_a_trace_in_which_servers_only_restart_is_vacuous(trace: Path) -> None:
    restart = Event(event="Restart", server="n1", state=NodeState(current_term=0))
    found = verdict(trace, *INIT, Event(event="Crash", server="n1"), restart)
    assert found.refusal is None
    assert found.actions == {"Restart": 1}
    assert found.vacuous is not None
    assert found.vacuous.startswith("only Restart was taken, which is nothing that a Raft does")


def test_a_trace_that_shows_nothing_is_vacuous(trace: Path) -> None:
    found = verdict(trace, *INIT, Event(event="Timeout", server="n1"), Event(event="Restart", server="n1"))
    assert found.refusal is None
    assert found.vacuous == "no line has a state or sends; expected something that was observed"


def test_what_an_init_does_not_send_shows_nothing(trace: Path) -> None:
    opening = [replace(event, sends=()) for event in INIT]
    found = verdict(trace, *opening, Event(event="Restart", server="n1"))
    assert found.vacuous == "no line has a state or sends; expected something that was observed"


def test_a_trace_that_is_refused_is_not_vacuous(trace: Path) -> None:
    found = verdict(trace, *INIT, Event(event="BecomeLeader", server="n1"))
    assert found.refusal is not None
    assert found.vacuous is None
    assert not found.actions


def test_one_field_in_one_line_is_something(trace: Path) -> None:
    shown = Event(event="Timeout", server="n1", state=NodeState(current_term=1))
    assert verdict(trace, *INIT, shown).vacuous is None
    assert verdict(trace, *ELECTION[:3]).vacuous is None
