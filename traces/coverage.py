"""What the steps that explain lines of traces went through in raft.tla, counted by a witness of the judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache

from raftcheck.spec.model import FOLDER, liberties_shown, liberty_actions, trace_model
from raftcheck.spec.model import actions as actions_of_raft
from raftcheck.tla.coverage import Counts, Coverage, Gap, Place, gaps
from raftcheck.tla.coverage_page import coverage_page
from raftcheck.tla.model import Model

from .conjuncts import text_of
from .events import Event
from .evidence import Evidence
from .validate import Validator

SPEC = FOLDER / "raft.tla"


class Covered:
    """Counts over one trace or many; where a line has several explanations, the one that claims least."""

    def __init__(self) -> None:
        self.counts: Counts = Counter()

    def __call__(self, event: Event, judge: Validator) -> None:
        if judge.refusal is not None:
            return
        model, coverage = judge.model, _coverage(judge.model)
        for step in judge.steps():
            formula = model.definition(step.trail[0]).body
            coverage.count(formula, model.named(step.before), model.named(step.after), self.counts)


def unseen(counts: Counts, taken: Mapping[str, int]) -> list[Gap]:
    """What was not seen in the text of raft.tla, without the actions that were never taken."""
    never = {name for name in (*actions_of_raft(), *liberty_actions()) if not taken.get(name)}
    return [
        gap for gap in gaps(places(liberties_shown((), taken)), counts) if gap.place.operator not in never
    ]


def where(gap: Gap) -> str:
    """`raft.tla:271`"""
    return f"{SPEC.name}:{gap.place.span.line}"


def part(gap: Gap) -> str:
    """The part of the text that is meant, or the name of the operator where it is all of that."""
    return gap.place.operator if gap.place.kind == "composed" else text_of(gap.place.span)


def page(subject: str, evidence: Evidence, counts: Counts) -> str:
    """The page of `--coverage`: raft.tla, and what was seen of it."""
    liberties = liberties_shown(evidence.liberties, evidence.actions)
    fields = ", ".join(f"{name} {times:,}" for name, times in evidence.compared.items() if times)
    return coverage_page(
        f"{SPEC.name}, as {subject} exercised it",
        [("judged", f"{evidence.lines:,} lines or steps"), ("compared", fields or "nothing")],
        evidence.warnings,
        {name: evidence.actions.get(name, 0) for name in (*actions_of_raft(), *liberties)},
        SPEC.name,
        SPEC.read_text(encoding="utf-8"),
        places(liberties),
        counts,
    )


@cache
def places(liberties: tuple[str, ...] = ()) -> tuple[Place, ...]:
    """The places in raft.tla, with those of liberties that are actions: the same whatever the servers."""
    model = trace_model(())
    names = (*actions_of_raft(), *(name for name in liberty_actions() if name in liberties))
    return Coverage(model.binding, [model.definition(name) for name in names]).places


@cache
def _coverage(model: Model) -> Coverage:
    names = (*actions_of_raft(), *liberty_actions())
    return Coverage(model.binding, [model.definition(name) for name in names])
