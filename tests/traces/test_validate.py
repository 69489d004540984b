"""The judge: accepts what raft.tla allows, and refuses the very line that it does not allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from raftcheck.spec import model as spec
from raftcheck.tla import values
from raftcheck.tla.config import load_config
from raftcheck.tla.model import Model, with_constants
from raftcheck.tla.modules import load
from raftcheck.tla.values import sweep
from raftcheck.traces import validate
from raftcheck.traces.encoding import STATE_FIELDS
from raftcheck.traces.events import (
    AppendEntriesRequest,
    AppendEntriesResponse,
    Entry,
    Event,
    NodeState,
    RequestVoteRequest,
    RequestVoteResponse,
)
from raftcheck.traces.validate import Validator

from .corruption import Change, History, changes
from .runs import forked, judged, run

SEEDS = range(6)
FEW_SEEDS = range(3)


def accepted(servers: tuple[str, ...], events: tuple[Event, ...]) -> Validator:
    """The judge of a trace that must be accepted."""
    judge = Validator(servers)
    for event in events:
        refusal = judge.observe(event)
        assert refusal is None, refusal.report()
    return judge


# --- what is right is accepted ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_reference_does_is_accepted(seed: int) -> None:
    servers, events = run(seed)
    judge = accepted(servers, events)
    assert judge.judged.lines == len(events)
    assert sum(judge.actions.values()) > len(events) // 2


def test_one_state_explains_a_trace_that_shows_everything() -> None:
    for seed in SEEDS:
        servers, events = run(seed)
        if all(event.event != "Crash" for event in events):
            assert accepted(servers, events).judged.most_candidates == 1


@pytest.mark.parametrize("field", STATE_FIELDS)
def test_what_is_not_observed_is_not_held_against_a_trace(field: str) -> None:
    for seed in FEW_SEEDS:
        servers, events = run(seed)
        judge = accepted(servers, tuple(without(field, event) for event in events))
        assert not judge.judged.compared[field]


@pytest.mark.parametrize("field", STATE_FIELDS)
def test_one_field_of_the_state_is_enough(field: str) -> None:
    for seed in FEW_SEEDS:
        servers, events = run(seed)
        judge = accepted(servers, tuple(with_only(field, event) for event in events))
        assert set(judge.judged.compared) <= {field, "sends", "message"}


def without(field: str, event: Event) -> Event:
    return event if event.state is None else replace(event, state=replace(event.state, **{field: None}))


def with_only(field: str, event: Event) -> Event:
    if event.state is None:
        return event
    return replace(event, state=NodeState(**{field: getattr(event.state, field)}))


@pytest.mark.parametrize("seed", FEW_SEEDS)
def test_no_state_at_all_need_be_observed(seed: int) -> None:
    servers, events = run(seed)
    accepted(servers, tuple(replace(event, state=None) for event in events[:60]))


def test_a_timer_need_not_have_a_name() -> None:
    servers, events = run(0)
    accepted(servers, tuple(replace(e, timer=None) if e.event == "Timeout" else e for e in events))


def test_a_crash_without_a_cause_is_one_between_events() -> None:
    """Not a cause that was not observed: there an election could have begun."""
    ask = RequestVoteRequest("n1", "n2", 1, 0, 0)
    crash = Event(event="Crash", server="n1", sends=(ask,))
    assert judged(SERVERS, ()).observe(crash) is not None
    assert judged(SERVERS, ()).observe(replace(crash, timer="election")) is None


# --- what is wrong is refused where it is wrong -------------------------------------------------------------


@dataclass(slots=True)
class Verdicts:
    """What a judge said to changed lines, against what it must say."""

    wrong: list[str]
    said: Counter[tuple[str, str]]
    """(field, answer) to how often."""


def verdicts(servers: tuple[str, ...], events: tuple[Event, ...], only: str | None = None) -> Verdicts:
    """Has a judge look at each line with each field changed (or one), after all that comes before it."""
    found = Verdicts([], Counter())
    judge, history = Validator(servers), History()
    for event in events:
        before = forked(judge)
        assert judge.observe(event) is None
        for change in changes(event, servers) if event.event != "Init" else ():
            if only in (None, change.field):
                must, why = history.answer(event, change)
                said = "accept" if forked(before).observe(change.line) is None else "refuse"
                found.said[change.field, said] += 1
                if must not in (said, "either"):
                    found.wrong.append(f"{said}: {change}\nbut {why}; it was {event}")
        history.add(event)
    return found


@pytest.fixture(scope="module", autouse=True)
def unexplained() -> Iterator[None]:
    """A judge that does not say why: explanations are for people, and cost a hundred times the verdict."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validate, "explain", lambda *_: "refused")
        yield


@pytest.fixture(scope="module")
def found(unexplained: None) -> list[Verdicts]:
    return [verdicts(*run(seed, 3)) for seed in (1, 2, 4)]


def test_a_line_with_one_field_changed_is_refused_unless_raft_allows_it_too(found: list[Verdicts]) -> None:
    """Every field of every line; corruption.py says by Figure 2 which changes are none for raft.tla."""
    for of_seed in found:
        assert not of_seed.wrong, of_seed.wrong[0]
        refused = sum(count for (_, said), count in of_seed.said.items() if said == "refuse")
        assert refused > 0.75 * of_seed.said.total() > 1000


def test_each_field_is_refused_somewhere(found: list[Verdicts]) -> None:
    """Or the test above would not have looked at it."""
    refused = {field for of_seed in found for (field, said) in of_seed.said if said == "refuse"}
    fields = {"sends", "value", *STATE_FIELDS}
    for kind in (RequestVoteRequest, RequestVoteResponse, AppendEntriesRequest, AppendEntriesResponse):
        fields |= {f"sends.{name}" for name in kind.__struct_fields__}
        fields |= {f"message.{name}" for name in kind.__struct_fields__} - {"message.dest"}
    assert fields <= refused


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(100, 160))
def test_many_lines_with_one_field_changed(seed: int) -> None:
    found = verdicts(*run(seed))
    assert not found.wrong, found.wrong[0]


# --- the judge is not vacuous: one that sees less lets something pass ---------------------------------------


WEAKER = {
    "current_term": ("    /\\ ObservedTerm\n", ""),
    "role": ("    /\\ ObservedRole\n", ""),
    "voted_for": ("    /\\ ObservedVote\n", ""),
    "log": ("    /\\ ObservedLog\n", ""),
    "commit_index": ("    /\\ ObservedCommitIndex\n", ""),
    "votes_granted": ("    /\\ ObservedVotes\n", ""),
    "next_index": ("    /\\ ObservedNextIndex\n", ""),
    "match_index": ("    /\\ ObservedMatchIndex\n", ""),
    "sends.term": ("    /\\ Sent = NextSend\n", "    /\\ Sent = EmptyBag <=> NextSend = EmptyBag\n"),
}
"""Field to the conjunct of Traceraft that sees it, and what a judge has instead who does not."""


def weaker_model(folder: Path, servers: tuple[str, ...], strong: str, weak: str) -> Model:
    """Traceraft with one conjunct less."""
    text = (spec.FOLDER / "Traceraft.tla").read_text()
    assert strong in text
    (folder / "Traceraft.tla").write_text(text.replace(strong, weak))
    for name in ("raft.tla", "Traceraft.cfg"):
        (folder / name).write_text((spec.FOLDER / name).read_text())
    config = load_config(folder / "Traceraft.cfg")
    return Model(load(folder / "Traceraft.tla"), with_constants(config, Server=frozenset(servers)))


@pytest.mark.parametrize("field", WEAKER)
def test_a_judge_that_sees_less_is_found_out(
    field: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers, events = run(4, 3)
    model = weaker_model(tmp_path, servers, *WEAKER[field])
    monkeypatch.setattr(validate, "trace_model", lambda *_: model)
    assert verdicts(servers, events[:120], field).wrong


# --- what a line can be -------------------------------------------------------------------------------------

SERVERS = ("n1", "n2", "n3")
ASK = RequestVoteRequest("n1", "n2", 1, 0, 0)
GRANT = RequestVoteResponse("n2", "n1", 1, True)
LEADER = NodeState(role="Leader", log=())
ELECTION = (
    Event(event="Timeout", server="n1", sends=(ASK,)),
    Event(event="Receive", server="n2", message=ASK, sends=(GRANT,)),
    Event(event="Receive", server="n1", message=GRANT, sends=(), state=LEADER),
)


def test_a_restart_needs_no_crash() -> None:
    state = NodeState(role="Follower", current_term=1, voted_for="n1")
    accepted(SERVERS, (*ELECTION, Event(event="Restart", server="n1", state=state)))


def test_what_the_network_made_twice_is_received_twice() -> None:
    again = Event(event="Receive", server="n2", message=ASK, sends=(GRANT,))
    judge = judged(SERVERS, ELECTION)
    assert forked(judge).observe(again) is not None
    assert judge.observe(Event(event="DuplicateMessage", server="n2", message=GRANT)) is not None
    twice = Event(event="DuplicateMessage", server="n2", message=ASK)
    accepted(SERVERS, (ELECTION[0], twice, ELECTION[1], again))


def test_a_lost_message_need_not_be_told_but_is_gone_if_it_is() -> None:
    lost = Event(event="DropMessage", server="n2", message=ASK)
    accepted(SERVERS, (ELECTION[0], lost))
    assert judged(SERVERS, (ELECTION[0], lost)).observe(ELECTION[1]) is not None


def test_a_leader_may_begin_with_an_empty_entry_on_a_line_of_its_own() -> None:
    state = NodeState(log=(Entry(1, ""),))
    accepted(SERVERS, (*ELECTION, Event(event="ClientRequest", server="n1", value="", state=state)))


def test_a_cluster_may_begin_anywhere() -> None:
    log = (Entry(1, "a"), Entry(3, "b"))
    state = NodeState(role="Follower", current_term=7, voted_for="n3", log=log, commit_index=1)
    inits = tuple(Event(event="Init", server=name, state=state) for name in SERVERS)
    ask = RequestVoteRequest("n1", "n2", 8, 2, 3)
    accepted(SERVERS, (*inits, Event(event="Timeout", server="n1", sends=(ask,))))
    late = replace(ask, last_log_index=0, last_log_term=0)
    assert judged(SERVERS, inits).observe(Event(event="Timeout", server="n1", sends=(late,))) is not None


@pytest.mark.parametrize("servers", [("n1",), ("n1", "n2"), tuple(f"server {k}" for k in range(20))])
def test_a_cluster_may_be_of_any_size(servers: tuple[str, ...]) -> None:
    me, peers = servers[0], servers[1:]
    asks = tuple(RequestVoteRequest(me, peer, 1, 0, 0) for peer in peers)
    grants = tuple(RequestVoteResponse(peer, me, 1, True) for peer in peers)
    votes = chained(
        (
            Event(event="Receive", server=ask.dest, message=ask, sends=(grant,)),
            Event(event="Receive", server=me, message=grant, sends=()),
        )
        for ask, grant in zip(asks, grants, strict=True)
    )
    judge = accepted(servers, (Event(event="Timeout", server=me, sends=asks), *votes))
    leads = Event(event="BecomeLeader", server=me, state=NodeState(role="Leader"))
    assert judge.observe(leads) is None


def chained(pairs: Iterator[tuple[Event, Event]]) -> tuple[Event, ...]:
    return tuple(event for pair in pairs for event in pair)


def test_requests_may_be_told_in_any_order() -> None:
    asks = (ASK, replace(ASK, dest="n3"))
    accepted(SERVERS, (Event(event="Timeout", server="n1", sends=asks),))
    accepted(SERVERS, (Event(event="Timeout", server="n1", sends=asks[::-1]),))


def test_a_sweep_of_the_values_between_lines_changes_nothing() -> None:
    servers, events = run(2, 3)
    judge = Validator(servers)
    for event in events:
        sweep()
        assert judge.observe(event) is None


def test_what_only_earlier_lines_had_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the terms of a server that starts one election after the other."""
    monkeypatch.setattr(validate, "SWEPT", 50)
    judge = Validator(SERVERS)
    kept = []
    for term in range(1, 400):
        line = Event(event="Timeout", server="n1", sends=(), state=NodeState(current_term=term))
        assert judge.observe(line) is None
        kept.append(sum(len(domain.functions) for domain in values._domains.values()))
    assert max(kept[300:]) <= max(kept[100:200])


def test_two_traces_are_judged_side_by_side() -> None:
    (_, one), (servers, other) = run(1, 3), run(2, 3)
    first, second = Validator(servers), Validator(servers)
    for a, b in zip(one, other, strict=False):
        assert first.observe(a) is None
        assert second.observe(b) is None


def test_a_judge_has_nothing_to_say_after_a_refusal() -> None:
    judge = judged(SERVERS, (Event(event="BecomeLeader", server="n1"),))
    assert judge.refusal is not None
    with pytest.raises(AssertionError, match="refused already"):
        judge.observe(Event(event="Timeout", server="n1"))


def test_changes_leave_nothing_out() -> None:
    """The helper of these tests: each field of a line that shows all is changed at least once."""
    line = Event(
        event="Receive",
        server="n1",
        message=GRANT,
        sends=(AppendEntriesRequest("n1", "n2", 1, 1, 1, (Entry(1, "v"),), 1),),
        state=NodeState(
            role="Leader",
            current_term=1,
            voted_for="n1",
            log=(Entry(1, "u"), Entry(1, "v")),
            commit_index=1,
            votes_granted=("n1", "n2"),
            next_index={"n2": 2, "n3": 2},
            match_index={"n2": 1, "n3": 0},
        ),
    )
    changed = {change.field for change in changes(line, SERVERS)}
    assert set(STATE_FIELDS) <= changed
    assert {f"sends.{name}" for name in AppendEntriesRequest.__struct_fields__} <= changed
    assert {f"message.{name}" for name in RequestVoteResponse.__struct_fields__} - {"message.dest"} <= changed
    assert all(isinstance(change, Change) and change.line != line for change in changes(line, SERVERS))
