"""States that satisfy a formula, in a finite universe: all of them, each once, and the same for a seed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice, product
from pathlib import Path
from random import Random

import pytest

from raftcheck.tla.environment import Binding
from raftcheck.tla.errors import TlaError
from raftcheck.tla.evaluator import Evaluator
from raftcheck.tla.goals import GOAL, in_goal, with_goal
from raftcheck.tla.modules import parse
from raftcheck.tla.symbolic.synthesis import State, Synthesis
from raftcheck.tla.values import Value, ordered

from . import randomformulas
from .test_random_formulas import CONSTANTS, VALUES

FORMULAS = 40
TYPES = {
    "p": "SUBSET S",
    "r": r"SUBSET (S \X T)",
    "f": "[S -> T]",
    "h": "[T -> SUBSET S]",
    "b": "[S -> BOOLEAN]",
    "e": '{"a", "b", "c"}',
    "t": "T",
    "k": r"S \X T",
}


def synthesis(names: list[str], goal: str, constants: Mapping[str, Value], seed: int = 0) -> Synthesis:
    """Of a module that declares these of the variables above, and nothing else."""
    types = "".join(rf" /\ {name} \in {TYPES[name]}" for name in names)
    text = rf"""---- MODULE Small ----
EXTENDS Naturals
CONSTANTS S, T, Q, c
ASSUME S # {{}} /\ Q # {{}} /\ Q \subseteq SUBSET S /\ T \subseteq Nat /\ 0 \in T /\ c \in S
VARIABLES {", ".join(names)}
TypeOK == {types}
Goal == {goal}
===="""
    return Synthesis(parse(text), constants, ("Goal",), seed)


def by_evaluation(
    made: Synthesis, names: list[str], constants: Mapping[str, Value]
) -> set[tuple[Value, ...]]:
    """The states of which the goal holds, as the explicit engine finds them."""
    goal = made.theory.definition("Goal").body
    binding = Binding(constants=dict(constants))
    return {
        chosen
        for chosen in product(*(VALUES[name] for name in names))
        if Evaluator(binding, dict(zip(names, chosen, strict=True))).truth(goal)
    }


def test_all_states_of_random_formulas_are_found_each_once() -> None:
    random = Random(5)
    counted = []
    while len(counted) < FORMULAS:
        formulas = randomformulas.Formulas(random)
        goal, names = formulas.formula(4), formulas.variables
        constants = {**CONSTANTS, "Q": random.choice(VALUES["Q"])}
        try:
            made = synthesis(names, goal, constants, len(counted))
        except TlaError:  # outside of the fragment
            continue
        found = [tuple(state[name] for name in names) for state in made.states()]
        assert len(found) == len(set(found)), goal
        assert set(found) == by_evaluation(made, names, constants), goal
        assert made.outcome == ("all" if found else "none")
        counted.append(len(found))
    assert min(counted) == 0
    assert len(set(counted)) > 5


def test_numbers_and_strings_of_the_universe_may_be_named() -> None:
    constants = {
        "S": frozenset({"x", "y"}),
        "T": frozenset({0, 2, 5}),
        "Q": frozenset({frozenset({"x"})}),
        "c": "x",
    }
    goal = r'p = {"y"} /\ f["x"] = 5 /\ f["y"] < 5 /\ f["y"] # 0'
    (only,) = synthesis(["p", "f"], goal, constants).states()
    assert only == {"p": frozenset({"y"}), "f": only["f"]}
    assert dict(only["f"].items()) == {"x": 5, "y": 2}
    with pytest.raises(TlaError, match="4 stands where an element of T is expected"):
        synthesis(["f"], 'f["x"] = 4', constants)


def test_states_of_one_seed_differ_from_those_of_another() -> None:
    def some(seed: int) -> list[State]:
        return list(
            islice(synthesis(["r", "h"], "TRUE", {**CONSTANTS, "Q": VALUES["Q"][0]}, seed).states(), 9)
        )

    assert some(1) == some(1)
    assert some(1) != some(2)


# --- goals ----------------------------------------------------------------------------------------------

LIFT = r"""---- MODULE Lift ----
CONSTANT Floor
ASSUME Floor # {}
VARIABLE at
TypeOK == at \in Floor
High == at # "ground"
===="""


@pytest.fixture
def lift(tmp_path: Path) -> Path:
    path = tmp_path / "Lift.tla"
    path.write_text(LIFT, encoding="utf-8")
    return path


def states(lift: Path, goal: str) -> list[Value]:
    module = with_goal(lift, goal)
    floors = {"Floor": frozenset({"ground", "first", "second"})}
    try:
        made = Synthesis(module, floors, (GOAL,))
    except TlaError as error:
        raise in_goal(str(error), goal) from None
    return [state["at"] for state in made.states()]


def test_a_goal_speaks_of_the_module_that_it_is_for(lift: Path) -> None:
    assert ordered(frozenset(states(lift, "High"))) == ("first", "second")
    assert states(lift, 'High /\\ at # "first"') == ["second"]
    assert states(lift, "High /\\ ~High") == []


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        ("", "the goal is empty"),
        ("High /\\", "GOAL:1:"),
        ("TRUE /\\\n  Hihg", "GOAL:2:3: unknown operator `Hihg`; did you mean `High`?"),
        ("at", "GOAL:1:1: expected a formula"),
        ("at = 3", "3 stands where an element of Floor is expected"),
        ("at' = at", "GOAL:1:1: saw a formula on steps or behaviors, expected one on states"),
        ("\\A s \\in SUBSET Floor : at \\in s", "GOAL:1:1: a quantifier over SUBSET Floor is outside of"),
    ],
)
def test_what_is_no_goal_is_refused_with_its_place(lift: Path, goal: str, said: str) -> None:
    with pytest.raises(TlaError) as refused:
        states(lift, goal)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
