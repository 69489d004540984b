"""Scenarios: ways through rounds of Raft, from spec/Rounds.tla, which a cluster goes action by action."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from raftcheck.properties.adapters.reference import (
    ANY_NETWORK,
    DiskStorage,
    Reference,
    ReferenceNode,
    reference,
)
from raftcheck.properties.adapters.teaching import implementation as teaching
from raftcheck.properties.campaign import Campaign, run_schedule
from raftcheck.properties.directing import directed
from raftcheck.properties.faults import CommitOldTerm, commit_old_term
from raftcheck.properties.lockstep import Lockstep, Outcome, kind_of, run
from raftcheck.properties.mixing import EVERY, check_fits, scenario_for
from raftcheck.properties.node import Caps, Env, Implementation, Network, NodeState
from raftcheck.properties.scenarios import (
    FILE,
    Bounds,
    Scenario,
    UnknownScenario,
    scenario_called,
    scenarios,
    to_json,
)
from raftcheck.properties.schedules import Deliver, Duplicate, Heal, Partition, server_names
from raftcheck.properties.ways import way_to
from raftcheck.reference.messages import Message
from raftcheck.reference.raft import Raft
from raftcheck.tla.errors import TlaError
from raftcheck.tla.values import Function, Value, apply
from raftcheck.traces.events import NOBODY
from raftcheck.traces.validate import Validator

FAR = {"Figure8-5", "CommitBeyond", "LateRefusal", "OtherTermBefore"}
"""Found only among many states."""

each = pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)


def gone(implementation: Implementation, scenario: Scenario) -> Outcome:
    """The scenario alone, judged."""
    servers = server_names(scenario.bounds.servers)
    source = directed(scenario.rounds, dict(zip(servers, servers, strict=True)))
    config = {"max_entries": scenario.bounds.max_entries}
    return run(implementation, servers, config, source, Validator(servers))


def test_the_file_is_written_as_it_is_read() -> None:
    assert FILE.read_bytes() == to_json(scenarios())
    names = [scenario.name for scenario in scenarios()]
    assert len(set(names)) == len(names)


@each
def test_the_reference_goes_it_and_each_step_is_one_of_raft(scenario: Scenario) -> None:
    outcome = gone(reference, scenario)
    assert outcome.failure is None
    assert outcome.judged == outcome.steps > 0


@pytest.mark.parametrize("name", ["Figure8", "Figure8-5"])
def test_figure_8_has_few_actions_and_is_refused_at_the_commit(name: str) -> None:
    """§5.4.2."""
    scenario = scenario_called(name)
    assert len(gone(reference, scenario).performed) <= 25
    failure = gone(commit_old_term, scenario).failure
    assert failure is not None
    assert kind_of(failure) == ("refusal", "AdvanceCommitIndex")


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(scenario, id=scenario.name, marks=[pytest.mark.deep] if scenario.name in FAR else [])
        for scenario in scenarios()
    ],
)
def test_the_reference_is_after_each_round_where_the_model_is(scenario: Scenario) -> None:
    """So each step of Rounds.tla on these ways is one or more of raft.tla, which judges all of it."""
    way, _ = way_to(scenario.goal, scenario.bounds)
    assert way is not None
    assert way.rounds == scenario.rounds, "scenarios.json is what the search finds"
    for count, state in enumerate(way.states, 1):
        seen = cluster_after(msgspec.structs.replace(scenario, rounds=scenario.rounds[:count]))
        assert seen == {str(name): of_model(state, name) for name in sorted(servers_of(state), key=str)}


def cluster_after(scenario: Scenario) -> dict[str, Seen]:
    names = server_names(scenario.bounds.servers)
    lockstep = Lockstep(reference, names, {"max_entries": scenario.bounds.max_entries}, Validator(names))
    lockstep.start()
    for action in directed(scenario.rounds, dict(zip(names, names, strict=True)))(lockstep.cluster):
        assert lockstep.do(action), f"{action} was not enabled"
        assert lockstep.outcome.failure is None
    return {name: of_node(name, server.state) for name, server in lockstep.cluster.servers.items()}


Seen = tuple[object, ...]
"""Of a server: term, vote, whether it leads, terms of the log, commit index, and its indexes if it leads."""


def of_node(name: str, state: NodeState | None) -> Seen:
    assert state is not None
    assert state.log is not None
    leads = state.role == "Leader"
    nexts = sorted((state.next_index or {}).items()) if leads else None
    matches = sorted((state.match_index or {}).items()) if leads else None
    log = tuple(entry.term for entry in state.log)
    return state.current_term, state.voted_for or NOBODY, leads, log, state.commit_index, nexts, matches


def servers_of(state: Mapping[str, Value]) -> frozenset[Value]:
    terms = state["term"]
    assert isinstance(terms, Function)
    return frozenset(name for name, _ in terms.items())


def of_model(state: Mapping[str, Value], name: Value) -> Seen:
    def of(variable: str) -> Value:
        return apply(state[variable], name)

    def indexes(variable: str) -> list[tuple[str, Value]]:
        values = of(variable)
        assert isinstance(values, Function)
        return sorted((str(peer), index) for peer, index in values.items() if peer is not name)

    assert isinstance(state["leads"], frozenset)
    leads = name in state["leads"]
    vote = "" if str(of("votedFor")) == "Nil" else str(of("votedFor"))
    nexts, matches = (indexes("nextIndex"), indexes("matchIndex")) if leads else (None, None)
    return of("term"), vote or NOBODY, leads, of("log"), of("commitIndex"), nexts, matches


def test_a_campaign_begins_one_schedule_in_eight_with_a_scenario_in_turn() -> None:
    """And the others are what they would be without."""
    directed = [scenario_for(index, ANY_NETWORK, None, None) for index in range(EVERY * len(scenarios()))]
    assert tuple(found for found in directed if found is not None) == scenarios()
    assert [place for place, found in enumerate(directed[: 2 * EVERY]) if found is not None] == [7, 15]


def test_a_directed_schedule_goes_on_at_random_and_is_the_same_again() -> None:
    campaign = Campaign("reference", 3, length=80)
    schedule, outcome = run_schedule(reference, campaign, EVERY - 1)
    assert outcome.failure is None
    assert len(gone(reference, scenarios()[0]).performed) < len(schedule.actions) <= 80
    assert run_schedule(reference, campaign, EVERY - 1)[0] == schedule
    other, _ = run_schedule(reference, Campaign("reference", 4, length=80), EVERY - 1)
    assert other.actions != schedule.actions


def test_no_schedule_is_longer_than_was_asked_for() -> None:
    schedule, _ = run_schedule(reference, Campaign("reference", 0, length=10, scenario="Figure8"), 0)
    assert len(schedule.actions) <= 10


def test_scenarios_are_for_what_the_implementation_bears() -> None:
    streams = [found for found in scenarios() if found.unfit(Caps(network="stream")) is None]
    assert scenario_called("Figure8") in streams
    assert scenario_called("LateAnswer") not in streams
    assert "does not survive" in (scenario_called("VoteOverRestart").unfit(Caps(durable=False)) or "")
    fives = [found.name for found in scenarios() if found.unfit(Caps(), 5) is None]
    assert fives == ["Figure8-5"]
    assert scenario_for(EVERY - 1, Caps(), 9, None) is None


@pytest.mark.parametrize("network", ["stream", "stream+gaps"])
def test_over_streams_too_figure_8_comes_to_the_commit(network: Network) -> None:
    caps = Caps(network=network)
    for name in ("Figure8", "Figure8-5"):
        assert gone(Reference(caps=caps), scenario_called(name)).failure is None
        failure = gone(Reference(CommitOldTerm, caps=caps), scenario_called(name)).failure
        assert failure is not None
        assert kind_of(failure) == ("refusal", "AdvanceCommitIndex")


def test_a_scenario_that_is_not_there_or_not_for_the_target_is_refused_in_a_line() -> None:
    with pytest.raises(UnknownScenario, match=r"no scenario `Figure9`; did you mean `Figure8`\?"):
        check_fits("Figure9", Caps(), None)
    with pytest.raises(
        UnknownScenario, match=r"--scenario Figure8: it has 3 servers; expected one of Figure8-5"
    ):
        check_fits("Figure8", Caps(), 5)
    with pytest.raises(UnknownScenario, match="--scenario LateAnswer: its messages"):
        check_fits("LateAnswer", Caps(network="stream"), None)


def test_a_goal_of_ones_own_is_reached_or_refused_with_its_place() -> None:
    way, _ = way_to(r"\E i \in Server : commitIndex[i] = 1", Bounds())
    assert way is not None
    assert [step.action for step in way.rounds] == ["Elect", "ClientRequest", "Exchange"]
    nowhere, result = way_to(r"\E i, j \in leads : i # j /\ term[i] = term[j]", Bounds(terms=1))
    assert nowhere is None
    assert not result.stopped
    with pytest.raises(TlaError, match=r"^GOAL:1:1: .*`commitIndx`"):
        way_to("commitIndx = 1", Bounds())


@each
def test_another_raft_goes_it_with_messages_of_its_own(scenario: Scenario) -> None:
    outcome = gone(teaching, scenario)
    assert outcome.failure is None
    assert len(outcome.performed) > len(scenario.rounds)


def test_where_ticks_are_the_clock_they_run_until_an_election_begins() -> None:
    """As in a Raft after etcd's interface."""
    ticking = Reference(node=Ticking)
    assert gone(ticking, scenario_called("Figure8")).failure is None
    failure = gone(Reference(CommitOldTerm, node=Ticking), scenario_called("Figure8")).failure
    assert failure is not None
    assert kind_of(failure) == ("refusal", "AdvanceCommitIndex")


class Ticking(ReferenceNode):
    """Its one timer is a tick; the third begins an election, or is a heartbeat."""

    ticks = 0

    def timers(self) -> tuple[str, ...]:
        return ("tick",)

    def fire(self, timer: str) -> None:
        self.ticks += 1
        if self.ticks % 3 == 0:
            super().fire(self.raft.timers[0])


def test_work_that_waits_is_done_before_a_round_is_over() -> None:
    """Where a node takes in messages at once, and handles them when a timer says so."""
    servers = server_names(3)
    source = directed(scenario_called("Figure8").rounds, dict(zip(servers, servers, strict=True)))
    outcome = run(Reference(CommitOldTerm, node=Waiting), servers, {}, source)
    states = [event.state for event in outcome.events if event.state is not None]
    assert [(state.current_term, state.role) for state in states if state.commit_index] == [(3, "Leader")]


class Waiting(ReferenceNode):
    def __init__(self, env: Env, raft: Raft, storage: DiskStorage) -> None:
        super().__init__(env, raft, storage)
        self.waiting: list[tuple[str, Message]] = []

    def deliver(self, source: str, payload: Message) -> None:
        self.waiting.append((source, payload))

    def timers(self) -> tuple[str, ...]:
        return (*super().timers(), *(["work"] if self.waiting else []))

    def fire(self, timer: str) -> None:
        if timer == "work":
            super().deliver(*self.waiting.pop(0))
        else:
            super().fire(timer)


def test_a_message_that_is_held_back_arrives_after_later_ones() -> None:
    for name in ("LateAnswer", "LateRequest"):
        performed = gone(reference, scenario_called(name)).performed
        links: dict[tuple[str, str], list[int]] = {}
        for action in performed:
            if isinstance(action, Deliver):
                links.setdefault((action.source, action.dest), []).append(action.number)
        assert any(numbers != sorted(numbers) for numbers in links.values()), name


def test_votes_that_arrive_twice_are_doubled() -> None:
    """The request, and each of its two answers."""
    performed = gone(reference, scenario_called("VotesTwice-4")).performed
    assert sum(isinstance(action, Duplicate) for action in performed) == 3


def test_at_the_end_of_a_scenario_nobody_is_cut_off() -> None:
    performed = gone(Reference(caps=Caps(network="stream")), scenario_called("Figure8")).performed
    assert any(isinstance(action, Partition) for action in performed)
    assert performed[-1] == Heal()
