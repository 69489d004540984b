"""TLA+ values as text, in both directions."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from raftcheck.tla.errors import TlaError
from raftcheck.tla.notation import parse_value
from raftcheck.tla.values import (
    BOOLEAN,
    FALSE,
    INT,
    NAT,
    TRUE,
    LazyFunction,
    ModelValue,
    Product,
    RecordSet,
    Sequences,
    Subsets,
    Value,
    format_value,
    function,
    ordered,
    record,
)

from .kinds import function_of, set_of

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,3}[A-Za-z]", fullmatch=True)
atoms = st.one_of(
    st.integers(),
    st.text(max_size=8),
    st.sampled_from([TRUE, FALSE]),
    names.filter(lambda name: name not in ("TRUE", "FALSE")).map(ModelValue),
)


def _composed(parts: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.one_of(
        st.lists(parts, max_size=4).map(tuple),
        st.lists(parts, max_size=4).map(set_of),
        st.lists(st.tuples(names, parts), max_size=4).map(dict).map(function),
        st.lists(st.tuples(parts, parts), max_size=4).map(dict).map(function_of),
    )


tla_values = st.recursive(atoms, _composed, max_leaves=20)


@given(tla_values)
@example("")
@example('"\\\n\t\f\r\\n')
@example("\u2028\x85\x0b\x00")
@example(function({"TRUE": 1}))
@example(function({"1": 1, "a b": 2}))
@example(function({-1: 0, 0: 1}))
@example(function({1: "one", 3: "three"}))
def test_every_value_is_read_back_from_its_text(value: Value) -> None:
    again = parse_value(format_value(value))
    assert type(again) is type(value)
    assert again == value


@settings(max_examples=40)
@given(st.dictionaries(atoms, tla_values, min_size=1).map(function_of))
def test_a_function_is_read_back_as_the_same_object(value: Value) -> None:
    again = parse_value(format_value(value))
    assert again is value or (type(value) is tuple and again == value)


a1, a2 = ModelValue("a1"), ModelValue("a2")

TLC_WRITES: list[tuple[Value, str]] = [
    (-3, "-3"),
    (TRUE, "TRUE"),
    ("", '""'),
    ('q"b\\n\nt\tf\fr\r', r'"q\"b\\n\nt\tf\fr\r"'),
    (a1, "a1"),
    (frozenset(), "{}"),
    (frozenset([10, 9, -1]), "{-1, 9, 10}"),
    (BOOLEAN, "{FALSE, TRUE}"),
    (frozenset([a2, a1]), "{a1, a2}"),
    (frozenset([(1,), ()]), "{<<>>, <<1>>}"),
    (frozenset(map(frozenset, [[1, 3], [4], [2], []])), "{{}, {2}, {4}, {1, 3}}"),
    (function({}), "<<>>"),
    (function({2: "b", 1: "a"}), '<<"a", "b">>'),
    (function({2: "b", 0: "a"}), '(0 :> "a" @@ 2 :> "b")'),
    (function({3: 4}), "(3 :> 4)"),
    (function({a2: 1, a1: 1}), "(a1 :> 1 @@ a2 :> 1)"),
    (record(b=("x", TRUE), a=1), '[a |-> 1, b |-> <<"x", TRUE>>]'),
    (function({"IF": 1, "_x": 2}), "[IF |-> 1, _x |-> 2]"),
    (function({"c": "c", "a b": "a b"}), '("a b" :> "a b" @@ "c" :> "c")'),
    (function({"1": 1, "2": 2}), '("1" :> 1 @@ "2" :> 2)'),
]


@pytest.mark.parametrize(("value", "text"), TLC_WRITES, ids=[text for _, text in TLC_WRITES])
def test_a_value_is_written_as_tlc_writes_it(value: Value, text: str) -> None:
    assert format_value(value) == text
    assert parse_value(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<< >>", ()),
        (" { 1 ,\n 2 } ", frozenset([1, 2])),
        ("1..3", frozenset([1, 2, 3])),
        ("-1..1", frozenset([-1, 0, 1])),
        ("3..1", frozenset()),
        ("{1..2, 2..2}", frozenset([frozenset([1, 2]), frozenset([2])])),
        ("(1 :> 2 @@ 1 :> 3)", (2,)),
        ('("a" :> 1)', record(a=1)),
        ("(2 :> TRUE @@ 1 :> TRUE)", (TRUE, TRUE)),
        ("2PC", ModelValue("2PC")),
        ("TRUEish", ModelValue("TRUEish")),
    ],
)
def test_other_spellings_are_read_too(text: str, value: Value) -> None:
    assert parse_value(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "trace.txt:1:1: saw the end, expected a value"),
        ("{1,\n 2", "trace.txt:2:3: saw the end, expected `,` or `}`"),
        ("{1,}", "trace.txt:1:4: saw `}`, expected a value"),
        ("<<1 2>>", "trace.txt:1:5: saw `2`, expected `,`, `..` or `>>`"),
        ("[a -> 1]", "trace.txt:1:4: saw `-`, expected `|->`"),
        ("[1 |-> 1]", "trace.txt:1:2: saw `1`, expected `FALSE`, `TRUE` or a name"),
        ("(1 |-> 2)", "trace.txt:1:4: saw `|->`, expected `..` or `:>`"),
        ("1..", "trace.txt:1:4: saw the end, expected a number"),
        ("a b", "trace.txt:1:3: saw `b`, expected the end"),
        ('"a\nb"', 'trace.txt:1:1: saw `"`, expected a value'),
        (r'<<"a\q">>', r"trace.txt:1:3: saw `\q` in a string, expected `\"`, `\\`, `\n`, `\t`, `\f`, `\r`"),
        ("[a |-> 1, a |-> 2]", "trace.txt:1:11: field `a` stands twice in one record"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(text: str, message: str) -> None:
    with pytest.raises(TlaError) as raised:
        parse_value(text, "trace.txt")
    assert str(raised.value) == message


def test_lazy_sets_and_functions_are_written_as_they_are_defined() -> None:
    def successor(argument: Value) -> Value:
        raise AssertionError(f"evaluated at {argument}")

    assert format_value(NAT) == "Nat"
    assert format_value(Sequences(INT)) == "Seq(Int)"
    assert format_value(Subsets(frozenset([1]))) == "SUBSET {1}"
    assert format_value(Product((NAT, frozenset([1])))) == "Nat \\X {1}"
    assert format_value(RecordSet({"a": NAT})) == "[a : Nat]"
    assert format_value(LazyFunction(NAT, successor)) == "[x \\in Nat |-> ...]"


def test_a_value_a_hundred_levels_deep_is_written_and_read() -> None:
    value: Value = 0
    for _ in range(34):  # three levels each
        value = record(next=(frozenset([value]),))
    assert parse_value(format_value(value)) is value


def test_a_large_value_is_written_and_read() -> None:
    value = tuple(record(term=term, value=f"v{term}") for term in range(3000))
    assert ordered(frozenset(value)) == value
    assert parse_value(format_value(value)) == value
