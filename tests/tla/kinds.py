"""Random values made such that they can be elements of one set, or arguments of one function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from raftcheck.tla.errors import TlaError
from raftcheck.tla.values import Value, alike, function


def set_of(members: Iterable[Value]) -> frozenset[Value]:
    """The set of those that are like the first."""
    kept: frozenset[Value] = frozenset()
    for member in members:
        try:
            kept = alike(kept | {member})
        except TlaError:
            continue
    return kept


def function_of(mapping: Mapping[Value, Value]) -> Value:
    """The function on those arguments that are like the first."""
    arguments = set_of(mapping)
    return function({key: value for key, value in mapping.items() if key in arguments})
