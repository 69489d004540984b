"""What states from a solver cost, and which faults fall to one handler from them, beside random schedules.

    python tests/bench/bench_synthesis.py [states of a goal [processor seconds for a fault]]

First: states of each goal, made by z3 and witnessed by evaluation. Then each fault of the catalogue twice in
the same processor time: one handler at a time from those states, and random schedules from the first state.
What the states cost is shared out among the faults, and the schedules are given as much time in addition.
"""

import random
import sys
import time
from collections.abc import Iterator
from itertools import count, islice

from raftcheck.properties.campaign import Campaign, run_schedule
from raftcheck.properties.faultcheck import target_of
from raftcheck.properties.faults import FAULTS, Fault
from raftcheck.properties.onestep import AbstractState, beginning
from raftcheck.properties.schedules import Schedule, server_names
from raftcheck.properties.synthesis import LAST_TERM, run_scene, states_of
from raftcheck.traces.validate import Validator

GOALS = ("Figure8", "Deposed", "LongSuffix", "SplitVote", "LongButOld", "CommitsOfOld")
SIZES = (3, 4)
STATES, SECONDS = 200, 2.0
WITHIN = (0.1, 0.3, 1.0)
"""Processor seconds for a fault, after which those that have fallen are counted."""


def pool(states: int) -> Iterator[AbstractState]:
    """States of all goals, with a line about each goal."""
    for size in SIZES:
        servers = server_names(size)
        for goal in GOALS:
            begin = time.process_time()
            made = list(islice(states_of(goal, servers, 1).states(), states))
            seconds = time.process_time() - begin
            each = 1000 * seconds / len(made)
            print(f"{goal:14} {size} servers {len(made):>7,} states {seconds:>7.1f} s {each:>7.1f} ms each")
            for state in made:
                yield AbstractState(state, servers, range(LAST_TERM + 1))


def one_step(
    fault: Fault, states: list[AbstractState], judges: dict[int, Validator], seconds: float
) -> tuple[int, float, bool]:
    """Handlers run, the processor time, and whether one went wrong."""
    chance = random.Random(1)
    begin = time.process_time()
    for handlers in count(1):  # noqa: B007 -- read below
        state = chance.choice(states)
        begun = beginning(state, chance, fault.caps.durable)
        config = {"max_entries": chance.choice((None, 1, 2))}
        schedule = Schedule(state.servers, begun.actions, config, scene=begun.scene)
        caught = run_scene(fault, schedule, judges[len(state.servers)]).failure is not None
        taken = time.process_time() - begin
        if caught or taken >= seconds:
            break
    return handlers, taken, caught


def at_random(fault: Fault, seconds: float) -> tuple[int, float, bool]:
    """Schedules run, the processor time, and whether one went wrong."""
    campaign = Campaign(target_of(fault), 1)
    begin = time.process_time()
    for index in count():
        _, outcome = run_schedule(fault, campaign, index)
        taken = time.process_time() - begin
        if outcome.failure is not None or taken >= seconds:
            break
    return index + 1, taken, outcome.failure is not None


def main(states: int = STATES, seconds: float = SECONDS) -> None:
    for size in range(1, 6):
        Validator(server_names(size))  # the spec is compiled once for each number of servers
    begin = time.process_time()
    made = list(pool(states))
    share = (time.process_time() - begin) / len(FAULTS)
    judges = {size: Validator(server_names(size)) for size in SIZES}
    print(f"\n{share:.2f} s of making states fall to each fault\n")
    print(f"{'fault':32} {'handlers':>9} {'s':>7}            {'schedules':>9} {'s':>7}")
    fell: list[list[float]] = [[], []]
    for fault in FAULTS:
        row = f"{fault.id:32}"
        for way, (tried, taken, caught) in enumerate(
            (one_step(fault, made, judges, seconds), at_random(fault, seconds + share))
        ):
            if caught:
                fell[way].append(taken - way * share)
            row += f" {tried:>9,} {taken:>7.2f} {'caught' if caught else 'LIVES':10}"
        print(row.rstrip())
    print(f"\nof {len(FAULTS)} faults fell, with the share of making states for either")
    for within in (*WITHIN, seconds):
        handlers, schedules = (sum(taken <= within for taken in each) for each in fell)
        row = f"{handlers:>3} to one handler, {schedules:>3} to random schedules"
        print(f"  within {within + share:.2f} s: {row}")


if __name__ == "__main__":
    main(*(kind(given) for kind, given in zip((int, float), sys.argv[1:], strict=False)))
