"""Two small states that show why an invariant is not inductive, as values of TLA+, and checked by evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..environment import Binding
from ..evaluator import Evaluator
from ..values import Value
from .logic import Symbol, symbols
from .obligations import Induction
from .steps import Way
from .structures import Reader, Structure

State = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The action leads from `before`, where all conjuncts hold, to `after`, where one does not.

    before      None for Init
    arguments   of the action, by the names of its parameters
    """

    constants: Mapping[str, Value]
    before: State | None
    after: State
    action: str
    arguments: Mapping[str, Value]
    conjunct: str


def symbols_of(induction: Induction, way: Way, formulas: tuple[object, ...]) -> tuple[Symbol, ...]:
    """The symbols that a structure must say something of."""
    found = dict.fromkeys(induction.theory.symbols())
    for sort, term in induction.theory.sorts.zeros.items():
        found[term.symbol] = None  # type: ignore[union-attr]
    for below in induction.theory.sorts.below.values():
        found[below] = None
    for texts in induction.theory.sorts.texts.values():
        for term in texts.values():
            found[term.symbol] = None  # type: ignore[union-attr]
    for formula in formulas:
        found |= dict.fromkeys(symbols(formula))  # type: ignore[arg-type]
    return tuple(found)


def read(induction: Induction, action: int | None, way: Way, conjunct: int, found: Structure) -> Counterexample:
    """The counterexample in the structure; AssertionError where the explicit engine disagrees."""
    theory = induction.theory
    reader = Reader(theory.sorts, found)
    constants = {
        **{sort.name: reader.constant_set(sort) for sort in theory.plain},
        **{name: reader.value(theory.constants[name], sort) for name, sort in theory.elements.items()},
    }

    def state(values: Mapping[str, object]) -> State:
        return {name: reader.value(value, theory.shapes[name]) for name, value in values.items()}  # type: ignore

    after = state(way.assigned)
    name, arguments, before, environment = induction.initial.name, {}, None, {}
    if action is not None:
        taken = induction.actions[action]
        before = state(induction.steps.state)
        shape = theory.sorts.shape
        environment = {p: reader.value(v, shape(v)) for p, v in taken.environment.items()}  # type: ignore
        pairs = zip(taken.parameters, taken.arguments, strict=True)
        name, arguments = taken.name, {p: reader.value(v, shape(v)) for p, v in pairs}  # type: ignore
    made = Counterexample(constants, before, after, name, arguments, induction.conjuncts[conjunct].name)
    _check(induction, action, made, environment, conjunct)
    return made


def _check(
    induction: Induction, action: int | None, made: Counterexample, environment: Mapping[object, Value], conjunct: int
) -> None:
    binding = Binding(constants=dict(made.constants))
    start = Evaluator(binding)
    for assumption in induction.theory.module.assumptions:
        assert start.truth(assumption.expression), ("z3 says it holds", assumption.span, made)
    if action is None:
        assert Evaluator(binding, made.after).truth(induction.initial.body), ("z3 says Init holds", made)
    else:
        assert made.before is not None
        for each in induction.conjuncts:
            assert Evaluator(binding, made.before).truth(each.node), ("z3 says it holds", each.name, made)
        step = Evaluator(binding, made.before, made.after)
        assert step.truth(induction.actions[action].node, environment), ("z3 says it is a step", made)
    broken = induction.conjuncts[conjunct]
    assert not Evaluator(binding, made.after).truth(broken.node), ("z3 says it is broken", broken.name, made)
