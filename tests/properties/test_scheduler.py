"""Schedules that are made up: the same for the same seed, always enabled, and of every kind."""

import os
import subprocess
import sys
from collections import Counter
from typing import get_args

import pytest

from raftcheck.properties.adapters.reference import Reference, reference
from raftcheck.properties.lockstep import Outcome, run
from raftcheck.properties.node import Caps, Network
from raftcheck.properties.scheduler import STRATEGIES, draw_plan, generator_of, made_up
from raftcheck.properties.schedules import ACTION_NAMES, Duplicate, Timeout

from .nodes import Counting, Making
from .tiny_raft import tiny


def outcome_of(seed: int, index: int, implementation: Reference = reference) -> Outcome:
    rng = generator_of(seed, index)
    plan = draw_plan(rng, implementation.caps)
    return run(implementation, plan.servers, plan.config, made_up(plan, rng))


def test_the_same_seed_and_index_give_the_same_run() -> None:
    first, second = outcome_of(7, 3), outcome_of(7, 3)
    assert first.performed == second.performed
    assert first.events == second.events


def test_different_indexes_give_different_runs() -> None:
    assert len({tuple(outcome_of(7, index).performed) for index in range(10)}) == 10


PRINT_RUNS = """
import hashlib
from raftcheck.properties.adapters.reference import reference
from raftcheck.properties.lockstep import run
from raftcheck.properties.scheduler import draw_plan, generator_of, made_up
digest = hashlib.sha256()
for index in range(20):
    rng = generator_of(7, index)
    plan = draw_plan(rng, reference.caps)
    outcome = run(reference, plan.servers, plan.config, made_up(plan, rng))
    digest.update(repr((plan, outcome.performed, outcome.events)).encode())
print(digest.hexdigest())
"""


def test_runs_do_not_depend_on_the_order_of_hashes() -> None:
    printed = set()
    for seed in ("0", "1", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", PRINT_RUNS], env=environment, capture_output=True, text=True, check=True
        )
        printed.add(done.stdout)
    assert len(printed) == 1


def test_what_is_chosen_is_nearly_always_enabled() -> None:
    """All but what a server refuses: a client that asks one that does not lead."""
    planned = performed = 0
    for index in range(30):
        rng = generator_of(1, index)
        plan = draw_plan(rng, reference.caps)
        planned += plan.length
        performed += len(run(reference, plan.servers, plan.config, made_up(plan, rng)).performed)
    assert performed > 0.95 * planned


def test_every_kind_of_action_and_every_strategy_is_chosen() -> None:
    kinds = Counter[str]()
    for index in range(60):
        kinds.update(type(action).__name__ for action in outcome_of(2, index).performed)
    assert set(kinds) == set(ACTION_NAMES)
    plans = [draw_plan(generator_of(2, index), reference.caps) for index in range(60)]
    assert {plan.strategy for plan in plans} == set(STRATEGIES)
    assert {len(plan.servers) for plan in plans} == {1, 2, 3, 4, 5}
    assert {plan.config["max_entries"] for plan in plans} == {None, 1, 2}


def test_servers_and_length_can_be_settled() -> None:
    plan = draw_plan(generator_of(0, 0), reference.caps, servers=5, length=17)
    assert (len(plan.servers), plan.length) == (5, 17)


def test_a_cluster_has_as_many_servers_as_its_raft_wants() -> None:
    plans = [draw_plan(generator_of(3, index), Caps(fewest_servers=3)) for index in range(60)]
    assert {len(plan.servers) for plan in plans} == {3, 4, 5}


def test_every_value_of_every_knob_is_drawn() -> None:
    caps = Caps(knobs={"window": (1, 256), "pre_vote": (False, True)})
    plans = [draw_plan(generator_of(2, index), caps) for index in range(60)]
    drawn = {(plan.config["window"], plan.config["pre_vote"]) for plan in plans}
    assert drawn == {(1, False), (1, True), (256, False), (256, True)}
    assert {plan.config["max_entries"] for plan in plans} == {None, 1, 2}


@pytest.mark.parametrize("model", get_args(Network))
def test_nothing_is_scheduled_that_the_network_cannot_do(model: Network) -> None:
    implementation = Reference(caps=Caps(network=model))
    for index in range(30):
        outcome = outcome_of(5, index, implementation)
        assert outcome.failure is None
        if model != "datagram":
            assert not any(isinstance(action, Duplicate) for action in outcome.performed)


def test_a_raft_of_other_payloads_timers_and_network_runs_as_well() -> None:
    commits = 0
    for index in range(20):
        rng = generator_of(1, index)
        plan = draw_plan(rng, tiny.caps)
        outcome = run(tiny, plan.servers, plan.config, made_up(plan, rng))
        assert outcome.failure is None, outcome.failure
        commits += max(event.state.commit_index or 0 for event in outcome.events if event.state)
    assert commits > 0


class TwoTimers(Counting):
    """Has two timers, both of which may always fire."""

    def timers(self) -> tuple[str, ...]:
        return ("a", "b")


def test_of_several_timers_each_is_rare_in_some_schedule() -> None:
    """Timers that are as frequent as one another in every schedule would undo what each of them does."""
    shares = []
    for index in range(20):
        rng = generator_of(7, index)
        plan = draw_plan(rng, Caps(durable=False), servers=1, length=100)
        outcome = run(Making(TwoTimers), plan.servers, plan.config, made_up(plan, rng))
        fired = Counter(action.timer for action in outcome.performed if isinstance(action, Timeout))
        shares.append(fired["a"] / fired.total())
    assert min(shares) < 0.2
    assert max(shares) > 0.8
