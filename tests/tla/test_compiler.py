"""Compiled code against the slow evaluator: the same values and successors, errors in the same places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from raftcheck.tla.config import parse_config
from raftcheck.tla.errors import TlaError
from raftcheck.tla.explanation import successors
from raftcheck.tla.model import RUNTIME_ERRORS, Model, State
from raftcheck.tla.modules import parse
from raftcheck.tla.values import FALSE, TRUE, function, record, strict

from .formulas import DEFINITIONS, KINDS, VARIABLES, expressions

STATES: list[State] = [
    (1, 2, TRUE, "a", frozenset([0, 1, 2]), (1, 0), record(a=1, b=2), record(a=0, c=frozenset([1])), 0),
    (0, -1, FALSE, "c", frozenset(), (), function({"c": 0}), record(a=2, c=frozenset()), 0),
    (3, 0, FALSE, "b", frozenset([-1, 3]), (2, 2, 3), record(a=0, c=1), record(a=-1, c=frozenset([0, 3])), 0),
]

ERROR = "an error"


def compiled_or_error(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except RUNTIME_ERRORS:
        return ERROR


def evaluated_or_error(run: Callable[[], Any]) -> Any:
    """Of the evaluator nothing but a TlaError with its place may come."""
    try:
        return run()
    except TlaError as error:
        assert error.span is not None, error
        return ERROR


def found_by_walking(model: Model, name: str, state: State) -> Counter[State]:
    action = model.definition(name).body
    found = successors(model.evaluator(state), action, {}, model.variables)
    return Counter(tuple(each[name] for name in model.variables) for each in found)


def found_by_code(model: Model, name: str, state: State) -> Counter[State]:
    run, _ = model._compiled(name, trail=False)
    found: list[State] = []
    run(state, found.append)
    return Counter(found)


def module_of(made: list[tuple[str, str]]) -> Model:
    """Each expression as a value, as a value in the next state, and Booleans as guards, formulas and properties."""
    others = ", ".join(VARIABLES[:-1])
    lines = []
    for number, (kind, text) in enumerate(made):
        lines.append(f"Value{number} == UNCHANGED <<{others}>> /\\ result' = {text}")
        lines.append(f"Before{number} == result' = {text} /\\ UNCHANGED <<{others}>>")
        lines.append(f"Next{number} == result = ({text})'")
        if kind == "bool":
            lines.append(f"Truth{number} == {text}")
            lines.append(f"Guard{number} == {text} /\\ result' = 0 /\\ UNCHANGED <<{others}>>")
    text = "\n".join(lines)
    extends = "EXTENDS Integers, Sequences, FiniteSets, TLC"
    variables = f"VARIABLES {', '.join(VARIABLES)}"
    return Model(
        parse(f"---- MODULE M ----\n{extends}\n{variables}\n{DEFINITIONS}\n{text}\n====", "M.tla"),
        parse_config(""),
    )


def check_all(made: list[tuple[str, str]]) -> None:
    model = module_of(made)
    for number, (kind, text) in enumerate(made):
        actions = [f"Value{number}", f"Before{number}"] + [f"Guard{number}"] * (kind == "bool")
        for place, state in enumerate(STATES):
            for name in actions:
                expected = evaluated_or_error(lambda: found_by_walking(model, name, state))  # noqa: B023
                assert compiled_or_error(lambda: found_by_code(model, name, state)) == expected, text  # noqa: B023
            if kind == "bool":
                check_formula(model, f"Truth{number}", state, None, text)
            check_formula(model, f"Next{number}", state, STATES[place - 1], text)


def check_formula(model: Model, name: str, state: State, successor: State | None, text: str) -> None:
    formula = model.formula(name)
    expected = evaluated_or_error(lambda: model.evaluator(state, successor).truth(formula.node))
    if successor is not None and expected is not ERROR:
        result = evaluated_or_error(
            lambda: strict(model.evaluator(successor).value(formula.node.arguments[1].body))
        )  # type: ignore[union-attr]
        state = (*state[:-1], result)
        expected = True
    assert compiled_or_error(lambda: formula.test(state, successor)) == expected, (name, text)


batches = st.lists(
    st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), expressions(kind))),
    min_size=12,
    max_size=12,
)


@settings(max_examples=30)
@given(batches)
def test_random_expressions_mean_the_same_compiled_and_evaluated(made: list[tuple[str, str]]) -> None:
    check_all(made)
