"""Lockstep: every event goes to the spec and to the safety properties, and the first failure ends the run."""

from typing import Any

import pytest

from raftcheck.properties import faults
from raftcheck.properties.adapters.reference import reference
from raftcheck.properties.lockstep import Outcome, kind_of, run
from raftcheck.properties.node import Caps, Implementation
from raftcheck.properties.safety import FIELDS, Violation
from raftcheck.properties.scheduler import draw_plan, generator_of, made_up
from raftcheck.properties.schedules import Deliver, Restart, Timeout
from raftcheck.traces.refusal import Refusal
from raftcheck.traces.validate import Validator

from .tiny_raft import Tiny, TinyNode, tiny

DUEL = (
    Timeout("n1", "election"),
    Timeout("n2", "election"),
    Deliver("n1", "n3", 1),
    Deliver("n2", "n3", 1),
    Deliver("n3", "n1", 1),
    Deliver("n3", "n2", 1),
)
"""Two candidates of one term ask the same server for its vote."""


def judged(implementation: Implementation, seed: int, index: int) -> Outcome:
    rng = generator_of(seed, index)
    plan = draw_plan(rng, implementation.caps)
    return run(implementation, plan.servers, plan.config, made_up(plan, rng), Validator(plan.servers))


@pytest.mark.parametrize("index", range(10))
def test_the_reference_is_never_accused(index: int) -> None:
    outcome = judged(reference, 11, index)
    assert outcome.failure is None, outcome.failure.report()
    assert outcome.judged == outcome.steps == len(outcome.events) - len({e.server for e in outcome.events})


@pytest.mark.parametrize("index", range(5))
def test_a_raft_that_is_not_the_reference_is_not_accused_either(index: int) -> None:
    outcome = judged(tiny, 11, index)
    assert outcome.failure is None, outcome.failure.report()
    assert outcome.judged == outcome.steps > 0


def test_the_spec_refuses_a_step_before_any_property_is_broken() -> None:
    outcome = run(faults.vote_no_votedfor, ("n1", "n2", "n3"), {}, DUEL, Validator(("n1", "n2", "n3")))
    assert isinstance(outcome.failure, Refusal)
    assert kind_of(outcome.failure) == ("refusal", "HandleRequestVoteRequest")
    assert outcome.performed == list(DUEL[:4])


def test_without_the_spec_the_properties_see_it_later() -> None:
    outcome = run(faults.vote_no_votedfor, ("n1", "n2", "n3"), {}, DUEL)
    assert isinstance(outcome.failure, Violation)
    assert kind_of(outcome.failure) == ("violation", "ElectionSafety")
    assert outcome.judged == 0
    assert set(outcome.properties) == set(FIELDS)


def test_a_raft_without_views_is_watched_by_the_properties_alone() -> None:
    class Blind(TinyNode):
        def view(self, peer: str, m: dict[str, Any]) -> None:
            return None

    class BlindTiny(Tiny):
        node = Blind

    outcome = judged(BlindTiny(), 11, 0)
    assert outcome.failure is None
    assert outcome.judged < outcome.steps
    assert set(outcome.properties) == set(FIELDS)


def test_actions_that_are_not_enabled_are_no_steps() -> None:
    outcome = run(
        reference, ("n1", "n2"), {}, [Restart("n1"), Timeout("n1", "election"), Deliver("n1", "n2", 9)]
    )
    assert outcome.performed == [Timeout("n1", "election")]
    assert outcome.steps == 1


def test_doing_the_recorded_actions_again_gives_the_same_events() -> None:
    rng = generator_of(3, 1)
    plan = draw_plan(rng, Caps())
    first = run(reference, plan.servers, plan.config, made_up(plan, rng))
    assert run(reference, plan.servers, plan.config, first.performed).events == first.events
