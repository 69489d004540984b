"""The built-in operators of the language that are functions of their arguments' values."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from ..values import (
    Difference,
    Intersection,
    ModelValue,
    Subsets,
    Union,
    Value,
    alike,
    contains,
    domain,
    elements,
    equal,
    is_finite,
    joined,
    truth,
)


def union(a: Value, b: Value) -> Value:
    """a \\cup b, known by its parts where one of them cannot be enumerated."""
    if type(a) is frozenset and type(b) is frozenset:
        return joined(a, b)
    elements(a)
    elements(b)
    return Union((a, b))


def _alike(a: Value, b: Value) -> bool:
    """Whether these are plain sets whose elements (mostly all like the first) can be compared."""
    if type(a) is not frozenset or type(b) is not frozenset or not a or not b:
        return False
    kind = type(next(iter(a)))
    return kind is not ModelValue and kind is type(next(iter(b)))


def intersection(a: Value, b: Value) -> Value:
    """a \\cap b, known by its parts where neither can be enumerated; {} if one is {}, as for TLC."""
    if _alike(a, b):
        return a & b
    if type(a) is not frozenset:
        a, b = b, a
    if not is_finite(a):
        a, b = b, a
    if not is_finite(a):
        return Intersection((a, b))
    return frozenset([e for e in a if contains(b, e)])


def difference(a: Value, b: Value) -> Value:
    """a \\ b, known by its parts where a cannot be enumerated. As in TLC, b may be anything if a is {}."""
    if _alike(a, b):
        return a - b
    if not is_finite(a):
        return Difference(a, b)
    return frozenset([e for e in a if not contains(b, e)])


def subset(a: Value, b: Value) -> bool:
    """a \\subseteq b"""
    return all(contains(b, e) for e in elements(a))


def union_all(s: Value) -> Value:
    """UNION s, known by its parts where some of them cannot be enumerated."""
    members = [elements(member) for member in elements(s)]
    if all(map(is_finite, members)):
        return alike(frozenset(itertools.chain.from_iterable(members)))
    return Union(tuple(members))


def subsets(s: Value) -> Value:
    """SUBSET s"""
    elements(s)
    return Subsets(s)


def unequal(a: Value, b: Value) -> bool:
    """a # b"""
    return not equal(a, b)


def member(e: Value, s: Value) -> bool:
    """e \\in s"""
    return contains(s, e)


def no_member(e: Value, s: Value) -> bool:
    """e \\notin s"""
    return not contains(s, e)


def conjunction(a: Value, b: Value) -> bool:
    """a /\\ b, of two values"""
    return truth(a) and truth(b)


def disjunction(a: Value, b: Value) -> bool:
    """a \\/ b, of two values"""
    return truth(a) or truth(b)


def implication(a: Value, b: Value) -> bool:
    """a => b, of two values"""
    return not truth(a) or truth(b)


def equivalence(a: Value, b: Value) -> bool:
    """a <=> b, of two values"""
    return truth(a) == truth(b)


def negation(a: Value) -> bool:
    """~a"""
    return not truth(a)


BUILTINS: dict[str, Callable[..., Any]] = {
    "=": equal,
    "#": unequal,
    "\\in": member,
    "\\notin": no_member,
    "/\\": conjunction,
    "\\/": disjunction,
    "=>": implication,
    "<=>": equivalence,
    "~": negation,
    "\\cup": union,
    "\\cap": intersection,
    "\\": difference,
    "\\subseteq": subset,
    "SUBSET": subsets,
    "UNION": union_all,
    "DOMAIN": domain,
}
"""By the canonical spelling (resolver.SPELLINGS)."""
