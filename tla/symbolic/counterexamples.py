"""Two small states that show why an invariant is not inductive: values of TLA+, evaluated once more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..environment import Binding, Closure, Environment, Thunk
from ..errors import Span, TlaError
from ..evaluator import Evaluator
from ..syntax import Declaration
from ..values import Value
from .logic import symbols
from .obligations import Induction, Query
from .solver import Question
from .structures import Reader, Structure
from .values import Sorts

State = Mapping[str, Value]


class Disagreement(TlaError):
    """What z3 found is not so when the explicit engine evaluates it: one of the two is wrong."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The action leads from `before`, where all conjuncts hold, to `after`, where one does not.

    before      None for Init
    arguments   of the action, by the names of its parameters
    """

    constants: Mapping[str, Value]
    before: State | None
    after: State
    arguments: Mapping[str, Value]


def read(
    induction: Induction, action: int | None, conjunct: int, query: Query, question: Question, seconds: float
) -> Counterexample:
    """The counterexample, made small, of a query to which the answer is "sat".

    Disagreement where the explicit engine does not find it to be one.
    """
    theory = induction.theory
    in_formulas = (symbol for formula in query.formulas for symbol in symbols(formula))
    wanted = dict.fromkeys([*theory.symbols(), *induction.steps.chosen, *in_formulas])
    found = question.smallest(theory.all_sorts(), tuple(wanted), seconds)
    reader = Reader(theory.sorts, found)
    after = {name: reader.value(value, theory.shapes[name]) for name, value in query.way.assigned.items()}
    constants = constants_in(induction, found)
    if action is None:
        made = Counterexample(constants, None, after, {})
        _check(induction, None, conjunct, made, {})
        return made
    taken = induction.actions[action]
    made = Counterexample(
        constants,
        {name: reader.value(value, theory.shapes[name]) for name, value in induction.steps.state.items()},
        after,
        {
            name: reader.value(value, theory.sorts.known_shape(value))
            for name, value in zip(taken.parameters, taken.arguments, strict=True)
        },
    )
    _check(induction, action, conjunct, made, _read_environment(theory.sorts, reader, taken.environment))
    return made


def _read_environment(sorts: Sorts, reader: Reader, environment: Environment) -> Environment:
    """The same with values of TLA+, for the explicit engine."""

    def read(meant: Any) -> Any:
        match meant:
            case Thunk():
                return Thunk(meant.node, _read_environment(sorts, reader, meant.environment), meant.of)
            case Closure():
                return replace(meant, environment=_read_environment(sorts, reader, meant.environment))
        return meant if isinstance(meant, Declaration) else reader.value(meant, sorts.known_shape(meant))

    return {name: read(meant) for name, meant in environment.items()}


def constants_in(induction: Induction, found: Structure) -> Mapping[str, Value]:
    """The values of the module's constants in a structure."""
    theory, reader = induction.theory, Reader(induction.theory.sorts, found)
    return {
        **{sort.name: reader.constant_set(sort) for sort in theory.plain},
        **{name: reader.value(theory.constants[name], sort) for name, sort in theory.elements.items()},
    }


def _check(
    induction: Induction,
    action: int | None,
    conjunct: int,
    made: Counterexample,
    environment: Environment,
) -> None:
    """The second witness."""
    binding = Binding(constants=dict(made.constants))
    for assumption in induction.theory.module.assumptions:
        _agree(Evaluator(binding).truth(assumption.expression), "an assumption holds", assumption.span)
    broken = induction.conjuncts[conjunct]
    if action is None or made.before is None:
        _agree(
            Evaluator(binding, made.after).truth(induction.initial.body), "Init holds", induction.initial.span
        )
    else:
        for each in induction.conjuncts:
            _agree(Evaluator(binding, made.before).truth(each.node), f"{each.name} holds", each.span)
        taken, following = induction.actions[action], induction.following
        step = Evaluator(binding, made.before, made.after)
        _agree(step.truth(taken.node, environment), f"there is a step of {taken.name}", taken.span)
        # Taken apart from how the actions were found in it.
        _agree(step.truth(following.body), f"it is a step of {following.name}", following.span)
    _agree(not Evaluator(binding, made.after).truth(broken.node), f"{broken.name} is broken", broken.span)


def _agree(evaluated: bool, what: str, span: Span) -> None:
    if not evaluated:
        raise Disagreement(
            f"z3 found that {what}, and the explicit engine that not; please report this", span
        )
