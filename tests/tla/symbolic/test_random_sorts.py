"""Random modules of many sorts: what z3 proves holds at each step that the explicit engine takes.

And what z3 refutes is evaluated by the explicit engine (counterexamples.py). A module may be refused.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from random import Random

import pytest

from raftcheck.tla.environment import EMPTY, Binding
from raftcheck.tla.errors import TlaError
from raftcheck.tla.evaluator import Evaluator
from raftcheck.tla.explanation import successors
from raftcheck.tla.modules import parse
from raftcheck.tla.symbolic.counterexamples import Disagreement
from raftcheck.tla.symbolic.obligations import Induction
from raftcheck.tla.symbolic.proof import Limits, verdicts
from raftcheck.tla.syntax import Expr
from raftcheck.tla.values import ModelValue, Value

from .randomsorts import random_module

State = Mapping[str, Value]

S = tuple(ModelValue(f"s{place}") for place in range(3))
R = tuple(ModelValue(f"r{place}") for place in range(2))


def some_of(*sets: tuple[Value, ...]) -> frozenset[Value]:
    return frozenset(map(frozenset, sets))


UNIVERSES: tuple[Mapping[str, Value], ...] = (
    {"S": frozenset(S[:1]), "R": frozenset(R), "T": frozenset({0, 2, 5}), "U": frozenset({3}),
     "Q": some_of(()), "O": some_of(S[:1]), "P": some_of(R, R[:1]),
     "c": S[0], "d": R[1], "u": 3, "q": frozenset(), "o": frozenset(S[:1]), "p": frozenset(R)},
    {"S": frozenset(S[:2]), "R": frozenset(R[:1]), "T": frozenset({0, 4}), "U": frozenset({1, 5}),
     "Q": some_of(S[:1], S[:2]), "O": some_of((), S[1:2], S[:1]), "P": some_of(()),
     "c": S[1], "d": R[0], "u": 5, "q": frozenset(S[:1]), "o": frozenset(S[1:2]), "p": frozenset()},
    {"S": frozenset(S), "R": frozenset(R[:1]), "T": frozenset({0}), "U": frozenset({0, 1, 2}),
     "Q": some_of(S[:2], S[1:]), "O": some_of(S[:2]), "P": some_of(R[:1]),
     "c": S[0], "d": R[0], "u": 0, "q": frozenset(S[1:]), "o": frozenset(S[:2]), "p": frozenset(R[:1])},
)  # fmt: skip

STATES = 25
"""From how many states in each universe steps are taken."""

STEPS = 40
"""How many are taken from each."""


def truth(binding: Binding, state: State, node: Expr) -> bool | None:
    """None where the formula has no value, as that of a set compared with a number."""
    try:
        return Evaluator(binding, state).truth(node)
    except TlaError:
        return None


def reached(binding: Binding, state: State, node: Expr, names: tuple[str, ...], initial: bool) -> list[State]:
    """The states after it, or that are initial; without those after something that has no value."""
    found: list[State] = []
    ways = successors(Evaluator(binding, state), node, EMPTY, names, initial)
    with contextlib.suppress(TlaError):
        found.extend(itertools.islice(ways, STEPS))
    return found


def states(induction: Induction, binding: Binding, chance: Random) -> Iterator[State]:
    """Some states in which all conjuncts hold."""
    module = induction.theory.module
    values = {
        variable.name: list(
            Evaluator(binding).value(induction.theory.definition(f"Type_{variable.name}").body)  # type: ignore
        )
        for variable in module.variables
    }
    everything = [dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*values.values())]
    for state in chance.sample(everything, min(STATES, len(everything))):
        if all(truth(binding, state, conjunct.node) for conjunct in induction.conjuncts):
            yield state


def broken(induction: Induction, chance: Random) -> set[tuple[bool, int]]:
    """The conjuncts that some initial state (True) or step (False) is seen to break."""
    names = tuple(variable.name for variable in induction.theory.module.variables)
    found = set()
    for constants in UNIVERSES:
        binding = Binding(constants=dict(constants))
        first = reached(binding, {}, induction.initial.body, names, True)
        then = [
            after
            for before in states(induction, binding, chance)
            for after in reached(binding, before, induction.following.body, names, False)
        ]
        for place, conjunct in enumerate(induction.conjuncts):
            for initial, among in ((True, first), (False, then)):
                if any(truth(binding, state, conjunct.node) is False for state in among):
                    found.add((initial, place))
    return found


def agreements(seeds: range) -> Counter[str]:
    """How many modules are refused, how many proved and how many refuted; fails where the engines differ."""
    counts: Counter[str] = Counter()
    for seed in seeds:
        text = random_module(str(seed))
        made = parse(text)
        try:
            induction = Induction(made)
            found = list(verdicts(induction, Limits(), processes=1))
        except Disagreement as error:
            pytest.fail(f"seed {seed}: {error}\n{text}")
        except TlaError:
            counts["refused"] += 1
            continue
        kept = {
            (initial, place)
            for initial, place in itertools.product((True, False), range(len(induction.conjuncts)))
            if all(
                verdict.outcome == "proved"
                for verdict in found
                if verdict.of.conjunct == place and (verdict.of.action is None) == initial
            )
        }
        wrong = kept & broken(induction, Random(seed))
        assert not wrong, f"seed {seed}: proved, and seen to be false: {wrong}\n{text}"
        counts["proved" if len(kept) == 2 * len(induction.conjuncts) else "refuted"] += 1
    return counts


def test_z3_proves_nothing_of_many_sorts_that_evaluation_refutes() -> None:
    counts = agreements(range(100))
    assert min(counts[each] for each in ("refused", "proved", "refuted")) >= 10, counts


@pytest.mark.deep
def test_z3_proves_nothing_of_many_sorts_that_evaluation_refutes_in_3000_modules() -> None:
    counts = agreements(range(1000, 4000))
    assert min(counts[each] for each in ("refused", "proved", "refuted")) >= 300, counts
