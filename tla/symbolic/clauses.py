"""Asks z3 about propositional clauses, again and again: is there an answer with most of what is wanted?"""

from __future__ import annotations

import random
from typing import Any

import z3  # type: ignore[import-untyped]

MOST_CONFLICTS = 24
"""Times that something wanted is given up for one answer before all is."""


class ClauseSolver:
    """z3's solver for propositions, with all clauses in it.

    watched   the propositions of which an answer tells
    decided   whether the last question was answered, if only by: it cannot be
    """

    def __init__(self, dimacs: str, watched: tuple[int, ...], seed: int) -> None:
        self.watched = watched
        self.decided = True
        self._context = z3.Context()
        self._solver = z3.SolverFor("QF_FD", self._context)
        # An interrupt is for Python to see, not for z3; else it would pass for an answer.
        self._solver.set("ctrl_c", False)
        self._solver.set("random_seed", seed % 2**31)
        self._solver.from_string(dimacs)
        self._propositions = {n: z3.Bool(n, self._context) for n in watched}
        self._literals = {
            **self._propositions,
            **{-n: z3.Not(made) for n, made in self._propositions.items()},
        }
        self._numbers = {literal.get_id(): n for n, literal in self._literals.items()}
        self._declarations = [(n, made.decl().ast) for n, made in self._propositions.items()]
        self._true = z3.BoolVal(True, self._context).as_ast().value

    def solve(self, wanted: list[int], chance: random.Random) -> frozenset[int] | None:
        """The watched propositions that hold in an answer with most of what is wanted; None: no answer."""
        wanted = list(wanted)
        conflicts = 0
        while (answer := self._solver.check([self._literals[n] for n in wanted])) == z3.unsat and wanted:
            conflicts += 1
            core = sorted(self._numbers[literal.get_id()] for literal in self._solver.unsat_core())
            if not core:
                break
            if conflicts > MOST_CONFLICTS:
                wanted.clear()
            else:
                wanted.remove(chance.choice(core))
        if answer != z3.sat:
            self.decided = bool(answer == z3.unsat)
            return None
        model = self._solver.model().model
        interpretation, context, true = z3.Z3_model_get_const_interp, self._context.ref(), self._true
        return frozenset(
            [n for n, made in self._declarations if _value(interpretation(context, model, made)) == true]
        )

    def exclude(self, true: frozenset[int]) -> None:
        """No more answers like this one."""
        self._solver.add(z3.Or([self._literals[-n if n in true else n] for n in self.watched]))


def _value(ast: Any) -> Any:
    return None if ast is None else ast.value
