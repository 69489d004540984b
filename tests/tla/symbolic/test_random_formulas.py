"""Random formulas over small sorts: z3, by the translation, and the explicit engine agree on each.

Where z3 says that a formula can be satisfied, the explicit engine evaluates it in the state that z3 found;
where z3 says that it cannot, the explicit engine tries all states.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

from raftcheck.tla.environment import Binding
from raftcheck.tla.evaluator import Evaluator
from raftcheck.tla.modules import parse
from raftcheck.tla.symbolic.logic import Sort, symbols
from raftcheck.tla.symbolic.solver import Question, Solver
from raftcheck.tla.symbolic.structures import Reader
from raftcheck.tla.symbolic.theory import Theory
from raftcheck.tla.symbolic.translation import Translator
from raftcheck.tla.syntax import Expr
from raftcheck.tla.values import FALSE, TRUE, ModelValue, Value, function

from .randomformulas import module, random_formula

S = (ModelValue("s1"), ModelValue("s2"))
T = (0, 1)
QUORUMS = 2
"""How many elements Q has at most."""

TOGETHER = 25
"""Formulas in one module."""

SECONDS = 60.0
"""For z3; it needs a hundredth of one."""


def subsets(of: tuple[Value, ...], most: int | None = None) -> list[Value]:
    sizes = range((len(of) if most is None else most) + 1)
    return [frozenset(chosen) for size in sizes for chosen in itertools.combinations(of, size)]


def functions(arguments: tuple[Value, ...], results: list[Value]) -> list[Value]:
    return [
        function(dict(zip(arguments, chosen, strict=True)))
        for chosen in itertools.product(results, repeat=len(arguments))
    ]


PAIRS = tuple(itertools.product(S, T))
VALUES: Mapping[str, list[Value]] = {
    "p": subsets(S),
    "r": subsets(PAIRS),
    "f": functions(S, list(T)),
    "h": functions(T, subsets(S)),
    "b": functions(S, [TRUE, FALSE]),
    "e": ["a", "b", "c"],
    "t": list(T),
    "k": list(PAIRS),
    "Q": [each for each in subsets(tuple(subsets(S)), most=QUORUMS) if each],
}
"""All values of the variables of randomformulas.DECLARATIONS, and of Q."""

CONSTANTS = {"S": frozenset(S), "T": frozenset(T), "c": S[0]}
"""c may as well be the first element of S."""


def worlds(formula: str) -> Iterator[dict[str, Value]]:
    """All values of what the formula mentions."""
    names = [name for name in VALUES if re.search(rf"\b{name}\b", formula)]
    for chosen in itertools.product(*(VALUES[name] for name in names)):
        yield dict(zip(names, chosen, strict=True))


def holds(node: Expr, world: Mapping[str, Value]) -> bool:
    constants = {**CONSTANTS, **{name: world[name] for name in ("S", "T", "c", "Q") if name in world}}
    return Evaluator(Binding(constants=constants), world).truth(node)


def asked(solver: Solver, theory: Theory, node: Expr) -> tuple[Question, Reader | None]:
    """What z3 says of the formula where the sorts have as many elements as above."""
    formula = Translator(theory, theory.state()).formula(node)
    question = solver.question((*theory.axioms, formula))
    for name, size in (("S", len(S)), ("T", len(T)), ("Q", QUORUMS)):
        question.at_most(Sort(name), size)
    question.at_least(Sort("S"), len(S))
    question.at_least(Sort("T"), len(T))
    if question.ask(SECONDS) != "sat":
        return question, None
    wanted = dict.fromkeys([*theory.symbols(), *symbols(formula)])
    return question, Reader(theory.sorts, question.structure(theory.all_sorts(), tuple(wanted)))


def found_world(theory: Theory, reader: Reader) -> dict[str, Value]:
    """The state and the constants in what z3 found."""
    return {
        **{sort.name: reader.constant_set(sort) for sort in theory.plain},
        **{name: reader.value(theory.constants[name], sort) for name, sort in theory.elements.items()},
        **{name: reader.value(value, theory.shapes[name]) for name, value in theory.state().items()},
    }


def agreements(seeds: range) -> Counter[str]:
    """How many formulas of these seeds can be satisfied, and how many not; fails where the engines differ."""
    counts: Counter[str] = Counter()
    for start in range(seeds.start, seeds.stop, TOGETHER):
        formulas = [random_formula(str(seed)) for seed in range(start, min(start + TOGETHER, seeds.stop))]
        made = parse(module(formulas))
        theory, solver = Theory(made), Solver()
        for place, formula in enumerate(formulas):
            node = theory.definition(f"F{place}").body
            question, reader = asked(solver, theory, node)
            assert question.answer != "unknown", formula
            counts[question.answer] += 1
            if reader is not None:
                world = found_world(theory, reader)
                assert holds(theory.definition("TypeOK").body, world), (formula, world)
                assert holds(node, world), (formula, world)
            else:
                for world in worlds(formula):
                    assert not holds(node, {"Q": VALUES["Q"][0], **world}), (formula, world)
    return counts


def test_z3_and_evaluation_agree_on_300_formulas() -> None:
    counts = agreements(range(300))
    assert min(counts["sat"], counts["unsat"]) >= 60, counts


@pytest.mark.deep
def test_z3_and_evaluation_agree_on_5000_formulas() -> None:
    counts = agreements(range(1000, 6000))
    assert min(counts["sat"], counts["unsat"]) >= 1000, counts
