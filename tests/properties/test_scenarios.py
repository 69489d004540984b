"""Scenarios: ways through rounds of Raft, from spec/Rounds.tla, which a cluster goes action by action."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

import msgspec
import pytest

from raftcheck.properties.adapters.reference import ANY_NETWORK, Reference, reference
from raftcheck.properties.campaign import Campaign, run_schedule
from raftcheck.properties.cluster import Cluster
from raftcheck.properties.directing import directed
from raftcheck.properties.faults import commit_old_term
from raftcheck.properties.lockstep import Outcome, kind_of, run
from raftcheck.properties.mixing import EVERY, check_fits, scenario_for
from raftcheck.properties.node import Caps, Implementation
from raftcheck.properties.scenarios import (
    FILE,
    Bounds,
    Scenario,
    UnknownScenario,
    scenario_called,
    scenarios,
    to_json,
)
from raftcheck.properties.schedules import server_names
from raftcheck.properties.ways import Way, way_to
from raftcheck.tla.errors import TlaError
from raftcheck.tla.values import Function, ModelValue, Value, apply
from raftcheck.traces.events import NOBODY
from raftcheck.traces.validate import Validator

FAR = {"Figure8of5", "CommitBeyond", "LateRefusal", "OtherTermBefore"}
"""Found only among many states."""

each = pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)


def gone(implementation: Implementation, scenario: Scenario) -> Outcome:
    """The scenario alone, judged."""
    servers = server_names(scenario.bounds.servers)
    source = directed(scenario.rounds, dict(zip(servers, servers, strict=True)))
    config = {"max_entries": scenario.bounds.max_entries}
    return run(implementation, servers, config, source, Validator(servers))


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(scenario, id=scenario.name, marks=[pytest.mark.deep] if scenario.name in FAR else [])
        for scenario in scenarios()
    ],
)
def test_the_model_leads_to_the_goal_this_way(scenario: Scenario) -> None:
    """scenarios.json is what the search finds."""
    way, _ = way_to(scenario.goal, scenario.bounds)
    assert way is not None
    assert way.rounds == scenario.rounds


def test_the_file_is_written_as_it_is_read() -> None:
    assert FILE.read_bytes() == to_json(scenarios())
    names = [scenario.name for scenario in scenarios()]
    assert len(set(names)) == len(names)


@each
def test_the_reference_goes_it_and_each_step_is_one_of_raft(scenario: Scenario) -> None:
    outcome = gone(reference, scenario)
    assert outcome.failure is None
    assert outcome.judged == outcome.steps > 0


@pytest.mark.parametrize("name", ["Figure8", "Figure8of5"])
def test_figure_8_has_few_actions_and_is_refused_at_the_commit(name: str) -> None:
    """§5.4.2."""
    scenario = scenario_called(name)
    assert len(gone(reference, scenario).performed) <= 25
    failure = gone(commit_old_term, scenario).failure
    assert failure is not None
    assert kind_of(failure) == ("refusal", "AdvanceCommitIndex")
