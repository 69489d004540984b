"""What the judge costs: the same schedules in lockstep with raft.tla and without it, in one process.

    python tests/bench/bench_lockstep.py [schedules]

The ratio is the result; the absolute numbers are for orientation. Each schedule runs both ways in turn, so
that whatever else the machine does falls on both alike.
"""

import sys
import time
from collections.abc import Callable, Sequence

from raftcheck.properties.adapters.reference import reference
from raftcheck.properties.lockstep import run
from raftcheck.properties.scheduler import draw_plan, generator_of, made_up
from raftcheck.properties.schedules import server_names
from raftcheck.traces.validate import Validator

SCHEDULES = 100


def seconds_and_steps(
    index: int, new_judge: Callable[[Sequence[str]], Validator | None]
) -> tuple[float, int]:
    rng = generator_of(0, index)
    plan = draw_plan(rng, reference.caps)
    begin = time.perf_counter()
    outcome = run(reference, plan.servers, plan.config, made_up(plan, rng), new_judge(plan.servers))
    assert outcome.failure is None, outcome.failure.report()
    return time.perf_counter() - begin, outcome.steps


def main(schedules: int = SCHEDULES) -> None:
    for count in range(1, 6):
        Validator(server_names(count))  # the spec is compiled once for each number of servers
    steps = 0
    judged_seconds = unjudged_seconds = 0.0
    for index in range(schedules):
        seconds, taken = seconds_and_steps(index, Validator)
        judged_seconds += seconds
        seconds, again = seconds_and_steps(index, lambda servers: None)
        unjudged_seconds += seconds
        assert taken == again, f"schedule {index} took {taken} steps judged and {again} unjudged"
        steps += taken
    print(f"schedules            {schedules:>10,}")
    print(f"steps                {steps:>10,}")
    print(f"judged, steps/s      {steps / judged_seconds:>10,.0f}")
    print(f"unjudged, steps/s    {steps / unjudged_seconds:>10,.0f}")
    print(f"judged : unjudged    {judged_seconds / unjudged_seconds:>10.1f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
