"""FiniteSets: how many elements a set has, if any number."""

from __future__ import annotations

from ..values import Value, finite, is_finite
from .declaration import Library

FINITE_SETS = Library("FiniteSets")


@FINITE_SETS.operator("IsFiniteSet")
def is_finite_set(s: Value) -> bool:
    """IsFiniteSet(S)"""
    return is_finite(s)


@FINITE_SETS.operator("Cardinality")
def cardinality(s: Value) -> int:
    """Cardinality(S): the number of elements."""
    return len(finite(s))
