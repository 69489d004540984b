"""The values of TLA+ as Python objects: what is equal, what is identical, what order they stand in."""

from __future__ import annotations

import itertools
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from operator import itemgetter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftcheck.tla import values
from raftcheck.tla.errors import TlaError
from raftcheck.tla.library import BUILTINS, MODULES
from raftcheck.tla.library.bags import copies_in
from raftcheck.tla.library.language import intersection
from raftcheck.tla.values import (
    BOOLEAN,
    FALSE,
    INT,
    NAT,
    STRING,
    TRUE,
    Function,
    FunctionSet,
    LazyFunction,
    LazySet,
    ModelValue,
    Product,
    RecordSet,
    Sequences,
    Subsets,
    Union,
    Value,
    alike,
    apply,
    contains,
    domain,
    equal,
    extended,
    function,
    is_finite,
    items,
    joined,
    order_key,
    ordered,
    record,
    replaced,
    restricted,
    strict,
    sweep,
)


def numbers(*members: int) -> frozenset[Value]:
    return frozenset(members)


# --- functions ----------------------------------------------------------------------------------------

kinds_of_keys = (st.integers(-2, 5), st.sampled_from(["a", "b"]), st.tuples(st.integers(0, 1)))
keyed = st.sampled_from(kinds_of_keys).flatmap(
    lambda keys: st.tuples(st.dictionaries(keys, st.integers(0, 2)), keys)
)
mappings = keyed.map(itemgetter(0))


@given(mappings, st.randoms(use_true_random=False))
def test_equal_functions_are_one_object(mapping: dict[Value, Value], random: Random) -> None:
    pairs = list(mapping.items())
    random.shuffle(pairs)
    f, g = function(mapping), function(dict(pairs))
    assert f is g or (type(f) is tuple and f == g)
    assert dict(items(f)) == mapping
    assert domain(f) == mapping.keys()


@given(mappings.filter(bool), st.data())
def test_an_update_gives_the_function_that_has_the_new_value(
    mapping: dict[Value, Value], data: st.DataObject
) -> None:
    argument = data.draw(st.sampled_from(sorted(mapping, key=order_key)))
    updated = replaced(function(mapping), argument, "new")
    expected = function({**mapping, argument: "new"})
    assert updated is expected or (type(updated) is tuple and updated == expected)
    assert apply(updated, argument) == "new"


@given(keyed)
def test_one_argument_more_or_less_gives_the_function_with_that_domain(
    drawn: tuple[dict[Value, Value], Value],
) -> None:
    mapping, argument = drawn
    without = function({key: value for key, value in mapping.items() if key != argument})
    with_it = function({**mapping, argument: 0})
    if type(without) is Function:
        more = extended(without, argument, 0)
        assert more is with_it or (type(more) is tuple and more == with_it)
    if type(with_it) is Function:
        less = restricted(with_it, argument)
        assert less is without or (type(less) is tuple and less == without)


def test_the_order_of_a_domain_does_not_depend_on_how_it_came_to_be() -> None:
    """Or a seed would draw other walks in a process that has done something else before."""
    grown = function({"order1": 0, "order3": 0})
    grown = extended(extended(grown, "order4", 0), "order2", 0)
    assert list(values.arguments(grown)) == ["order1", "order2", "order3", "order4"]
    assert list(values.arguments(restricted(grown, "order1"))) == ["order2", "order3", "order4"]


def test_an_update_outside_the_domain_changes_nothing() -> None:
    assert replaced((1, 2), 3, "new") == (1, 2)
    assert replaced((1, 2), "x", "new") == (1, 2)
    assert replaced(record(a=1), "b", "new") is record(a=1)


def test_a_function_on_1_to_n_is_a_sequence() -> None:
    assert function({}) == ()
    assert function({2: "b", 1: "a"}) == ("a", "b")
    for mapping in ({0: "a", 1: "b"}, {1: "a", 3: "b"}, {2: "a"}, {"1": "a"}):
        assert type(function(mapping)) is Function


def test_a_function_is_applied_within_its_domain_only() -> None:
    with pytest.raises(TlaError, match=r"^<<5>> is applied to 2, which is not in its domain$"):
        apply((5,), 2)
    with pytest.raises(TlaError, match=r"^\[a \|-> 1\] is applied to TRUE, which is not in its domain$"):
        apply(record(a=1), TRUE)
    with pytest.raises(TlaError, match=r"^1 is applied to 1, but is not a function$"):
        apply(1, 1)


def test_functions_survive_pickling_as_themselves() -> None:
    value = record(a=frozenset([TRUE, 1, ModelValue("m")]), b=record(c=()))
    assert pickle.loads(pickle.dumps(value)) is value


# --- the hash-consing tables --------------------------------------------------------------------------


def known() -> int:
    return sum(len(home.functions) for home in values._domains.values())


def settle() -> int:
    """Sweeps until nothing more goes: what only another value held goes a sweep later. How many stay."""
    before = -1
    while before != known():
        before = known()
        sweep()
    return before


def test_a_sweep_forgets_what_nobody_holds() -> None:
    before = settle()
    made = [record(swept=number) for number in range(50)]
    sweep()
    assert known() == before + 50
    assert made == [record(swept=number) for number in range(50)]
    made.clear()
    sweep()
    assert known() == before
    assert frozenset(["swept"]) not in values._domains


def test_a_sweep_keeps_what_another_value_holds() -> None:
    before = settle()
    holders: list[Value] = [
        (record(held=1),),
        frozenset([record(held=2)]),
        record(by=record(held=3)),
        function({record(held=4): 0}),
    ]
    record(held=5)
    sweep()
    assert known() == before + 6
    assert holders[0][0] is record(held=1)
    assert record(held=2) in holders[1]
    assert apply(holders[2], "by") is record(held=3)
    assert apply(holders[3], record(held=4)) == 0
    holders.clear()
    assert settle() == before


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=60))
def test_no_sweep_ever_breaks_identity(steps: list[tuple[int, bool]]) -> None:
    held: dict[int, Value] = {}
    for number, keep in steps:
        value = record(number=number, nested=record(number=number))
        assert held.get(number, value) is value
        if keep:
            held[number] = value
        else:
            held.pop(number, None)
        del value
        sweep()
        for kept, value in held.items():
            assert record(number=kept, nested=record(number=kept)) is value
            assert apply(value, "nested") is record(number=kept)


def test_the_tables_are_swept_when_they_have_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    before = settle()
    monkeypatch.setattr(values, "_sweep_at", before + 100)
    held = [record(grown=number) for number in range(30)]
    for number in range(30, 99):
        record(grown=number)
    assert known() == before + 99
    last = record(grown=99)
    assert known() == before + 31
    assert held == [record(grown=number) for number in range(30)]
    assert last is record(grown=99)


# --- equality -----------------------------------------------------------------------------------------


def test_true_is_not_one() -> None:
    assert len(frozenset([TRUE, FALSE, 1, 0])) == 4
    assert record(a=TRUE) is not record(a=1)
    assert function({TRUE: 1}) is not function({1: 1})


@pytest.mark.parametrize(
    ("left", "right"),
    [(1, "a"), (TRUE, 1), (frozenset(), 1), ((), frozenset()), ("", ()), (NAT, 1), (record(a=1), numbers(1))],
)
def test_values_of_different_kinds_are_not_compared(left: Value, right: Value) -> None:
    for a, b in ((left, right), (right, left)):
        with pytest.raises(TlaError, match=r"cannot be compared$"):
            equal(a, b)


def test_a_model_value_is_equal_to_itself_only() -> None:
    m = ModelValue("m")
    assert m is ModelValue("m")
    assert equal(m, m)
    for other in (ModelValue("n"), "m", 1, TRUE, (), frozenset([m]), record(a=m), NAT):
        assert not equal(m, other)
        assert not equal(other, m)
    assert pickle.loads(pickle.dumps(m)) is m


def test_functions_and_sequences_are_of_one_kind() -> None:
    assert not equal((1,), function({0: 1}))
    assert not equal((), record(a=1))


# --- order --------------------------------------------------------------------------------------------

MIXED: list[Value] = [
    FALSE,
    TRUE,
    -1,
    7,
    10,
    "",
    "a",
    ModelValue("a"),
    ModelValue("b"),
    (),
    (9,),
    (1, 1),
    frozenset(),
    numbers(2),
    numbers(1, 3),
    record(a=2),
    record(b=1),
    record(a=1, b=1),
]


@given(st.permutations(MIXED))
def test_the_order_of_all_values_is_one(values_: list[Value]) -> None:
    assert sorted(values_, key=order_key) == MIXED
    assert ordered(frozenset(values_)) == tuple(MIXED)


def test_the_order_is_the_same_under_every_hash_seed() -> None:
    program = (
        "from raftcheck.tla.values import *\n"
        "names = 'delta alpha charlie bravo echo'.split()\n"
        "sets = [frozenset([a, b]) for a in names for b in names]\n"
        "records = [record(**{a: b, b: s}) for a in names for b in names for s in sets]\n"
        "print(format_value(ordered(frozenset(records))), format_value(ordered(Subsets(frozenset(names)))))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1


# --- sets known by their test -------------------------------------------------------------------------

ab = frozenset(["a", "b"])

LAZY: list[tuple[LazySet, list[Value]]] = [
    (Subsets(numbers(1, 2)), [frozenset(), numbers(1), numbers(2), numbers(1, 2)]),
    (Subsets(frozenset()), [frozenset()]),
    (FunctionSet(numbers(1, 2), ab), [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")]),
    (FunctionSet(frozenset(["x"]), numbers(1, 2)), [record(x=1), record(x=2)]),
    (FunctionSet(frozenset(), numbers(1)), [()]),
    (FunctionSet(numbers(1), frozenset()), []),
    (RecordSet({"p": ab, "q": numbers(1)}), [record(p="a", q=1), record(p="b", q=1)]),
    (RecordSet({"p": ab, "q": frozenset()}), []),
    (Product((numbers(1, 2), ab)), [(1, "a"), (1, "b"), (2, "a"), (2, "b")]),
    (Product((numbers(1), ab, numbers(3))), [(1, "a", 3), (1, "b", 3)]),
    (Union((frozenset([numbers(1)]), Subsets(frozenset()))), [frozenset(), numbers(1)]),
]


@pytest.mark.parametrize(("lazy", "members"), LAZY, ids=[repr(lazy) for lazy, _ in LAZY])
def test_a_lazy_set_is_the_set_of_its_elements(lazy: LazySet, members: list[Value]) -> None:
    assert sorted(lazy, key=order_key) == members
    assert all(contains(lazy, member) for member in members)
    plain = frozenset(members)
    assert is_finite(lazy)
    assert strict(lazy) == plain
    assert equal(lazy, plain)
    assert equal(plain, lazy)
    assert hash(lazy) == hash(plain)
    assert frozenset([lazy]) == frozenset([plain])
    assert not equal(lazy, plain | {"another"})


@pytest.mark.parametrize(
    ("lazy", "other"),
    [
        (NAT, -1),
        (Subsets(numbers(1)), numbers(1, 2)),
        (Subsets(NAT), numbers(-1)),
        (FunctionSet(numbers(1, 2), ab), ("a",)),
        (FunctionSet(numbers(1, 2), ab), record(a="a")),
        (FunctionSet(NAT, ab), ("a",)),
        (RecordSet({"p": ab}), record(q="a")),
        (RecordSet({"p": ab}), record(p="a", q=1)),
        (RecordSet({"p": ab}), record(p="c")),
        (Product((NAT, NAT)), (1,)),
        (Product((NAT, NAT)), (1, -1)),
        (Sequences(NAT), (1, -1)),
        (Union((NAT, numbers(-5))), -1),
    ],
    ids=repr,
)
def test_what_is_no_element_of_a_lazy_set(lazy: LazySet, other: Value) -> None:
    assert not contains(lazy, other)


@pytest.mark.parametrize(
    "lazy",
    [
        NAT,
        INT,
        STRING,
        Sequences(NAT),
        FunctionSet(ab, NAT),
        RecordSet({"p": ab}),
        Product((ab, ab)),
        BOOLEAN,
    ],
    ids=repr,
)
def test_a_model_value_is_no_element_of_any_set_that_does_not_name_it(lazy: Value) -> None:
    none = ModelValue("None")
    assert not contains(lazy, none)
    assert contains(Union((lazy, frozenset([none]))), none)


def test_infinite_sets_have_elements_but_no_enumeration() -> None:
    assert contains(NAT, 0)
    assert contains(INT, -1)
    assert contains(STRING, "")
    assert contains(Sequences(NAT), (1, 2))
    assert contains(Subsets(NAT), numbers(1, 2))
    assert contains(FunctionSet(ab, NAT), record(a=1, b=2))
    assert contains(RecordSet({"a": NAT, "b": STRING}), record(a=1, b="x"))
    assert contains(Union((NAT, ab.union([-1]))), 3)
    for infinite in (NAT, STRING, Sequences(NAT), Subsets(NAT), FunctionSet(ab, NAT), Product((ab, NAT))):
        assert not is_finite(infinite)
        assert strict(infinite) is infinite
        with pytest.raises(TlaError, match=r"cannot be enumerated$"):
            ordered(infinite)


# --- recursive functions ------------------------------------------------------------------------------


def lazily(arguments: Value, body: Callable[[Value], Value]) -> LazyFunction:
    return LazyFunction(arguments, body)


def test_a_lazy_function_finds_each_value_once_and_when_it_is_asked() -> None:
    asked: list[Value] = []

    def factorial(n: Value) -> Value:
        asked.append(n)
        return 1 if n == 0 else n * apply(f, n - 1)

    f = lazily(NAT, factorial)
    assert asked == []
    assert apply(f, 3) == 6
    assert apply(f, 4) == 24
    assert asked == [3, 2, 1, 0, 4]
    with pytest.raises(TlaError, match=r"^a function is applied to -1, which is not in its domain$"):
        apply(f, -1)


def test_a_lazy_function_is_the_function_with_its_values() -> None:
    def double(n: Value) -> Value:
        return 2 * n

    f, g = lazily(numbers(1, 2), double), lazily(numbers(1, 2), double)
    assert strict(f) == (2, 4)
    assert equal(f, g)
    assert equal(f, (2, 4))
    assert equal((2, 4), f)
    assert not equal(f, lazily(numbers(1, 3), double))
    assert contains(frozenset([(2, 4)]), f)
    assert contains(FunctionSet(numbers(1, 2), NAT), f)
    assert replaced(f, 2, 5) == (2, 5)
    assert domain(f) == numbers(1, 2)


def test_a_lazy_function_on_an_infinite_set_stays_one() -> None:
    f, g = (lazily(NAT, lambda n: n + 1) for _ in range(2))
    assert strict(f) is f
    assert equal(f, f)
    with pytest.raises(TlaError, match=r"cannot be enumerated$"):
        equal(f, g)
    with pytest.raises(TlaError, match=r"cannot be enumerated$"):
        equal(lazily(numbers(1), lambda n: n + 1), f)


# --- operators ----------------------------------------------------------------------------------------

KINDS: list[Value] = [
    *(
        0,
        -1,
        3,
        "a",
        "",
        "1",
        TRUE,
        (),
        (1, 2),
        ("a",),
        frozenset(),
        numbers(1),
        ab,
        record(a=1),
        record(a="x"),
    ),
    *(function({"a": 2, "b": 0}), NAT, STRING, Sequences(NAT), Subsets(numbers(1)), ModelValue("m")),
    *(FunctionSet(numbers(1), NAT), LazyFunction(numbers(1), lambda value: value)),
]


def answers(*_: Value) -> Value:
    return TRUE


OPERATORS = {
    f"{name} of {native.module}": (native.function, native.arity, dict(native.operator_arguments))
    for names in MODULES.values()
    for name, native in names.items()
    if native.arity
} | {
    name: (function_, 1 if name in ("SUBSET", "UNION", "DOMAIN", "~") else 2, {})
    for name, function_ in BUILTINS.items()
}


@pytest.mark.parametrize(("operator", "arity", "operators"), OPERATORS.values(), ids=OPERATORS)
def test_an_operator_takes_any_values_or_says_what_it_expected(
    operator: Callable[..., Value],
    arity: int,
    operators: dict[int, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # some write files
    choices = [[answers] if place in operators else KINDS for place in range(arity)]
    some = Random(arity)
    drawn = ([some.choice(kinds) for kinds in choices] for _ in range(3_000))
    for arguments in product(*choices) if arity < 3 else drawn:
        try:
            operator(*arguments)
        except TlaError as error:
            assert str(error)  # noqa: PT017 - not every call has one


def test_text_is_no_set_and_no_count() -> None:
    with pytest.raises(TlaError, match=r'"ab"\? That is not a set$'):
        intersection("ab", ab)
    with pytest.raises(TlaError, match=r'^expected a number, saw "1"$'):
        copies_in("a", record(a="1"))


# --- kinds --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("members", [(1, "a"), (TRUE, 1), ((), "a"), (ModelValue("m"), (1,), frozenset())])
def test_elements_that_cannot_be_compared_are_in_no_set_and_in_no_domain(members: tuple[Value, ...]) -> None:
    with pytest.raises(TlaError, match="cannot be elements of one set"):
        alike(frozenset(members))
    with pytest.raises(TlaError, match="cannot be elements of one set"):
        function(dict.fromkeys(members, 0))
    for first, *others in itertools.permutations(members):
        with pytest.raises(TlaError, match="cannot be elements of one set"):
            joined(frozenset([first]), frozenset(others))


def test_a_model_value_can_be_compared_with_everything() -> None:
    model = ModelValue("m")
    assert alike(frozenset([1, 2, model])) == joined(frozenset([model]), frozenset([1, 2]))
    assert contains(domain(function({model: 0, "a": 1})), "a")
