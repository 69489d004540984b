"""raft.tla refines RaftAbstract.tla, within bounds, as our engine and TLC say; with a mistake it does not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from raftcheck.spec.model import actions, liberty_actions
from raftcheck.tla import Model, check, load, load_config
from raftcheck.tla.checker import Result
from raftcheck.tla.tlc import Tlc

from .mistakes import IN_RAFT, Mistake, with_mistake

RECORD = re.compile(
    r"^\\\* (?P<config>\w+\.cfg) +distinct (?P<distinct>\d+) +generated (?P<generated>\d+)"
    r" +depth (?P<depth>\d+) ",
    re.MULTILINE,
)
"""A line at the foot of RefinesAbstract.tla."""


def bounded_as(config: Path) -> str:
    """What a .cfg file of MCraft bounds, as one for RefinesAbstract."""
    bounds, _ = config.read_text(encoding="utf-8").split("INVARIANTS")
    assert "SPECIFICATION Spec\n" in bounds
    return bounds.replace("SPECIFICATION Spec\n", "SPECIFICATION RecordedSpec\n") + "PROPERTY Refinement\n"


def with_bounds(config: str, bounds: Mapping[str, str]) -> str:
    """The text of a .cfg file with other values of some constants."""
    for name, value in bounds.items():
        config, found = re.subn(rf"^( +{name} *= ).*$", rf"\g<1>{value}", config, flags=re.MULTILINE)
        assert found == 1, f"{name} has no line of its own"
    return config


def counts(result: Result) -> dict[str, int]:
    return {"distinct": result.distinct, "generated": result.generated, "depth": result.depth}


def recorded(spec: Path, config: str) -> dict[str, int]:
    foot = (spec / "RefinesAbstract.tla").read_text(encoding="utf-8")
    records = [record for record in RECORD.finditer(foot) if record["config"] == config]
    assert len(records) == 1, f"RefinesAbstract.tla must have one line for {config} at its foot"
    return {name: int(records[0][name]) for name in ("distinct", "generated", "depth")}


CONFIGS = [
    "RefinesAbstract.cfg",
    "MCraft1.cfg",
    # A quarter of a minute, and minutes.
    pytest.param("MCraft4.cfg", marks=pytest.mark.deep),
    pytest.param("MCraft2.cfg", marks=pytest.mark.deep),
    pytest.param("MCraft3.cfg", marks=pytest.mark.deep),
]


@pytest.mark.parametrize("config", CONFIGS)
def test_raft_refines_raft_abstract(root: Path, tmp_path: Path, config: str) -> None:
    spec = root / "spec"
    file = tmp_path / config
    if config.startswith("MCraft"):
        file.write_text(bounded_as(spec / config), encoding="utf-8")
    else:
        file = spec / config

    result = check(Model(load(spec / "RefinesAbstract.tla"), load_config(file)))

    assert result.violation is None
    assert counts(result) == recorded(spec, config)


def test_raft_with_all_liberties_refines_raft_abstract(root: Path, tmp_path: Path) -> None:
    """MCraft4 once more, with a log of one entry: every day."""
    spec = root / "spec"
    config = tmp_path / "small.cfg"
    config.write_text(with_bounds(bounded_as(spec / "MCraft4.cfg"), {"MaxLogLength": "1"}), encoding="utf-8")

    result = check(Model(load(spec / "RefinesAbstract.tla"), load_config(config)))

    assert result.violation is None
    assert result.actions["RecordedBeyond"] > 0
    assert result.actions["RecordedAdvanceCommitIndex"] > 0


@pytest.mark.parametrize(
    "bounds",
    [
        {"MaxTerm": "1", "MaxLogLength": "1", "Restarting": "{}"},
        pytest.param({}, marks=pytest.mark.deep),
    ],
    ids=["one term", "as recorded"],
)
def test_tlc_finds_the_same(tlc: Tlc, root: Path, tmp_path: Path, bounds: Mapping[str, str]) -> None:
    module = root / "spec" / "RefinesAbstract.tla"
    config = tmp_path / "RefinesAbstract.cfg"
    config.write_text(with_bounds(module.with_suffix(".cfg").read_text(encoding="utf-8"), bounds))

    second = tlc.check(module, config).result

    first = check(Model(load(module), load_config(config)))
    assert first.violation is second.violation is None
    assert counts(first) == counts(second)
    if not bounds:
        assert counts(second) == recorded(root / "spec", config.name)


def test_every_action_of_raft_is_recorded(root: Path) -> None:
    model = Model(
        load(root / "spec" / "RefinesAbstract.tla"), load_config(root / "spec" / "RefinesAbstract.cfg")
    )
    assert model.action_names() == tuple(f"Recorded{name}" for name in (*actions(), "Beyond"))
    assert liberty_actions()  # which are Beyond


def mistaken(root: Path, folder: Path, mistake: Mistake) -> tuple[Path, Path]:
    """RefinesAbstract on a raft.tla with the mistake, and its .cfg file, bounded to where that shows."""
    with_mistake(root / "spec", "raft", mistake, folder)
    module = folder / "RefinesAbstract.tla"
    config = module.with_suffix(".cfg")
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace("\nTHEOREM", f"\nWithin == {mistake.within}\n\nTHEOREM"), encoding="utf-8")
    bounds = with_bounds(config.read_text(encoding="utf-8"), mistake.bounds)
    config.write_text(bounds.replace("CONSTRAINT Bounded", "CONSTRAINTS Bounded Within"), encoding="utf-8")
    return module, config


def broken_by(result: Result) -> str:
    """The action whose step is none of RaftAbstract."""
    assert result.violation is not None
    assert (result.violation.kind, result.violation.name) == ("property", "Refinement")
    return str(result.violation.behavior[-1].action).split("(")[0]


@pytest.mark.parametrize("mistake", IN_RAFT, ids=str)
def test_raft_with_a_mistake_does_not_refine_raft_abstract(
    root: Path, tmp_path: Path, mistake: Mistake
) -> None:
    module, config = mistaken(root, tmp_path, mistake)

    result = check(Model(load(module), load_config(config)))

    assert broken_by(result) == f"Recorded{mistake.action}"


@pytest.mark.parametrize(
    "mistake",
    [
        # Two seconds, of which one is Java's: one for every day.
        mistake if mistake.name == "vote lost at a restart" else pytest.param(mistake, marks=pytest.mark.deep)
        for mistake in IN_RAFT
    ],
    ids=str,
)
def test_tlc_blames_the_same_action(tlc: Tlc, root: Path, tmp_path: Path, mistake: Mistake) -> None:
    module, config = mistaken(root, tmp_path, mistake)

    assert broken_by(tlc.check(module, config).result) == f"Recorded{mistake.action}"


@pytest.mark.deep
@pytest.mark.parametrize("mistake", [mistake for mistake in IN_RAFT if mistake.bounds], ids=str)
def test_within_the_bounds_of_a_mistake_raft_refines_raft_abstract(
    root: Path, tmp_path: Path, mistake: Mistake
) -> None:
    """So it is the mistake that breaks it."""
    module, config = mistaken(root, tmp_path, replace(mistake, changes={}))

    result = check(Model(load(module), load_config(config)))

    assert result.violation is None
    assert result.actions[f"Recorded{mistake.action}"] > 0
