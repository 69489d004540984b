"""Decides all obligations of an inductive invariant, on several processes.

z3 is asked about one obligation several times, with other seeds and more and more effort, before the verdict
is "unknown": how long it takes to find a proof varies much with its choices. Between that it is asked for
states of few elements, which are found sooner than any, where there are some.

What can never happen keeps every invariant. So Init must be possible, and each action in some state where all
conjuncts hold; what is not so is "vacuous".
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Literal

from ..orphans import end_with_parent
from . import counterexamples
from .counterexamples import Counterexample
from .obligations import Induction, Query
from .solver import Question, Solver

Outcome = Literal["proved", "refuted", "vacuous", "unknown"]

FIRST_EFFORT = 4_000_000
"""For the first question about an obligation; each further one has twice as much. Some 4,000,000 are a second
of a processor, and most need a twentieth of that."""

FEW = (2, 3)
"""Elements of each sort, where states of few elements are looked for."""

SMALLER_SECONDS = 10.0
"""How long to look for a smaller counterexample than the first."""


class ProcessEnded(Exception):
    """One of the processes has ended before its time: the system killed it, for want of memory or else."""


@dataclass(frozen=True, slots=True)
class Limits:
    """seconds: for the proof of one obligation; seed: of z3's choices."""

    seconds: float = 60.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Obligation:
    """That the action keeps the conjunct, each by its place.

    action      None: that Init implies it
    conjunct    None: that the action can be taken at all
    """

    action: int | None
    conjunct: int | None


@dataclass(frozen=True, slots=True)
class Verdict:
    of: Obligation
    outcome: Outcome
    seconds: float
    counterexample: Counterexample | None = None


def obligations(induction: Induction) -> tuple[Obligation, ...]:
    return tuple(
        Obligation(action, conjunct)
        for action in (None, *range(len(induction.actions)))
        for conjunct in (None, *range(len(induction.conjuncts)))
    )


def verdicts(induction: Induction, limits: Limits, processes: int) -> Iterator[Verdict]:
    """The verdicts on all obligations, as they are found.

    TlaError, before the first of them, if a formula is outside of the fragment; ProcessEnded.
    """
    queries = {of: induction.queries(of.action, of.conjunct) for of in obligations(induction)}
    prover = _Prover(induction, limits, queries)
    earlier = multiprocessing.active_children()
    executor = ProcessPoolExecutor(
        processes, multiprocessing.get_context("fork"), initializer=_begin, initargs=(prover,)
    )
    try:
        for done in as_completed([executor.submit(_verdict, of) for of in queries]):
            yield done.result()
        executor.shutdown()
    except BrokenProcessPool:
        raise ProcessEnded from None
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            if process not in earlier:
                process.kill()


class _Prover:
    """What decides one obligation after the other, in a process of its own."""

    def __init__(
        self, induction: Induction, limits: Limits, queries: dict[Obligation, tuple[Query, ...]]
    ) -> None:
        self.induction = induction
        self.limits = limits
        self.queries = queries
        self.solver = Solver(limits.seed)

    def verdict(self, of: Obligation) -> Verdict:
        started = time.monotonic()
        decide = self.possible if of.conjunct is None else self.kept
        outcome, found = decide(of, started + self.limits.seconds)
        return Verdict(of, outcome, time.monotonic() - started, found)

    def possible(self, of: Obligation, until: float) -> tuple[Outcome, None]:
        """Whether one of the ways can be gone."""
        answers = []
        for query in self.queries[of]:
            asked = next(self.small(self.solver, query, until), None) or self.answered(query, until)
            answers.append("unknown" if asked is None else asked.answer)
            if answers[-1] == "sat":
                return "proved", None
        return "unknown" if "unknown" in answers else "vacuous", None

    def kept(self, of: Obligation, until: float) -> tuple[Outcome, Counterexample | None]:
        """Whether each of the ways keeps the conjunct."""
        outcome: Outcome = "proved"
        for query in self.queries[of]:
            asked = self.answered(query, until)
            if asked is None:
                outcome = "unknown"
            elif asked.answer == "sat":
                assert of.conjunct is not None
                shown = self.once_more(query) or asked
                return "refuted", counterexamples.read(
                    self.induction, of.action, of.conjunct, query, shown, SMALLER_SECONDS
                )
        return outcome, None

    def once_more(self, query: Query) -> Question | None:
        """What is refuted, asked of a fresh solver, so that the states depend on the seed alone."""
        solver, until = Solver(self.limits.seed), time.monotonic() + self.limits.seconds
        if (found := next(self.small(solver, query, until), None)) is not None:
            return found
        question = solver.question(query.formulas)
        return question if question.ask(self.limits.seconds) == "sat" else None

    def answered(self, query: Query, until: float) -> Question | None:
        """The question with its answer, or None where there was none in time."""
        solver, effort = self.solver, FIRST_EFFORT
        small = self.small(solver, query, until)
        while (left := until - time.monotonic()) > 0:
            question = solver.question(query.formulas)
            if question.ask(left, effort) != "unknown":
                return question
            if (found := next(small, None)) is not None:
                return found
            solver, effort = Solver(solver.seed + 1), 2 * effort
        return None

    def small(self, solver: Solver, query: Query, until: float) -> Iterator[Question]:
        """The question with the answer "sat", if there is a state of few elements and it is found soon."""
        for most in FEW:
            if (left := until - time.monotonic()) <= 0:
                return
            question = solver.question(query.formulas)
            for sort in self.induction.theory.plain:
                question.at_most(sort, most)
            if question.ask(left, FIRST_EFFORT) == "sat":
                yield question


_prover: _Prover
"""Of this process."""


def _begin(prover: _Prover) -> None:
    """In each process. What ends it is the one that it works for."""
    global _prover
    _prover = prover
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()


def _verdict(of: Obligation) -> Verdict:
    return _prover.verdict(of)
