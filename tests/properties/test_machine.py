"""The Hypothesis state machine: for the reference and for anything else behind the Node interface."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from raftcheck.properties import faults
from raftcheck.properties.adapters.reference import reference
from raftcheck.properties.machine import machine_of

QUICK = settings(
    max_examples=8,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def test_the_reference_conforms_and_that_means_something() -> None:
    taken = Counter[str]()
    machine = machine_of(reference)

    class Counting(machine):  # type: ignore[misc, valid-type]
        def teardown(self) -> None:
            super().teardown()
            taken.update(self.lockstep.outcome.actions)

    run_state_machine_as_test(Counting, settings=settings(QUICK, max_examples=15, stateful_step_count=50))
    for action in ("BecomeLeader", "HandleAppendEntriesResponse", "Restart", "DropMessage"):
        assert taken[action] > 0


def test_a_fault_is_found_with_its_report_and_its_actions() -> None:
    machine = machine_of(faults.self_vote_missing, judged=False)
    run_state_machine_as_test(machine, settings=QUICK)
    with pytest.raises(AssertionError, match=r"Timeout(.|\n)*after\n  (.|\n)*election timer of n\d fires"):
        run_state_machine_as_test(machine_of(faults.self_vote_missing), settings=QUICK)
