"""Scenarios among random schedules: which schedule of a campaign begins with which, and how it goes on.

The others are what they would be without. A directed schedule has a chance of its own, by which the servers
take their parts in the scenario, and by which it goes on after that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from .cluster import Cluster
from .directing import directed
from .lockstep import Source
from .node import Caps
from .scenarios import Scenario, UnknownScenario, scenario_called, scenarios
from .scheduler import Plan, draw_plan, generator_of, made_up
from .schedules import Action

EVERY = 8
"""Of so many schedules one is directed, the last."""


def scenario_for(index: int, caps: Caps, servers: int | None, name: str | None) -> Scenario | None:
    """What schedule `index` begins with; None: it is made up from its first action on."""
    if name is not None:
        return scenario_called(name)
    turn, place = divmod(index, EVERY)
    fitting = [scenario for scenario in scenarios() if scenario.unfit(caps, servers) is None]
    return fitting[turn % len(fitting)] if fitting and place == EVERY - 1 else None


def check_fits(name: str, caps: Caps, servers: int | None) -> None:
    """UnknownScenario for a name that there is not, or a scenario that is not for these."""
    why = scenario_called(name).unfit(caps, servers)
    if why is not None:
        fitting = ", ".join(scenario.name for scenario in scenarios() if not scenario.unfit(caps, servers))
        raise UnknownScenario(f"--scenario {name}: {why}; expected one of {fitting or 'none'}")


def drawn(
    seed: int, index: int, caps: Caps, servers: int | None, length: int | None, scenario: Scenario | None
) -> tuple[Plan, Source]:
    """The plan of a schedule, and its actions."""
    if scenario is None:
        rng = generator_of(seed, index)
        plan = draw_plan(rng, caps, servers, length)
        return plan, made_up(plan, rng)
    rng = generator_of(f"{seed}/{scenario.name}", index)
    drawn_plan = draw_plan(rng, caps, scenario.bounds.servers, length)
    plan = replace(drawn_plan, config={**drawn_plan.config, "max_entries": scenario.bounds.max_entries})
    parts = rng.sample(plan.servers, len(plan.servers))
    begin = directed(scenario.rounds, dict(zip(plan.servers, parts, strict=True)))
    go_on = made_up(plan, rng)

    def actions(cluster: Cluster) -> Iterator[Action]:
        return islice(chain(begin(cluster), go_on(cluster)), plan.length)

    return plan, actions
