"""FiniteSetsExt: folds over sets, least and greatest elements, subsets of a size."""

from __future__ import annotations

import itertools
import math

from ..errors import TlaError
from ..values import Value, finite, ordered, shown
from .arguments import number, passes
from .declaration import Binary, Library, Unary
from .finite_sets import FINITE_SETS
from .functions import FOLDS, FUNCTIONS, fold
from .language import union_all
from .numbers import INTEGERS

FINITE_SETS_EXT = Library("FiniteSetsExt", INTEGERS, FINITE_SETS, FOLDS, FUNCTIONS)


@FINITE_SETS_EXT.operator("FoldSet")
def fold_set(op: Binary, base: Value, s: Value) -> Value:
    """FoldSet(op, base, S): op(x, op(y, ... base)), the least element innermost."""
    return fold(op, base, list(ordered(finite(s))))


@FINITE_SETS_EXT.operator("ReduceSet")
def reduce_set(op: Binary, s: Value, base: Value) -> Value:
    """ReduceSet(op, S, base): FoldSet(op, base, S)"""
    return fold_set(op, base, s)


@FINITE_SETS_EXT.operator("SumSet")
def sum_set(s: Value) -> int:
    """SumSet(S): the sum of the elements."""
    return sum(map(number, finite(s)))


@FINITE_SETS_EXT.operator("ProductSet")
def product_set(s: Value) -> int:
    """ProductSet(S): the product of the elements."""
    return math.prod(map(number, finite(s)))


@FINITE_SETS_EXT.operator("MapThenSumSet")
def map_then_sum_set(image: Unary, s: Value) -> int:
    """MapThenSumSet(f, S): the sum of f(x) for all x in S."""
    return sum([number(image(element)) for element in ordered(finite(s))])


@FINITE_SETS_EXT.operator("FlattenSet")
def flatten_set(s: Value) -> Value:
    """FlattenSet(S): the union of the sets in S."""
    return union_all(s)


@FINITE_SETS_EXT.operator("SymDiff")
def symmetric_difference(a: Value, b: Value) -> Value:
    """SymDiff(A, B): what is in just one of the two."""
    return finite(a) ^ finite(b)


@FINITE_SETS_EXT.operator("Quantify")
def quantify(s: Value, test: Unary) -> int:
    """Quantify(S, Test): how many elements pass the test."""
    return sum([passes(test, element) for element in ordered(finite(s))])


@FINITE_SETS_EXT.operator("kSubset")
def subsets_of_size(size: Value, s: Value) -> Value:
    """kSubset(k, S): the subsets with k elements."""
    members = finite(s)
    if not 0 <= number(size) <= len(members):
        return frozenset()
    return frozenset(map(frozenset, itertools.combinations(members, size)))


@FINITE_SETS_EXT.operator("Max")
def greatest(s: Value) -> int:
    """Max(S): the greatest number of the set."""
    return max(_numbers("Max", s))


@FINITE_SETS_EXT.operator("Min")
def least(s: Value) -> int:
    """Min(S): the least number of the set."""
    return min(_numbers("Min", s))


def greater_of(a: Value, b: Value) -> int:
    """Max({a, b})"""
    return max(number(a), number(b))


def lesser_of(a: Value, b: Value) -> int:
    """Min({a, b})"""
    return min(number(a), number(b))


def _numbers(name: str, s: Value) -> list[int]:
    if not finite(s):
        raise TlaError(f"{name} of the empty set")
    return [number(element) for element in finite(s)]


@FINITE_SETS_EXT.operator("Choices")
def choices(sets: Value) -> Value:
    """Choices(S): the sets that have, of each set in S, an element that is chosen for it."""
    return frozenset(map(frozenset, itertools.product(*map(finite, finite(sets)))))


@FINITE_SETS_EXT.operator("ChooseUnique")
def choose_unique(s: Value, test: Unary) -> Value:
    """ChooseUnique(S, Test): the one element that passes the test."""
    found = [element for element in ordered(finite(s)) if passes(test, element)]
    if len(found) != 1:
        raise TlaError(f"expected one element that passes the test, saw {shown(frozenset(found))}")
    return found[0]
