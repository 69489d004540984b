"""RaftAbstract within bounds: its invariant holds, each action happens, and TLC counts what our engine does.

That it holds without bounds is proved, see tests/properties/test_prove_command.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from raftcheck.tla import Model, check, load, load_config
from raftcheck.tla.tlc import Tlc

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
