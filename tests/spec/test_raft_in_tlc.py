"""The spec in the eyes of TLC: it parses, it keeps its properties, and its numbers are those on record."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from raftcheck.tla.tlc import Tlc

RECORD = re.compile(
    r"^\\\* (?P<config>\w+\.cfg) .* distinct (?P<distinct>\d+) +generated (?P<generated>\d+)"
    r" +depth (?P<depth>\d+) ",
    re.MULTILINE,
)
"""A line at the foot of MCraft.tla, or of MCliberty.tla."""


@pytest.mark.parametrize(
    "module", ["raft", "MCraft", "MCliberty", "Traceraft", "Coderaft", "RaftAbstract", "RefinesAbstract"]
)
def test_the_module_parses(tlc: Tlc, root: Path, tmp_path: Path, module: str) -> None:
    command = [*tlc.command("tla2sany.SANY", tmp_path), f"{module}.tla"]
    output = subprocess.run(command, cwd=root / "spec", capture_output=True, text=True, check=False).stdout
    assert f"Semantic processing of module {module}\n" in output, output
    assert "rror" not in output, output


def module_of(config: str) -> str:
    """The module that a configuration is for: of MCraft1.cfg, MCraft.tla."""
    return re.sub(r"\d\.cfg$", ".tla", config)


def recorded(spec: Path, config: str) -> dict[str, int]:
    foot = (spec / module_of(config)).read_text()
    records = [record for record in RECORD.finditer(foot) if record["config"] == config]
    assert len(records) == 1, f"{module_of(config)} must have one line for {config} at its foot"
    return {name: int(records[0][name]) for name in ("distinct", "generated", "depth")}


@pytest.mark.parametrize(
    "config",
    [
        "MCraft1.cfg",
        pytest.param("MCraft2.cfg", marks=pytest.mark.deep),
        pytest.param("MCraft3.cfg", marks=pytest.mark.deep),
        pytest.param("MCraft4.cfg", marks=pytest.mark.deep),
        pytest.param("MCliberty1.cfg", marks=pytest.mark.deep),
        pytest.param("MCliberty2.cfg", marks=pytest.mark.deep),
        pytest.param("MCliberty3.cfg", marks=pytest.mark.deep),
    ],
)
def test_the_bounded_spec_is_safe_and_as_large_as_recorded(tlc: Tlc, root: Path, config: str) -> None:
    spec = root / "spec"
    result = tlc.check(spec / module_of(config), spec / config).result
    assert result.violation is None
    found = {"distinct": result.distinct, "generated": result.generated, "depth": result.depth}
    assert found == recorded(spec, config)
