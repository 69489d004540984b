"""Decides all obligations of an inductive invariant, on several processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..modules import load
from . import counterexamples
from .counterexamples import Counterexample
from .obligations import Induction

Outcome = Literal["proved", "refuted", "unknown"]

SMALLER_SECONDS = 10.0
"""How long to look for a smaller counterexample than the first."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the action (by its place; None for Init) keeps the conjunct (by its place)."""

    action: int | None
    conjunct: int
    outcome: Outcome
    seconds: float
    counterexample: Counterexample | None = None


def decide(induction: Induction, action: int | None, conjunct: int, seconds: float, seed: int) -> Verdict:
    from .solver import Limits, Solver

    started = time.monotonic()
    outcome: Outcome = "proved"
    for way, query in induction.queries(action, conjunct):
        question = Solver(Limits(seconds, seed)).question((*query.hypotheses, *query.guards, query.goal))
        answer = question.answer()
        if answer == "unknown":
            outcome = "unknown"
        elif answer == "sat":
            formulas = (*query.hypotheses, *query.guards, query.goal)
            wanted = counterexamples.symbols_of(induction, way, formulas)
            found = question.smallest(induction.theory.all_sorts(), wanted, SMALLER_SECONDS)
            made = counterexamples.read(induction, action, way, conjunct, found)
            return Verdict(action, conjunct, "refuted", time.monotonic() - started, made)
    return Verdict(action, conjunct, outcome, time.monotonic() - started)


_work: tuple[Induction, float, int]


def _one(job: tuple[int | None, int]) -> Verdict:
    induction, seconds, seed = _work
    return decide(induction, *job, seconds, seed)


def verdicts(
    induction: Induction, seconds: float = 30.0, seed: int = 0, processes: int | None = None
) -> Iterator[Verdict]:
    """The verdicts on all obligations, as they are found."""
    global _work
    _work = induction, seconds, seed
    jobs = [(a, c) for a in (None, *range(len(induction.actions))) for c in range(len(induction.conjuncts))]
    with multiprocessing.get_context("fork").Pool(processes or os.cpu_count() or 1, _quiet) as pool:
        yield from pool.imap_unordered(_one, jobs)


def _quiet() -> None:
    """A worker is ended by the process that it works for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def check(
    path: str | Path, invariant: str = "Inductive", next: str = "Next", init: str = "Init", **options: float
) -> list[Verdict]:
    induction = Induction(load(path), invariant, init, next)
    return list(verdicts(induction, **options))  # type: ignore[arg-type]
