"""Temporal properties: what the checker says of small models, and that the behaviors it shows are that.

Verdicts that are written down here are TLC's; it is asked again where it is to be found.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from raftcheck.tla.checker import Result, check
from raftcheck.tla.config import parse_config
from raftcheck.tla.model import Model, State
from raftcheck.tla.modules import parse

from .lassos import Judge


def model_of(module: str, config: str) -> Model:
    return Model(parse(module.strip(), "M.tla"), parse_config(config, "M.cfg"))


def reachable(model: Model) -> list[State]:
    found = list(dict.fromkeys(model.initial_states()))
    seen = set(found)
    for state in found:
        for action in model.actions():
            successors: list[State] = []
            action.run(state, successors.append)
            found += [new for new in dict.fromkeys(successors) if new not in seen]
            seen.update(successors)
    return found


def assert_is_counterexample(model: Model, result: Result) -> None:
    """The behavior is one of the specification, fair, and violates the property that is named."""
    violation = result.violation
    assert violation is not None
    assert violation.loop is not None
    judge = Judge(model, reachable(model))
    states = [step.state for step in violation.behavior]
    assert judge.is_behavior(states, violation.loop), states
    if model.config.specification is not None:
        assert judge.satisfies(model.config.specification.name, states, violation.loop), states
    assert not judge.satisfies(violation.name, states, violation.loop), (states, violation.loop)


# --- random graphs and formulas -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Walk:
    """A module whose states are the nodes of a graph, with random fairness and a random property."""

    module: str
    config: str


def random_walk(seed: int) -> Walk:
    chance = random.Random(seed)
    size = chance.randint(2, 4)
    nodes = range(1, size + 1)

    def some() -> str:
        return f"{{{', '.join(str(n) for n in nodes if chance.random() < 0.5)}}}"

    def action() -> str:
        return chance.choice([f"Go({some()}, {some()})", "Next", f"Go({some()}, {{{chance.choice(nodes)}}})"])

    def formula(depth: int) -> str:
        if depth == 0:
            return f"n \\in {some()}"
        inner = [formula(depth - chance.randint(1, 2) if depth > 1 else 0) for _ in range(2)]
        return chance.choice(
            [
                f"[]({inner[0]})",
                f"<>({inner[0]})",
                f"(({inner[0]}) ~> ({inner[1]}))",
                f"(({inner[0]}) /\\ ({inner[1]}))",
                f"(({inner[0]}) \\/ ({inner[1]}))",
                f"(({inner[0]}) => ({inner[1]}))",
                f"~({inner[0]})",
                f"[]<><<{action()}>>_n",
                f"<>[][{action()}]_n",
                f"WF_n({action()})",
                f"SF_n({action()})",
                f"[]<>({inner[0]})",
                f"<>[]({inner[0]})",
                f"(({inner[0]}) <=> ({inner[1]}))",
                f"(IF n = 1 THEN {inner[0]} ELSE {inner[1]})",
                f"(\\A k{depth} \\in 1..2 : n # k{depth} => ({inner[0]}))",
            ]
        )

    edges = " @@ ".join(f"{n} :> {some()}" for n in nodes)
    fairness = "".join(
        f" /\\ {chance.choice(['WF', 'SF'])}_n({action()})" for _ in range(chance.randint(0, 3))
    )
    module = f"""
---- MODULE M ----
EXTENDS Integers, TLC
VARIABLE n
Edges == {edges}
Init == n \\in {{1, {chance.choice(nodes)}}}
Go(S, T) == n \\in S /\\ n' \\in Edges[n] \\cap T
Next == n' \\in Edges[n]
Spec == Init /\\ [][Next]_n{fairness}
Property == {formula(chance.randint(1, 3))}
===="""
    return Walk(module, "SPECIFICATION Spec PROPERTY Property CHECK_DEADLOCK FALSE")


def lassos(model: Model, length: int) -> Iterator[tuple[tuple[State, ...], int]]:
    """All behaviors of the model, stuttering ones as well, that return within so many states."""
    steps: dict[State, list[State]] = {}
    for state in reachable(model):
        steps[state] = [state]
        for action in model.actions():
            action.run(state, steps[state].append)
    todo = [(state,) for state in dict.fromkeys(model.initial_states())]
    for path in todo:
        for loop in range(len(path)):
            if path[loop] in steps[path[-1]]:
                yield path, loop
        if len(path) < length:
            todo += [(*path, state) for state in dict.fromkeys(steps[path[-1]]) if state != path[-1]]


def compare(walk: Walk, length: int = 5) -> str:
    """What the checker says of the property, after a comparison with all short behaviors."""
    model = model_of(walk.module, walk.config)
    result = check(model)
    if result.violation is None:
        judge = Judge(model, reachable(model))
        for states, loop in lassos(model, length):
            assert judge.satisfies("Property", states, loop) or not judge.satisfies("Spec", states, loop), (
                walk.module, states, loop,
            )  # fmt: skip
        return "holds"
    if result.violation.loop is None:
        return "safety"
    assert_is_counterexample(model, result)
    return "violated"


@pytest.mark.parametrize("group", range(4))
def test_random_properties_of_random_graphs_are_judged_as_all_short_behaviors_say(group: int) -> None:
    said = Counter(compare(random_walk(seed), 4) for seed in range(group * 50, group * 50 + 50))
    assert said["holds"] > 5, said
    assert said["violated"] > 5, said
