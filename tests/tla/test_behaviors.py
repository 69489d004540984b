"""Behaviors as text, as ITF and as a TLA+ module: what is written, and that it can be read back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftcheck.tla.behaviors import Behavior, from_itf, parse_state, to_itf, to_module, to_text
from raftcheck.tla.errors import TlaError
from raftcheck.tla.modules import parse
from raftcheck.tla.notation import parse_value, wrapped
from raftcheck.tla.values import FALSE, TRUE, ModelValue, Value, format_value, function

from .kinds import function_of, set_of

LIFT = Behavior(
    variables=("floor", "calls"),
    states=tuple(
        tuple(map(parse_value, state))
        for state in [
            ("0", "<<>>"),
            ("0", '<<[floor |-> 1, by |-> {ann, "bob"}]>>'),
            ("1", '<<[floor |-> 1, by |-> {ann, "bob"}]>>'),
        ]
    ),
    labels=("", 'Call({ann, "bob"})', "Move"),
)

atoms = (
    st.integers(-3, 10**20)
    | st.text("ab\"\\\n'", max_size=3)
    | st.sampled_from([TRUE, FALSE])
    | st.sampled_from(["a", "m1"]).map(ModelValue)
)
names = st.sampled_from(["a", "bc", "m1", "#map", ""])
values: st.SearchStrategy[Value] = st.recursive(
    atoms,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.lists(inner, max_size=3).map(set_of)
        | st.dictionaries(names | inner, inner, max_size=3).map(function_of)
    ),
    max_leaves=8,
)


def test_text_has_the_first_state_whole_and_then_what_changes() -> None:
    assert to_text(LIFT) == (
        "  1  initial state\n"
        "     /\\ floor = 0\n"
        "     /\\ calls = <<>>\n"
        '  2  Call({ann, "bob"})\n'
        '     /\\ calls = <<[by |-> {"bob", ann}, floor |-> 1]>>\n'
        "  3  Move\n"
        "     /\\ floor = 1\n"
    )


@pytest.mark.parametrize(("loop", "end"), [(0, "back to state 1"), (2, "stuttering")])
def test_text_says_how_a_behavior_goes_on_for_ever(loop: int, end: str) -> None:
    assert to_text(replace(LIFT, loop=loop)).endswith(f"     /\\ floor = 1\n     {end}\n")


def test_text_says_that_a_step_changes_nothing() -> None:
    still = Behavior(("x",), ((1,), (1,)), ("", "Idle"))
    assert to_text(still).endswith("  2  Idle\n     nothing changes\n")


def test_a_long_value_is_broken_at_its_brackets() -> None:
    log = parse_value(
        '(n1 :> <<[term |-> 1, value |-> "v1"], [term |-> 1, value |-> "v2"]>> @@ n2 :> <<>> @@ n3 :> {1, 2})'
    )
    assert wrapped(log, 50, column=2) == (
        '( n1 :> << [term |-> 1, value |-> "v1"],\n'
        '             [term |-> 1, value |-> "v2"] >> @@\n'
        "    n2 :> <<>> @@\n"
        "    n3 :> {1, 2} )"
    )


@given(values, st.integers(1, 80), st.integers(0, 90))
def test_a_value_in_lines_is_the_same_value(value: Value, width: int, column: int) -> None:
    assert parse_value(wrapped(value, width, column)) == value


@given(values)
def test_a_state_of_tlc_is_read(value: Value) -> None:
    text = format_value(value)
    assert parse_state(f"x = {text}") == {"x": value}
    assert parse_state(f"/\\ x = {text}\n/\\ line = 1\n") == {"x": value, "line": 1}


def test_what_is_no_state_is_refused_with_its_place() -> None:
    with pytest.raises(TlaError, match=r"^s:2:4: saw `=`, expected a name$"):
        parse_state("/\\ x = 1\n/\\ = 2", "s")


@given(st.lists(values, min_size=1, max_size=3), st.booleans())
def test_itf_is_read_back_as_it_was_written(states: list[Value], lasso: bool) -> None:
    labels = ("", *("Step",) * (len(states) - 1))
    behavior = Behavior(("x",), tuple((value,) for value in states), labels, 0 if lasso else None)
    assert from_itf(json.loads(json.dumps(to_itf(behavior, "M.tla")))) == behavior


def test_itf_has_the_forms_of_its_definition() -> None:
    written = to_itf(replace(LIFT, loop=1), "Lift.tla")
    assert written["vars"] == ["floor", "calls"]
    assert written["loop"] == 1
    assert written["#meta"]["model-values"] == ["ann"]
    assert written["states"][1] == {
        "#meta": {"index": 1, "action": 'Call({ann, "bob"})'},
        "floor": {"#bigint": "0"},
        "calls": [{"by": {"#set": ["bob", "ann"]}, "floor": {"#bigint": "1"}}],
    }


def test_itf_of_others_is_read() -> None:
    state = {"a": 3, "b": {"#tup": [True, {"#bigint": "-7"}]}, "c": {"#map": [["k", {"#set": []}]]}, "d": {}}
    read = from_itf({"vars": ["a", "b", "c", "d"], "states": [state]})
    assert read == Behavior(("a", "b", "c", "d"), ((3, (TRUE, -7), function({"k": frozenset()}), ()),), ("",))


@pytest.mark.parametrize(
    ("itf", "message"),
    [
        ([], "top: saw [], expected an object with vars and states"),
        ({"vars": "x", "states": [{}]}, 'vars: saw "x", expected a list of names'),
        ({"vars": [], "states": []}, "states: saw [], expected a list of states"),
        ({"vars": ["x"], "states": [{}]}, "states[0]: saw {}, expected a value of `x`"),
        ({"vars": ["x"], "states": [{"x": [1.5]}]}, "states[0].x[0]: saw 1.5, expected a value of ITF"),
        ({"vars": ["x"], "states": [{"x": {"#bigint": "-"}}]}, 'states[0].x: saw "-", expected digits'),
        ({"vars": ["x"], "states": [{"x": {"#map": [[1]]}}]}, "states[0].x: saw [[1]], expected pairs"),
        ({"vars": ["x"], "states": [{"x": 1}], "loop": 1}, "loop: saw 1, expected the index of a state"),
    ],
)
def test_what_is_no_itf_is_refused_with_the_path_to_it(itf: Any, message: str) -> None:
    with pytest.raises(TlaError) as refused:
        from_itf(itf, "t.itf.json")
    assert str(refused.value) == f"t.itf.json: {message}"


def test_the_module_is_as_it_was_when_somebody_read_it(root: Path) -> None:
    constants = {"Top": 1, "Persons": frozenset({ModelValue("ann"), "bob"}), "Nobody": ModelValue("Nobody")}
    written = to_module(replace(LIFT, loop=0), "Lift_counterexample", constants, width=70)
    assert written == (root / "tests/tla/golden/Lift_counterexample.tla").read_text(encoding="utf-8")


def test_the_module_is_tla() -> None:
    module = parse(to_module(LIFT, "M", {"Behavior": 1}), "M.tla")
    assert {"Behavior", "Behavior_", "Actions"} <= set(module.definitions)
