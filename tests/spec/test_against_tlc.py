"""Our engine counts what TLC counts, on every configuration of MCraft and MCliberty.

The numbers of TLC are those on record at the foot of these modules; that they still are TLC's is tested
beside (test_raft_in_tlc.py), where there is a Java runtime.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from raftcheck.spec.model import actions, liberty_actions
from raftcheck.tla import Model, check, load, load_config

from .test_raft_in_tlc import RECORD, module_of, recorded

CONFIGS = [
    "MCraft1.cfg",
    # A quarter of a minute or more each: one for every day.
    pytest.param("MCraft2.cfg", marks=pytest.mark.deep),
    "MCraft3.cfg",
    "MCraft4.cfg",
    pytest.param("MCliberty1.cfg", marks=pytest.mark.deep),
    pytest.param("MCliberty2.cfg", marks=pytest.mark.deep),
    pytest.param("MCliberty3.cfg", marks=pytest.mark.deep),
]


@pytest.mark.parametrize("config", CONFIGS)
def test_the_engine_counts_what_tlc_counts(root: Path, config: str) -> None:
    model = Model(load(root / "spec" / module_of(config)), load_config(root / "spec" / config))
    result = check(model)
    assert result.violation is None
    found = {"distinct": result.distinct, "generated": result.generated, "depth": result.depth}
    assert found == recorded(root / "spec", config)
    taken = {name for name, count in result.actions.items() if count}
    assert taken <= {*actions(), *liberty_actions()}
    assert taken & set(liberty_actions()) == declared_actions(model)
    assert sum(result.actions.values()) == result.generated - len(model.initial_states())


def declared_actions(model: Model) -> set[str]:
    liberties = model.config.constants["Liberties"]
    assert isinstance(liberties, frozenset)
    return liberties & set(liberty_actions())


def test_every_configuration_is_on_record_and_tested_here(root: Path) -> None:
    there = {path.name for path in (root / "spec").glob("MC*.cfg")}
    tested = {config if isinstance(config, str) else config.values[0] for config in CONFIGS}
    foot = "".join((root / "spec" / module).read_text() for module in ("MCraft.tla", "MCliberty.tla"))
    assert there == tested == {record["config"] for record in RECORD.finditer(foot)}
