"""Ways to a goal: shortest behaviors of spec/Rounds.tla, Raft in whole rounds, by breadth-first search.

A goal is a formula over Rounds.tla's names: of a state, or of a step where it has primes. Nothing here runs a
cluster; directing.py has one go the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from raftcheck.spec.model import FOLDER as SPEC
from raftcheck.tla.checker import Result, Violation, check
from raftcheck.tla.config import Config, parse_config
from raftcheck.tla.errors import TlaError
from raftcheck.tla.goals import GOAL, in_goal, with_goal
from raftcheck.tla.model import Action, Model, State
from raftcheck.tla.syntax import ACTION_LEVEL, Definition, level
from raftcheck.tla.values import Value, format_value

from .scenarios import Bounds, Round

MODULE = SPEC / "Rounds.tla"

UNBOUNDED = 99
"""Entries of a request, where there is no bound: more than any log of the model has."""


@dataclass(frozen=True, slots=True)
class Way:
    """A shortest way to a goal: the rounds, and the state after each of them, by the variables."""

    rounds: tuple[Round, ...]
    states: tuple[dict[str, Value], ...]


def way_to(
    goal: str,
    bounds: Bounds,
    *,
    seconds: float | None = None,
    processes: int = 1,
    progress: Callable[[Result], None] | None = None,
) -> tuple[Way | None, Result]:
    """A shortest way, None if there is none within the bounds or the seconds; and how far the search went."""
    module = with_goal(MODULE, goal, f"Unreached == ~{GOAL}", f"Untaken == [][~{GOAL}]_vars")
    definition = module.definitions[GOAL]
    assert isinstance(definition, Definition)
    try:
        model = Model(module, _config(bounds, level(definition.body) >= ACTION_LEVEL))
        result = check(model, progress, seconds=seconds, workers=processes)
    except TlaError as error:
        raise in_goal(str(error), goal) from None
    found = result.violation
    if found is not None and found.kind == "error":
        raise in_goal(found.message, goal)
    return (None if found is None else _way(model, found)), result


def _config(bounds: Bounds, on_steps: bool) -> Config:
    names = [f"n{number}" for number in range(1, bounds.servers + 1)]
    constants = {
        "Server": "{" + ", ".join(names) + "}",
        **{name: name for name in (*names, "Nil")},
        "MaxTerm": bounds.terms,
        "MaxLogLength": bounds.log_length,
        "MaxEntries": bounds.max_entries or UNBOUNDED,
        "MaxHeld": bounds.held,
        "MaxRestarts": bounds.restarts,
        "Twice": str(bounds.twice).upper(),
        "Lean": str(bounds.lean).upper(),
    }
    lines = [
        "SPECIFICATION Spec",
        "SYMMETRY Symmetric",
        "CHECK_DEADLOCK FALSE",
        "PROPERTY Untaken" if on_steps else "INVARIANT Unreached",
        "CONSTANTS",
        *(f"  {name} = {value}" for name, value in constants.items()),
    ]
    return parse_config("\n".join(lines), "Rounds.cfg")


def _way(model: Model, found: Violation) -> Way:
    """Without the steps in which only time passes; the last state of all is the one after the last round."""
    rounds: list[Round] = []
    states: list[dict[str, Value]] = []
    for step in found.behavior[1:]:
        assert isinstance(step.action, Action), step
        if step.action.name != "Rest":
            rounds.append(_round(step.action))
            states.append(_named(model, step.state))
    return Way(tuple(rounds), tuple(states))


def _named(model: Model, state: State) -> dict[str, Value]:
    return dict(zip(model.variables, state, strict=True))


def _round(action: Action) -> Round:
    server, *about = action.arguments
    peers = [peer for value in about for peer in (value if isinstance(value, frozenset) else {value})]
    return Round(action.name, format_value(server), tuple(sorted(map(format_value, peers))))
