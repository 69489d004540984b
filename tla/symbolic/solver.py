"""Asks z3 about formulas: is there a structure in which all of them hold, and which?"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import z3  # type: ignore[import-untyped]

from .logic import (
    TRUTH,
    And,
    Application,
    Equal,
    Formula,
    Iff,
    Not,
    Or,
    Quantified,
    Sort,
    Symbol,
    Term,
    Truth,
    Variable,
)
from .structures import Structure

Answer = Literal["unsat", "sat", "unknown"]


class Solver:
    """One context of z3, into which each formula is put once; `seed` is that of z3's choices."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.context = z3.Context()
        self._sorts: dict[Sort, Any] = {TRUTH: z3.BoolSort(self.context)}
        self._symbols: dict[Symbol, Any] = {}
        self._formulas: dict[int, tuple[Formula, Any]] = {}

    # --- from logic to z3 -----------------------------------------------------------------------------

    def sort(self, sort: Sort) -> Any:
        if sort not in self._sorts:
            self._sorts[sort] = z3.DeclareSort(sort.name, self.context)
        return self._sorts[sort]

    def symbol(self, symbol: Symbol) -> Any:
        if symbol not in self._symbols:
            sorts = [self.sort(sort) for sort in (*symbol.arguments, symbol.result)]
            self._symbols[symbol] = z3.Function(symbol.name, *sorts)
        return self._symbols[symbol]

    def term(self, term: Term | Truth) -> Any:
        match term:
            case Variable(name, sort, number):
                return z3.Const(f"{name}?{number}", self.sort(sort))
            case Truth(value):
                return z3.BoolVal(value, self.context)
        return self.symbol(term.symbol)(*map(self.term, term.arguments))

    def formula(self, formula: Formula) -> Any:
        known = self._formulas.get(id(formula))
        if known is None:
            known = self._formulas[id(formula)] = (formula, self._made(formula))
        return known[1]

    def _made(self, formula: Formula) -> Any:
        match formula:
            case Truth() | Application():
                return self.term(formula)
            case Equal(left, right):
                return self.term(left) == self.term(right)
            case Not(atom):
                return z3.Not(self._made(atom))
            case And(items):
                return z3.And([self._made(item) for item in items])
            case Or(items):
                return z3.Or([self._made(item) for item in items])
            case Iff(left, right):
                return self._made(left) == self._made(right)
            case Quantified(universal, variables, body, _):
                made = z3.ForAll if universal else z3.Exists
                return made([self.term(variable) for variable in variables], self._made(body))

    # --- questions ------------------------------------------------------------------------------------

    def question(self, formulas: Iterable[Formula]) -> Question:
        asked = Question(self)
        for formula in formulas:
            asked.solver.add(self.formula(formula))
        return asked


class Question:
    """Is there a structure in which these formulas hold?"""

    def __init__(self, solver: Solver) -> None:
        self.of = solver
        self.solver = z3.Solver(ctx=solver.context)
        self.solver.set("random_seed", solver.seed)
        self.answer: Answer = "unknown"

    def ask(self, seconds: float, effort: int = 0) -> Answer:
        """The answer; "unknown" after so many seconds, or after so much effort by z3's own count (0: any)."""
        self.solver.set("timeout", max(1, int(seconds * 1000)))
        self.solver.set("rlimit", effort)
        self.answer = str(self.solver.check())  # type: ignore[assignment]
        return self.answer

    def smallest(self, sorts: Sequence[Sort], symbols: Iterable[Symbol], seconds: float) -> Structure:
        """After the answer "sat": a structure of few elements, of one sort after another, as time allows."""
        model = self.solver.model()
        until = time.monotonic() + seconds
        for sort in sorts:
            for size in range(1, len(self._universe(model, sort))):
                if (left := until - time.monotonic()) <= 0:
                    break
                self.solver.push()
                self.at_most(sort, size)
                if self.ask(left) == "sat":
                    model = self.solver.model()
                    break
                self.solver.pop()
        self.answer = "sat"
        return self._structure(model, sorts, symbols)

    def at_most(self, sort: Sort, size: int) -> None:
        """From here on, the sort has no more elements than that."""
        of = self.of.sort(sort)
        names = [z3.Const(f"{sort.name}#{place}", of) for place in range(size)]
        x = z3.Const(f"{sort.name}#", of)
        self.solver.add(z3.ForAll([x], z3.Or([x == name for name in names])))

    def at_least(self, sort: Sort, size: int) -> None:
        of = self.of.sort(sort)
        self.solver.add(z3.Distinct([z3.Const(f"{sort.name}+{place}", of) for place in range(size)]))

    def structure(self, sorts: Sequence[Sort], symbols: Iterable[Symbol]) -> Structure:
        """The structure that was found, after the answer "sat"."""
        return self._structure(self.solver.model(), sorts, symbols)

    def _universe(self, model: Any, sort: Sort) -> list[Any]:
        of = self.of.sort(sort)
        found = model.get_universe(of)
        return list(found) if found else [model.eval(z3.Const(f"{sort.name}#", of), model_completion=True)]

    def _structure(self, model: Any, sorts: Sequence[Sort], symbols: Iterable[Symbol]) -> Structure:
        universes = {sort: self._universe(model, sort) for sort in sorts}
        places = {
            sort: {each: place for place, each in enumerate(found)} for sort, found in universes.items()
        }

        def table(symbol: Symbol) -> Mapping[tuple[int | bool, ...], int | bool]:
            made = self.of.symbol(symbol)
            choices = [
                [(True, z3.BoolVal(True, self.of.context)), (False, z3.BoolVal(False, self.of.context))]
                if sort == TRUTH
                else list(enumerate(universes[sort]))
                for sort in symbol.arguments
            ]
            found: dict[tuple[int | bool, ...], int | bool] = {}
            for chosen in itertools.product(*choices):
                value = model.eval(made(*(each for _, each in chosen)), model_completion=True)
                key = tuple(place for place, _ in chosen)
                found[key] = z3.is_true(value) if symbol.result == TRUTH else places[symbol.result][value]
            return found

        return Structure(
            {sort: len(found) for sort, found in universes.items()},
            {symbol: table(symbol) for symbol in symbols},
        )
