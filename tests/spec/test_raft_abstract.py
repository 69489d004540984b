"""RaftAbstract within bounds: its invariant holds, each action happens, and TLC counts what our engine does.

Without bounds, mistakes in it are refuted. That the invariant holds then is proved, see
tests/properties/test_prove_command.py.
"""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest

from raftcheck.tla import Model, check, load, load_config
from raftcheck.tla.symbolic.obligations import Induction
from raftcheck.tla.symbolic.proof import Limits, verdicts
from raftcheck.tla.tlc import Tlc

from .mistakes import IN_RAFT_ABSTRACT, Mistake, with_mistake

RECORD = re.compile(r"^\\\* RaftAbstract.cfg .* distinct (\d+) +generated (\d+) +depth (\d+)$", re.MULTILINE)

ACTIONS = {
    "UpdateTerm",
    "Timeout",
    "Vote",
    "BecomeLeader",
    "ClientRequest",
    "AppendEntries",
    "LearnCommit",
    "AdvanceCommitIndex",
    "Restart",
}


def test_the_invariant_holds_and_each_action_happens(root: Path) -> None:
    module = root / "spec" / "RaftAbstract.tla"
    recorded = RECORD.search(module.read_text(encoding="utf-8"))
    assert recorded is not None

    result = check(Model(load(module), load_config(module.with_suffix(".cfg"))))

    assert result.violation is None
    assert (result.distinct, result.generated, result.depth) == tuple(map(int, recorded.groups()))
    assert {name for name, new in result.found.items() if new} == ACTIONS


@pytest.mark.parametrize(
    "terms", ["{0, 1}", pytest.param("{0, 1, 2}", marks=pytest.mark.deep)], ids=["one term", "as recorded"]
)
def test_tlc_counts_the_same(tlc: Tlc, root: Path, tmp_path: Path, terms: str) -> None:
    module = root / "spec" / "RaftAbstract.tla"
    config = tmp_path / "RaftAbstract.cfg"
    text = module.with_suffix(".cfg").read_text(encoding="utf-8")
    assert "Term   = {0, 1, 2}" in text
    config.write_text(text.replace("Term   = {0, 1, 2}", f"Term   = {terms}"), encoding="utf-8")

    second = tlc.check(module, config).result
    first = check(Model(load(module), load_config(config)))

    assert first.violation is second.violation is None
    assert (first.distinct, first.generated, first.depth) == (
        second.distinct,
        second.generated,
        second.depth,
    )
    assert set(first.actions) == set(second.actions) == ACTIONS


SLOW = {"no up-to-date check", "commit by counting an older term", "log match on the index alone"}
"""Ten to thirty seconds each, the others one to five."""


@pytest.mark.parametrize(
    "mistake",
    [pytest.param(m, marks=[pytest.mark.deep] if m.name in SLOW else []) for m in IN_RAFT_ABSTRACT],
    ids=str,
)
def test_a_mistake_is_refuted_at_its_action_by_few_servers(
    root: Path, tmp_path: Path, mistake: Mistake
) -> None:
    """The changes are within that action, but for those of quorums; the others are proved as they are."""
    module = with_mistake(root / "spec", "RaftAbstract", mistake, tmp_path)
    text = module.read_text(encoding="utf-8")
    (disjunct,) = re.findall(rf"^    \\/ (\\E .* : {mistake.action}\(.*\))$", text, re.MULTILINE)
    module.write_text(text.replace("\nSpec == ", f"\nOnly == {disjunct}\nSpec == "), encoding="utf-8")
    induction = Induction(load(module), next="Only")

    with closing(verdicts(induction, Limits(), processes=2)) as found:
        refuted = next(
            verdict
            for verdict in found
            if verdict.outcome == "refuted"
            and verdict.of.conjunct is not None
            and (not mistake.conjuncts or induction.conjuncts[verdict.of.conjunct].name in mistake.conjuncts)
        )

    assert induction.name(refuted.of.action) == mistake.action
    assert refuted.counterexample is not None
    assert len(refuted.counterexample.constants["Server"]) <= 5
