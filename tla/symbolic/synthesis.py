"""States of a module that satisfy a formula, in a finite universe: many, all different, by z3.

The formula is written out as clauses once (grounding.py); each state is one answer to them. States differ by
random sub-goals: propositions that are wanted to hold, or not to, of which some are given up where not all
can be had. Each state is looked at again by evaluation before it is given away.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..config import Config
from ..errors import TlaError
from ..instances import Module
from ..model import Formula as Predicate
from ..model import Model
from ..syntax import STATE_LEVEL
from ..values import Value as Concrete
from ..values import boolean, format_value, function, ordered
from . import logic
from .clauses import ClauseSolver
from .counterexamples import Disagreement
from .grounding import Grounding
from .logic import TRUTH, Application, Sort, Symbol, Truth, Variable
from .obligations import conjuncts_of
from .theory import Theory
from .translation import Translator
from .values import Functions, Items, Mapped, Members, Products, Sets, Shape, Value

SUBGOALS = 16
"""Propositions that are wanted of a state by chance, of some hundreds."""

State = Mapping[str, Concrete]

Outcome = Literal["found", "all", "none", "unknown"]
"""Why states end: enough, there are no more, there is none at all, or the solver does not know."""


@dataclass(frozen=True, slots=True)
class Universe:
    """The elements of each sort, and what its constants are."""

    elements: Mapping[Sort, tuple[Concrete, ...]]
    known: Mapping[Symbol, Mapping[tuple[int, ...], int | bool]]


def universe_of(theory: Theory, constants: Mapping[str, Concrete]) -> Universe:
    """The universe in which the constants are these sets, whose elements stand in their usual order."""
    sorts = theory.sorts
    elements: dict[Sort, tuple[Concrete, ...]] = {}
    for sort in theory.plain:
        elements[sort] = ordered(constants[sort.name])
    for sort, texts in sorts.texts.items():
        elements[sort] = tuple(texts)
    known: dict[Symbol, dict[tuple[int, ...], int | bool]] = {}
    for sort, below in sorts.below.items():
        size = len(elements[sort])
        known[below] = {(a, b): a <= b for a, b in itertools.product(range(size), repeat=2)}
    for sort, (has, of) in sorts.members.items():
        pairs = itertools.product(enumerate(elements[sort]), enumerate(elements[of]))
        known[has] = {(q, e): element in members for (q, members), (e, element) in pairs}
    for sort, zero in sorts.zeros.items():
        known[_symbol(zero)] = {(): elements[sort].index(0)}
    for texts in sorts.texts.values():
        for place, term in enumerate(texts.values()):
            known[_symbol(term)] = {(): place}
    for sort in theory.plain:
        named = {each: Application(Symbol(f"{sort.name}.{each}", (), sort)) for each in elements[sort]}
        sorts.named[sort] = {each: term for each, term in named.items() if type(each) in (int, str)}
        for place, each in enumerate(elements[sort]):
            known.setdefault(named[each].symbol, {(): place})
    for name, sort in theory.elements.items():
        known[Symbol(name, (), sort)] = {(): elements[sort].index(constants[name])}
    return Universe(elements, known)


def _symbol(term: logic.Term) -> Symbol:
    assert isinstance(term, logic.Application), term
    return term.symbol


class Synthesis:
    """Makes states of which the named formulas hold. `outcome` says why the last search for one ended."""

    def __init__(
        self, module: Module, constants: Mapping[str, Concrete], formulas: Sequence[str], seed: int = 0
    ) -> None:
        """TlaError where a formula is outside of the fragment."""
        self.theory = Theory(module)
        self.universe = universe_of(self.theory, constants)
        self.model = Model(module, Config("<universe>", dict(constants)))
        self.model.check_assumptions()
        for name in formulas:
            body = self.theory.definition(name).body
            if self.model.compiler.level(body) > STATE_LEVEL:
                raise TlaError("saw a formula on steps or behaviors, expected one on states", body.span)
        self.witnesses = tuple(self._witnesses(formulas))
        sizes = {sort: len(elements) for sort, elements in self.universe.elements.items()}
        self.grounding = Grounding(sizes, self.universe.known)
        symbolic = self.theory.state()
        translator = Translator(self.theory, symbolic)
        for name in formulas:
            for conjunct in conjuncts_of(self.theory.definition(name)):
                self.grounding.require(translator.formula(conjunct.node))
        self._readers = {
            name: self._reader(value, self.theory.shapes[name], {}) for name, value in symbolic.items()
        }
        self._random = random.Random(seed)
        self._parts = tuple(self._tables())
        self._solver = ClauseSolver(self.grounding.dimacs(), tuple(itertools.chain(*self._parts)), seed)
        self._seen: set[tuple[Concrete, ...]] = set()
        self.outcome: Outcome = "found"

    def states(self) -> Iterator[State]:
        """States, no two of them equal, as long as there are any."""
        while True:
            answer = self._solver.solve(self._subgoals(), self._random)
            if answer is None:
                self.outcome = "unknown" if not self._solver.decided else "all" if self._seen else "none"
                return
            state = self._read(answer)
            if state in self._seen:
                self._solver.exclude(answer)
                continue
            self._seen.add(state)
            named = dict(zip(self.model.variables, state, strict=True))
            for witness in self.witnesses:
                if not witness.test(state):
                    shown = ", ".join(f"{name} = {format_value(value)}" for name, value in named.items())
                    raise Disagreement(
                        f"z3 says that {witness.name} holds, evaluation that it does not: {shown}"
                    )
            yield named

    def _witnesses(self, formulas: Sequence[str]) -> Iterator[Predicate]:
        for name in formulas:
            for conjunct in conjuncts_of(self.theory.definition(name)):
                yield self.model.predicate(conjunct.name, conjunct.node)

    def _tables(self) -> Iterator[range]:
        """The propositions of each part of a state."""
        for symbol in self.theory.symbols():
            if symbol not in self.universe.known:
                yield self.grounding.propositions_of(symbol)

    def _subgoals(self) -> list[int]:
        """Of each part alike, however many propositions it has."""
        chance = self._random
        chosen = dict.fromkeys(chance.choice(chance.choice(self._parts)) for _ in range(SUBGOALS))
        return [each if chance.random() < 0.5 else -each for each in chosen]

    def _read(self, true: frozenset[int]) -> tuple[Concrete, ...]:
        return tuple(self._readers[name](true) for name in self.model.variables)

    # --- from propositions to values --------------------------------------------------------------------

    def _reader(
        self, value: Value, shape: Shape, given: Mapping[Variable, int]
    ) -> Callable[[frozenset[int]], Concrete]:
        """What takes the true propositions to the value, where variables stand for these elements."""
        match value, shape:
            case Items(items), Products(shapes):
                parts = [self._reader(i, s, given) for i, s in zip(items, shapes, strict=True) if s]
                return lambda true: tuple([part(true) for part in parts])
            case Members(), Sets(element) if element is not None:
                held = [
                    (self.grounding.literal(value.has(each), {**given, **bound}), concrete)
                    for each, bound, concrete in self._all(element)
                ]
                return lambda true: frozenset([concrete for literal, concrete in held if literal in true])
            case Mapped(), Functions(argument, result):
                results = {
                    concrete: self._reader(value.at(each), result, {**given, **bound})
                    for each, bound, concrete in self._all(argument)
                }
                return lambda true: function({x: read(true) for x, read in results.items()})
            case Application(), Sort() if shape == TRUTH:
                holds = self.grounding.literal(value, given)
                return lambda true: boolean(holds in true)
            case Application(), Sort():
                bound = logic.variable("e", shape)
                equal = logic.equality(value, bound)
                ways = [
                    (self.grounding.literal(equal, {**given, bound: place}), concrete)
                    for place, concrete in enumerate(self.universe.elements[shape])
                ]
                return lambda true: next(concrete for literal, concrete in ways if literal in true)
        raise AssertionError((value, shape))

    def _all(self, shape: Shape) -> Iterator[tuple[Value, Mapping[Variable, int], Concrete]]:
        """Every value of the shape: as symbols, what these stand for, and as it is."""
        variables: list[Variable] = []
        for value in list(self.theory.sorts.candidates(shape, variables)):
            sizes = [range(len(self.universe.elements[variable.sort])) for variable in variables]
            for chosen in itertools.product(*sizes):
                bound = dict(zip(variables, chosen, strict=True))
                yield value, bound, self._concrete(value, bound)

    def _concrete(self, value: Value, bound: Mapping[Variable, int]) -> Concrete:
        match value:
            case Items(items):
                return tuple(self._concrete(item, bound) for item in items)
            case Truth(truth):
                return boolean(truth)
            case Variable():
                return self.universe.elements[value.sort][bound[value]]
            case Application(symbol):  # a string of an enumeration
                return self.universe.elements[symbol.result][self.universe.known[symbol][()]]
        raise AssertionError(value)
