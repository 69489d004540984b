"""TLC's counterexamples to broken variants of raft.tla, replayed: each ends as was said beforehand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from raftcheck.properties.replaying import Replay, replay_behavior
from raftcheck.properties.steps import as_raft
from raftcheck.properties.targets import load_target
from raftcheck.tla.behaviorfiles import behavior_of

from .variants import RECORDED, VARIANTS, Variant

each = pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.id)
with_fault = pytest.mark.parametrize(
    "variant", [variant for variant in VARIANTS if variant.fault], ids=lambda variant: variant.id
)


def replayed(variant: Variant, target: str = "reference") -> Replay:
    return replay_behavior(load_target(target), target, variant.behavior, variant.id)


def test_there_are_twenty_and_all_outcomes() -> None:
    assert len(VARIANTS) >= 20
    assert {variant.outcome for variant in VARIANTS} == {"reproduced", "refused", "differs"}
    assert {path.stem for path in RECORDED.iterdir()} == {variant.id for variant in VARIANTS}


@each
def test_the_reference_has_the_outcome_that_is_right(variant: Variant) -> None:
    found = replayed(variant)
    departure = found.following.departure
    assert (found.following.word, departure.step.action if departure else "") == (
        variant.outcome,
        variant.action,
    ), found.report()
    # All is well with the reference: it follows what raft.tla allows, and nothing else.
    assert found.word == "conforms"
    assert bool(found.raft.unlawful) == (variant.outcome != "reproduced")


@with_fault
def test_a_reference_with_the_same_mistake_follows_to_the_end(variant: Variant) -> None:
    found = replayed(variant, f"raftcheck.properties.faults:{variant.fault}")
    assert found.following.word == "reproduced", found.report()
    assert found.word == "diverges"


@pytest.mark.deep
@pytest.mark.skipif(shutil.which("java") is None, reason="needs Java")
@each
def test_tlc_still_finds_what_is_on_record(variant: Variant, tmp_path: Path) -> None:
    """Not the very states, which depend on TLC's version, but the same steps of raft.tla."""
    fresh = as_raft(behavior_of(variant.counterexample(tmp_path).encode(), variant.id), variant.id)
    recorded = as_raft(variant.behavior, variant.id)
    assert len(fresh.states) == len(recorded.states)
    assert [step.action for step in fresh.unlawful] == [step.action for step in recorded.unlawful]
