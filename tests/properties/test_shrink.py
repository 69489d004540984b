"""Shrinking: a schedule as short as can be, on which the same mistake shows."""

import pytest

from raftcheck.properties import faults
from raftcheck.properties.faults import Fault
from raftcheck.properties.lockstep import Outcome, kind_of, run
from raftcheck.properties.scheduler import draw_plan, generator_of, made_up
from raftcheck.properties.schedules import Crash, Deliver, Restart, Schedule, Timeout
from raftcheck.properties.shrink import shrink
from raftcheck.traces.validate import Validator

from .nodes import Counting, Making


def first_failure(fault: Fault, judge: bool = False) -> tuple[Schedule, Outcome]:
    for index in range(200):
        rng = generator_of(1, index)
        plan = draw_plan(rng, fault.caps)
        judged_by = Validator(plan.servers) if judge else None
        outcome = run(fault, plan.servers, plan.config, made_up(plan, rng), judged_by)
        if outcome.failure is not None:
            return Schedule(plan.servers, tuple(outcome.performed), plan.config), outcome
    raise AssertionError(f"{fault.id} lives")


@pytest.mark.parametrize(
    "fault",
    [faults.vote_no_votedfor, faults.vote_no_uptodate, faults.commit_last_stored, faults.ae_truncate_always],
)
def test_no_single_action_of_the_result_can_be_spared(fault: Fault) -> None:
    schedule, outcome = first_failure(fault)
    assert outcome.failure is not None
    smaller, result = shrink(fault, schedule, outcome.failure, lambda servers: None)
    assert len(smaller.actions) <= 20
    assert result.failure is not None
    assert kind_of(result.failure) == kind_of(outcome.failure)
    assert tuple(result.performed) == smaller.actions
    for place in range(len(smaller.actions)):
        rest = smaller.actions[:place] + smaller.actions[place + 1 :]
        failure = run(fault, smaller.servers, smaller.config, rest).failure
        assert failure is None or kind_of(failure) != kind_of(outcome.failure)


def test_the_result_fails_when_it_is_run_again() -> None:
    schedule, outcome = first_failure(faults.quorum_half)
    assert outcome.failure is not None
    smaller, result = shrink(faults.quorum_half, schedule, outcome.failure, lambda servers: None)
    again = run(faults.quorum_half, smaller.servers, smaller.config, smaller.actions)
    assert again.failure == result.failure


def test_a_refusal_by_the_spec_shrinks_to_a_refusal_of_the_same_action() -> None:
    schedule, outcome = first_failure(faults.vote_volatile, judge=True)
    assert outcome.failure is not None
    smaller, result = shrink(faults.vote_volatile, schedule, outcome.failure, Validator)
    assert result.failure is not None
    assert kind_of(result.failure) == ("refusal", "Restart")
    assert len(smaller.actions) <= 4


class Counted(Counting):
    """Fails once it hears a peer's third tick."""

    def deliver(self, source: str, payload: int) -> None:
        assert payload != 3


def test_a_message_is_known_by_what_sent_it_not_by_its_number() -> None:
    """Ticks of n2 go too, although every number of n2's messages changes with them."""

    class ByName(Counting):
        def deliver(self, source: str, payload: int) -> None:
            self.heard.append(payload)
            assert "special" not in self.heard

        def fire(self, timer: str) -> None:
            for peer in self.env.peers:
                self.env.send(peer, timer)

        def timers(self) -> tuple[str, ...]:
            return ("plain", "special")

    making = Making(ByName)
    noise = [Timeout("n1", "plain") for _ in range(10)]
    actions = (*noise, Timeout("n1", "special"), *noise, Deliver("n1", "n2", 11))
    schedule = Schedule(("n1", "n2", "n3"), actions)
    outcome = run(making, schedule.servers, {}, actions)
    assert outcome.failure is not None
    smaller, _ = shrink(making, schedule, outcome.failure, lambda servers: None)
    assert smaller.actions == (Timeout("n1", "special"), Deliver("n1", "n2", 1))
    assert len(smaller.servers) == 2


def test_servers_that_play_no_part_go_and_so_does_the_configuration() -> None:
    making = Making(Counted)
    tick, hear = Timeout("n4", "tick"), Deliver("n4", "n2", 3)
    schedule = Schedule(("n1", "n2", "n3", "n4", "n5"), (tick, tick, tick, hear), {"max_entries": 1})
    outcome = run(making, schedule.servers, schedule.config, schedule.actions)
    assert outcome.failure is not None
    smaller, _ = shrink(making, schedule, outcome.failure, lambda servers: None)
    tick, hear = Timeout("n2", "tick"), Deliver("n2", "n1", 3)
    assert smaller == Schedule(("n1", "n2"), (tick, tick, tick, hear))


def test_the_numbers_of_a_crash_become_as_plain_as_they_can() -> None:
    class Forgetful(Counting):
        def __init__(self, env: object) -> None:
            super().__init__(env)  # type: ignore[arg-type]
            assert self.count == 0 or self.env.disk["twice"] == 2 * self.count

    making = Making(Forgetful)
    tick = Timeout("n1", "tick")
    schedule = Schedule(("n1", "n2"), (tick, Crash("n1", 7, 5), tick, tick, Restart("n1")))
    assert run(making, schedule.servers, {}, schedule.actions).failure is None
    schedule = Schedule(("n1", "n2"), (tick, Crash("n1", 3, 1), tick, Restart("n1")))
    outcome = run(making, schedule.servers, {}, schedule.actions)
    assert outcome.failure is not None
    smaller, _ = shrink(making, schedule, outcome.failure, lambda servers: None)
    assert smaller == Schedule(("n1",), (Crash("n1", 2, 1), tick, Restart("n1")))


def test_a_failure_that_does_not_come_again_stays_as_it_was() -> None:
    making = Making(Counted)
    schedule = Schedule(("n1", "n2"), (Timeout("n1", "tick"),))
    failing = run(making, ("n1", "n2"), {}, [Timeout("n1", "tick")] * 3 + [Deliver("n1", "n2", 3)])
    assert failing.failure is not None
    smaller, outcome = shrink(making, schedule, failing.failure, lambda servers: None)
    assert smaller == schedule
    assert outcome.failure is None


class Configured(Counting):
    """Fails at its first tick if one knob has this value."""

    def fire(self, timer: str) -> None:
        assert self.env.config.get("window") != 1


def test_only_the_knobs_that_matter_are_kept() -> None:
    config = {"max_entries": None, "window": 1, "pre_vote": True}
    schedule = Schedule(("n1",), (Timeout("n1", "tick"),), config)
    making = Making(Configured)
    failure = run(making, schedule.servers, config, schedule.actions).failure
    assert failure is not None
    smaller, _ = shrink(making, schedule, failure, lambda servers: None)
    assert smaller.config == {"window": 1}
