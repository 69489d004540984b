"""Traces that show little: what is right is accepted, what is wrong refused, the rest undecided."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Literal

import pytest
from msgspec.structs import replace

from raftcheck.properties.adapters.reference import reference
from raftcheck.properties.campaign import Campaign, run_schedule
from raftcheck.properties.safety import Safety
from raftcheck.spec.model import LIBERTIES, Liberty
from raftcheck.traces.candidates import MOST_CANDIDATES
from raftcheck.traces.events import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Event,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
)
from raftcheck.traces.files import read_trace, write_trace
from raftcheck.traces.validate import Validator
from raftcheck.traces.verdict import Validation, validate

from .hiding import FAULTS, HIDDEN, hidden, no_messages, no_sends, run_of_fault
from .runs import run

SERVERS = ("n1", "n2", "n3")
Answer = Literal["accepted", "refused", "undecided"]


def judged(
    servers: Sequence[str],
    events: Iterable[Event],
    most_candidates: int = MOST_CANDIDATES,
    liberties: Collection[Liberty] = (),
) -> Validator:
    """The judge at the first line that is not explained, or at the end."""
    judge = Validator(servers, most_candidates, liberties)
    for event in events:
        if judge.observe(event) is not None or judge.undecided is not None:
            break
    return judge


def answer(judge: Validator) -> Answer:
    if judge.refusal is not None:
        return "refused"
    return "accepted" if judge.undecided is None else "undecided"


# --- right and wrong runs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("what", HIDDEN)
def test_valid_traces_are_accepted_whatever_is_left_out(what: str) -> None:
    for seed in (1, 4):
        servers, events = run(seed, 3)
        judge = judged(servers, hidden(HIDDEN[what], events[:150]))
        assert judge.refusal is None, judge.refusal.report()
        assert judge.undecided is None


@pytest.mark.deep
@pytest.mark.parametrize("what", HIDDEN)
def test_hundreds_of_valid_traces_are_accepted_whatever_is_left_out(what: str) -> None:
    for seed in range(100):
        schedule, outcome = run_schedule(reference, Campaign("reference", seed, 1, 3, judged=False), 0)
        judge = judged(schedule.servers, hidden(HIDDEN[what], outcome.events))
        assert judge.refusal is None, (seed, judge.refusal.report())
        assert judge.undecided is None, (seed, judge.undecided)


def seen(fault: str, seed: int) -> tuple[Event, ...]:
    """What happened up to where a judge to whom all is shown refuses it, and a little more."""
    servers, events = run_of_fault(fault, seed)
    judge = judged(servers, events)
    return events[: judge.judged.lines + 20] if judge.refusal is not None else ()


@pytest.mark.parametrize("what", HIDDEN)
def test_most_faults_are_refused_whatever_is_left_out(what: str) -> None:
    answers = {
        fault: answer(judged(SERVERS, hidden(HIDDEN[what], seen(fault, seed))))
        for fault, seed in FAULTS.items()
    }
    assert len(answers) == 15
    assert sum(found == "refused" for found in answers.values()) >= 12, answers


@pytest.mark.parametrize("what", ["message", "sends", "all messages"])
def test_with_all_liberties_faults_are_refused_all_the_same(what: str) -> None:
    """But for one: what it takes for committed too soon, in this run, is committed, as LearnCommit allows."""
    accepted = []
    for fault, seed in FAULTS.items():
        servers, events = run_of_fault(fault, seed)
        judge = judged(servers, hidden(HIDDEN[what], events), liberties=LIBERTIES)
        assert judge.undecided is None, fault
        if judge.refusal is None:
            accepted.append(fault)
    assert accepted == ["commit-unverified-suffix"]


UNSAFE = {
    "vote-no-votedfor": 7,
    "vote-no-uptodate": 2,
    "term-volatile": 6,
    "ae-no-prevterm": 18,
    "ae-never-truncates": 18,
    "ae-duplicate-appends": 22,
    "ae-stale-term-accepted": 24,
    "leader-overwrites-own-log": 7,
    "commit-last-stored": 17,
    "heartbeat-ack-matches-tail": 22,
}
"""Faults, each with the seed of a run in which a property breaks."""


@pytest.mark.parametrize("what", ["message", "sends", "all messages"])
def test_with_all_liberties_a_run_is_refused_in_which_a_property_breaks(what: str) -> None:
    for fault, seed in UNSAFE.items():
        servers, events = run_of_fault(fault, seed)
        safety = Safety()
        unsafe = next(line for line, event in enumerate(events, 1) if safety.observe(event) is not None)
        judge = judged(servers, hidden(HIDDEN[what], events[:unsafe]), liberties=LIBERTIES)
        assert judge.refusal is not None, fault


@pytest.mark.deep
@pytest.mark.parametrize("what", HIDDEN)
def test_most_faults_are_refused_in_most_runs_whatever_is_left_out(what: str) -> None:
    """Of five runs of each in which the judge refuses something who sees all, or as many as a few dozen seeds
    have, most are refused."""
    refused = 0
    for fault in FAULTS:
        answers: list[Answer] = []
        for seed in range(100):
            events = seen(fault, seed)
            if events and len(answers) < 5:
                answers.append(answer(judged(SERVERS, hidden(HIDDEN[what], events))))
        refused += 2 * answers.count("refused") > len(answers)
    assert refused >= 12


# --- what was not seen being sent ---------------------------------------------------------------------------

ASK = RequestVoteRequest("n1", "n2", 1, 0, 0)
GRANT = RequestVoteResponse("n2", "n1", 1, True)
APPEND = AppendEntriesRequest("n1", "n2", 1, 0, 0, (Entry(1, "v"),), 0)
ACK = AppendEntriesResponse("n2", "n1", 1, True, 1)
INIT = tuple(Event(event="Init", server=server) for server in SERVERS)
BEGINS = Event(event="Timeout", server="n1", state=NodeState(role="Candidate", current_term=1))
VOTES = Event(event="Receive", server="n2", message=ASK, state=NodeState(current_term=1, voted_for="n1"))
WINS = Event(event="Receive", server="n1", message=GRANT, state=NodeState(role="Leader", commit_index=0))
TAKES = Event(event="ClientRequest", server="n1", value="v", state=NodeState(log=(Entry(1, "v"),)))
STORES = Event(event="Receive", server="n2", message=APPEND, state=NodeState(log=(Entry(1, "v"),)))
COMMITS = Event(event="Receive", server="n1", message=ACK, state=NodeState(commit_index=1))
STORY = (BEGINS, VOTES, WINS, TAKES, STORES, COMMITS)


def refused_line(*events: Event) -> int | None:
    """Which of the events after the first snapshots is refused."""
    judge = judged(SERVERS, (*INIT, *events))
    assert judge.undecided is None
    return None if judge.refusal is None else judge.refusal.line - len(INIT)


def test_what_was_not_seen_being_sent_can_be_received() -> None:
    assert refused_line(*STORY) is None
    assert judged(SERVERS, (*INIT, *STORY)).judged.assumed == 4


def test_neither_messages_nor_sends_need_be_shown() -> None:
    assert refused_line(*hidden(no_messages, STORY)) is None


@pytest.mark.parametrize("missing", range(len(STORY)))
def test_what_could_not_have_been_sent_cannot_be_received(missing: int) -> None:
    """Each line of the story needs all that come before it, if its message is shown or not."""
    rest = STORY[:missing] + STORY[missing + 1 :]
    for events in (rest, hidden(no_messages, rest)):
        last = refused_line(*events)
        assert last is not None or missing == len(STORY) - 1


@pytest.mark.parametrize(
    ("place", "other"),
    [
        (1, replace(ASK, last_log_index=1, last_log_term=1)),
        (1, replace(ASK, term=2)),
        (1, replace(ASK, source="n3")),
        (2, replace(GRANT, source="n3")),
        (4, replace(APPEND, entries=(Entry(1, "w"),))),
        (4, replace(APPEND, entries=(Entry(1, "v"), Entry(1, "v")))),
        (4, replace(APPEND, commit_index=1)),
        (5, replace(ACK, match_index=2)),
        (5, replace(ACK, source="n3")),
    ],
)
def test_a_message_that_nobody_could_have_sent_is_refused(
    place: int, other: RequestVoteRequest | RequestVoteResponse | AppendEntriesRequest | AppendEntriesResponse
) -> None:
    line = replace(STORY[place], message=other, state=None)
    assert refused_line(*STORY[:place], line) == place + 1


def test_who_is_seen_to_send_nothing_has_sent_nothing() -> None:
    silent = tuple(replace(event, sends=()) if event is BEGINS else event for event in STORY)
    assert refused_line(*silent) == 2


def test_a_sender_may_have_claimed_less_than_it_knew_but_not_more() -> None:
    heartbeat = replace(APPEND, entries=())
    assert refused_line(*STORY[:4], replace(STORES, message=heartbeat, state=None)) is None
    less = replace(COMMITS, message=replace(ACK, match_index=0), state=NodeState(commit_index=0))
    assert refused_line(*STORY[:5], less) is None


def test_a_request_tells_of_the_time_when_it_can_have_been_sent() -> None:
    """Not of what the leader took in after it was last seen without its sends."""
    shown = replace(TAKES, sends=())
    assert refused_line(*STORY[:3], shown, STORES) == 5


def test_who_was_not_seen_to_store_an_entry_has_not_acknowledged_it() -> None:
    """n2 received something, and its log is as it was."""
    nothing = replace(STORES, state=NodeState(role="Follower", current_term=1, log=(), commit_index=0))
    assert refused_line(*hidden(no_messages, (*STORY[:4], nothing, COMMITS))) == 6


def test_who_was_seen_to_vote_has_refused_its_vote_to_all_others() -> None:
    other = Event(event="Timeout", server="n3", state=NodeState(role="Candidate", current_term=1))
    again = replace(VOTES, state=NodeState(role="Follower", current_term=1, voted_for="n1", log=()))
    wins = replace(WINS, server="n3", message=replace(GRANT, dest="n3"))
    assert refused_line(*hidden(no_messages, (BEGINS, other, VOTES, again, wins))) == 5
    assert refused_line(*hidden(no_messages, (BEGINS, other, VOTES, again, WINS))) is None


def test_a_message_that_is_not_shown_leaves_no_choice_where_the_state_tells() -> None:
    servers, events = run(0, 3)
    calm = [event for event in events if event.event not in ("Crash", "Restart")]
    assert len(calm) == len(events), "a run without crashes"
    assert judged(servers, hidden(no_messages, events)).judged.most_candidates == 1


def test_a_crash_may_have_come_amid_a_message_that_is_not_shown() -> None:
    """The vote was stored, or not; of who shows its messages, it is known that it was not handling one."""
    crash = Event(event="Crash", server="n2")
    back = Event(event="Restart", server="n2", state=NodeState(current_term=1, voted_for="n1"))
    assert refused_line(BEGINS, crash, back) is None
    assert refused_line(BEGINS, crash, replace(back, state=NodeState(current_term=0))) is None
    assert refused_line(BEGINS, crash, replace(back, state=NodeState(current_term=1, voted_for=""))) is None
    early = Event(event="Receive", server="n2", message=replace(ASK, source="n3"))
    candidate = replace(BEGINS, server="n3")
    assert refused_line(candidate, early, BEGINS, crash, replace(back, state=NodeState(voted_for="n1"))) == 5


# --- what was not seen of a state ---------------------------------------------------------------------------


def test_a_commit_that_was_not_seen_is_known_later() -> None:
    """A leader commits unseen, learns of another term, and then shows its commit index."""
    unseen = replace(COMMITS, state=None)
    other = Event(event="Timeout", server="n3", state=NodeState(current_term=1))
    later = Event(event="Timeout", server="n3", state=NodeState(current_term=2, log=()))
    ask = replace(ASK, source="n3", dest="n1", term=2)
    hears = Event(event="Receive", server="n1", message=ask)
    for index, line in ((1, None), (0, None), (2, 9)):
        shown = replace(hears, state=NodeState(role="Follower", commit_index=index))
        assert refused_line(*STORY[:5], unseen, other, later, shown) == line, index


def test_a_commit_index_that_was_once_seen_is_no_more_than_it_was() -> None:
    unseen = replace(COMMITS, state=None)
    shown = Event(event="Timeout", server="n1", state=NodeState(role="Leader", commit_index=0))
    other = Event(event="Timeout", server="n3", state=NodeState(current_term=1))
    later = Event(event="Timeout", server="n3", state=NodeState(current_term=2))
    ask = replace(ASK, source="n3", dest="n1", term=2)
    hears = Event(event="Receive", server="n1", message=ask, state=NodeState(commit_index=1))
    assert refused_line(*STORY[:5], unseen, other, later, hears) is None
    assert refused_line(*STORY[:5], unseen, shown, other, later, hears) == 10


# --- too many candidates ------------------------------------------------------------------------------------


BOUND = 20
"""Candidates that are kept in these tests."""


def idle(lines: int) -> tuple[Event, ...]:
    """Timers of which nothing is shown: any may have begun an election, or not."""
    return (*INIT, *(Event(event="Timeout", server=SERVERS[k % 2]) for k in range(lines)))


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "trace.ndjson"


def verdict(trace: Path, events: Iterable[Event]) -> Validation:
    write_trace(trace, events)
    return validate(read_trace(trace), str(trace), most_candidates=BOUND)


def test_a_trace_that_one_of_the_candidates_that_were_kept_explains_is_accepted(trace: Path) -> None:
    found = verdict(trace, (*idle(30), Event(event="Timeout", server="n3", state=NodeState(current_term=1))))
    assert (found.refusal, found.undecided, found.vacuous) == (None, None, None)
    assert found.most_candidates > BOUND
    assert found.branched[0].line == len(INIT) + 1


def test_where_candidates_were_dropped_the_trace_is_undecided_and_never_refused(trace: Path) -> None:
    term = 35
    late = Event(event="Timeout", server="n1", state=NodeState(current_term=term))
    found = verdict(trace, (*idle(80), late))
    assert found.refusal is None
    assert found.undecided is not None
    assert "\n" not in found.undecided
    assert f"no decision at {trace}:{found.lines}" in found.undecided
    assert "expected lines that show sends or role or current_term" in found.undecided
    judge = judged(SERVERS, (*idle(80), late), BOUND)
    assert judge.undecided is not None
    assert judge.undecided.line == found.lines == judge.judged.lines
    assert judge.observe(late) is None, "nothing more is said"


def test_a_larger_bound_decides(trace: Path) -> None:
    impossible = Event(event="Timeout", server="n1", state=NodeState(current_term=50))
    lines = (*idle(40), impossible)
    few = Validator(SERVERS, most_candidates=10)
    many = Validator(SERVERS, most_candidates=3_000)
    for event in lines:
        few.observe(event)
        many.observe(event)
    assert few.undecided is not None
    assert many.refusal is not None
    assert many.refusal.line == len(lines)


def test_memory_of_where_it_branched_is_bounded() -> None:
    judge = judged(SERVERS, idle(40), BOUND)
    assert len(judge.judged.branched) == 4
    assert judge.judged.branched[0].line == len(INIT) + 1
    assert all(branching.after > branching.before for branching in judge.judged.branched)


def test_the_candidates_do_not_grow_where_all_is_shown() -> None:
    servers, events = run(0, 3)
    judge = judged(servers, events)
    assert (judge.judged.most_candidates, judge.judged.branched, judge.judged.assumed) == (1, (), 0)
    assert judged(servers, map(no_sends, events)).judged.assumed > 0
