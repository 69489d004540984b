"""Relation: what can be said of a relation on S, a Boolean function of pairs, or (...Under) an operator."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from ..values import Value, apply, boolean, finite, function, ordered, truth
from .arguments import passes
from .declaration import Binary, Library
from .finite_sets import FINITE_SETS
from .numbers import NATURALS

RELATION = Library("Relation", NATURALS, FINITE_SETS)

Related = Callable[[Value, Value], bool]
Members = tuple[Value, ...]


def reflexive(related: Related, members: Members) -> bool:
    return all(related(x, x) for x in members)


def irreflexive(related: Related, members: Members) -> bool:
    return not any(related(x, x) for x in members)


def symmetric(related: Related, members: Members) -> bool:
    return all(related(x, y) == related(y, x) for x, y in itertools.product(members, repeat=2))


def antisymmetric(related: Related, members: Members) -> bool:
    pairs = itertools.product(members, repeat=2)
    return not any(related(x, y) and related(y, x) and x != y for x, y in pairs)


def asymmetric(related: Related, members: Members) -> bool:
    return not any(related(x, y) and related(y, x) for x, y in itertools.product(members, repeat=2))


def transitive(related: Related, members: Members) -> bool:
    pairs = itertools.product(members, repeat=2)
    return all(related(x, z) for x, y in pairs if related(x, y) for z in members if related(y, z))


def partial_order(related: Related, members: Members) -> bool:
    return reflexive(related, members) and antisymmetric(related, members) and transitive(related, members)


def strict_partial_order(related: Related, members: Members) -> bool:
    return irreflexive(related, members) and antisymmetric(related, members) and transitive(related, members)


def total_order(related: Related, members: Members) -> bool:
    pairs = itertools.product(members, repeat=2)
    return partial_order(related, members) and all(related(x, y) or related(y, x) for x, y in pairs)


def strict_total_order(related: Related, members: Members) -> bool:
    pairs = itertools.product(members, repeat=2)
    return strict_partial_order(related, members) and all(
        x == y or related(x, y) or related(y, x) for x, y in pairs
    )


def _declare(name: str, holds: Callable[[Related, Members], bool]) -> None:
    """name(R, S) for a function of pairs, and nameUnder(op, S) for an operator."""

    @RELATION.operator(name)
    def of_function(r: Value, s: Value) -> bool:
        return holds(lambda x, y: truth(apply(r, (x, y))), ordered(finite(s)))

    @RELATION.operator(f"{name}Under")
    def of_operator(op: Binary, s: Value) -> bool:
        return holds(lambda x, y: passes(op, x, y), ordered(finite(s)))


_declare("IsReflexive", reflexive)
_declare("IsIrreflexive", irreflexive)
_declare("IsSymmetric", symmetric)
_declare("IsAntiSymmetric", antisymmetric)
_declare("IsAsymmetric", asymmetric)
_declare("IsTransitive", transitive)
_declare("IsPartiallyOrdered", partial_order)
_declare("IsStrictlyPartiallyOrdered", strict_partial_order)
_declare("IsTotallyOrdered", total_order)
_declare("IsStrictlyTotallyOrdered", strict_total_order)


def closure(related: Related, members: Members) -> dict[Value, set[Value]]:
    """For each member, all that can be reached from it in one step or more (Warshall's algorithm)."""
    reached = {x: {y for y in members if related(x, y)} for x in members}
    for middle in members:
        for x in members:
            if middle in reached[x]:
                reached[x] |= reached[middle]
    return reached


def _pairs(reached: dict[Value, set[Value]], members: Members) -> Value:
    return function({(x, y): boolean(y in reached[x]) for x, y in itertools.product(members, repeat=2)})


def _closure(r: Value, members: Members) -> dict[Value, set[Value]]:
    return closure(lambda x, y: truth(apply(r, (x, y))), members)


@RELATION.operator("TransitiveClosure")
def transitive_closure(r: Value, s: Value) -> Value:
    """TransitiveClosure(R, S): the relation between what R leads to in one step or more."""
    members = ordered(finite(s))
    return _pairs(_closure(r, members), members)


@RELATION.operator("ReflexiveTransitiveClosure")
def reflexive_transitive_closure(r: Value, s: Value) -> Value:
    """ReflexiveTransitiveClosure(R, S): the same in any number of steps."""
    members = ordered(finite(s))
    return _pairs({x: reached | {x} for x, reached in _closure(r, members).items()}, members)


@RELATION.operator("IsConnected")
def is_connected(r: Value, s: Value) -> bool:
    """IsConnected(R, S): R leads from each element to each other one."""
    members = ordered(finite(s))
    return all(len(reached | {x}) == len(members) for x, reached in _closure(r, members).items())
