"""Randomization: subsets by chance (the seed is that of the run), also of sets too large to be enumerated."""

from __future__ import annotations

import math

from ..errors import TlaError
from ..run import current
from ..values import FunctionSet, Product, RecordSet, Subsets, Value, finite, ordered
from .arguments import natural
from .declaration import Library
from .tlc import random_element

RANDOMIZATION = Library("Randomization")

ENUMERATED = 10_000
"""Sets of at most so many elements are listed before some are drawn; of a larger one they are made up."""


@RANDOMIZATION.operator("RandomSubset", pure=False)
def random_subset(count: Value, s: Value) -> Value:
    """RandomSubset(k, S): some k elements of S, or all where there are no more."""
    size = size_of(s)
    count = min(natural(count), size)
    if size <= max(ENUMERATED, 2 * count):
        return frozenset(current().random.sample(ordered(finite(s)), count))
    drawn: set[Value] = set()
    while len(drawn) < count:
        drawn.add(random_element(s))
    return frozenset(drawn)


@RANDOMIZATION.operator("RandomSetOfSubsets", pure=False)
def random_set_of_subsets(count: Value, average: Value, s: Value) -> Value:
    """RandomSetOfSubsets(k, n, S): at most k subsets of S, in the mean of n elements each."""
    members = ordered(finite(s))
    if natural(count) > 2 ** len(members):
        raise TlaError(f"expected at most 2^{len(members)} subsets to draw, saw {count}")
    if natural(average) > len(members):
        raise TlaError(f"expected subsets of at most {len(members)} elements in the mean, saw {average}")
    chance = current().random
    drawn = [[e for e in members if chance.random() * len(members) < average] for _ in range(count)]
    return frozenset(map(frozenset, drawn))


@RANDOMIZATION.operator("TestRandomSetOfSubsets", pure=False)
def test_random_set_of_subsets(count: Value, average: Value, s: Value) -> Value:
    """TestRandomSetOfSubsets(k, n, S): how many subsets come out, five times."""
    return tuple([len(random_set_of_subsets(count, average, s)) for _ in range(5)])


def size_of(s: Value) -> int:
    """The number of elements, which are not listed where the form of the set tells it."""
    match s:
        case FunctionSet(arguments=arguments, results=results):
            return int(size_of(results) ** size_of(arguments))
        case RecordSet(fields=fields):
            return math.prod(map(size_of, fields.values()))
        case Product(factors=factors):
            return math.prod(map(size_of, factors))
        case Subsets(base=base):
            return int(2 ** size_of(base))
    return len(finite(s))
