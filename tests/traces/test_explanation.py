"""What is said of a refused line: the action that the mistake is in, the conjunct, both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest
from msgspec.structs import replace

from raftcheck.properties import faults
from raftcheck.properties.faults import Fault
from raftcheck.properties.lockstep import run
from raftcheck.properties.schedules import (
    Action,
    Crash,
    Deliver,
    Duplicate,
    Request,
    Restart,
    Timeout,
)
from raftcheck.traces.diagnosis import diagnosis_of
from raftcheck.traces.encoding import RECORD_FIELDS, STATE_FIELDS
from raftcheck.traces.events import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Event,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
)
from raftcheck.traces.refusal import Conjunct, Mismatch, Refusal
from raftcheck.traces.validate import Validator

from . import golden
from .corruption import Change, History, changes
from .runs import forked
from .runs import run as reference_run

# --- five known mistakes, and two more ----------------------------------------------------------------------


@dataclass(frozen=True)
class Mistake:
    """A fault of the catalogue, the shortest way to it, and what must be said."""

    fault: Fault
    actions: tuple[Action, ...]
    action: str
    conjunct: str
    observed: dict[str, tuple[str, str]]
    """Field to what was seen and what was allowed."""
    servers: int = 3
    config: tuple[tuple[str, int], ...] = ()

    def refusal(self) -> Refusal:
        servers = tuple(f"n{number}" for number in range(1, self.servers + 1))
        outcome = run(self.fault, servers, dict(self.config), self.actions, Validator(servers))
        assert isinstance(outcome.failure, Refusal), outcome.failure
        return diagnosis_of(servers, outcome.events)


def elected(leader: str, voter: str) -> tuple[Action, ...]:
    """A first election, and what it takes."""
    return Timeout(leader, "election"), Deliver(leader, voter, 1), Deliver(voter, leader, 1)


MISTAKES = [
    Mistake(
        faults.vote_no_votedfor,
        (Timeout("n2", "election"), Timeout("n1", "election"), Deliver("n1", "n2", 1)),
        action="HandleRequestVoteRequest",
        conjunct="votedFor[i] \\in {Nil, m.msource}",
        observed={"sends mvoteGranted": ("TRUE", "FALSE")},
    ),
    Mistake(
        faults.vote_not_cleared_new_term,
        (
            Timeout("n3", "election"),
            Deliver("n3", "n2", 1),
            Timeout("n1", "election"),
            Timeout("n1", "election"),
            Deliver("n1", "n2", 2),
        ),
        action="HandleRequestVoteRequest",
        conjunct="mvoteGranted |-> grant",
        observed={"sends mvoteGranted": ("FALSE", "TRUE")},
    ),
    Mistake(
        faults.vote_counter_not_set,
        (*elected("n1", "n2")[:2], Duplicate("n2", "n1", 1), Deliver("n2", "n1", 1), Deliver("n2", "n1", 1)),
        action="BecomeLeader",
        conjunct="2 * Cardinality(servers) > Cardinality(Server)",
        observed={"role": ('"Leader"', '"Candidate"')},
        servers=5,
    ),
    Mistake(
        faults.ae_truncate_always,
        (
            *elected("n1", "n2"),
            Request("n1", "x=1"),
            Deliver("n1", "n2", 3),
            Deliver("n1", "n2", 2),
        ),
        action="HandleAppendEntriesRequest",
        conjunct="log' = [log EXCEPT ![i] = SubSeq(new, 1, stored)]",
        observed={"log": ("<<>>", '<<[term |-> 1, value |-> "x=1"]>>')},
    ),
    Mistake(
        faults.match_not_max,
        (
            *elected("n1", "n2"),
            Request("n1", "x=1"),
            Deliver("n1", "n3", 2),
            Deliver("n1", "n3", 3),
            Deliver("n3", "n1", 2),
            Deliver("n3", "n1", 1),
        ),
        action="HandleAppendEntriesResponse",
        conjunct="nextIndex' = [nextIndex EXCEPT ![i][j] = next]",
        observed={
            "nextIndex": ("[n2 |-> 1, n3 |-> 1]", "[n2 |-> 1, n3 |-> 2]"),
            "matchIndex": ("[n2 |-> 0, n3 |-> 0]", "[n2 |-> 0, n3 |-> 1]"),
        },
    ),
    Mistake(
        faults.commit_old_term,
        (
            *elected("n3", "n1"),
            Request("n3", "v1"),
            Deliver("n3", "n1", 3),
            Deliver("n3", "n2", 3),
            *elected("n1", "n2"),
            Deliver("n1", "n2", 2),
            Deliver("n2", "n1", 2),
        ),
        action="AdvanceCommitIndex",
        conjunct="log[i][index].term = currentTerm[i]",
        observed={"commitIndex": ("1", "0")},
    ),
    Mistake(
        faults.vote_volatile,
        (Timeout("n1", "election"), Crash("n1"), Restart("n1")),
        action="Restart",
        conjunct="UNCHANGED <<messages, currentTerm, votedFor, log, historyVars>>",
        observed={"votedFor": ('""', '"n1"')},
    ),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.fault.id)
def test_the_explanation_names_the_action_the_conjunct_and_both_sides(mistake: Mistake) -> None:
    refusal = mistake.refusal()
    assert refusal.action == mistake.action
    assert refusal.conjunct.text == mistake.conjunct
    assert {d.name: (d.observed, d.allowed) for d in refusal.differences} == mistake.observed


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.fault.id)
def test_the_explanation_reads_as_it_did(mistake: Mistake) -> None:
    golden.check(mistake.fault.id, mistake.refusal().report())


# --- fields changed at random -------------------------------------------------------------------------------


def name_in_report(field: str) -> str:
    """What a field of a line is called in a report: as in raft.tla."""
    part, _, inner = field.partition(".")
    if inner:
        return f"{part} {RECORD_FIELDS[inner]}"
    return STATE_FIELDS.get(field, "sends")


def test_the_field_that_was_changed_is_the_one_that_is_shown() -> None:
    """Not always: where a sender goes on elsewhere, it is what it sent there that differs."""
    shown, all_of_them = 0, 0
    for number, (refusal, change) in enumerate(refused_changes()):
        if number % 30 == 0:
            all_of_them += 1
            shown += name_in_report(change.field) in [d.name for d in refusal().differences]
    assert all_of_them > 200
    assert shown > 0.95 * all_of_them


def refused_changes() -> Iterator[tuple[Callable[[], Refusal], Change]]:
    for seed in (1, 2):
        servers, events = reference_run(seed, 3)
        judge, history = Validator(servers), History()
        for event in events:
            before = forked(judge)
            assert judge.observe(event) is None
            for change in changes(event, servers) if event.event != "Init" else ():
                if history.answer(event, change)[0] == "refuse":
                    yield partial(refusal_of, before, change.line), change
            history.add(event)


def refusal_of(judge: Validator, line: Event) -> Refusal:
    refusal = forked(judge).observe(line)
    assert refusal is not None
    assert refusal.line == judge.judged.lines + 1
    assert refusal.server == line.server
    assert refusal.report().startswith(f"line {refusal.line}: {line.server} {refusal.action} is not a step")
    return refusal


# --- one line, and what is said of it -----------------------------------------------------------------------

ASK = RequestVoteRequest("n1", "n2", 1, 0, 0)
GRANT = RequestVoteResponse("n2", "n1", 1, True)
APPEND = AppendEntriesRequest("n1", "n2", 1, 0, 0, (Entry(1, "v"),), 0)
STORED = AppendEntriesResponse("n2", "n1", 1, True, 1)

ELECTION = (
    Event(event="Timeout", server="n1", sends=(ASK,)),
    Event(event="Receive", server="n2", message=ASK, sends=(GRANT,)),
    Event(event="Receive", server="n1", message=GRANT, sends=(), state=NodeState(role="Leader")),
)


def refused(*events: Event) -> Refusal:
    """What is said of the last of these events."""
    judge = Validator(("n1", "n2", "n3"))
    for event in events[:-1]:
        assert judge.observe(event) is None
    refusal = judge.observe(events[-1])
    assert refusal is not None
    return refusal


def differences(refusal: Refusal) -> list[tuple[str, str, str]]:
    return [(d.name, d.observed, d.allowed) for d in refusal.differences]


def test_a_message_that_was_never_sent_is_held_against_the_nearest_in_flight() -> None:
    other = replace(ASK, last_log_index=7, last_log_term=3)
    refusal = refused(ELECTION[0], Event(event="Receive", server="n2", message=other, sends=(GRANT,)))
    assert refusal.action == "HandleRequestVoteRequest"
    assert refusal.conjunct.text == "\\E m \\in MessagesTo(i, RequestVoteRequest)"
    assert refusal.conjunct.values == ("MessagesTo(i, RequestVoteRequest) = {}",)
    assert differences(refusal) == [
        ("message mlastLogIndex", "7", "0"),
        ("message mlastLogTerm", "3", "0"),
    ]


def test_a_message_out_of_nothing_is_said_to_be_that() -> None:
    refusal = refused(Event(event="Receive", server="n2", message=APPEND))
    assert refusal.action == "HandleAppendEntriesRequest"
    ((name, observed, allowed),) = differences(refusal)
    assert (name, allowed) == ("message", "no such in flight")
    assert "AppendEntriesRequest" in observed


@pytest.mark.parametrize("event", ["DropMessage", "DuplicateMessage"])
def test_the_network_loses_and_duplicates_what_is_in_flight_only(event: str) -> None:
    refusal = refused(
        *ELECTION[:2], Event(event=event, server="n1", message=replace(GRANT, vote_granted=False))
    )
    assert refusal.action == event
    assert differences(refusal) == [("message mvoteGranted", "FALSE", "TRUE")]


def test_a_message_is_received_once_for_each_time_that_it_was_sent() -> None:
    refusal = refused(*ELECTION[:2], Event(event="Receive", server="n2", message=ASK, sends=(GRANT,)))
    assert refusal.action == "HandleRequestVoteRequest"
    assert [d.allowed for d in refusal.differences] == ["no such in flight"]


def test_an_answer_that_is_sent_twice_is_one_too_many() -> None:
    refusal = refused(ELECTION[0], Event(event="Receive", server="n2", message=ASK, sends=(GRANT, GRANT)))
    assert refusal.action == "HandleRequestVoteRequest"
    assert refusal.conjunct.text.startswith("messages' = Reply([mtype |-> RequestVoteResponse")
    ((name, observed, allowed),) = differences(refusal)
    assert (name, allowed) == ("sends", "nothing more")
    assert "RequestVoteResponse" in observed


def test_an_answer_that_is_not_sent_is_missing() -> None:
    refusal = refused(ELECTION[0], Event(event="Receive", server="n2", message=ASK, sends=()))
    assert refusal.action == "HandleRequestVoteRequest"
    ((name, observed, allowed),) = differences(refusal)
    assert (name, observed) == ("sends", "nothing")
    assert "RequestVoteResponse" in allowed


def test_a_server_that_just_came_back_has_nothing_to_send() -> None:
    refusal = refused(*ELECTION, Event(event="Restart", server="n1", sends=(APPEND,)))
    assert refusal.action == "Restart"
    assert [d.allowed for d in refusal.differences] == ["nothing more"]


def test_only_a_leader_appends_and_sends_entries() -> None:
    refusal = refused(Event(event="ClientRequest", server="n1", value="v"))
    assert (refusal.action, refusal.conjunct.text) == ("ClientRequest", "role[i] = Leader")
    assert refusal.conjunct.values == ('role[i] = "Follower"', 'Leader = "Leader"')
    refusal = refused(Event(event="Crash", server="n1", sends=(replace(APPEND, term=0),)))
    assert (refusal.action, refusal.conjunct.text) == ("AppendEntries", "role[i] = Leader")
    refusal = refused(ELECTION[0], Event(event="Timeout", server="n1", sends=(replace(APPEND, term=2),)))
    assert refusal.action == "BecomeLeader"
    assert refusal.conjunct.text == "2 * Cardinality(servers) > Cardinality(Server)"


def test_a_leader_needs_a_quorum_of_votes() -> None:
    leader = NodeState(role="Leader")
    refusal = refused(replace(ELECTION[0], state=leader))
    assert refusal.action == "BecomeLeader"
    assert refusal.conjunct.text == "2 * Cardinality(servers) > Cardinality(Server)"
    assert refusal.taken == ("Timeout", "RequestVote")
    assert differences(refusal) == [("role", '"Leader"', '"Candidate"')]


def test_a_commit_needs_a_quorum_that_has_the_entry() -> None:
    state = NodeState(role="Leader", commit_index=1)
    refusal = refused(*ELECTION, Event(event="ClientRequest", server="n1", value="v", sends=(), state=state))
    assert refusal.action == "AdvanceCommitIndex"
    assert refusal.conjunct.text == "2 * Cardinality(servers) > Cardinality(Server)"
    assert refusal.taken == ("ClientRequest",)
    assert differences(refusal) == [("commitIndex", "1", "0")]


def test_what_was_so_before_the_line_is_what_was_so_before_the_action() -> None:
    state = NodeState(log=(Entry(1, "other"),))
    refusal = refused(*ELECTION, Event(event="ClientRequest", server="n1", value="v", sends=(), state=state))
    assert refusal.action == "ClientRequest"
    assert differences(refusal) == [
        ("log", '<<[term |-> 1, value |-> "other"]>>', '<<[term |-> 1, value |-> "v"]>>')
    ]
    assert dict(refusal.before)["log"] == "<<>>"


def test_a_finer_line_is_held_against_its_own_action() -> None:
    for event, conjunct in (
        ("BecomeLeader", "role[i] = Candidate"),
        ("AdvanceCommitIndex", "role[i] = Leader"),
        ("UpdateTerm", "\\E m \\in MessagesTo(i, type)"),
        ("HandleAppendEntriesResponse", "\\E m \\in MessagesTo(i, AppendEntriesResponse)"),
    ):
        refusal = refused(Event(event=event, server="n1"))
        assert (refusal.action, refusal.conjunct.text) == (event, conjunct)
    refusal = refused(Event(event="AppendEntries", server="n1", sends=(ASK,)))
    assert (refusal.action, refusal.conjunct.text) == ("AppendEntries", "role[i] = Leader")
    refusal = refused(Event(event="BecomeLeader", server="n1", state=NodeState(role="Follower")))
    assert (refusal.action, refusal.conjunct.text) == ("BecomeLeader", "role[i] = Candidate")
    waiting = replace(ELECTION[2], state=NodeState(role="Candidate"))
    leads = Event(event="BecomeLeader", server="n1", state=NodeState(role="Candidate"))
    refusal = refused(*ELECTION[:2], waiting, leads)
    assert refusal.conjunct == Conjunct(
        "role' = [role EXCEPT ![i] = Leader]", refusal.conjunct.place, ('role\'[i] = "Leader"',)
    )
    refusal = refused(ELECTION[0], Event(event="RequestVote", server="n1", sends=(APPEND,)))
    assert refusal.conjunct.text.startswith("messages' = Send([mtype |-> RequestVoteRequest")


def test_a_server_begins_as_a_follower_with_the_log_that_it_says() -> None:
    refusal = refused(Event(event="Init", server="n1", state=NodeState(role="Leader")))
    assert (refusal.line, refusal.action) == (1, "Init")
    assert differences(refusal) == [("role", '"Leader"', '"Follower"')]
    refusal = refused(Event(event="Init", server="n1", state=NodeState(log=(Entry(1, "v"),), commit_index=2)))
    assert differences(refusal) == [("commitIndex", "2", "1")]


def test_what_gives_an_answer_its_words_is_a_choice_of_raft_or_the_way_that_was_taken() -> None:
    """How far a follower acknowledges is its choice; whether it accepts, a matter of its log."""
    asked = (*ELECTION, Event(event="ClientRequest", server="n1", value="v", sends=(APPEND,)))
    far = replace(STORED, match_index=9)
    refusal = refused(*asked, Event(event="Receive", server="n2", message=APPEND, sends=(far,)))
    assert refusal.gives is not None
    assert refusal.gives.text == "mmatchIndex |-> ack"
    assert refusal.gives.values == ("AckChoices(i, m) = {0, 1}",)
    no = replace(STORED, success=False, match_index=0)
    refusal = refused(*asked, Event(event="Receive", server="n2", message=APPEND, sends=(no,)))
    assert refusal.gives is not None
    assert refusal.false is not None
    assert (refusal.gives.text, refusal.false.text) == ("msuccess |-> TRUE", "~Acceptable(i, m)")
    assert refusal.false.values == ("Acceptable(i, m) = TRUE",)


def test_a_variable_that_depends_on_a_condition_comes_with_what_made_that_false() -> None:
    second = replace(ASK, source="n3")
    refusal = refused(
        *ELECTION[:2],
        Event(event="Timeout", server="n3", sends=(second,)),
        Event(event="Receive", server="n2", message=second, state=NodeState(voted_for="n3")),
    )
    assert refusal.gives is not None
    assert refusal.false is not None
    assert refusal.gives.text == "votedFor' = IF grant THEN [votedFor EXCEPT ![i] = m.msource] ELSE votedFor"
    assert refusal.gives.values == ('votedFor\'[i] = "n1"',)
    assert refusal.false.text == "votedFor[i] \\in {Nil, m.msource}"


# --- what can be said beyond the verdict --------------------------------------------------------------------


def diagnosed(*events: Event) -> Refusal:
    return diagnosis_of(("n1", "n2", "n3"), events)


def test_of_the_state_any_number_of_fields_can_be_ignored() -> None:
    other = NodeState(role="Leader", current_term=9, voted_for="n3", log=(Entry(1, "v"),), commit_index=1)
    refusal = diagnosed(ELECTION[0], Event(event="Receive", server="n2", message=ASK, state=other))
    (only,) = refusal.ignorable
    assert {difference.name for difference in only.fields} == {
        "state.role", "state.current_term", "state.voted_for", "state.log", "state.commit_index",
    }  # fmt: skip
    assert refusal.mismatch is not None
    assert refusal.mismatch.kind == "state"


def allowed_instead(*events: Event) -> dict[str, str]:
    """The fields of the best of the smallest sets, and what they should have said."""
    return {difference.name: difference.allowed for difference in diagnosed(*events).ignorable[0].fields}


def test_what_an_answer_should_have_said_is_taken_from_the_spec() -> None:
    asked = (*ELECTION, Event(event="ClientRequest", server="n1", value="v", sends=(APPEND,)))
    far = replace(STORED, match_index=99, term=77)
    received = Event(event="Receive", server="n2", message=APPEND, sends=(far,))
    assert allowed_instead(*asked, received) == {"sends[0].match_index": "1", "sends[0].term": "1"}


def test_what_a_request_should_have_said_is_taken_from_the_log() -> None:
    log = tuple(Entry(7, f"v{number}") for number in range(1, 31))
    inits = [Event(event="Init", server=name, state=NodeState(log=log)) for name in ("n1", "n2", "n3")]
    strange = replace(ASK, last_log_index=3, last_log_term=99)
    asked = Event(event="Timeout", server="n1", sends=(strange,))
    assert allowed_instead(*inits, asked) == {
        "sends[0].last_log_index": "30",
        "sends[0].last_log_term": "7",
    }


def test_a_long_value_is_cut_in_the_report_and_whole_in_the_refusal() -> None:
    log = tuple(Entry(1, f"v{number}") for number in range(1, 101))
    inits = [Event(event="Init", server=name, state=NodeState(log=log)) for name in ("n1", "n2", "n3")]
    refusal = diagnosed(*inits, Event(event="Restart", server="n1", state=NodeState(log=log[:-1])))
    assert max(map(len, refusal.report().splitlines())) < 320
    assert '"v100"]>>' in refusal.report()
    assert refusal.ignorable[0].fields[0].allowed.count("value") == 100


def test_a_message_that_is_in_flight_is_not_said_to_be_none() -> None:
    """n2 shows what it does on the request for votes, and names that for entries."""
    ask, grant = RequestVoteRequest("n3", "n2", 2, 0, 0), RequestVoteResponse("n2", "n3", 2, True)
    voted = NodeState(current_term=2, voted_for="n3")
    refusal = diagnosed(
        *ELECTION,
        Event(event="Timeout", server="n3"),
        Event(event="Timeout", server="n3", sends=(ask,)),
        Event(event="ClientRequest", server="n1", value="v", sends=(APPEND,)),
        Event(event="Receive", server="n2", message=APPEND, sends=(grant,), state=voted),
    )
    assert [difference.name for difference in refusal.ignorable[0].fields] == ["message"]
    assert refusal.mismatch == Mismatch(
        "message content", "the line shows what comes of another message that is in flight"
    )
