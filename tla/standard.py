"""The standard modules of TLA+ as operators in Python (Specifying Systems, chapter 18; TLC's modules).

Each operator checks the kinds of its arguments, as TLC does: nothing is guessed.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

from .errors import TlaError
from .syntax import Native
from .values import (
    INT,
    NAT,
    Function,
    ModelValue,
    Sequences,
    Subsets,
    Union,
    Value,
    contains,
    domain,
    elements,
    equal,
    extended,
    finite,
    format_value,
    function,
    is_finite,
    items,
    ordered,
    replaced,
    restricted,
    strict,
    truth,
)


def _number(value: Value) -> int:
    if type(value) is not int:
        raise TlaError(f"expected a number, saw {format_value(value)}")
    return value


def _sequence(value: Value) -> tuple[Value, ...]:
    if type(value) is not tuple:
        raise TlaError(f"expected a sequence, saw {format_value(value)}")
    return value


# --- Naturals, Integers -------------------------------------------------------------------------------


def add(a: Value, b: Value) -> int:
    return _number(a) + _number(b)


def subtract(a: Value, b: Value) -> int:
    return _number(a) - _number(b)


def multiply(a: Value, b: Value) -> int:
    return _number(a) * _number(b)


def power(a: Value, b: Value) -> int:
    if _number(b) < 0 or (_number(a) == 0 and b == 0):
        raise TlaError(f"{a}^{b} is not defined")
    return int(a**b)


def divide(a: Value, b: Value) -> int:
    """a \\div b, rounded down."""
    if _number(b) <= 0:
        raise TlaError(f"the divisor of \\div must be positive, saw {b}")
    return _number(a) // int(b)


def modulo(a: Value, b: Value) -> int:
    if _number(b) <= 0:
        raise TlaError(f"the divisor of % must be positive, saw {b}")
    return _number(a) % int(b)


def negate(a: Value) -> int:
    return -_number(a)


def less(a: Value, b: Value) -> bool:
    return _number(a) < _number(b)


def at_most(a: Value, b: Value) -> bool:
    return _number(a) <= _number(b)


def greater(a: Value, b: Value) -> bool:
    return _number(a) > _number(b)


def at_least(a: Value, b: Value) -> bool:
    return _number(a) >= _number(b)


def interval(a: Value, b: Value) -> frozenset[Value]:
    """a..b"""
    return frozenset(range(_number(a), _number(b) + 1))


def within(e: Value, a: Value, b: Value) -> bool:
    """e \\in a..b"""
    if _number(a) > _number(b) or type(e) is ModelValue:
        return False
    return bool(a <= _number(e) <= b)


# --- Sequences ----------------------------------------------------------------------------------------


def length(s: Value) -> int:
    if type(s) is str:
        return len(s)
    return len(_sequence(s))


def concatenate(s: Value, t: Value) -> Value:
    if type(s) is str and type(t) is str:
        return s + t
    return _sequence(s) + _sequence(t)


def append(s: Value, e: Value) -> Value:
    return (*_sequence(s), strict(e))


def head(s: Value) -> Value:
    if not _sequence(s):
        raise TlaError("Head of the empty sequence")
    return s[0]


def tail(s: Value) -> Value:
    if not _sequence(s):
        raise TlaError("Tail of the empty sequence")
    return s[1:]


def sub_sequence(s: Value, first: Value, last: Value) -> Value:
    """SubSeq(s, first, last): empty where first > last; otherwise both must be places of s."""
    if _number(first) > _number(last):
        return _sequence(s)[:0]
    if first < 1 or last > len(_sequence(s)):
        raise TlaError(f"SubSeq({format_value(s)}, {first}, {last}) reaches outside of the sequence")
    return s[first - 1 : last]


def select_sequence(s: Value, test: Callable[[Value], Value]) -> Value:
    return tuple(e for e in _sequence(s) if truth(test(e)))


# --- FiniteSets ---------------------------------------------------------------------------------------


def is_finite_set(s: Value) -> bool:
    return is_finite(s)


def cardinality(s: Value) -> int:
    return len(finite(s))


# --- Bags: functions from elements to the number of copies ---------------------------------------------


def is_a_bag(b: Value) -> bool:
    if type(b) in (int, str) or not _is_function(b):
        return False
    return all(type(count) is int and count > 0 for _, count in items(b))


def _is_function(value: Value) -> bool:
    try:
        domain(value)
    except TlaError:
        return False
    return True


def bag_to_set(b: Value) -> Value:
    return domain(b)


def set_to_bag(s: Value) -> Value:
    return function(dict.fromkeys(elements(s), 1))


def bag_in(e: Value, b: Value) -> bool:
    return e in domain(b)


def copies_in(e: Value, b: Value) -> int:
    if type(b) is Function:
        place = b.domain.index.get(e)
        return 0 if place is None else _number(b.values[place])
    return _counts(b).get(e, 0)


def _counts(b: Value) -> dict[Value, int]:
    """Elements and the number of their copies."""
    return {element: _number(count) for element, count in items(b)}


def bag_sum(a: Value, b: Value) -> Value:
    """a (+) b"""
    counts = _counts(a)
    for element, count in _counts(b).items():
        counts[element] = counts.get(element, 0) + count
    return function(counts)


def bag_difference(a: Value, b: Value) -> Value:
    """a (-) b: copies of b taken out of a, as far as there are any."""
    left = {}
    taken = _counts(b)
    for element, count in _counts(a).items():
        remaining = count - taken.get(element, 0)
        if remaining > 0:
            left[element] = remaining
    return function(left)


def bag_with(b: Value, e: Value) -> Value:
    """b (+) SetToBag({e})"""
    if type(b) is Function:
        place = b.domain.index.get(e)
        return extended(b, e, 1) if place is None else replaced(b, e, b.values[place] + 1)
    return bag_sum(b, function({e: 1}))


def bag_without(b: Value, e: Value) -> Value:
    """b (-) SetToBag({e})"""
    if type(b) is Function:
        place = b.domain.index.get(e)
        if place is None:
            return b
        return replaced(b, e, b.values[place] - 1) if b.values[place] > 1 else restricted(b, e)
    return bag_difference(b, function({e: 1}))


def bag_union(s: Value) -> Value:
    return functools.reduce(bag_sum, ordered(finite(s)), ())


def is_sub_bag(a: Value, b: Value) -> bool:
    counts = _counts(b)
    return all(count <= counts.get(element, 0) for element, count in _counts(a).items())


def sub_bags(b: Value) -> Value:
    pairs = list(_counts(b).items())
    choices = itertools.product(*(range(count + 1) for _, count in pairs))
    return frozenset(
        function({element: taken for (element, _), taken in zip(pairs, chosen, strict=True) if taken})
        for chosen in choices
    )


def bag_of_all(image: Callable[[Value], Value], b: Value) -> Value:
    counts: dict[Value, int] = {}
    for element, count in _counts(b).items():
        counts[image(element)] = counts.get(image(element), 0) + count
    return function(counts)


def bag_cardinality(b: Value) -> int:
    return sum(_counts(b).values())


# --- TLC ----------------------------------------------------------------------------------------------


def maps_to(argument: Value, value: Value) -> Value:
    """argument :> value"""
    return function({strict(argument): strict(value)})


def override(f: Value, g: Value) -> Value:
    """f @@ g: f, and g where f says nothing."""
    return function({**dict(items(g)), **dict(items(f))})


def tlc_assert(condition: Value, message: Value) -> bool:
    if not truth(condition):
        raise TlaError(f"Assert failed: {message if type(message) is str else format_value(message)}")
    return True


def tlc_eval(value: Value) -> Value:
    return strict(value)


def to_string(value: Value) -> str:
    return format_value(value)


def permutations(s: Value) -> Value:
    """All functions from s onto s."""
    members = ordered(finite(s))
    return frozenset(function(dict(zip(members, p, strict=True))) for p in itertools.permutations(members))


def sort_sequence(s: Value, before: Callable[[Value, Value], Value]) -> Value:
    """SortSeq(s, Op): Op(a, b) says that a comes before b."""

    def compare(a: Value, b: Value) -> int:
        if equal(a, b):
            return 0
        return -1 if truth(before(a, b)) else 1

    return tuple(sorted(_sequence(s), key=functools.cmp_to_key(compare)))


def _constant(value: Value) -> Callable[[], Value]:
    return lambda: value


def _module(
    name: str, *operators: tuple[str, int, Callable[..., Any]] | tuple[str, int, Callable[..., Any], Any]
) -> dict[str, Native]:
    made = {}
    for spelling, arity, implementation, *rest in operators:
        operator_arguments = tuple(rest[0].items()) if rest else ()
        predicate = implementation.__annotations__.get("return") == "bool"
        made[spelling] = Native(spelling, name, arity, implementation, predicate, operator_arguments)
    return made


_naturals = _module(
    "Naturals",
    ("+", 2, add),
    ("-", 2, subtract),
    ("*", 2, multiply),
    ("^", 2, power),
    ("\\div", 2, divide),
    ("%", 2, modulo),
    ("<", 2, less),
    ("<=", 2, at_most),
    (">", 2, greater),
    (">=", 2, at_least),
    ("..", 2, interval),
    ("Nat", 0, _constant(NAT)),
)
_integers = _naturals | _module("Integers", ("-.", 1, negate), ("Int", 0, _constant(INT)))
_tlc = _module(
    "TLC",
    (":>", 2, maps_to),
    ("@@", 2, override),
    ("Assert", 2, tlc_assert),
    ("Permutations", 1, permutations),
    ("SortSeq", 2, sort_sequence, {1: 2}),
    ("TLCEval", 1, tlc_eval),
    ("ToString", 1, to_string),
)

MODULES: dict[str, dict[str, Native]] = {
    "Naturals": _naturals,
    "Integers": _integers,
    "Sequences": _module(
        "Sequences",
        ("Seq", 1, Sequences),
        ("Len", 1, length),
        ("\\o", 2, concatenate),
        ("Append", 2, append),
        ("Head", 1, head),
        ("Tail", 1, tail),
        ("SubSeq", 3, sub_sequence),
        ("SelectSeq", 2, select_sequence, {1: 1}),
    ),
    "FiniteSets": _module("FiniteSets", ("IsFiniteSet", 1, is_finite_set), ("Cardinality", 1, cardinality)),
    "Bags": _tlc
    | _module(
        "Bags",
        ("IsABag", 1, is_a_bag),
        ("BagToSet", 1, bag_to_set),
        ("SetToBag", 1, set_to_bag),
        ("BagIn", 2, bag_in),
        ("EmptyBag", 0, _constant(())),
        ("CopiesIn", 2, copies_in),
        ("(+)", 2, bag_sum),
        ("(-)", 2, bag_difference),
        ("BagUnion", 1, bag_union),
        ("\\sqsubseteq", 2, is_sub_bag),
        ("SubBag", 1, sub_bags),
        ("BagOfAll", 2, bag_of_all, {0: 1}),
        ("BagCardinality", 1, bag_cardinality),
    ),
    "TLC": _tlc,
}
"""By module: its operators, with those of the modules that it extends."""

# --- the built-in operators of the language, in the shape of natives -----------------------------------


def union(a: Value, b: Value) -> Value:
    """a \\cup b, known by its parts where one of them cannot be enumerated."""
    if type(a) is frozenset and type(b) is frozenset:
        return a | b
    elements(a)
    elements(b)
    return Union((a, b))


def intersection(a: Value, b: Value) -> Value:
    """a \\cap b; one of the two may be a set that cannot be enumerated."""
    if type(a) is frozenset:
        elements(b)
        return frozenset(e for e in a if e in b)
    elements(a)
    return frozenset(e for e in finite(b) if e in a)


def difference(a: Value, b: Value) -> Value:
    """a \\ b"""
    if type(a) is frozenset and type(b) is frozenset:
        return a - b
    elements(b)
    return frozenset(e for e in finite(a) if e not in b)


def subset(a: Value, b: Value) -> bool:
    """a \\subseteq b"""
    elements(b)
    return all(e in b for e in elements(a))


def union_all(s: Value) -> Value:
    """UNION s"""
    return frozenset(itertools.chain.from_iterable(elements(member) for member in elements(s)))


def subsets(s: Value) -> Value:
    """SUBSET s"""
    elements(s)
    return Subsets(s)


BUILTINS: dict[str, Callable[..., Any]] = {
    "=": equal,
    "#": lambda a, b: not equal(a, b),
    "\\in": lambda e, s: contains(s, e),
    "\\notin": lambda e, s: not contains(s, e),
    "\\cup": union,
    "\\cap": intersection,
    "\\": difference,
    "\\subseteq": subset,
    "SUBSET": subsets,
    "UNION": union_all,
    "DOMAIN": domain,
}
"""The built-in operators of the language that are functions of their arguments' values."""
