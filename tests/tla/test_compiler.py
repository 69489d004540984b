"""Compiled code against the slow evaluator, and both against what TLA+ says: values, successors, errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raftcheck.tla.checker import check
from raftcheck.tla.compiler import RUNTIME_ERRORS
from raftcheck.tla.config import load_config, parse_config
from raftcheck.tla.errors import TlaError
from raftcheck.tla.explanation import successors
from raftcheck.tla.model import Model, State
from raftcheck.tla.modules import load, parse
from raftcheck.tla.syntax import Expr
from raftcheck.tla.values import FALSE, TRUE, function, record

from .formulas import DEFINITIONS, KINDS, VARIABLES, expressions
from .test_checker import COMPLETE, Case

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
        return ERROR if error.span is not None else error


def walked(model: Model, node: Expr, environment: Mapping[Any, Any], state: State) -> Counter[State]:
    """The successors as the explanation finds them."""
    found = successors(model.evaluator(state), node, environment, model.variables)
    return Counter(tuple(each[name] for name in model.variables) for each in found)


def taken(run: Callable[..., None], state: State) -> Counter[State]:
    """The successors as compiled code finds them."""
    found: list[State] = []
    run(state, found.append)
    return Counter(found)


def module_of(made: list[tuple[str, str]]) -> Model:
    """Each expression as a value, and as one in the next state; Booleans as guards and formulas too."""
    others = ", ".join(VARIABLES[:-1])
    lines = []
    for number, (kind, text) in enumerate(made):
        lines.append(f"Value{number} == UNCHANGED <<{others}>> /\\ result' = {text}")
        lines.append(f"Before{number} == result' = {text} /\\ UNCHANGED <<{others}>>")
        lines.append(f"Step{number} == <<{text}>> = <<({text})'>>")
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
                node = model.definition(name).body
                run = model.compiler.action(node, {}).run
                expected = evaluated_or_error(partial(walked, model, node, {}, state))
                assert compiled_or_error(partial(taken, run, state)) == expected, (name, text)
            if kind == "bool":
                check_formula(model, f"Truth{number}", state, None, text)
            check_formula(model, f"Step{number}", state, STATES[place - 1], text)


def check_formula(model: Model, name: str, state: State, successor: State | None, text: str) -> None:
    formula = model.formula(name)
    expected = evaluated_or_error(partial(model.evaluator(state, successor).truth, formula.node))
    assert compiled_or_error(partial(formula.test, state, successor)) == expected, (name, text)


batches = st.lists(
    st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), expressions(kind))),
    min_size=12,
    max_size=12,
)


@settings(max_examples=26)
@given(batches)
def test_random_expressions_mean_the_same_compiled_and_evaluated(made: list[tuple[str, str]]) -> None:
    check_all(made)


@pytest.mark.deep
@settings(max_examples=250)
@given(batches)
def test_many_more_random_expressions_mean_the_same(made: list[tuple[str, str]]) -> None:
    check_all(made)


# --- models: every action and formula in every state --------------------------------------------------


def reachable_states(model: Model) -> list[State]:
    """All states, constraints left aside, but no more than some thousand."""
    found = list(dict.fromkeys(model.initial_states()))
    seen = set(found)
    actions = model.actions()
    for state in found:
        for action in actions:
            for successor in taken(action.run, state):
                if successor not in seen and len(found) < 2000:
                    seen.add(successor)
                    found.append(successor)
    return found


def check_model(model: Model, every: int) -> None:
    """Compares in every so many-th state, for walking is slow."""
    formulas = [f for reference in model.config.invariants for f in model.conjuncts(reference)]
    formulas += [f for reference in model.config.constraints for f in model.conjuncts(reference)]
    on_steps = [formula for pair in model.properties().steps for formula in pair]
    for state in reachable_states(model)[::every]:
        for formula in formulas:
            assert formula.test(state) == model.evaluator(state).truth(formula.node), (formula.name, state)
        for action in model.actions():
            found = taken(action.run, state)
            assert found == walked(model, action.node, action.environment, state), (str(action), state)
            for successor in found:
                for formula in on_steps:
                    expected = model.evaluator(state, successor).truth(formula.node)
                    assert formula.test(state, successor) == expected, (formula.name, state, successor)


@pytest.mark.parametrize("case", COMPLETE.values(), ids=COMPLETE)
def test_small_models_have_the_same_steps_compiled_and_walked(case: Case) -> None:
    check_model(case.model(), every=1)


def bounded_raft(root: Path) -> Model:
    return Model(load(root / "spec" / "MCraft.tla"), load_config(root / "spec" / "MCraft1.cfg"))


def test_raft_has_the_same_steps_compiled_and_walked(root: Path) -> None:
    check_model(bounded_raft(root), every=40)


@pytest.mark.deep
def test_raft_has_the_same_steps_in_many_states(root: Path) -> None:
    check_model(bounded_raft(root), every=6)


# --- what is easily got wrong -------------------------------------------------------------------------

HEAD = r"""---- MODULE M ----
EXTENDS Integers, Sequences, FiniteSets, TLC
CONSTANT c
VARIABLES x, y
"""


def model_of(text: str, config: str = "CONSTANT c = 0") -> Model:
    return Model(parse(f"{HEAD}{text}\n====", "M.tla"), parse_config(config))


Numbers = list[tuple[int, int]]

# The successors of x = 1, y = 1.
STEPS: dict[str, tuple[str, Numbers]] = {
    "a definition by a definition, primed": (
        "Next == LET a == x  b == a + 1 IN x' = 3 /\\ y' = b'", [(3, 4)]
    ),
    "a local operator, primed": (
        "Next == LET a == x  Op(n) == a + n IN x' = 3 /\\ y' = Op(2)'", [(3, 5)]
    ),
    "an argument, primed two operators further": (
        "P(b) == b'\nQ(a) == y' = P(a + 0)\nNext == x' = 3 /\\ Q(x)", [(3, 3)]
    ),
    "a definition by an argument, primed": (
        "Q(a) == LET b == a + 1 IN y' = b'\nNext == x' = 3 /\\ Q(x)", [(3, 4)]
    ),
    "the same definition primed and not": (
        "Next == LET a == x + 1 IN x' = a + 1 /\\ y' = a + a'", [(3, 6)]
    ),
    "a definition that primes, in two branches": (
        "Next == LET n == x' + 1 IN (x' = 1 /\\ y' = n) \\/ (x' = 2 /\\ y' = n)", [(1, 2), (2, 3)]
    ),
    "a definition that primes, in a loop": (
        "Next == LET n == x' + 1 IN \\E v \\in 1..2 : x' = v /\\ y' = n", [(1, 2), (2, 3)]
    ),
    "an argument that primes, in two branches": (
        "A(n) == (x' = 1 /\\ y' = n) \\/ (x' = 2 /\\ y' = n)\nNext == A(x' + 1)", [(1, 2), (2, 3)]
    ),
    "a primed definition in a loop": (
        "Next == LET n == x + 1 IN \\E v \\in {x, x + 1} : x' = v /\\ y' = n'", [(1, 2), (2, 3)]
    ),
    "a recursive operator of the module, primed": (
        "RECURSIVE Down(_)\nDown(n) == IF n = 0 THEN x ELSE 1 + Down(n - 1)\n"
        "Next == x' = 3 /\\ y' = Down(2)'", [(3, 5)]
    ),
    "a recursive function of the module, primed": (
        "down[n \\in 0..3] == IF n = 0 THEN x ELSE 1 + down[n - 1]\n"
        "Next == x' = 3 /\\ y' = (down[2])' + down[2]", [(3, 8)]
    ),
    "a large operator, primed": (
        "Big(n) == " + " + ".join(["x", "n"] * 40) + "\nNext == x' = 2 /\\ y' = Big(1)'", [(2, 120)]
    ),
    "a remembered operator, primed": (
        "Below(n) == Cardinality({k \\in 0..n : k < x})\n"
        "Next == \\E v \\in 2..3 : x' = v /\\ y' = Below(9)' + Below(9)", [(2, 3), (3, 4)]
    ),
    "mutual recursion of local operators": (
        "Next == LET RECURSIVE A(_), B(_)\n A(n) == IF n = 0 THEN x ELSE B(n - 1)\n"
        " B(n) == IF n = 0 THEN 0 ELSE A(n - 1) IN x' = A(4) /\\ y' = A(3)", [(1, 0)]
    ),
    "a local recursive function of a bound name": (
        "Next == \\E k \\in 1..2 : LET f[n \\in 0..3] == IF n = 0 THEN k ELSE f[n - 1] + x\n"
        " IN x' = f[2] /\\ y' = Cardinality({f, [f EXCEPT ![0] = 9]})", [(3, 2), (4, 2)]
    ),
    "functions made in a loop keep what they were made with": (
        "Next == LET fs == {LET f[n \\in 1..2] == n * k IN f : k \\in 1..3}\n"
        " IN x' = Cardinality(fs) /\\ y' = (CHOOSE f \\in fs : f[2] = 6)[1]", [(3, 3)]
    ),
    "an operator within its own argument": (
        "Add(a, b) == LET s == a + b IN s\nNext == x' = Add(Add(x, 2), Add(x, Add(x, x))) /\\ y' = y",
        [(6, 1)],
    ),
    "a quantifier within itself": (
        "All(S, n) == \\A i \\in S : i <= n + Cardinality({i2 \\in S : i2 > i})\n"
        "Next == x' = (IF All(IF All(1..3, 3) THEN 1..2 ELSE {}, 1) THEN 7 ELSE 8) /\\ y' = y", [(8, 1)]
    ),
    "all quantifiers end as soon as the first": (
        "Next == /\\ ~\\A i \\in 1..3, j, k \\in 1..3 : i + j + k # 4\n"
        "        /\\ \\E i \\in 1..3, j, k \\in 1..3 : i * j * k = 27\n        /\\ x' = 2 /\\ y' = y",
        [(2, 1)],
    ),
    "a variable as an argument is given its value": (
        "Set(v, e) == v' = e\nNext == Set(x, 2) /\\ Set(y, x')", [(2, 2)]
    ),
    "a variable as an argument is unchanged": (
        "Keep(v) == UNCHANGED v\nNext == Keep(x) /\\ Keep(<<y>>)", [(1, 1)]
    ),
    "UNCHANGED of an expression": (
        "Next == x' \\in 0..2 /\\ y' \\in 0..1 /\\ UNCHANGED (x + y)", [(1, 1), (2, 0)]
    ),
    "UNCHANGED of a definition": (
        "both == <<x, <<y>>>>\nNext == UNCHANGED both", [(1, 1)]
    ),
    "UNCHANGED of what has its value already": (
        "Next == x' \\in 1..2 /\\ y' \\in 1..2 /\\ UNCHANGED <<x, y>>", [(1, 1)]
    ),
    "UNCHANGED of nothing": (
        "Next == UNCHANGED <<>> /\\ UNCHANGED <<x, y>>", [(1, 1)]
    ),
    "membership of what is primed": (
        "Next == x' \\in {y, 2} /\\ y' \\in {x', 3} \\ {2}", [(1, 1), (1, 3), (2, 3)]
    ),
    "no member to choose": (
        "Next == x' \\in {} /\\ y' = 1", []
    ),
    "\\A with primes": (
        "Next == x' = 2 /\\ (\\A i \\in {1} : y' = i + x') /\\ \\A i \\in 1..x' : y' > i", [(2, 3)]
    ),
    "\\A over no element": (
        "Next == x' = 2 /\\ (\\A i \\in {} : y' = i) /\\ y' = 5", [(2, 5)]
    ),
    "IF in an action": (
        "Next == (IF x = 1 THEN x' = 2 ELSE x' = 3) /\\ IF x' = 2 THEN y' = x' ELSE UNCHANGED y", [(2, 2)]
    ),
    "several updates, one on what another made": (
        "Next == LET f == [[<<1, 2>> EXCEPT ![1] = @ + 1, ![1] = @ * 5] EXCEPT ![2] = @ + x]\n"
        " IN x' = f[1] /\\ y' = f[2]", [(10, 3)]
    ),
    "@ within @": (
        "Next == LET f == [<<<<1, 2>>, 3>> EXCEPT ![1] = [@ EXCEPT ![2] = @ + 7]]\n"
        " IN x' = f[1][2] /\\ y' = f[2]",
        [(9, 3)],
    ),
    "an update outside of the domain": (
        "Next == /\\ x' = [<<x, 2>> EXCEPT ![5] = @ + <<>>[1]][1]\n"
        "        /\\ y' = [<<<<y>>>> EXCEPT ![7][1] = 5, ![1][9] = 5][1][1]", [(1, 1)]
    ),
    "a function on 1..n is a sequence": (
        "Next == x' = Len([i \\in {2, 1} |-> i] \\o (1 :> 3)) /\\ y' = ([i \\in {3, 2} |-> i])[3]", [(3, 3)]
    ),
    "a function on a product": (
        "Next == LET f == [i \\in 1..2, <<j, k>> \\in {<<1, 2>>} |-> i + j + k]\n"
        " IN x' = f[2, <<1, 2>>] /\\ y' = 0",
        [(5, 0)],
    ),
    "sets that cannot be enumerated, remembered": (
        "In(S) == {z \\in {<<x>>, <<-1>>} : z \\in S}\n"
        "Next == x' = Cardinality(In(Seq(Nat))) /\\ y' = Cardinality(In(Seq(Int)))", [(1, 2)]
    ),
    "an argument that is not needed has no value": (
        "First(a, b) == a\nNext == x' = First(2, <<>>[x]) /\\ y' = LET n == <<>>[x] IN 3", [(2, 3)]
    ),
    "what comes after a false conjunct is not evaluated": (
        "Next == (x = 2 /\\ <<>>[x] = 1 /\\ x' = 1 /\\ y' = 1) \\/ (x = 1 /\\ x' = 5 /\\ y' = 5)", [(5, 5)]
    ),
    "the same expression in two branches, with other values": (
        "Next == \\E v \\in 1..2 : x' = v /\\ y' = x' + v", [(1, 2), (2, 4)]
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), STEPS.values(), ids=STEPS)
def test_an_action_has_these_steps(text: str, expected: Numbers) -> None:
    model = model_of(text)
    node = model.definition("Next").body
    assert taken(model.compiler.action(node, {}).run, (1, 1)) == Counter(expected)
    assert walked(model, node, {}, (1, 1)) == Counter(expected)


def test_what_an_initial_predicate_defines_follows_what_it_assigns() -> None:
    model = model_of(
        "Init == LET n == x + 1 IN (x = 1 /\\ y = n) \\/ (\\E v \\in 2..3 : x = v /\\ y = n)\nNext == FALSE",
        "CONSTANT c = 0 INIT Init NEXT Next",
    )
    assert model.initial_states() == ((1, 2), (2, 3), (3, 4))


# Neither has a value where x = "b" and y = 1: nothing is what only Python would make of it.
NONSENSE = [
    "Len(<<1, y>>) * x = x", "x \\in y..2", 'x \\in "a".."c"', "\\E v \\in x : TRUE", "x \\in {y}",
    "x \\notin 1..y", "x \\in {y, 2}", "x \\in {1, 2}", "x < y", "x + x = x", "y = x", "y[1] = 1", "5[y] = 1",
    "x.a = 1", "Len(5) = y", "DOMAIN 5 = {}", "y \\in 5", "y \\in DOMAIN 5", "x \\cup {} = {}",
    "y \\in Nat \\cup x", "~x", "x \\/ TRUE", "y => TRUE", "IF y THEN TRUE ELSE TRUE",
    "[y EXCEPT ![1] = 2] = y", "-x = y",
]  # fmt: skip


@pytest.mark.parametrize("text", NONSENSE)
def test_what_has_no_value_is_given_none(text: str) -> None:
    model = model_of(f"P == {text}\nNext == ({text}) /\\ UNCHANGED <<x, y>>")
    state = ("b", 1)
    node = model.definition("Next").body
    assert compiled_or_error(partial(taken, model.compiler.action(node, {}).run, state)) is ERROR
    assert evaluated_or_error(partial(walked, model, node, {}, state)) is ERROR
    assert compiled_or_error(partial(model.formula("P").test, state)) is ERROR
    assert evaluated_or_error(partial(model.evaluator(state).truth, model.formula("P").node)) is ERROR


# --- what the configuration puts in the place of names ------------------------------------------------

OVERRIDDEN = r"""
Limit == 1
Bound(n) == n < 9
Shown == TRUE
First == x >= 0 /\ y >= 0
Inv == First /\ x < 5
Start == x = 0 /\ y = 0
Act == x' = x + Limit /\ UNCHANGED y
vars == <<x, y>>
Spec == Start /\ [][Act]_vars
Grows == [][Shown]_vars
MCBound(n) == n < x
MCShown == x' > x /\ y' = 0
MCFirst == x < 3 /\ y = 0
MCAct == x < 4 /\ x' = x + 2 /\ UNCHANGED y
MCStart == x = 1 /\ y = 0
MCvars == x
Test == Bound(0) /\ Bound(3)
"""


def test_a_formula_that_an_override_makes_read_variables_is_no_constant() -> None:
    model = model_of(OVERRIDDEN, "CONSTANT c = 0 Bound <- MCBound")
    assert [model.formula("Test").holds((n, 0)) for n in (0, 4)] == [False, True]


def test_a_step_property_that_an_override_makes_prime_is_remembered_by_both_states() -> None:
    config = "CONSTANTS c = 0 Shown <- MCShown SPECIFICATION Spec PROPERTY Grows"
    model = model_of(OVERRIDDEN, config)
    ((formula, _),) = model.properties().steps
    assert formula.holds((0, 0), (1, 0))
    assert not formula.holds((0, 0), (0, 1))


def test_an_invariant_is_taken_apart_after_the_overrides() -> None:
    result = check(model_of(OVERRIDDEN, "CONSTANTS c = 0 First <- MCFirst SPECIFICATION Spec INVARIANT Inv"))
    assert result.violation is not None
    assert result.violation.behavior[-1].state == (3, 0)


def test_what_a_specification_is_made_of_may_be_overridden() -> None:
    config = "CONSTANTS c = 0 Start <- MCStart Act <- MCAct SPECIFICATION Spec CHECK_DEADLOCK FALSE"
    result = check(model_of(OVERRIDDEN, config))
    assert (result.distinct, result.actions) == (3, {"MCAct": 2})


def test_a_configuration_gives_a_definition_another_value() -> None:
    model = model_of(OVERRIDDEN, "CONSTANTS c = 0 Limit = 7")
    node = model.definition("Act").body
    assert taken(model.compiler.action(node, {}).run, (1, 1)) == {(8, 1): 1}
    assert walked(model, node, {}, (1, 1)) == {(8, 1): 1}


def test_unchanged_follows_an_override() -> None:
    model = model_of(OVERRIDDEN + "Keep == UNCHANGED vars /\\ y' = 5", "CONSTANTS c = 0 vars <- MCvars")
    node = model.definition("Keep").body
    assert taken(model.compiler.action(node, {}).run, (1, 1)) == {(1, 5): 1}
    assert walked(model, node, {}, (1, 1)) == {(1, 5): 1}


def test_an_operator_of_a_standard_module_may_be_overridden() -> None:
    model = model_of(
        'MCNat == 0..3\nText(s) == "long"\nP == x \\in Nat\nQ == Len(<<x>>)',
        "CONSTANTS c = 0 Nat <- MCNat Len <- Text",
    )
    assert [model.formula("P").holds((n, 0)) for n in (3, 4)] == [True, False]
    assert model.evaluator((1, 1)).value(model.definition("Q").body) == "long"


def test_tests_after_an_action_are_those_of_what_it_writes() -> None:
    model = model_of("Same == x' = x /\\ y' = IF c = 0 THEN y ELSE x\nSwap == x' = y /\\ y' = y")
    writes = {
        name: model.compiler.action(model.definition(name).body, {}).writes for name in ("Same", "Swap")
    }
    assert writes["Swap"] == {"x"}
    assert "x" not in writes["Same"]
