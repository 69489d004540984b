"""What the steps that explain lines of traces went through in raft.tla: a witness of the judge that counts it."""

from __future__ import annotations

from collections import Counter
from functools import cache

from raftcheck.spec.model import actions as actions_of_raft
from raftcheck.spec.model import trace_model
from raftcheck.tla.coverage import Counts, Coverage, Gap, Place, gaps
from raftcheck.tla.model import Model

from .events import Event
from .validate import Validator


class Covered:
    """Counts on and on, whatever the trace. Where a line has several explanations, the one that claims least."""

    def __init__(self) -> None:
        self.counts: Counts = Counter()

    def __call__(self, event: Event, judge: Validator) -> None:
        if judge.refusal is not None:
            return
        model, coverage = judge.model, _coverage(judge.model)
        for step in judge.steps():
            formula = model.definition(step.trail[0]).body
            coverage.count(formula, model.named(step.before), model.named(step.after), self.counts)


def gaps_in(counts: Counts) -> list[Gap]:
    """What was not seen in raft.tla, but for the actions of which nothing was."""
    return list(gaps(places(), counts))


@cache
def places() -> tuple[Place, ...]:
    """The places in raft.tla: the same whatever the servers."""
    return _coverage(trace_model(())).places


@cache
def _coverage(model: Model) -> Coverage:
    return Coverage(model.binding, [model.definition(name) for name in actions_of_raft()])
