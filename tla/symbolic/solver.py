"""Asks z3 about formulas: is there a structure in which all of them hold, and which?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import z3

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


@dataclass(frozen=True, slots=True)
class Limits:
    """How long z3 may look for an answer to one question, and the seed of its choices."""

    seconds: float = 30.0
    seed: int = 0


class Solver:
    """One context of z3, into which formulas are put once."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
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

    def new(self) -> Any:
        """A solver of z3 without assertions."""
        solver = z3.SolverFor("UF", ctx=self.context) if False else z3.Solver(ctx=self.context)
        solver.set("timeout", int(self.limits.seconds * 1000))
        solver.set("random_seed", self.limits.seed)
        return solver


__all__ = ["Iterable", "Limits", "Mapping", "Sequence", "Solver"]
