"""Random actions: whatever z3 proves of them, the explicit engine finds no step against it.

And where z3 refutes, the explicit engine evaluates the step as one of Next (counterexamples.py).
"""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from raftcheck.tla.environment import Binding
from raftcheck.tla.errors import TlaError
from raftcheck.tla.evaluator import Evaluator
from raftcheck.tla.modules import parse
from raftcheck.tla.symbolic.counterexamples import Disagreement
from raftcheck.tla.symbolic.obligations import Induction
from raftcheck.tla.symbolic.proof import Limits, obligations, verdicts
from raftcheck.tla.values import FALSE, TRUE, ModelValue

from .randomsteps import random_module

S = (ModelValue("s1"), ModelValue("s2"))
T = (0, 1)
STATES = [
    {"x": frozenset(x), "y": y, "m": m}
    for size in range(3)
    for x in itertools.combinations(S, size)
    for y in (FALSE, TRUE)
    for m in T
]
SETS = (frozenset({frozenset(S[:1])}), frozenset({frozenset(), frozenset(S)}))
"""Some of the sets of sets that Q may be."""


def broken(induction: Induction) -> set[str]:
    """The conjuncts that some step of Next, between states as above, does not keep."""
    following, conjuncts = induction.following.body, induction.conjuncts
    found = set()
    for sets in SETS:
        binding = Binding(constants={"S": frozenset(S), "T": frozenset(T), "Q": sets})
        holding = [s for s in STATES if all(Evaluator(binding, s).truth(c.node) for c in conjuncts)]
        for before, after in itertools.product(holding, STATES):
            if Evaluator(binding, before, after).truth(following):
                found |= {c.name for c in conjuncts if not Evaluator(binding, after).truth(c.node)}
    return found


def agreements(seeds: range) -> Counter[str]:
    """How many modules are proved and how many refuted; fails where the engines differ."""
    counts: Counter[str] = Counter()
    for seed in seeds:
        text = random_module(str(seed))
        try:
            induction = Induction(parse(text))
            found = list(verdicts(induction, Limits(), processes=1))
        except Disagreement as error:
            pytest.fail(f"seed {seed}: {error}\n{text}")
        except TlaError:
            counts["refused"] += 1
            continue
        assert len(found) == len(obligations(induction))
        refuted = {
            induction.conjuncts[v.of.conjunct].name
            for v in found
            if v.of.action is not None and v.of.conjunct is not None and v.outcome == "refuted"
        }
        assert broken(induction) <= refuted, text
        counts["refuted" if refuted else "proved"] += 1
    return counts


def test_z3_proves_nothing_that_evaluation_refutes() -> None:
    counts = agreements(range(80))
    assert min(counts["proved"], counts["refuted"]) >= 8, counts


@pytest.mark.deep
def test_z3_proves_nothing_that_evaluation_refutes_in_2000_modules() -> None:
    counts = agreements(range(1000, 3000))
    assert min(counts["proved"], counts["refuted"]) >= 200, counts
