"""Finite structures: what a solver found, as plain data, and as values of TLA+."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..values import ModelValue, boolean, function
from ..values import Value as Concrete
from . import logic
from .logic import TRUTH, Formula, Sort, Symbol, Term, Truth, Variable
from .values import (
    Choice,
    Functions,
    Items,
    Mapped,
    Members,
    Number,
    Products,
    Sets,
    Shape,
    Sorts,
    Text,
    Value,
    is_formula,
)


@dataclass(frozen=True, slots=True)
class Structure:
    """Elements are the numbers from 0 up to the size of their sort; truth values are Python's.

    sizes    how many elements each sort has
    tables   what each symbol is for each choice of its arguments
    """

    sizes: Mapping[Sort, int]
    tables: Mapping[Symbol, Mapping[tuple[int | bool, ...], int | bool]]

    def elements(self, sort: Sort) -> range | tuple[bool, bool]:
        return (True, False) if sort == TRUTH else range(self.sizes[sort])

    def of(self, term: Term | Truth, given: Mapping[Variable, int]) -> int | bool:
        """The element that the term is, or the truth of an atom."""
        match term:
            case Variable():
                return given[term]
            case Truth(value):
                return value
        return self.tables[term.symbol][tuple(self.of(argument, given) for argument in term.arguments)]

    def holds(self, formula: Formula, given: Mapping[Variable, int]) -> bool:
        match formula:
            case logic.Equal(left, right):
                return self.of(left, given) == self.of(right, given)
            case logic.Not(atom):
                return not self.holds(atom, given)
            case logic.And(items):
                return all(self.holds(item, given) for item in items)
            case logic.Or(items):
                return any(self.holds(item, given) for item in items)
            case logic.Iff(left, right):
                return self.holds(left, given) == self.holds(right, given)
            case logic.Quantified(universal, variables, body, _):
                choices = itertools.product(*(self.elements(variable.sort) for variable in variables))
                test = all if universal else any
                return test(
                    self.holds(body, {**given, **dict(zip(variables, chosen, strict=True))})
                    for chosen in choices
                )
        return bool(self.of(formula, given))


class Reader:
    """Reads symbolic values in a structure, as values of TLA+.

    An element of an ordered sort is its place in the order; of a sort of sets, the set; of an enumeration,
    its string; of any other, a model value such as s1.
    """

    def __init__(self, sorts: Sorts, structure: Structure) -> None:
        self.sorts = sorts
        self.structure = structure
        self._names = {sort: self._named(sort) for sort in structure.sizes}

    def constant_set(self, sort: Sort) -> Concrete:
        return frozenset(self._names[sort])

    def value(self, value: Value, shape: Shape, given: Mapping[Variable, int] | None = None) -> Concrete:
        """The value, of that shape, where variables stand for these elements."""
        given = given or {}
        match value, shape:
            case Choice(condition, then, otherwise), _:
                chosen = then if self.structure.holds(condition, given) else otherwise
                return self.value(chosen, shape, given)
            case Number(number), _:
                return number
            case Text(text), _:
                return text
            case Items(items), Products(shapes):
                pairs = zip(items, shapes, strict=True)
                return tuple(self.value(item, s, given) for item, s in pairs if s is not None)
            case Members(), Sets(element) if element is not None:
                return frozenset(
                    self.value(each, element, {**given, **bound})
                    for each, bound in self._all(element)
                    if self.structure.holds(value.has(each), {**given, **bound})
                )
            case Mapped(), Functions(argument, result):
                return function(
                    {
                        self.value(x, argument, bound): self.value(value.at(x), result, {**given, **bound})
                        for x, bound in self._all(argument)
                    }
                )
        if is_formula(value):
            return boolean(self.structure.holds(value, given))
        assert isinstance(value, Variable | logic.Application), (value, shape)
        return self._names[logic.sort_of(value)][self.structure.of(value, given)]

    def _all(self, shape: Shape) -> Iterator[tuple[Value, Mapping[Variable, int]]]:
        """Every value of the shape, as variables and what they stand for."""
        variables: list[Variable] = []
        for value in list(self.sorts.candidates(shape, variables)):
            for chosen in itertools.product(*(self.structure.elements(v.sort) for v in variables)):
                yield value, dict(zip(variables, chosen, strict=True))

    def _named(self, sort: Sort) -> list[Concrete]:
        structure, size = self.structure, self.structure.sizes[sort]
        if sort in self.sorts.below:
            table = structure.tables[self.sorts.below[sort]]
            first = 0 if sort in self.sorts.zeros else 1
            return [
                first + sum(table[other, each] for other in range(size) if other != each)
                for each in range(size)
            ]
        if sort in self.sorts.members:
            symbol, of = self.sorts.members[sort]
            names = self._named(of)
            table = structure.tables[symbol]
            return [
                frozenset(names[x] for x in range(structure.sizes[of]) if table[each, x])
                for each in range(size)
            ]
        if sort in self.sorts.texts:
            places = {structure.of(term, {}): text for text, term in self.sorts.texts[sort].items()}
            return [places[each] for each in range(size)]
        return [ModelValue(f"{sort.name[0].lower()}{each + 1}") for each in range(size)]
