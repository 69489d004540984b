"""Functions and Folds: parts, ranges and inverses of functions; folds over what a function or a set holds."""

from __future__ import annotations

import functools
import itertools

from ..errors import TlaError
from ..values import (
    Value,
    alike,
    apply,
    contains,
    domain,
    elements,
    equal,
    finite,
    function,
    items,
    ordered,
    shown,
    strict,
)
from .arguments import passes
from .declaration import Binary, Library, Unary
from .numbers import INTEGERS, add

FOLDS = Library("Folds")
FUNCTIONS = Library("Functions", INTEGERS, FOLDS)


@FOLDS.operator("MapThenFoldSet")
def map_then_fold_set(op: Binary, base: Value, image: Unary, choose: Unary, s: Value) -> Value:
    """MapThenFoldSet(op, base, f, choose, S): op(f(x), op(f(y), ... base)), x being what is chosen first."""
    left = finite(s)
    chosen = []
    while left:
        chosen.append(choose(left))
        if chosen[-1] not in left:
            raise TlaError(f"expected an element of {shown(left)}, saw {shown(chosen[-1])}")
        left = left - {chosen[-1]}
    return fold(op, base, [strict(image(element)) for element in reversed(chosen)])


def fold(op: Binary, base: Value, values: list[Value]) -> Value:
    """op(last, ... op(second, op(first, base)))"""
    return functools.reduce(lambda found, value: strict(op(value, found)), values, strict(base))


# --- parts of functions -----------------------------------------------------------------------------------


@FUNCTIONS.operator("Restrict")
def restrict(f: Value, s: Value) -> Value:
    """Restrict(f, S): f on the arguments S."""
    return function({argument: apply(f, argument) for argument in elements(s)})


@FUNCTIONS.operator("RestrictDomain")
def restrict_domain(f: Value, test: Unary) -> Value:
    """RestrictDomain(f, Test): f on the arguments that pass the test."""
    return function({argument: value for argument, value in items(f) if passes(test, argument)})


@FUNCTIONS.operator("RestrictValues")
def restrict_values(f: Value, test: Unary) -> Value:
    """RestrictValues(f, Test): f where its value passes the test."""
    return function({argument: value for argument, value in items(f) if passes(test, value)})


@FUNCTIONS.operator("IsRestriction")
def is_restriction(narrow: Value, wide: Value) -> bool:
    """IsRestriction(f, g): g is as f wherever f is defined."""
    arguments = domain(wide)
    return all(
        contains(arguments, argument) and equal(value, apply(wide, argument))
        for argument, value in items(narrow)
    )


@FUNCTIONS.operator("Range")
def range_of(f: Value) -> Value:
    """Range(f): the set of its values."""
    return alike(frozenset([value for _, value in items(f)]))


@FUNCTIONS.operator("Pointwise")
def pointwise(f: Value, g: Value, op: Binary) -> Value:
    """Pointwise(f, g, Op): Op(f[x], g[x]) for each argument of f."""
    return function({argument: strict(op(value, apply(g, argument))) for argument, value in items(f)})


@FUNCTIONS.operator("Inverse")
def inverse(f: Value, s: Value, t: Value) -> Value:
    """Inverse(f, S, T): for each t in T an argument in S where f is t (any in S, where f never is)."""
    arguments = ordered(finite(s))
    by_value: dict[Value, Value] = {}
    for argument in reversed(arguments):
        if contains(domain(f), argument):
            by_value[apply(f, argument)] = argument
    never = frozenset(finite(t)) - range_of(f)
    if missing := [
        value for value in finite(t) if value not in by_value and not (value in never and arguments)
    ]:
        raise TlaError(f"no argument in {shown(finite(s))} has the value {shown(missing[0])}")
    return function({value: by_value.get(value, arguments[0]) for value in finite(t)})


@FUNCTIONS.operator("AntiFunction")
def anti_function(f: Value) -> Value:
    """AntiFunction(f): from the values of f to its arguments."""
    if not is_injective(f):
        raise TlaError(f"{shown(f)} has one value twice, expected a function that can be inverted")
    return function({value: argument for argument, value in items(f)})


@FUNCTIONS.operator("IsInjective")
def is_injective(f: Value) -> bool:
    """IsInjective(f): no two arguments have the same value."""
    found = [value for _, value in items(f)]
    if len(frozenset(map(type, found))) > 1:  # perhaps of kinds that cannot be compared
        return not any(equal(a, b) for a, b in itertools.combinations(found, 2))
    return len(frozenset(found)) == len(found)


@FUNCTIONS.operator("Injection")
def injection(s: Value, t: Value) -> Value:
    """Injection(S, T): the functions from S to T that are injective."""
    arguments = ordered(finite(s))
    choices = itertools.permutations(finite(t), len(arguments))
    return frozenset(function(dict(zip(arguments, chosen, strict=True))) for chosen in choices)


@FUNCTIONS.operator("Surjection")
def surjection(s: Value, t: Value) -> Value:
    """Surjection(S, T): the functions from S to T that reach all of T."""
    arguments, results = ordered(finite(s)), finite(t)
    choices = itertools.product(results, repeat=len(arguments))
    return frozenset(
        function(dict(zip(arguments, chosen, strict=True)))
        for chosen in choices
        if len(frozenset(chosen)) == len(results)
    )


@FUNCTIONS.operator("Bijection")
def bijection(s: Value, t: Value) -> Value:
    """Bijection(S, T): the functions from S to T that reach each element of T once."""
    return injection(s, t) if exists_bijection(s, t) else frozenset()


@FUNCTIONS.operator("ExistsInjection")
def exists_injection(s: Value, t: Value) -> bool:
    """ExistsInjection(S, T): T has as many elements as S, or more."""
    return len(finite(s)) <= len(finite(t))


@FUNCTIONS.operator("ExistsSurjection")
def exists_surjection(s: Value, t: Value) -> bool:
    """ExistsSurjection(S, T): S has as many elements as T, or more, and T is not empty where S is not."""
    return len(finite(s)) >= len(finite(t)) and bool(finite(t)) >= bool(finite(s))


@FUNCTIONS.operator("ExistsBijection")
def exists_bijection(s: Value, t: Value) -> bool:
    """ExistsBijection(S, T): the two have the same number of elements."""
    return len(finite(s)) == len(finite(t))


# --- folds --------------------------------------------------------------------------------------------------


@FUNCTIONS.operator("FoldFunction")
def fold_function(op: Binary, base: Value, f: Value) -> Value:
    """FoldFunction(op, base, f): op(f[x], op(f[y], ... base)), the least argument innermost."""
    return fold_function_on_set(op, base, f, domain(f))


@FUNCTIONS.operator("FoldFunctionOnSet")
def fold_function_on_set(op: Binary, base: Value, f: Value, arguments: Value) -> Value:
    """FoldFunctionOnSet(op, base, f, S): like FoldFunction, for the arguments in S."""
    return fold(op, base, [apply(f, argument) for argument in ordered(finite(arguments))])


@FUNCTIONS.operator("SumFunction")
def sum_function(f: Value) -> Value:
    """SumFunction(f): the sum of its values."""
    return fold_function(add, 0, f)


@FUNCTIONS.operator("SumFunctionOnSet")
def sum_function_on_set(f: Value, arguments: Value) -> Value:
    """SumFunctionOnSet(f, S): the sum of its values for the arguments in S."""
    return fold_function_on_set(add, 0, f, arguments)
